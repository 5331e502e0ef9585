"""What clients read."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Self
from urllib.parse import urlencode

from flask import Response, g, request
from pydantic import BaseModel, ConfigDict, Field

from src.application.ports import Tokens
from src.domain.sessions import Session
from src.domain.users import User
from src.domain.values import Role


class View(BaseModel):
    """An answer; every property is always there."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class Resource(View):
    """A single resource, whose answer has an ETag."""


class PublicUserView(Resource):
    """What every user sees of another."""

    id: str = Field(examples=["3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f"])
    username: str | None = Field(examples=["anna"])

    @classmethod
    def of(cls, user: User) -> Self:
        """Return the part of a user that every user sees."""
        return cls(id=user.id, username=user.username.display if user.username else None)


class _UserFields(View):
    id: str = Field(examples=["3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f"])
    username: str | None = Field(examples=["anna"])
    email: str | None = Field(examples=["anna@example.com"])
    email_verified: bool
    name: str | None = Field(examples=["Anna"])
    last_name: str | None = Field(examples=["Ruiz"])
    role: Role
    disabled: bool
    created_at: datetime
    updated_at: datetime


class UserView(_UserFields, Resource):
    """A user."""

    @classmethod
    def of(cls, user: User) -> Self:
        """Return the user as admins and the user itself see it."""
        return cls(**_fields(user))


class TokenView(View):
    """An access token, as OAuth2 names it (RFC 6749 section 5.1)."""

    access_token: str = Field(examples=["eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6IuKApiJ9.e30.c2ln"])
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - it is no password
    expires_in: int = Field(description="Seconds.", examples=[900])

    @classmethod
    def of_tokens(cls, tokens: Tokens) -> Self:
        """The tokens alone, under every name that this view has for them."""
        return cls(**{name: value for name, value in _named(tokens).items() if name in cls.model_fields})


class RefreshView(TokenView):
    """An access token and the refresh token that gets the next one."""

    refresh_token: str = Field(description="Single use: keep the one of the last answer.")


class NamedRefreshView(RefreshView):
    """Tokens under the names that clients of /api/v1 read, beside the standard ones."""

    token: str = Field(description="The same as access_token.")
    accessToken: str = Field(description="The same as access_token.")  # noqa: N815
    refreshToken: str = Field(description="The same as refresh_token.")  # noqa: N815


class LoginView(NamedRefreshView):
    """Tokens and whose they are."""

    user: UserView

    @classmethod
    def of_user(cls, user: User, tokens: Tokens) -> Self:
        """The tokens of a user, with the user."""
        return cls(**_named(tokens), user=UserView.of(user))


class SignupView(_UserFields, NamedRefreshView):
    """A new user and its tokens, together at the top level."""

    @classmethod
    def of_user(cls, user: User, tokens: Tokens) -> Self:
        """The user's fields beside its tokens."""
        return cls(**_fields(user), **_named(tokens))


class SessionView(View):
    """One of your sessions."""

    id: str
    created_at: datetime
    last_used_at: datetime = Field(description="Of the last login or refresh.")
    user_agent: str | None
    ip: str | None
    current: bool = Field(description="Whether it is the one of this request.")

    @classmethod
    def of(cls, session: Session, current: Session | None) -> Self:
        """A session as its owner sees it."""
        return cls(
            id=session.id,
            created_at=session.created_at,
            last_used_at=session.last_used_at,
            user_agent=session.client.user_agent,
            ip=session.client.ip,
            current=current is not None and session.id == current.id,
        )


class StatusView(View):
    """How the service is."""

    status: Literal["ok"] = "ok"


class JwkView(View):
    """A public key (RFC 7517)."""

    model_config = ConfigDict(extra="allow")

    kid: str
    kty: str
    crv: str
    x: str
    alg: str
    use: Literal["sig"]


class JwksView(View):
    """The public keys that verify our access tokens."""

    keys: list[JwkView]


class DocumentView(View):
    """An OpenAPI document."""

    model_config = ConfigDict(extra="allow")

    openapi: str


class FieldProblem(View):
    """A bad field."""

    field: str = Field(examples=["username"])
    code: str = Field(examples=["taken"])
    message: str = Field(examples=["This username is already taken; choose another."])


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field(description="Stable, one for each kind of error.", examples=["urn:portero:taken"])
    title: str = Field(examples=["Conflict"])
    status: int = Field(description="The HTTP status.", examples=[409])
    detail: str = Field(examples=["Already taken: username. Choose another."])
    instance: str = Field(description="The id of the request.", examples=["0b5c6f6e6a7f4b0c9a53a8f8c6ad1c3a"])
    errors: list[FieldProblem] | None = Field(default=None, description="Every bad field.")
    error: str | None = Field(default=None, description="The OAuth2 error code, at /auth/token.")


def render(
    view: View, status: int = 200, headers: Mapping[str, str] | None = None, *, revision: str | None = None
) -> Response:
    """A JSON answer that no cache keeps: it holds tokens or somebody's data.

    The ``revision`` of a single resource is its ETag (RFC 9110 section 8.8.3).
    """
    g.private = True
    response = Response(view.model_dump_json(by_alias=True), status, headers, content_type="application/json")
    if revision is not None:
        response.set_etag(revision)
    return response


def render_user(user: User, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A user."""
    return render(UserView.of(user), status, headers, revision=user.revision)


def render_list(views: Sequence[View], cursor: str | None) -> Response:
    """A bare array; the next page, if there is one, is in the Link header (RFC 8288)."""
    g.private = True
    body = "[" + ",".join(view.model_dump_json(by_alias=True) for view in views) + "]"
    response = Response(body, content_type="application/json")
    if cursor:
        query = urlencode({**request.args.to_dict(), "cursor": cursor})
        response.headers["Link"] = f'<{request.path}?{query}>; rel="next"'
    return response


def monitor(job_id: str) -> str:
    """The Link header that leads to a job."""
    return f'</jobs/{job_id}>; rel="monitor"'


def no_content() -> Response:
    """Done, and nothing to say."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def _fields(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "username": user.username.display if user.username else None,
        "email": user.email.address if user.email else None,
        "email_verified": user.email_verified,
        "name": user.name,
        "last_name": user.last_name,
        "role": user.role,
        "disabled": user.disabled,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
    }


def _named(tokens: Tokens) -> dict[str, Any]:
    return {
        "access_token": tokens.access,
        "expires_in": tokens.expires_in,
        "refresh_token": tokens.refresh,
        "token": tokens.access,
        "accessToken": tokens.access,
        "refreshToken": tokens.refresh,
    }
