"""The browser behind a request: its session, which is kept in a cookie, and the origin of its forms."""

import hmac
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus

from flask import Response, g, request

from src.application.ports import Tokens
from src.application.sessions import Caller
from src.domain.errors import Forbidden, InvalidToken, Unavailable
from src.domain.sessions import Client
from src.interfaces.framework.requests import client, services
from src.interfaces.web.hosts import is_loopback


def browser() -> Client:
    """Return the client of the current request, marked so that a session that it starts is kept in a cookie."""
    return replace(client(), uses_cookie=True)


def current_caller() -> Caller | None:
    """Return the caller whose session is in the cookie of the current request, or None. Raises Unavailable."""
    if "caller" not in g:
        g.caller = None
        if cookie := request.cookies.get(_cookie_name()):
            with suppress(InvalidToken):
                g.caller = services().browsers.authenticate(cookie)
    caller: Caller | None = g.caller
    return caller


def known_caller(status: int) -> Caller | None:
    """Return the caller for a page about an error, or None.

    After a failure of the service, only a caller who is known already is returned: to authenticate could fail again.
    """
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        known: Caller | None = g.get("caller")
        return known
    with suppress(Unavailable):
        return current_caller()
    return None


def keep_session(response: Response, tokens: Tokens) -> Response:
    """Keep the session of ``tokens`` in the browser's cookie, and end the session that the cookie held before."""
    assert tokens.cookie
    old = current_caller()
    if old and old.session:
        services().sessions.log_out(old, client())
    set_cookie(response, tokens.cookie, tokens.expires_in)
    return response


def set_cookie(response: Response, value: str, seconds: int) -> None:
    """Set the cookie of the session, or remove the cookie if ``seconds`` is zero.

    No script can read the cookie, and no other site can send it with a form. The prefix ``__Host-`` stops other hosts
    of the domain from setting it.
    """
    name = _cookie_name()
    response.set_cookie(
        name, value, max_age=seconds, secure=name.startswith("__Host-"), httponly=True, samesite="Lax", path="/"
    )


def csrf_token(cookie: str | None = None) -> str:
    """Return the CSRF token that each form of a session repeats. No page of another site can read the token.

    The token is derived from the value of the cookie, by default the cookie of the current request.
    """
    value = cookie if cookie is not None else request.cookies.get(_cookie_name(), "")
    return hmac.digest(value.encode(), b"portero form", "sha256").hex()


def is_csrf_token(text: str) -> bool:
    """Return whether a form with this token was made for the session of the current request."""
    return hmac.compare_digest(text.encode(), csrf_token().encode())


def require_own_origin() -> None:
    """Raise Forbidden unless a page of this service has sent the form."""
    scheme = "https" if _is_secure() else "http"
    if request.headers.get("Origin") != f"{scheme}://{request.host}":
        raise Forbidden("Open the page of this service, and send its form.")


def _is_secure() -> bool:
    """Return whether the cookie may require https. Only a browser on the service's own machine may use plain http."""
    return not is_loopback(request.host)


def _cookie_name() -> str:
    return "__Host-portero" if _is_secure() else "portero"
