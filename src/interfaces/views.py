"""The JSON of users, events and tokens, which the HTTP interface, the pages and the command line show."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AliasChoices, AliasPath, BaseModel, BeforeValidator, ConfigDict, Field

from src.domain.events import ActorKind, EventType
from src.domain.values import Role

ACCESS, REFRESH = AliasPath("access"), AliasPath("refresh")
"""The attributes of Tokens."""


class View(BaseModel):
    """A JSON answer. It has every property, even if the value is null, but for fields with ``exclude_if``."""

    # pydantic builds the validator of a view at its first use, instead of all of them at each start.
    model_config = ConfigDict(
        frozen=True, from_attributes=True, json_schema_serialization_defaults_required=True, defer_build=True
    )
    is_long: ClassVar[bool] = False
    """Whether one of them can have more than 1 KB."""

    @classmethod
    def of(cls, source: Any, /) -> Self:
        """Return the view of an object of the domain, whose attributes become the properties."""
        return cls.model_validate(source)


class Resource(View):
    """A single resource. Its answer has an ETag."""

    has_etag: ClassVar[bool] = True


class PublicUserView(Resource):
    """The part of a user that every other user sees."""

    id: str = Field(examples=["3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f"])
    username: Annotated[
        str | None, BeforeValidator(lambda value: getattr(value, "display", value)), Field(examples=["anna"])
    ]


class UserView(PublicUserView):
    """A user."""

    email: Annotated[
        str | None,
        BeforeValidator(lambda value: getattr(value, "address", value)),
        Field(examples=["anna@example.com"]),
    ]
    email_verified: bool = Field(examples=[False])
    name: str | None = Field(examples=["Anna"])
    last_name: str | None = Field(examples=["Ruiz"])
    role: Role = Field(examples=["user"])
    disabled: bool = Field(examples=[False])
    metadata: dict[str, Any] = Field(description="The user's own data. Nothing in it is trusted.", examples=[{}])
    claims: dict[str, Any] = Field(
        validation_alias=AliasChoices("custom_claims", "claims"),
        description="What admins have set. Every access token carries it at its top level.",
        examples=[{}],
    )
    created_at: datetime
    updated_at: datetime


class ActorView(View):
    """The actor that has caused an event."""

    kind: ActorKind
    id: str | None


class EventView(View):
    """Something that happened to an account."""

    is_long: ClassVar[bool] = True

    id: str
    type: EventType
    at: datetime = Field(examples=["2026-11-23T12:00:00Z"])
    user_id: str | None
    actor: ActorView
    session_id: str | None = Field(examples=["a41d7c02f3be4d0f9a6c5e8b7d1f2c3b"])
    ip: str | None = Field(examples=["203.0.113.7"])
    user_agent: str | None
    request_id: str | None = Field(examples=["0b5c6f6e6a7f4b0c9a53a8f8c6ad1c3a"])
    data: dict[str, Any] = Field(examples=[{"method": "password"}])


class TokenView(View):
    """An access token, as OAuth2 names it (RFC 6749 section 5.1)."""

    access_token: str = Field(
        validation_alias=ACCESS, examples=["eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6IuKApiJ9.e30.c2ln"]
    )
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - it is no password
    expires_in: int = Field(description="Seconds.", examples=[900])


class RefreshView(TokenView):
    """An access token and the refresh token that gets the next one."""

    refresh_token: str = Field(validation_alias=REFRESH, description="Single use: keep the one of the last answer.")
