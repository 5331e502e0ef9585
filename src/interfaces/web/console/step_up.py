"""The page that asks people to prove again who they are, before something dangerous."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Response, request

from src.application.factors import Answer
from src.application.sessions import Caller
from src.interfaces.framework.fields import PasswordField, TextField
from src.interfaces.framework.requests import services
from src.interfaces.web.console.browser import browser, set_cookie
from src.interfaces.web.console.credentials import CredentialField, offered
from src.interfaces.web.console.kept_forms import SignInForm, resume, safe_path
from src.interfaces.web.console.pages import MEMBERS, Page, console
from src.interfaces.web.console.responses import go

step_up = Page("/step-up", "signing_in/step_up.html", MEMBERS)


class FactorForm(SignInForm):
    """The form that proves a factor, with a code of an app, a recovery code, or a credential signed by a passkey."""

    code: TextField = ""
    recovery_code: TextField = ""
    passkey: CredentialField | None = None

    @property
    def answer(self) -> Answer:
        """The answer as the use cases take it. People type codes with spaces."""
        return Answer("".join(self.code.split()), self.recovery_code.strip(), self.passkey)


class StepUp(FactorForm):
    """The form that proves a factor, or the password if the account has no factors."""

    password: PasswordField = ""


@step_up.show
def _step_up(caller: Caller) -> Mapping[str, Any]:
    given = request.form if request.method == "POST" else request.args
    return {"next": given.get("next", ""), "kept": request.form.get("kept", "")}


@step_up.form()
def prove(caller: Caller, body: StepUp) -> Response:
    """Prove the identity of the user again. The cookie of the session gets a new value."""
    service = services().step_ups
    if body.password:
        tokens = service.with_password(caller, body.password, browser())
    else:
        tokens = service.with_factor(caller, body.answer, browser())
    response = resume(body.kept, None, cookie=tokens.cookie) if body.kept else go(safe_path(body.next))
    set_cookie(response, tokens.cookie or "", tokens.expires_in)
    return response


@console.context_processor
def _options() -> dict[str, Any]:
    """Give templates the options for proving with one of the caller's passkeys."""
    return {"step_up_options": lambda caller: offered(partial(services().step_ups.options, caller))}
