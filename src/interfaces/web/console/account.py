"""The pages of the caller's own account: profile, address, password, sessions, data."""

from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, request

from src.application.sessions import Caller
from src.domain.users import Profile, User
from src.interfaces.devices import device
from src.interfaces.framework.bodies import Form
from src.interfaces.framework.fields import (
    EmailField,
    LastNameField,
    NameField,
    NewPasswordField,
    PasswordField,
    TextField,
    UsernameField,
)
from src.interfaces.framework.requests import client, services
from src.interfaces.web.console.browser import current_caller, set_cookie
from src.interfaces.web.console.kept_forms import HOME
from src.interfaces.web.console.pages import MEMBERS, Confirmation, Page, console
from src.interfaces.web.console.responses import go, sign_in_first

account = Page("/account", "account/account.html")
address = Page("/account/email", "account/email.html", MEMBERS)
password = Page("/account/password", "account/password.html", MEMBERS)
deletion = Page("/account/delete", "account/delete.html")


class Names(Form):
    """The names of a profile, and the revision of the account at which they were shown."""

    username: UsernameField | None = None
    name: NameField | None = None
    last_name: LastNameField | None = None
    revision: TextField
    keep: TextField = "mine"
    """Which names to keep after a conflict: "mine", the typed ones, or "theirs", the stored ones."""

    def profile(self) -> Profile:
        """Return the names to store. An empty field removes a name, except the username, which every account has."""
        change: Profile = {"name": self.name, "last_name": self.last_name}
        return {**change, "username": self.username} if self.username else change


class Address(Form):
    """A new address. The current password confirms it, unless the sign-in is recent."""

    email: EmailField
    current_password: PasswordField | None = None


class PasswordChange(Form):
    """The current password and the new one."""

    current_password: PasswordField | None = None
    new_password: NewPasswordField


@account.show
def _account(caller: Caller) -> Mapping[str, Any]:
    page = services().sessions.list(caller.user, request.args.get("cursor"), 50)
    sessions = [(each, device(each.client.user_agent)) for each in page.items]
    return {"sessions": sessions, "more": page.next}


@account.form()
def change_names(caller: Caller, body: Names) -> Response:
    """Change the names. If the account has changed meanwhile, the page lets the person choose which names to keep."""
    if body.keep == "mine":
        change, user_id = body.profile(), caller.user.id
        services().accounts.change(caller, user_id, change, None, {body.revision}, client())
    return go(HOME, "names")


@account.form("/account/verify")
def verify_address(caller: Caller) -> Response:
    """Send a mail that proves the address."""
    services().mail_requests.request_verification(caller.user, client())
    return go(HOME, "verify")


@account.form("/account/sessions/<id>/end")
def end_session(caller: Caller, id: str) -> Response:
    """End one of the caller's sessions."""
    services().sessions.end(caller.user, id, client())
    return go(HOME, "session")


@account.form("/account/sessions/end-others")
def end_other_sessions(caller: Caller) -> Response:
    """End every session but this one."""
    services().sessions.log_out_everywhere(caller, client(), keep=caller.session)
    return go(HOME, "sessions")


@account.form("/signout")
def sign_out(caller: Caller) -> Response:
    """End this session."""
    services().sessions.log_out(caller, client())
    return _without_session("signed-out")


@address.form()
def change_address(caller: Caller, body: Address) -> Response:
    """Change the address."""
    profile: Profile = {"email": body.email}
    services().accounts.change(caller, caller.user.id, profile, body.current_password, None, client())
    return go(HOME, "email")


@password.form()
def change_password(caller: Caller, body: PasswordChange) -> Response:
    """Change the password. Every other session ends."""
    services().accounts.change_password(caller, body.current_password, body.new_password, client())
    return go(HOME, "password")


@deletion.show
def _deletion(caller: Caller) -> Mapping[str, Any]:
    caller.require_recent_two_factors(services().sessions.clock())  # before anything is typed
    return {"name": _name_to_type(caller.user)}


@deletion.form()
def delete_account(caller: Caller, body: Confirmation) -> Response:
    """Delete the account, if its name was typed."""
    body.require(_name_to_type(caller.user))
    services().accounts.delete(caller, caller.user.id, None, client())
    return _without_session("deleted")


@console.get("/account/export")
def download_export() -> Response:
    """Download everything that the service holds about the caller."""
    caller = current_caller()
    if caller is None:
        return sign_in_first()
    stream = current_app.extensions["portero.export"]
    export: Response = stream(services().exports.export(caller.user, client()), caller.session)
    return export


def _name_to_type(user: User) -> str:
    """Return the text that confirms the deletion of an account."""
    return user.username.display if user.username else "guest"


def _without_session(done: str) -> Response:
    response = go("/console/signin", done)
    set_cookie(response, "", 0)
    return response
