"""The interactive page of the API, and the guide to the first requests.

Swagger UI draws the page; of the package flask-swagger-ui only its files are used.
"""

from functools import partial
from importlib.resources import files

from flask import Blueprint, Response, current_app, make_response, render_template, request, send_from_directory

from src.interfaces.framework.headers import accepted_language, language_headers
from src.interfaces.languages import translated
from src.interfaces.web.security import page_policy

docs = Blueprint("docs", __name__, template_folder="templates")

GUIDE = (
    "Your first requests",
    "Copy each command into a terminal; every request is JSON.",
    "Make an account.",
    "Log in, and keep the access token of the answer. It is valid for 15 minutes.",
    "Send the token with every request.",
    "Make a task, and list your tasks.",
    "Trade the refresh token for new tokens. It works once: keep the new one.",
    "API reference",
    "All errors",
)
"""The texts of the guide. The catalogue of messages has their translations."""

_SWAGGER_UI = str(files("flask_swagger_ui") / "dist")
# A page loads nothing but files of this service, and runs no inline script.
docs.after_request(
    page_policy(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
)


@docs.get("/docs")
def show_docs() -> str:
    """Show every operation, and let the reader call it."""
    return render_template("docs.html")


@docs.get("/docs/guide")
def show_guide() -> Response:
    """Show the first requests of a newcomer, as commands to copy."""
    language = accepted_language()
    base = (current_app.config["PUBLIC_URL"] or request.host_url).rstrip("/")
    texts = map(partial(translated, language=language), GUIDE)
    page = render_template("guide.html", language=language, base=base, texts=list(texts))
    return make_response(page, language_headers(language))


@docs.get("/docs/<path:name>")
def send_asset(name: str) -> Response:
    """Send a file of Swagger UI."""
    return send_from_directory(_SWAGGER_UI, name)
