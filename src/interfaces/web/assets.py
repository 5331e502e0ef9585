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
    return f"/assets/{name}?v={_versions()[name]}"


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
    version = _versions().get((request.view_args or {}).get("filename", ""))
    if version and response.status_code in (200, 304) and request.args.get("v") == version:
        response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    return response


@cache
def _versions() -> dict[str, str]:
    """Return the version of each file in the folder ``static``, by the name of the file.

    No file is opened or remembered by the name in a URL. A client can spell the name of a file in any number of ways
    (``./console.css``), and the answer to OPTIONS is 200 for any name, also for that of a file outside the folder.
    """
    files = (_FOLDER / "static").iterdir()
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:16] for file in files}
