"""Metrics for Prometheus, the same from every worker (https://prometheus.github.io/client_python/multiprocess/)."""

import hmac
import os
import time
from collections.abc import Callable
from functools import partial

from flask import Flask, Response, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from src.domain.errors import InvalidToken, NotFound, Unauthenticated
from src.interfaces.http.operations import Access, Feature, Operation, bearer_token

feature = Feature("Metrics", "For Prometheus.")
route = partial(Operation, feature)


def measure(app: Flask, token: str | None) -> None:
    """Measure every request of ``app``; without a token there is nobody to tell, and nothing is measured.

    Workers share what they measure through the files in PROMETHEUS_MULTIPROC_DIR, if that is set.
    """
    app.extensions["portero.metrics"] = None
    if token is None:
        return
    registry = CollectorRegistry()
    seconds = Histogram(
        "portero_request_seconds",
        "Time to answer, by method, route and status.",
        ["method", "route", "status"],
        registry=registry,
    )

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        # Only what is on the URL map becomes a label: a stranger cannot fill the memory with paths or methods.
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.url_rule else "none"
        seconds.labels(method, route, response.status_code).observe(time.perf_counter() - g.began)
        return response

    def expose() -> bytes:
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(registry)
        everybody = CollectorRegistry()
        MultiProcessCollector(everybody)  # type: ignore[no-untyped-call]
        return generate_latest(everybody)

    app.extensions["portero.metrics"] = (token, expose)


@route("GET /metrics", Access.PUBLIC, text=CONTENT_TYPE_LATEST, errors=(Unauthenticated, NotFound))
def show_metrics() -> Response:
    """Tell Prometheus how the service does.

    Needs METRICS_TOKEN as the bearer token, and is not there while that is not set.
    """
    found: tuple[str, Callable[[], bytes]] | None = current_app.extensions["portero.metrics"]
    if found is None:
        raise NotFound
    token, expose = found
    sent = bearer_token()
    if sent is None:
        raise Unauthenticated
    if not hmac.compare_digest(sent.encode(), token.encode()):
        raise InvalidToken
    return Response(expose(), content_type=CONTENT_TYPE_LATEST)
