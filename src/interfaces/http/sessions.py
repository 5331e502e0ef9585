"""Logging in over HTTP."""

from typing import Annotated, Self

from flask import Response
from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError
from werkzeug.exceptions import BadRequest

from src.application.sessions import ExchangeToken, LogIn
from src.domain.errors import (
    Invalid,
    InvalidCredentials,
    InvalidToken,
    NotFound,
    PorteroError,
    Taken,
    TooManyAttempts,
)
from src.interfaces.http.answers import LoginView, TokenView, render
from src.interfaces.http.bodies import Body, Form
from src.interfaces.http.fields import LoginField, PasswordField
from src.interfaces.http.operations import Operations, services
from src.interfaces.http.problems import OAuthError

operations = Operations("Sessions", "Logging in.")


class Credentials(Body):
    """A username or an e-mail address, in either field, and the password."""

    email: LoginField = ""
    username: Annotated[LoginField, Field(validate_default=True)] = ""
    password: PasswordField

    @field_validator("username")
    @classmethod
    def _one_name(cls, username: str, info: ValidationInfo) -> str:
        if not username and info.data.get("email") == "":
            raise PydanticCustomError("required", "Give a username or an email.")
        return username

    @property
    def login(self) -> str:
        """The name to log in with."""
        return self.username or self.email


class PasswordGrant(Form):
    """The resource owner password credentials grant (RFC 6749 section 4.3)."""

    grant_type: Annotated[str, Field(examples=["password"])]
    username: LoginField = ""
    password: PasswordField = ""
    scope: str = ""

    @model_validator(mode="after")
    def _grant(self) -> Self:
        if self.grant_type != "password":
            raise PydanticCustomError("unsupported_grant", "Use the grant type password.")
        if not {"username", "password"} <= self.model_fields_set:
            raise PydanticCustomError("required", "Give username and password.")
        return self


class FirebaseToken(Body):
    """What a Firebase client gets from getIdToken()."""

    id_token: Annotated[str, Field(min_length=1, examples=["eyJhbGciOiJSUzI1NiJ9.e30.c2ln"])]


@operations.add("POST", "/login", aliases=("/auth/login",), body=Credentials, answer=TokenView,
                errors=(InvalidCredentials, TooManyAttempts), use_case=LogIn)  # fmt: skip
def log_in(body: Credentials) -> Response:
    """Log in."""
    _, token = services().log_in(body.login, body.password)
    return render(TokenView.of_token(token))


@operations.add("POST", "/api/v1/auth/login", alias_of="/login", body=Credentials, answer=LoginView,
                errors=(InvalidCredentials, TooManyAttempts), use_case=LogIn)  # fmt: skip
def log_in_v1(body: Credentials) -> Response:
    """Log in, answered under the names that clients of /api/v1 read."""
    return render(LoginView.of_user(*services().log_in(body.login, body.password)))


def _as_oauth(error: PorteroError | BadRequest) -> Exception:
    match error:
        case BadRequest():
            return OAuthError("invalid_request", f"{error.description}")
        case InvalidCredentials():
            return OAuthError("invalid_grant", error.detail)
        case Invalid(errors=[first, *_]) if first.code == "unsupported_grant":
            return OAuthError("unsupported_grant_type", first.message)
        case Invalid(errors=errors):
            return OAuthError("invalid_request", " ".join(f"{each.field}: {each.message}" for each in errors))
    return error


@operations.add("POST", "/auth/token", body=PasswordGrant, answer=TokenView, errors=(TooManyAttempts,),
                translate=_as_oauth)  # fmt: skip
def grant_token(body: PasswordGrant) -> Response:
    """Trade a password for an access token, as OAuth2 clients do (RFC 6749 section 4.3).

    Errors are problem+json with the member `error` of RFC 6749 section 5.2.
    """
    _, token = services().log_in(body.username, body.password)
    return render(TokenView.of_token(token))


@operations.add("POST", "/auth/firebase", body=FirebaseToken, answer=TokenView,
                errors=(InvalidToken, NotFound, Taken), use_case=ExchangeToken)  # fmt: skip
def exchange_token(body: FirebaseToken) -> Response:
    """Log in with a Firebase ID token."""
    exchange = services().exchange_token
    if exchange is None:
        raise NotFound("This service keeps its passwords itself; log in at /login.")
    _, token = exchange(body.id_token)
    return render(TokenView.of_token(token))
