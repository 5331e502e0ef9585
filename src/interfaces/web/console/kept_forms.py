"""Keeps a form that a person sent without a session, and where to go next, until the sign-in is complete."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from flask import Response, request

from src.application.sessions import Caller
from src.domain.errors import MfaRequired
from src.interfaces.framework.bodies import Form
from src.interfaces.framework.fields import TextField
from src.interfaces.web.console.browser import csrf_token
from src.interfaces.web.console.responses import show

HOME = "/console/account"
_SAFE_PATH = re.compile(r"/console/[\w/.~%?=&+-]*", re.ASCII)
"""A page of the console. No browser reads it as the URL of another site."""
_MAX_KEPT = 20_000
"""The characters of a kept form at most. Showing a form takes many times as long as sending it."""
_SECRET = re.compile("(?!on-).*(password|code|csrf|passkey|secret|enrolment)")
"""Fields that no page repeats. The names of check boxes begin with "on-"."""


class SignInForm(Form):
    """The fields that all sign-in forms have: the page to show afterwards, and a kept form.

    A form that a person sent without a session is kept, and is offered again after the sign-in.
    """

    next: TextField = ""
    kept: TextField = ""


def kept_form(typed: Mapping[str, str]) -> str:
    """Return the fields of the current form as a text, for use after a sign-in, or "" if there is nothing to keep.

    Passwords and codes are left out: the person has to type them again. A text that is longer than any form of the
    console needs is not kept.
    """
    fields = {name: text for name, text in typed.items() if not _SECRET.match(name)}
    kept = f"{quote(request.path)}?{urlencode(fields)}" if fields else ""
    return kept if len(kept) <= _MAX_KEPT else ""


def resume(kept: str, caller: Caller | None, status: int = 200, cookie: str | None = None) -> Response:
    """Return a page with a button that sends a kept form. ``cookie`` is the cookie of a session that has just begun."""
    path, _, fields = kept[:_MAX_KEPT].partition("?")
    values: dict[str, Any] = {"path": safe_path(path), "fields": parse_qsl(fields), "csrf": csrf_token(cookie)}
    return show("signing_in/resume.html", caller, status, **values)


def ask_for_second_step(error: MfaRequired, next: str, kept: str = "") -> Response:
    """Return the page for the second step of a sign-in, after a right first step."""
    values: dict[str, Any] = {"mfa_token": error.mfa_token, "kinds": error.factors, "next": next, "kept": kept}
    return show("signing_in/second_step.html", None, **values)


def safe_path(path: str) -> str:
    """Return ``path`` if it is the path of a console page, and otherwise the path of the first page."""
    is_safe = _SAFE_PATH.fullmatch(path) and not re.search(r"(\.|%2e){2}|//", path, re.IGNORECASE)
    return path if is_safe else HOME
