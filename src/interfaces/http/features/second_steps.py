"""The operations that take the second step of a login."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, Self

from flask import Response
from pydantic import model_validator

from src.application.factors import Answer
from src.domain.errors import InvalidToken, NotFound, TooManyRequests, WrongCode
from src.domain.messages import Translatable
from src.interfaces.framework.bodies import Body, refused
from src.interfaces.framework.fields import CodeField, MfaTokenField, PasskeyField, RecoveryCodeField
from src.interfaces.framework.requests import client, services
from src.interfaces.http.features import passkeys
from src.interfaces.http.features.passkeys import PasskeyOptionsView
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.operations import Feature, Operation
from src.interfaces.http.framework.views import LoginView, render
from src.interfaces.views import RefreshView

feature = Feature(passkeys.feature.tag, passkeys.feature.description)
route = partial(Operation, feature)


class FactorAnswer(Body):
    """The answer of a factor: a code of an app, a recovery code, or the answer of a passkey."""

    proofs: ClassVar[Sequence[str]] = ("code", "recovery_code", "passkey")
    """The fields of which a client gives one."""

    code: CodeField = ""
    recovery_code: RecoveryCodeField = ""
    passkey: PasskeyField | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len([name for name in self.proofs if getattr(self, name) not in ("", None)]) != 1:
            raise refused("required", Translatable("Give one of {values}.", values=", ".join(self.proofs)))
        return self

    @property
    def answer(self) -> Answer:
        """The answer as the use cases take it."""
        return Answer(self.code, self.recovery_code, self.passkey)


class SecondStep(FactorAnswer):
    """The token that the first step was answered with, and the answer of a factor."""

    mfa_token: MfaTokenField


class Ticket(Body):
    """The token that the first step was answered with."""

    mfa_token: MfaTokenField


@route("POST /auth/mfa/options", Access.PUBLIC, PasskeyOptionsView, errors=(InvalidToken, NotFound))
def show_mfa_options(body: Ticket) -> Response:
    """Get the options for `navigator.credentials.get`, to take the second step of a login with a passkey.

    The challenge in them can be signed for ten minutes, and works once.
    """
    return render(PasskeyOptionsView(publicKey=services().second_steps.options(body.mfa_token)["publicKey"]))


@route("POST /auth/mfa", Access.PUBLIC, RefreshView, errors=(InvalidToken, WrongCode, TooManyRequests))
def mfa(body: SecondStep) -> Response:
    """Take the second step of a login.

    `mfa_token` is a member of the problem `mfa-required`, which answers the first step of a login if the user has
    second factors. The token works once, for ten minutes, and becomes void with every change of the password or the
    factors.
    """
    _, tokens = services().second_steps.finish(body.mfa_token, body.answer, client())
    return render(RefreshView.of(tokens))


@route("POST /api/v1/auth/mfa", Access.PUBLIC, LoginView, alias_of="/auth/mfa")
def mfa_v1(body: SecondStep) -> Response:
    """Take the second step of a login, answered under the names that clients of /api/v1 read."""
    return render(LoginView.of_user(*services().second_steps.finish(body.mfa_token, body.answer, client())))
