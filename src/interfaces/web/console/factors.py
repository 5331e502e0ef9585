"""The pages of the caller's second factors: passkeys, an authenticator app, recovery codes."""

from collections.abc import Mapping
from typing import Annotated, Any

from flask import Response, request

from src.application.enrolment import Enrolled
from src.application.sessions import Caller
from src.domain.factors import parse_factor_name
from src.interfaces.framework.bodies import Form
from src.interfaces.framework.fields import TextField, checked
from src.interfaces.framework.requests import client, services
from src.interfaces.web.console.credentials import CredentialField, offered
from src.interfaces.web.console.pages import MEMBERS, Page
from src.interfaces.web.console.responses import go, show

_LIST = "/console/account/factors"
factors = Page("/account/factors", "account/factors.html", MEMBERS)
app = Page("/account/factors/app", "account/app.html", MEMBERS)
passkey = Page("/account/factors/passkey", "account/passkey.html", MEMBERS)

FactorName = Annotated[str, *checked(lambda text, _: parse_factor_name(text), {})]


class NewApp(Form):
    """The ticket of an enrolment, and the first code of the app. ``secret`` is shown again after a wrong code."""

    enrolment: TextField
    code: TextField
    secret: TextField = ""


class NewPasskey(Form):
    """A passkey that a device has made."""

    passkey: CredentialField
    name: FactorName | None = None


@factors.show
def _factors(caller: Caller) -> Mapping[str, Any]:
    service, user = services().factors, caller.user
    must_verify = service.notices.enabled and not user.factors and not user.email_verified
    return {"factors": service.list(user.id).items, "must_verify": must_verify}


@app.show
def _app(caller: Caller) -> Mapping[str, Any]:
    if request.method == "POST":  # the app has this secret already: another one would make its codes wrong
        return {name: request.form.get(name, "") for name in ("enrolment", "secret")}
    enrolment, setup = services().enrolments.start_app(caller)
    return {"enrolment": enrolment, "secret": setup.text, "setup": setup}


@app.form()
def add_app(caller: Caller, body: NewApp) -> Response:
    """Add the app that shows this code."""
    code = "".join(body.code.split())
    return _added(caller, services().enrolments.add_app(caller, body.enrolment, code, None, client()))


@passkey.show
def _passkey(caller: Caller) -> Mapping[str, Any]:
    return {"options": offered(lambda: services().enrolments.start_passkey(caller))}


@passkey.form()
def add_passkey(caller: Caller, body: NewPasskey) -> Response:
    """Add the passkey that the device has made."""
    return _added(caller, services().enrolments.add_passkey(caller, body.passkey, body.name, client()))


@factors.form("/account/factors/<id>/remove")
def remove_factor(caller: Caller, id: str) -> Response:
    """Remove a factor."""
    services().factors.remove(caller, id, client())
    return go(_LIST, "factor-removed")


@factors.form("/account/factors/codes")
def renew_codes(caller: Caller) -> Response:
    """Make new recovery codes, and show them once."""
    return show("account/codes.html", caller, codes=services().factors.renew_codes(caller, client()))


def _added(caller: Caller, enrolled: Enrolled) -> Response:
    """Show the recovery codes that the first factor brings or, for a further factor, the list of factors."""
    if enrolled.recovery_codes:
        return show("account/codes.html", caller, codes=enrolled.recovery_codes)
    return go(_LIST, "factor-added")
