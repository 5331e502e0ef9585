"""The bodies with which clients log in and refresh tokens."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, ValidationInfo, WithJsonSchema, field_validator, model_validator
from pydantic_core import PydanticCustomError

from src.application.factors import Answer
from src.interfaces.framework.bodies import FORM, JSON, Body, Form, without_defaults
from src.interfaces.framework.fields import (
    CodeField,
    LoginField,
    MfaTokenField,
    PasswordField,
    RecoveryCodeField,
    TextField,
)
from src.interfaces.http.framework.authentication import bearer_token, no_token


class WithSecondStep(Body):
    """A body of a first step, with which a client may send the code of an authenticator app for the second one."""

    otp: CodeField = ""

    @property
    def answer(self) -> Answer | None:
        """The answer to the second step, or None if the client has sent none."""
        return Answer(code=self.otp) if self.otp else None


class _Login(WithSecondStep):
    email: LoginField = ""
    username: LoginField = ""
    password: PasswordField = ""

    @property
    def login(self) -> str:
        """The username or the e-mail address, or an empty text without either."""
        return self.username or self.email


def _one_of_two_names(schema: dict[str, Any]) -> None:
    """Describe the body as one of two whole objects: one with a username, and one with an e-mail address.

    Code generators make a type of each object. They would ignore two lists of required names beside the properties.
    """
    without_defaults(schema)
    whole = {name: schema.pop(name) for name in ("type", "properties", "required")}
    schema["anyOf"] = [
        {"title": title, **whole, "required": [name, *whole["required"]]}
        for title, name in (("LoginWithUsername", "username"), ("LoginWithEmail", "email"))
    ]


class Credentials(_Login):
    """A password, and a username or an e-mail address. `username` and `email` both accept either kind of name.

    OAuth2 clients of FastAPI send the fields form-encoded.
    """

    model_config = ConfigDict(json_schema_extra=_one_of_two_names)
    media_types = (JSON, FORM)
    username: Annotated[LoginField, Field(validate_default=True)] = ""
    password: PasswordField

    @field_validator("username")
    @classmethod
    def _one_name(cls, username: str, info: ValidationInfo) -> str:
        if not username and info.data.get("email") == "":
            raise PydanticCustomError("required", "Give a username or an email.")
        return username


class CredentialsOrNothing(_Login):
    """Credentials to log in with, or an empty body to become a guest."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.model_fields_set and not (self.login and self.password):
            raise PydanticCustomError("required", "Give a username or an email, and a password; or nothing.")
        return self


SecretField = Annotated[TextField, WithJsonSchema({"type": "string", "format": "password"})]
MFA_GRANT = "urn:portero:params:grant-type:mfa"
"""The grant that takes the second step of a login."""


class Grant(WithSecondStep, Form):
    """A grant of RFC 6749 (sections 4.3, 4.4 and 6), or the second step of a login.

    The credential of a service may come by HTTP Basic instead.
    """

    grant_type: Annotated[str, Field(examples=["password"])]
    username: LoginField = ""
    password: PasswordField = ""
    refresh_token: TextField = ""
    mfa_token: MfaTokenField = ""
    recovery_code: RecoveryCodeField = ""
    client_id: TextField = ""
    client_secret: SecretField = ""
    scope: str = ""

    @model_validator(mode="after")
    def _grant(self) -> Self:
        if self.grant_type == "password" and not {"username", "password"} <= self.model_fields_set:
            raise PydanticCustomError("required", "Give password and username.")
        if self.grant_type == "refresh_token" and "refresh_token" not in self.model_fields_set:
            raise PydanticCustomError("required", "Give refresh_token.")
        if self.grant_type == MFA_GRANT and not (self.mfa_token and bool(self.otp) != bool(self.recovery_code)):
            raise PydanticCustomError("required", "Give mfa_token, and otp or recovery_code.")
        return self


class TokenToRevoke(Form):
    """An access token or a refresh token (RFC 7009 section 2.1)."""

    token: Annotated[str, Field(min_length=1)]
    token_type_hint: TextField = ""


class TokenToInspect(TokenToRevoke):
    """A token (RFC 7662 section 2.1), and the credential of the service unless HTTP Basic has it."""

    client_id: TextField = ""
    client_secret: SecretField = ""


class RefreshBody(Body):
    """A refresh token under one of two names. Without a body, the bearer token is the refresh token."""

    refresh_token: TextField = ""
    refreshToken: TextField = ""  # noqa: N815 - a name of the contract

    @property
    def token(self) -> str:
        """The token in the body, or else in the Authorization header. Raises Unauthenticated without a token."""
        token = self.refresh_token or self.refreshToken or bearer_token()
        if token is None:
            raise no_token()
        return token


class FirebaseToken(WithSecondStep):
    """The ID token that getIdToken() of a Firebase client returns."""

    id_token: Annotated[str, Field(min_length=1, examples=["eyJhbGciOiJSUzI1NiJ9.e30.c2ln"])]
    invitation: Annotated[
        TextField, Field(description="That of an invitation, which a newcomer accepts.", examples=[""])
    ] = ""
