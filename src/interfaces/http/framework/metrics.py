"""Metrics for Prometheus, the same from every worker (https://prometheus.github.io/client_python/multiprocess/)."""

import hmac
import os
import time
from collections.abc import Callable
from functools import partial

from flask import Flask, Response, current_app, g, request

from src.domain.errors import InvalidToken, NotFound, Unauthenticated
from src.interfaces.http.framework.authentication import Access, bearer_token
from src.interfaces.http.framework.operations import Feature, Operation

CONTENT_TYPE = "text/plain; version=1.0.0; charset=utf-8"

feature = Feature("Metrics", "For Prometheus.")
route = partial(Operation, feature)


def measure(app: Flask, token: str | None) -> None:
    """Measure every request of ``app``. Do nothing if ``token`` is None, because then nobody can read the metrics.

    Worker processes share their measurements through the files in PROMETHEUS_MULTIPROC_DIR, if that is set.
    """
    app.extensions["portero.metrics"] = None
    if token is None:
        return
    # The library reads PROMETHEUS_MULTIPROC_DIR when it is loaded, which is therefore not before the settings are.
    from prometheus_client import CollectorRegistry, Histogram, generate_latest

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
        # Labels come from the URL map only, so that requests for unknown paths or methods take no memory.
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.url_rule else "none"
        seconds.labels(method, route, response.status_code).observe(time.perf_counter() - g.began)
        return response

    def expose() -> bytes:
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(registry)
        from prometheus_client.multiprocess import MultiProcessCollector

        all_workers = CollectorRegistry()
        MultiProcessCollector(all_workers)  # type: ignore[no-untyped-call]
        return generate_latest(all_workers)

    app.extensions["portero.metrics"] = (token, expose)


@route("GET /metrics", Access.PUBLIC, text=CONTENT_TYPE, errors=(Unauthenticated, NotFound))
def show_metrics() -> Response:
    """Return the metrics for Prometheus.

    It needs METRICS_TOKEN as the bearer token; while that is not set, the answer is 404.
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
    return Response(expose(), content_type=CONTENT_TYPE)
