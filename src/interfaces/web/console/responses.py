"""The responses of the console: a page, or a redirect to another page."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from src.application.sessions import Caller
from src.interfaces.framework.pages import STRICT_POLICY, page
from src.interfaces.web.console.browser import csrf_token

_POLICY = f"{STRICT_POLICY}; script-src 'self'; connect-src 'self'"


def show(
    template: str, caller: Caller | None, status: int = 200, *, image_sources: Iterable[str] = (), **values: Any
) -> Response:
    """Return a page of the console. The template also gets the caller, and ``csrf``, the token of its forms.

    The page may load images of ``image_sources`` too, also later by its script. These are sources of a
    Content-Security-Policy.
    """
    values = {"csrf": csrf_token(), "typed": {}, "errors": {}, **values}
    policy = _POLICY.replace("img-src 'self'", " ".join(["img-src 'self'", *image_sources]))
    response = page(template, status, policy=policy, caller=caller, **values)
    response.headers["Referrer-Policy"] = "same-origin"  # browsers would send the forms with "Origin: null"
    return response


def sign_in_first() -> Response:
    """Redirect the browser to the sign-in, which then leads back to the page of the current request."""
    return see_other("/console/signin", next=request.full_path.rstrip("?"))


def go(path: str, done: str = "") -> Response:
    """Redirect the browser to a page with a note about what was done.

    ``done`` is the key of a sentence in macros.html.
    """
    return see_other(path, done=done) if done else see_other(path)


def see_other(path: str, **query: str) -> Response:
    """Redirect the browser to a page with this query string."""
    return Response(status=303, headers={"Location": f"{path}?{urlencode(query)}" if query else path})
