"""The views that several features share, and the functions that turn views into answers."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cache
from typing import Any, ClassVar, Literal, Protocol, Self
from urllib.parse import urlencode

from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic_core import to_json

from src.application.ports import Tokens
from src.domain.users import FactorKind, User
from src.domain.values import Page
from src.interfaces.http.framework.conditions import unless_known
from src.interfaces.views import ACCESS, REFRESH, RefreshView, Resource, UserView, View


class NamedRefreshView(RefreshView):
    """Tokens under the names that clients of /api/v1 read, beside the standard ones."""

    token: str = Field(validation_alias=ACCESS, description="The same as access_token.")
    accessToken: str = Field(validation_alias=ACCESS, description="The same as access_token.")  # noqa: N815
    refreshToken: str = Field(validation_alias=REFRESH, description="The same as refresh_token.")  # noqa: N815


class LoginView(NamedRefreshView):
    """Tokens and their user."""

    user: UserView

    @classmethod
    def of_user(cls, user: User, tokens: Tokens) -> Self:
        """Return the tokens of a user, with the user as a property."""
        return cls.model_validate({**asdict(tokens), "user": UserView.of(user)})


class SignupView(UserView, NamedRefreshView):
    """A new user and its tokens, together at the top level."""

    has_etag: ClassVar[bool] = False

    @classmethod
    def of_user(cls, user: User, tokens: Tokens) -> Self:
        """Return the user's fields and the tokens in one object."""
        return cls.model_validate({**asdict(tokens), **dict(UserView.of(user))})


class StatusView(View):
    """The state of the service."""

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
    """The public keys that verify the access tokens of this service."""

    keys: list[JwkView]


class DocumentView(Resource):
    """An OpenAPI document."""

    model_config = ConfigDict(extra="allow")
    is_long: ClassVar[bool] = True

    openapi: str


class FieldProblem(View):
    """A bad field."""

    field: str = Field(examples=["username"])
    code: str = Field(examples=["taken"])
    message: str = Field(examples=["This username is already taken; choose another."])


class ProblemSchema(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field(
        description="Stable, one for each kind of error: the URL of the page that explains it.",
        examples=["/problems/taken"],
    )
    title: str = Field(examples=["Conflict"])
    status: int = Field(description="The HTTP status.", examples=[409])
    detail: str = Field(examples=["Already taken: username. Choose another."])
    instance: str = Field(description="The id of the request.", examples=["0b5c6f6e6a7f4b0c9a53a8f8c6ad1c3a"])
    errors: list[FieldProblem] | None = Field(default=None, description="Every bad field.")
    mfa_token: str | None = Field(
        default=None, description="Of `mfa-required`: the token for the second step.", examples=["4b1d0c9e"]
    )
    expires_in: int | None = Field(
        default=None, description="Of `mfa-required`: the life of `mfa_token`, in seconds.", examples=[600]
    )
    factors: list[FactorKind] | None = Field(default=None, description="Of `mfa-required`: the kinds of factors.")


class OAuthError(ProblemSchema):
    """An error as OAuth2 clients read it (RFC 6749 section 5.2), beside the members of a problem."""

    error: str = Field(examples=["invalid_grant"])
    error_description: str = Field(examples=["The username, e-mail or password is not right."])


class _Entity(Protocol):
    @property
    def revision(self) -> str: ...


def render(
    view: View, status: int = 200, headers: Mapping[str, str] | None = None, *, revision: str | None = None
) -> Response:
    """Return a JSON answer.

    The ``revision`` of a single resource is its ETag (RFC 9110 section 8.8.3), for which ``If-None-Match`` is honoured.
    """
    response = Response(to_json(view, by_alias=True), status, headers, content_type="application/json")
    if revision is not None:
        response.set_etag(revision)
        if "HTTP_IF_NONE_MATCH" in request.environ:
            return unless_known(response)
    return response


def render_resource(
    view: type[Resource], entity: _Entity, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the view of an entity, with its revision as the ETag."""
    return render(view.of(entity), status, headers, revision=entity.revision)


@cache
def _list_of(view: type[View]) -> TypeAdapter[list[View]]:
    return TypeAdapter(list[view])  # type: ignore[valid-type]


def render_list(page: Page[Any], view: type[View], of: Callable[[Any], View] | None = None) -> Response:
    """Return the views of a page as a bare array. The Link header leads to the next page, if any (RFC 8288).

    ``of`` makes the view of an item. By default the attributes of the item become the properties.
    """
    adapter = _list_of(view)
    views = adapter.validate_python([of(item) for item in page.items] if of else page.items)
    body = adapter.dump_json(views, by_alias=True)
    response = Response(body, content_type="application/json")
    if page.next:
        query = urlencode({**request.args.to_dict(), "cursor": page.next})
        response.headers["Link"] = f'<{request.path}?{query}>; rel="next"'
    return response


def monitor(job_id: str) -> str:
    """Return the Link header that leads to a job."""
    return f'</jobs/{job_id}>; rel="monitor"'


def no_content() -> Response:
    """Return an answer without content, which has no Content-Type."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response
