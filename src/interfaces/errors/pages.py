"""Shows problems to people who open the URL of an operation in a browser."""

from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, request

from src.interfaces.framework.pages import page


def prefers_page() -> bool:
    """Return whether the client prefers HTML to any kind of JSON, as a browser does that opens the URL itself."""
    if "text/html" not in request.headers.get("Accept", ""):
        return False
    best = request.accept_mimetypes.best_match(["application/problem+json", "application/json", "text/html"])
    return best == "text/html"


def page_of(problem: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """Return a problem as an HTML page. ``problem`` has the members of the JSON document."""
    is_console = current_app.config["CONSOLE"] and request.path.startswith("/console/")
    response = page("error.html" if is_console else "problem.html", **problem)
    response.headers.update(headers)
    return response
