"""The pages that links in mails open, and the page of the mails that were caught in development.

Opening a page does not spend its token, because programs that scan mails open the links in them. Only the button of the
page spends the token.
"""

import re
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, current_app, request

from src.application.ports import Tokens
from src.domain.errors import Forbidden, Invalid, MfaRequired, PorteroError
from src.domain.mails import MailKind
from src.domain.sessions import Client
from src.domain.values import InvalidValue
from src.interfaces.errors.catalogue import status_of
from src.interfaces.errors.pages import prefers_page
from src.interfaces.framework.bodies import Form
from src.interfaces.framework.field_errors import with_field
from src.interfaces.framework.fields import TextField
from src.interfaces.framework.pages import page
from src.interfaces.framework.parsing import parse_body
from src.interfaces.framework.requests import client, context_of, services
from src.interfaces.web.assets import serve_assets
from src.interfaces.web.console.browser import browser
from src.interfaces.web.console.kept_forms import SignInForm, ask_for_second_step
from src.interfaces.web.console.signing_in import LINK_COOKIE, invited_address, signed_in
from src.interfaces.web.hosts import is_loopback
from src.interfaces.web.links import LINK_PATHS

pages = Blueprint("web", __name__, template_folder="templates", static_folder="static", static_url_path="/assets")
serve_assets(pages)

_FORWARDING = ("forwarded", "x-forwarded-", "x-real-ip", "via")
"""How the names of the headers begin that proxies add."""
_LOOPBACK_PEER = re.compile(r"(::ffff:)?127(\.[0-9]{1,3}){3}|::1")


_MAX_SHOWN = 254
"""The most characters of a field that a page repeats: those of an e-mail address."""


class LinkForm(Form):
    """The form of a page: the token of the link, or the address and the code of a mail.

    ``send`` is the button that requests a mail with a code, and ``console`` is the button that signs in to the console.
    The form that accepts an invitation also has the data of the new account.
    """

    token: TextField = ""
    email: TextField = ""
    code: TextField = ""
    username: TextField = ""
    new_password: TextField = ""
    send: TextField = ""
    console: TextField = ""


def show_page(kind: MailKind) -> Response:
    """Show the page of a link, with the button that carries out the link's action.

    In a browser, an invitation leads to the page of the console that registers. Without a token, the login page asks
    for the address and the code of the mail. The page that confirms an address names the account, because a stranger
    may have created it.
    """
    form = LinkForm(token=request.args.get("token", ""))
    if kind is MailKind.INVITATION and current_app.config["CONSOLE"] and prefers_page():
        location = f"/console/register?{urlencode({'invitation': form.token})}"
        return Response(status=303, headers={"Location": location, "Vary": "Accept", "Cache-Control": "no-store"})
    account = services().mails.account_to_verify(form.token) if kind is MailKind.VERIFY else None
    return _page(kind, form, account=account, invited=invited_address(form.token))


def submit_page(kind: MailKind) -> Response:
    """Carry out the action of the link, and show the result.

    A form of another site is refused, because it could make its visitors use up the mails of an address.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden("Open the page of this service, and send its form.")
    form = parse_body(LinkForm, context_of(None))
    try:
        if kind is MailKind.LOGIN and not form.send and _leads_to_console(form):
            return signed_in(_log_in(form, browser()), SignInForm(next=request.cookies.get(LINK_COOKIE, "")))
        return _page(kind, form, **_do(kind, form))
    except InvalidValue as error:
        return _page(kind, form, 422, error=error.message, invited=invited_address(form.token))
    except PorteroError as error:
        if isinstance(error, MfaRequired) and current_app.config["CONSOLE"]:
            return ask_for_second_step(error, request.cookies.get(LINK_COOKIE, ""))
        error = with_field(error)
        said = error.errors[0].message if isinstance(error, Invalid) else error.detail
        return _page(kind, form, status_of(type(error)), error=said, invited=invited_address(form.token))


for _kind, _path in LINK_PATHS.items():
    pages.add_url_rule(_path, f"show_{_kind}", partial(show_page, _kind))
    pages.add_url_rule(f"{_path}/form", f"submit_{_kind}", partial(submit_page, _kind), methods=["POST"])


@pages.get("/dev/mail")
def show_caught_mails() -> Response:
    """Show the mails that were kept instead of sent, to browsers on this machine only.

    In production there is no such page.
    """
    caught = services().caught_mails
    if caught is None:
        abort(404)
    if not _is_local():
        raise Forbidden(
            "This page is for the machine of the service: open it there on http://localhost, without a proxy; "
            "DEV_MAIL_PUBLISHED=on shows it through the published port of a container too."
        )
    return page("caught_mails.html", mails=list(caught()))


def _is_local() -> bool:
    """Return whether the request comes directly from this machine, and not through a proxy.

    The Host header must name this machine too: with DNS rebinding, a page of another site can send requests from a
    browser on this machine, but under the host name of that site.
    """
    is_peer_allowed = current_app.config["DEV_MAIL_PUBLISHED"] or _LOOPBACK_PEER.fullmatch(request.remote_addr or "")
    is_forwarded = any(name.lower().startswith(_FORWARDING) for name, _ in request.headers)
    return bool(is_peer_allowed and not is_forwarded and is_loopback(request.headers.get("Host", "")))


def _do(kind: MailKind, form: LinkForm) -> dict[str, Any]:
    """Carry out the action of the form, and return the values that the page shows, such as the tokens of a login."""
    mails, rules = services().mails, services().rules
    match kind:
        case MailKind.LOGIN if form.send:
            services().mail_requests.request(kind, rules.parse_email(form.email), client())
            return {"sent": True}
        case MailKind.LOGIN:
            return {"done": True, "tokens": _log_in(form, client())}
        case MailKind.VERIFY:
            if mails.verify_address(form.token, None, client()):
                return {"verified": True}
        case MailKind.INVITATION:
            username = rules.parse_new_username(form.username)
            password = rules.passwords.check_form(form.new_password, username.display)
            services().accounts.register({"username": username}, password, client(), invitation=form.token)
        case MailKind.RESET:
            mails.reset_password(form.token, form.new_password, client())
    return {"done": True}


def _log_in(form: LinkForm, client: Client) -> Tokens:
    """Log in with the token of a link, or with an address and a code."""
    mails = services().mails
    if form.token:
        return mails.log_in(form.token, client)[1]
    return mails.log_in_with_code(services().rules.parse_email(form.email), form.code.strip(), client)[1]


def _leads_to_console(form: LinkForm) -> bool:
    """Return whether the login leads to the console.

    It does if the mail was requested on a page of the console, or if the console's button was pressed.
    """
    return bool(current_app.config["CONSOLE"] and (form.console or LINK_COOKIE in request.cookies))


def _page(kind: MailKind, form: LinkForm, status: int = 200, **shown: Any) -> Response:
    form = form.model_copy(update={name: getattr(form, name)[:_MAX_SHOWN] for name in ("email", "username", "token")})
    kind = MailKind.RESET if "verified" in shown else kind  # the token sets a new password now
    shown |= {"action": f"{LINK_PATHS[kind]}/form", "to_console": LINK_COOKIE in request.cookies}
    return page("mail_link.html", status, kind=kind.value, form=form, **shown)
