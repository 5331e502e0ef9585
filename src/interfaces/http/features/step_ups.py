"""The operations with which users prove again, within a session, who they are."""

from functools import partial
from typing import Self

from flask import Response
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from src.application.factors import Answer
from src.application.sessions import Caller
from src.domain.errors import NotFound, TooManyRequests, WrongCode, WrongPassword
from src.interfaces.framework.bodies import Body
from src.interfaces.framework.fields import CodeField, PasskeyField, PasswordField, RecoveryCodeField
from src.interfaces.framework.requests import client, services
from src.interfaces.http.features.passkeys import PasskeyOptionsView
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.operations import Feature, Operation
from src.interfaces.http.framework.views import render
from src.interfaces.views import TokenView

feature = Feature("Step-up", "Proving again, within a session, who you are (RFC 9470).")
route = partial(Operation, feature)


class StepUpBody(Body):
    """One proof: the password of an account without factors, or the answer of a factor."""

    password: PasswordField = ""
    code: CodeField = ""
    recovery_code: RecoveryCodeField = ""
    passkey: PasskeyField | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise PydanticCustomError("required", "Give one of password, code, recovery_code, passkey.")
        return self


@route("POST /auth/step-up/options", Access.USER, PasskeyOptionsView, errors=(NotFound,))
def show_step_up_options(caller: Caller) -> Response:
    """Get the options for `navigator.credentials.get`, to prove with one of your passkeys that it is you.

    The challenge in them can be signed for ten minutes, and works once.
    """
    return render(PasskeyOptionsView(publicKey=services().step_ups.options(caller)["publicKey"]))


@route("POST /auth/step-up", Access.USER, TokenView, errors=(WrongPassword, WrongCode, NotFound, TooManyRequests))
def step_up(caller: Caller, body: StepUpBody) -> Response:
    """Prove again who you are, and get an access token that says so. It belongs to the same session.

    Routes that answer `insufficient-user-authentication` take the new token. The proof is stored in the session, so
    that tokens from a refresh say it too. Each code, recovery code and challenge works once. Wrong passwords count as
    failed logins.
    """
    service = services().step_ups
    if "password" in body.model_fields_set:
        return render(TokenView.of(service.with_password(caller, body.password, client())))
    answer = Answer(body.code, body.recovery_code, body.passkey)
    return render(TokenView.of(service.with_factor(caller, answer, client())))
