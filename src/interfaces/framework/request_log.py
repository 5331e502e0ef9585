"""Logs each request, for a developer who watches the service."""

import logging
import time
from urllib.parse import quote

from flask import Flask, Response, g, request

_log = logging.getLogger("portero.requests")


def log_requests_of(app: Flask) -> None:
    """Log the method, path, status and time of each request.

    The query is left out, because it may hold the token of a mail.
    """

    @app.before_request
    def begin() -> None:
        g.logged_from = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        milliseconds = (time.perf_counter() - g.logged_from) * 1000
        _log.info("%s %s %d %.0f ms", request.method, quote(request.path), response.status_code, milliseconds)
        return response
