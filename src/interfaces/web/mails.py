"""The pages that links in mails open, and the page of the mails that were caught in development.

Opening a page spends no token, because programs that scan mails open the links in them. The button of the page does.
"""

import re
from functools import partial

from flask import Blueprint, Response, abort, current_app, json, make_response, render_template, request

from src.application.ports import Tokens
from src.domain.errors import Forbidden, Invalid, PorteroError
from src.domain.mails import MailKind
from src.domain.users import User
from src.domain.values import InvalidValue
from src.interfaces.errors.problems import status_of
from src.interfaces.framework.bodies import Form, parse_body
from src.interfaces.framework.fields import TextField
from src.interfaces.framework.headers import accepted_language, language_headers
from src.interfaces.framework.requests import client, context_of, services
from src.interfaces.languages import translated
from src.interfaces.views import RefreshView
from src.interfaces.web.links import LINK_PATHS
from src.interfaces.web.security import page_policy

pages = Blueprint("web", __name__, template_folder="templates", static_folder="static", static_url_path="/assets")

# A page loads its stylesheet, and sends its form to this service only.
pages.after_request(
    page_policy("default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
)

_LOOPBACK_HOST = re.compile(r"(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]*)?", re.IGNORECASE)
_FORWARDING = ("forwarded", "x-forwarded-", "x-real-ip", "via")
"""How the names of the headers begin that proxies add."""
_LOOPBACK_PEER = re.compile(r"(::ffff:)?127(\.[0-9]{1,3}){3}|::1")

TEXTS = {
    "login": "Sign in",
    "login_button": "Sign in",
    "login_done": "You are signed in.",
    "result": "These are the tokens for your application:",
    "verify": "Confirm your e-mail address",
    "verify_button": "Confirm",
    "verify_done": "Your address is confirmed.",
    "account": "The link confirms your address for this account:",
    "verify_ends": "Somebody else may have registered your address. So confirming it ends all sessions of this account "
    "and removes its password. You then choose a new password here.",
    "verify_ended": "All sessions of the account have ended and its password is removed. Choose a new one.",
    "reset": "Set a new password",
    "reset_button": "Set the password",
    "reset_done": "Your new password is set. All sessions have ended: sign in with it.",
    "new_password": "New password",
    "email": "E-mail address",
    "code": "Six-digit code of the mail",
}
"""The texts of the pages. The catalogue has their translations."""


class LinkForm(Form):
    """The form of a page: the token of the link, or the address and code of a mail; and perhaps a new password."""

    token: TextField = ""
    email: TextField = ""
    code: TextField = ""
    new_password: TextField = ""


def show_page(kind: MailKind) -> Response:
    """Show the page of a link, with the button that does what the link is for.

    Without a token, the page of a login asks for the address and the code of the mail. The page that confirms an
    address names the account, because a stranger may have made it.
    """
    form = LinkForm(token=request.args.get("token", ""))
    account = services().mails.account_to_verify(form.token) if kind is MailKind.VERIFY else None
    return _page(kind, form, account=account)


def submit_page(kind: MailKind) -> Response:
    """Do what the link is for, and say how it went."""
    form = parse_body(LinkForm, context_of(None))
    try:
        if kind is MailKind.VERIFY and services().mails.verify(form.token, None, client()):
            return _page(MailKind.RESET, form, verified=True)
        result = _do(kind, form)
    except InvalidValue as error:
        return _page(kind, form, 422, error=error.message)
    except PorteroError as error:
        said = error.errors[0].message if isinstance(error, Invalid) else error.detail
        return _page(kind, form, int(status_of(type(error))), error=said)
    return _page(kind, form, done=True, result=result)


for _kind, _path in LINK_PATHS.items():
    pages.add_url_rule(_path, f"show_{_kind}", partial(show_page, _kind))
    pages.add_url_rule(f"{_path}/form", f"submit_{_kind}", partial(submit_page, _kind), methods=["POST"])


@pages.get("/dev/mail")
def show_caught_mails() -> Response:
    """Show the mails that were kept instead of sent, to this machine only. There is no such page in production."""
    caught = services().caught_mails
    if caught is None:
        abort(404)
    if not _is_local():
        raise Forbidden(
            "This page is for the machine of the service: open it there on http://localhost, without a proxy; "
            "DEV_MAIL_PUBLISHED=on shows it through the published port of a container too."
        )
    return make_response(render_template("caught_mails.html", mails=list(caught())))


def _is_local() -> bool:
    """Return whether the request comes from this machine, and not through a proxy.

    A page of another site reaches the service too, under a name of its own that leads here (DNS rebinding), so the
    header Host counts.
    """
    is_peer_allowed = current_app.config["DEV_MAIL_PUBLISHED"] or _LOOPBACK_PEER.fullmatch(request.remote_addr or "")
    is_forwarded = any(name.lower().startswith(_FORWARDING) for name, _ in request.headers)
    return bool(is_peer_allowed and not is_forwarded and _LOOPBACK_HOST.fullmatch(request.headers.get("Host", "")))


def _do(kind: MailKind, form: LinkForm) -> str:
    """Spend the token, and return what the page shows: the new tokens of a login as JSON, or an empty text."""
    mails = services().mails
    match kind:
        case MailKind.LOGIN if not form.token:
            address = services().rules.parse_email(form.email)
            _, tokens = mails.log_in_with_code(address, form.code.strip(), client())
            return _shown(tokens)
        case MailKind.LOGIN:
            _, tokens = mails.log_in(form.token, client())
            return _shown(tokens)
        case MailKind.RESET:
            mails.reset_password(form.token, form.new_password, client())
    return ""


def _shown(tokens: Tokens) -> str:
    return json.dumps(RefreshView.of(tokens).model_dump(), indent=2)


def _page(
    kind: MailKind,
    form: LinkForm,
    status: int = 200,
    *,
    error: str = "",
    done: bool = False,
    result: str = "",
    account: User | None = None,
    verified: bool = False,
) -> Response:
    language = accepted_language()
    page = render_template(
        "mail_link.html",
        language=language,
        texts={name: translated(text, language) for name, text in TEXTS.items()},
        purpose=kind.value,
        form=form,
        action=f"{LINK_PATHS[kind]}/form",
        error=translated(error, language),
        done=done,
        result=result,
        account=account,
        verified=verified,
    )
    return make_response(page, status, language_headers(language))
