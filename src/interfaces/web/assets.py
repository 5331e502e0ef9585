"""The stylesheets, scripts and icons of the pages."""

import hashlib
import re
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, request
from flask.blueprints import BlueprintSetupState
from markupsafe import Markup

from src.interfaces.languages import LANGUAGES

_FOLDER = Path(__file__).parent
_YEAR = 365 * 86400


@cache
def asset(name: str) -> str:
    """Return the URL of a file in the folder ``static``.

    The URL changes with the file, so that browsers may cache it.
    """
    return f"/assets/{name}?v={_version(name)}"


@cache
def icon(name: str) -> Markup:
    """Return an icon as SVG that screen readers ignore."""
    shapes = dict(re.findall(r'<symbol id="(\w+)"[^>]*>(.*?)</symbol>', (_FOLDER / "icons.svg").read_text("utf-8")))
    return Markup('<svg class="i" viewBox="0 0 24 24" aria-hidden="true">{}</svg>').format(Markup(shapes[name]))  # noqa: S704 - a file of the service


def serve_assets(blueprint: Blueprint) -> None:
    """Let templates use ``asset`` and ``icon``, and let browsers cache the static files of ``blueprint``.

    The pages of ``blueprint`` appear in the language that the person has chosen on one of them.
    """
    blueprint.record_once(_add_to_templates)
    blueprint.before_request(_prefer_chosen_language)
    blueprint.after_request(_let_keep)


def _add_to_templates(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(asset=asset, icon=icon)


def _prefer_chosen_language() -> None:
    """Put the language that a person has chosen on a page before the languages that the browser prefers."""
    if (chosen := request.cookies.get("language")) in LANGUAGES:
        request.environ["HTTP_ACCEPT_LANGUAGE"] = chosen


def _let_keep(response: Response) -> Response:
    """Let browsers cache a file for a year if the URL names the current version of the file."""
    name = (request.view_args or {}).get("filename")
    if name and response.status_code in (200, 304) and request.args.get("v") == _version(name):
        response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    return response


@cache
def _version(name: str) -> str:
    return hashlib.sha256((_FOLDER / "static" / name).read_bytes()).hexdigest()[:16]
