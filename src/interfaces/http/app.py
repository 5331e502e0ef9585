"""The Flask application."""

import re
import uuid

from flask import Flask, Response, g, json, request
from flask_swagger_ui import get_swaggerui_blueprint

from src.interfaces.http import health, sessions, users
from src.interfaces.http.openapi import describe
from src.interfaces.http.problems import handle_errors_of
from src.interfaces.services import Services

MAX_BODY_BYTES = 1 << 20
"""Of a JSON or form body."""

_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

_FEATURES = (users.operations, sessions.operations, health.operations)


def create_app(services: Services, version: str) -> Flask:
    """A WSGI application that serves the given use cases."""
    app = Flask("portero", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    # One trailing slash or none, never by redirect.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.extensions["portero"] = services
    app.extensions["portero.openapi"] = json.dumps(describe(_FEATURES, version))
    app.before_request(_identify)
    app.after_request(_finish)
    handle_errors_of(app)
    for feature in _FEATURES:
        feature.mount(app)
    app.register_blueprint(
        get_swaggerui_blueprint(
            "/docs",
            "/openapi.json",
            {"app_name": "Portero", "validatorUrl": None, "persistAuthorization": True},
        )
    )
    # The blueprint has the path with a slash only, where other methods would get 404.
    app.add_url_rule("/docs", view_func=app.view_functions["swagger_ui.show"])
    return app


def _identify() -> None:
    """The client's request id if it is sane, else a new one."""
    sent = request.headers.get("X-Request-Id", "")
    g.request_id = sent if _SANE_ID.fullmatch(sent) else uuid.uuid4().hex


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    if g.get("private") or response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"
    return response
