"""The operations for OAuth2 clients and for services that receive tokens."""

from collections.abc import Mapping
from functools import cache, partial
from typing import Any
from urllib.parse import unquote_plus

from flask import Response, current_app, json, request
from pydantic import ConfigDict, Field

from src.application.factors import Answer
from src.domain.errors import (
    InvalidClient,
    InvalidCredentials,
    InvalidToken,
    MfaRequired,
    RegistrationClosed,
    TooManyRequests,
    WrongCode,
)
from src.domain.sessions import Level
from src.domain.values import Role, Scope
from src.interfaces.errors.oauth import UnsupportedGrantType, answer_oauth_error
from src.interfaces.errors.problems import answer_error
from src.interfaces.framework.requests import client, services
from src.interfaces.http.features import credentials
from src.interfaces.http.features.credentials import Grant, TokenToInspect, TokenToRevoke
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.operations import Feature, Operation
from src.interfaces.http.framework.views import render
from src.interfaces.views import RefreshView, TokenView, View

feature = Feature("OAuth2", "For OAuth2 client libraries, and for services that receive tokens.")
route = partial(Operation, feature)
_BY_SECRET = ["client_secret_basic", "client_secret_post"]
"""The ways in which services send their secret, by their names in RFC 7591."""


class TokenStateView(View):
    """The state of a token (RFC 7662 section 2.2). Of a token that is not active it says nothing more.

    The claims that admins have given to the user are beside the others.
    """

    model_config = ConfigDict(json_schema_serialization_defaults_required=False, extra="allow")

    active: bool
    token_type: str = Field(default="", examples=["Bearer"])
    username: str = Field(default="", examples=["anna"])
    role: Role = Role.USER
    sub: str = ""
    user_id: str = ""
    sid: str = Field(default="", description="The session.")
    scope: Scope = Field(default=Scope.READ, description="What a key may do.")
    client_id: str = Field(default="", examples=["portero"])
    iss: str = ""
    aud: str = ""
    jti: str = ""
    iat: int = 0
    exp: int = 0
    auth_time: int = Field(default=0, description="The time of the login.")
    acr: Level = Field(default=Level.ONE_FACTOR, description="Whether the login had one factor or two.")
    amr: list[str] = Field(default=[], description="How the user has logged in (RFC 8176).", examples=[["pwd"]])


class MetadataView(View):
    """The OAuth2 metadata of this service (RFC 8414)."""

    model_config = ConfigDict(extra="allow")

    issuer: str
    token_endpoint: str
    jwks_uri: str
    grant_types_supported: list[str]


@route(
    "POST /auth/token",
    Access.PUBLIC,
    (RefreshView, TokenView),
    errors=(
        InvalidClient,
        InvalidCredentials,
        InvalidToken,
        MfaRequired,
        WrongCode,
        RegistrationClosed,
        UnsupportedGrantType,
        TooManyRequests,
    ),
    oauth=True,
)
def grant_token(body: Grant) -> Response:
    """Trade a password, a refresh token or the secret of a service for tokens, as OAuth2 clients do (RFC 6749).

    A user with factors takes the second step with `otp`, or in a request of its own: the error `mfa_required` brings an
    `mfa_token` for the grant `urn:portero:params:grant-type:mfa`. A service gets an access token only, with its id and
    secret by HTTP Basic or as `client_id` and `client_secret`.

    Errors have the members `error` and `error_description` of RFC 6749 section 5.2 beside those of a problem.
    """
    match body.grant_type:
        case "password":
            _, tokens = services().sessions.log_in(body.username, body.password, client(), body.answer)
        case "refresh_token":
            _, tokens = services().sessions.refresh(body.refresh_token, client())
        case "client_credentials":
            return render(TokenView.of(services().service_accounts.grant(*_credential(body), client())))
        case credentials.MFA_GRANT:
            answer = Answer(body.otp, body.recovery_code)
            _, tokens = services().second_steps.finish(body.mfa_token, answer, client())
        case _:
            raise UnsupportedGrantType
    return render(RefreshView.of(tokens))


@route("POST /auth/revoke", Access.PUBLIC, status=200, oauth=True)
def revoke_token(body: TokenToRevoke) -> Response:
    """Revoke a token (RFC 7009).

    The session of the access token or refresh token ends. A token that is not valid changes nothing.
    """
    services().introspection.revoke(body.token, client())
    response = Response()
    del response.headers["Content-Type"]
    return response


@route("POST /auth/introspect", Access.PUBLIC, TokenStateView, errors=(InvalidClient, TooManyRequests), oauth=True)
def introspect_token(body: TokenToInspect) -> Response:
    """Tell whether a token of this service is active, and for whom (RFC 7662).

    An access token is active until it expires, its session ends or its user is disabled. A refresh token is active
    while it is the last one of its session. A key of a user is active until it expires or is removed. Tokens of an
    identity provider are not active.
    """
    claims = services().introspection.introspect(body.token, *_credential(body), client())
    state = {"active": False} if claims is None else {"active": True, **claims}
    return Response(TokenStateView(**state).model_dump_json(exclude_unset=True), content_type="application/json")


@route("GET /.well-known/oauth-authorization-server", Access.PUBLIC, MetadataView)
def show_metadata() -> Response:
    """Publish what OAuth2 clients need to know (RFC 8414)."""
    return _published(_metadata())


@route("GET /.well-known/openid-configuration", Access.PUBLIC, MetadataView)
def show_openid_metadata() -> Response:
    """Publish the same metadata at the path of OpenID Connect Discovery. There are no ID tokens."""
    return _published(
        {**_metadata(), "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": []}
    )


def answer_refusal(error: Exception) -> Response:
    """Return the response to a request that is refused before its operation.

    On the routes for OAuth2 clients, the response is an OAuth2 error. On all other routes, it is a problem.
    """
    return (answer_oauth_error if request.path.rstrip("/") in _oauth_paths() else answer_error)(error)


@cache
def _oauth_paths() -> set[str]:
    """Return the paths whose errors are those of OAuth2. An overloaded service asks at each refusal."""
    return {operation.path for operation in feature.operations if operation.oauth}


def _credential(body: TokenToInspect | Grant) -> tuple[str, str]:
    """Return the name and the secret of the service that sends a request (RFC 6749 section 2.3.1), or empty texts."""
    if request.authorization and request.authorization.type == "basic":
        name, secret = (request.authorization.get(part) or "" for part in ("username", "password"))
        return unquote_plus(name), unquote_plus(secret)
    return body.client_id, body.client_secret


def _metadata() -> dict[str, Any]:
    """Return the metadata.

    Its URLs begin with the issuer, or else with PUBLIC_URL, or else with the address of the request.
    """
    issuer, public_url = current_app.config["ISSUER"], current_app.config["PUBLIC_URL"]
    base = (issuer if "://" in issuer else public_url or request.host_url).rstrip("/")
    return {
        "issuer": issuer,
        "token_endpoint": f"{base}/auth/token",
        "token_endpoint_auth_methods_supported": ["none", *_BY_SECRET],
        "grant_types_supported": ["password", "refresh_token", "client_credentials", credentials.MFA_GRANT],
        "response_types_supported": [],
        "jwks_uri": f"{base}/.well-known/jwks.json",
        "revocation_endpoint": f"{base}/auth/revoke",
        "revocation_endpoint_auth_methods_supported": ["none"],
        "introspection_endpoint": f"{base}/auth/introspect",
        "introspection_endpoint_auth_methods_supported": _BY_SECRET,
        "service_documentation": f"{base}/docs",
    }


def _published(metadata: Mapping[str, Any]) -> Response:
    return Response(json.dumps(metadata), headers={"Cache-Control": "no-cache"}, content_type="application/json")
