"""The pages for signing in, registering and requesting mails, and the form for signing out."""

from contextlib import suppress
from functools import partial
from typing import Any

from flask import Response, current_app, request

from src.application.ports import Tokens
from src.application.sessions import Caller
from src.domain.errors import InvalidInvitation
from src.domain.mails import MailKind
from src.domain.users import Profile
from src.interfaces.framework.bodies import Form
from src.interfaces.framework.fields import (
    EmailField,
    LoginField,
    PasswordField,
    StrangersPasswordField,
    TextField,
    UsernameField,
)
from src.interfaces.framework.requests import client, services
from src.interfaces.languages import LANGUAGES
from src.interfaces.web.console.browser import browser, current_caller, keep_session
from src.interfaces.web.console.credentials import CredentialField, offered
from src.interfaces.web.console.kept_forms import HOME, SignInForm, resume, safe_path
from src.interfaces.web.console.pages import AUDITORS, Page, console
from src.interfaces.web.console.responses import go
from src.interfaces.web.links import LINK_PATHS

signing_in = Page("/signin", "signing_in/password.html", ())
by_mail = Page("/signin/mail", "signing_in/mail.html", ())
by_code = Page("/signin/mail/sent", "signing_in/mail_sent.html", ())
registering = Page("/register", "signing_in/register.html", ())
forgetting = Page("/forgot", "signing_in/forgot.html", ())
welcome = Page("/welcome", "signing_in/welcome.html", ())
appearance = Page("/appearance", "signing_in/appearance.html", ())

LINK_COOKIE = "portero-next"
"""The cookie of a browser that has asked for a mail here. The page of the link then signs in to the console."""
_LINK_SECONDS = 1800
_YEAR = 365 * 86400
_THEMES = ("light", "dark", "system")


class PasswordSignIn(SignInForm):
    """A sign-in with a password."""

    login: LoginField
    password: PasswordField


class PasskeySignIn(SignInForm):
    """A sign-in with a passkey: the credential that has signed the challenge."""

    passkey: CredentialField


class MailSignIn(SignInForm):
    """A request for a mail that signs in."""

    email: EmailField


class CodeSignIn(MailSignIn):
    """A sign-in with the code of a mail."""

    code: TextField


class Registration(SignInForm):
    """A new account."""

    username: UsernameField
    email: EmailField
    password: StrangersPasswordField

    def profile(self) -> Profile:
        """Return the profile of the new account."""
        return {"username": self.username, "email": self.email}


class InvitedRegistration(SignInForm):
    """A new account with the address of an invitation."""

    username: UsernameField
    password: StrangersPasswordField
    invitation: TextField


class ForgottenPassword(Form):
    """A request for a mail that sets a new password."""

    email: EmailField


class Preferences(Form):
    """The language and the colours of the pages."""

    language: TextField = ""
    theme: TextField = ""
    next: TextField = ""


def signed_in(tokens: Tokens, form: SignInForm) -> Response:
    """Redirect a browser that has signed in to the page that it had requested. A kept form is shown first."""
    response = resume(form.kept, None, cookie=tokens.cookie) if form.kept else go(safe_path(form.next))
    return keep_session(response, tokens)


@console.get("/")
def show_first_page() -> Response:
    """Redirect auditors and admins to the users, and everybody else to the own account."""
    caller = current_caller()
    operates = caller and caller.user.role in AUDITORS and current_app.config["CONSOLE_ADMIN"]
    return go("/console/users" if operates else HOME)


@appearance.show
@by_mail.show
@by_code.show
def _with_next() -> dict[str, Any]:
    return {"next": _given("next"), "kept": request.form.get("kept", "")}


@signing_in.show
def _signing_in() -> dict[str, Any]:
    lacks_admin = current_app.config["CONSOLE_ADMIN"] and services().administration.lacks_admin()
    return {**_with_next(), "registration": services().sessions.registration, "lacks_admin": lacks_admin}


@registering.show
def _registering() -> dict[str, Any]:
    return {**_with_next(), "invitation": _given("invitation"), "invited": invited_address(_given("invitation"))}


def _given(name: str) -> str:
    """Return a field of the form or, if no form was sent, a parameter of the URL."""
    return (request.form if request.method == "POST" else request.args).get(name, "")


def invited_address(token: str) -> str | None:
    """Return the address of the invitation with this token, or None."""
    with suppress(InvalidInvitation):
        return services().accounts.registration.open_invitation(token)[0].email.address
    return None


@console.context_processor
def _ways_in() -> dict[str, Any]:
    """Tell every template whether the service sends mails, and give it the passkey options for a sign-in."""
    return {
        "mails": services().mail_requests.enabled,
        "passkey_options": partial(offered, services().passkey_logins.options),
    }


@signing_in.form()
def sign_in(body: PasswordSignIn) -> Response:
    """Sign in with a password."""
    _, tokens = services().sessions.log_in(body.login, body.password, browser())
    return signed_in(tokens, body)


@signing_in.form("/signin/passkey")
def sign_in_with_passkey(body: PasskeySignIn) -> Response:
    """Sign in with a passkey. No second step follows."""
    _, tokens = services().passkey_logins.log_in(body.passkey, browser())
    return signed_in(tokens, body)


@by_mail.form()
def send_mail(caller: Caller | None, body: MailSignIn) -> Response:
    """Send a mail with a link and a code. The answer is the same for every address."""
    services().mail_requests.request(MailKind.LOGIN, body.email, client())
    response = by_code.render(caller, typed={"email": body.email.address})
    response.set_cookie(
        LINK_COOKIE,
        safe_path(body.next),
        max_age=_LINK_SECONDS,
        httponly=True,
        samesite="Lax",
        path=LINK_PATHS[MailKind.LOGIN],
    )
    return response


@by_code.form()
def sign_in_with_code(body: CodeSignIn) -> Response:
    """Sign in with the code of a mail."""
    _, tokens = services().mails.log_in_with_code(body.email, body.code.strip(), browser())
    return signed_in(tokens, body)


@registering.form()
def register(caller: Caller | None, body: Registration) -> Response:
    """Make an account and sign in. A guest becomes a member, and keeps its data."""
    guest = caller.user if caller else None
    _, tokens = services().accounts.sign_up(body.profile(), body.password, browser(), guest)
    return signed_in(tokens, body)


@registering.form("/register/invited")
def accept_invitation(caller: Caller | None, body: InvitedRegistration) -> Response:
    """Make an account with an invitation, which gives the address and the role, and sign in."""
    guest, profile = caller.user if caller else None, Profile(username=body.username)
    _, tokens = services().accounts.sign_up(profile, body.password, browser(), guest, body.invitation)
    return signed_in(tokens, body)


@forgetting.form()
def send_reset(caller: Caller | None, body: ForgottenPassword) -> Response:
    """Send a mail that leads to a new password. The answer is the same for every address."""
    services().mail_requests.request(MailKind.RESET, body.email, client())
    return forgetting.render(caller, sent=body.email.address)


@signing_in.form("/guest")
def become_guest(body: SignInForm) -> Response:
    """Look around as a guest."""
    return signed_in(services().sessions.become_guest(browser()), body)


@appearance.form()
def choose(body: Preferences) -> Response:
    """Store the language and the colours in cookies, and show again the page on which they were chosen."""
    response = go(safe_path(body.next))
    if body.language in LANGUAGES:
        response.set_cookie("language", body.language, max_age=_YEAR, httponly=True, samesite="Lax")
    if body.theme in _THEMES:
        response.set_cookie("theme", body.theme, max_age=_YEAR, httponly=True, samesite="Lax")
    return response
