"""The interactive page of the API, and the guide to the first requests.

Swagger UI renders the page. Only the static files of the package flask-swagger-ui are used.
"""

from importlib.resources import files

from flask import Blueprint, Response, current_app, request, send_from_directory

from src.interfaces.framework.pages import STRICT_POLICY, page

docs = Blueprint("docs", __name__, template_folder="templates")

_SWAGGER_UI = str(files("flask_swagger_ui") / "dist")
_SCRIPT_POLICY = f"{STRICT_POLICY}; script-src 'self'"
# Swagger UI writes styles into its elements, and has pictures in its stylesheet.
_SWAGGER_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@docs.get("/docs")
def show_docs() -> Response:
    """Show every operation, with or without the aliases, and let the reader call it."""
    asked = request.args.get("aliases")
    aliases = asked == "true" if asked else current_app.config["DOCS_ALIASES"]
    return page("docs.html", policy=_SWAGGER_POLICY, aliases=aliases)


@docs.get("/docs/guide")
def show_guide() -> Response:
    """Show the first requests of a newcomer, as commands to copy."""
    base = (current_app.config["PUBLIC_URL"] or request.host_url).rstrip("/")
    return page("guide.html", policy=_SCRIPT_POLICY, base=base)


@docs.get("/docs/<path:name>")
def send_asset(name: str) -> Response:
    """Send a file of Swagger UI."""
    return send_from_directory(_SWAGGER_UI, name)
