"""The operations with which users prove again, within a session, who they are."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from flask import Response

from src.application.sessions import Caller
from src.domain.errors import NotFound, TooManyRequests, WrongCode, WrongPassword
from src.interfaces.framework.fields import PasswordField
from src.interfaces.framework.requests import client, services
from src.interfaces.http.features import passkeys
from src.interfaces.http.features.passkeys import PasskeyOptionsView
from src.interfaces.http.features.second_steps import FactorAnswer
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.operations import Feature, Operation
from src.interfaces.http.framework.views import render
from src.interfaces.views import TokenView

feature = Feature(passkeys.feature.tag, passkeys.feature.description)
route = partial(Operation, feature)


class StepUpBody(FactorAnswer):
    """One proof: the password of an account without factors, or the answer of a factor."""

    proofs: ClassVar[Sequence[str]] = ("password", *FactorAnswer.proofs)

    password: PasswordField = ""


@route("POST /auth/step-up/options", Access.USER, PasskeyOptionsView, for_people=True, errors=(NotFound,))
def show_step_up_options(caller: Caller) -> Response:
    """Get the options for `navigator.credentials.get`, to prove with one of your passkeys that it is you.

    The challenge in them can be signed for ten minutes, and works once.
    """
    return render(PasskeyOptionsView(publicKey=services().step_ups.options(caller)["publicKey"]))


@route(
    "POST /auth/step-up",
    Access.USER,
    TokenView,
    for_people=True,
    errors=(WrongPassword, WrongCode, NotFound, TooManyRequests),
)
def step_up(caller: Caller, body: StepUpBody) -> Response:
    """Prove again who you are, and get an access token that says so. It belongs to the same session.

    Routes that answer `insufficient-user-authentication` take the new token. The proof is stored in the session, so
    that tokens from a refresh say it too. Each code, recovery code and challenge works once. Wrong passwords count as
    failed logins.
    """
    service = services().step_ups
    if body.password:
        return render(TokenView.of(service.with_password(caller, body.password, client())))
    return render(TokenView.of(service.with_factor(caller, body.answer, client())))
