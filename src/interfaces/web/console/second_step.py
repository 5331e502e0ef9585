"""The page of the second step of a sign-in."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Response, request

from src.interfaces.framework.fields import TextField
from src.interfaces.framework.requests import services
from src.interfaces.web.console.browser import browser
from src.interfaces.web.console.credentials import offered
from src.interfaces.web.console.pages import Page, console
from src.interfaces.web.console.signing_in import signed_in
from src.interfaces.web.console.step_up import FactorForm

second_step = Page("/signin/code", "signing_in/second_step.html", ())


class SecondStep(FactorForm):
    """The answer of a factor, and the ticket that the first step has returned."""

    mfa_token: TextField


@second_step.show
def _second_step() -> Mapping[str, Any]:
    carried = {name: request.form.get(name, "") for name in ("next", "kept", "mfa_token")}
    return {**carried, "kinds": request.form.get("kinds", "").split()}


@second_step.form()
def finish(body: SecondStep) -> Response:
    """Take the second step of a sign-in."""
    _, tokens = services().second_steps.finish(body.mfa_token, body.answer, browser())
    return signed_in(tokens, body)


@console.app_context_processor
def _options() -> dict[str, Any]:
    """Give templates the passkey options for the second step."""
    return {"mfa_options": lambda mfa_token: offered(partial(services().second_steps.options, mfa_token))}
