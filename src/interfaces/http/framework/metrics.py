"""Measures the requests, and shows the metrics to Prometheus."""

import hmac
import time
from functools import partial

from flask import Flask, Response, current_app, g, request

from src.application.ports import Metrics, Traffic
from src.domain.errors import InvalidToken, NotFound, Unauthenticated, Unavailable
from src.interfaces.framework.requests import services
from src.interfaces.http.framework.authentication import Access, bearer_token
from src.interfaces.http.framework.operations import Feature, Operation

CONTENT_TYPE = "text/plain; version=1.0.0; charset=utf-8"

feature = Feature("Metrics", "For Prometheus.")
route = partial(Operation, feature)


def measure(app: Flask, metrics: Metrics | None, traffic: Traffic | None, token: str | None) -> None:
    """Record every request of ``app`` in ``metrics`` and in ``traffic``, unless they are None.

    ``token`` is the bearer token that clients must send to GET /metrics. If it is None, GET /metrics answers 404.
    """
    app.config["METRICS_TOKEN"] = token
    if metrics is None and traffic is None:
        return

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        seconds = time.perf_counter() - g.began
        if traffic:
            traffic.observe(response.status_code, seconds)
        if metrics:
            # Labels come from the URL map only, so that requests for unknown paths or methods take no memory.
            route = request.url_rule.rule if request.url_rule else "none"
            method = request.method if request.url_rule else "none"
            metrics.observe(method, route, response.status_code, seconds)
        return response


@route("GET /metrics", Access.PUBLIC, text=CONTENT_TYPE, errors=(Unauthenticated, InvalidToken, NotFound))
def show_metrics() -> Response:
    """Return the metrics for Prometheus.

    The request needs METRICS_TOKEN as the bearer token. If METRICS_TOKEN is not set, the answer is 404.
    """
    metrics, token = services().metrics, current_app.config["METRICS_TOKEN"]
    if metrics is None or token is None:
        raise NotFound
    sent = bearer_token()
    if sent is None:
        raise Unauthenticated
    if not hmac.compare_digest(sent.encode(), token.encode()):
        raise InvalidToken
    return Response(metrics.text(_backlog()), content_type=CONTENT_TYPE)


def _backlog() -> dict[str, float]:
    """Return the metrics that are read from the store, or no metrics while the store does not answer."""
    try:
        oldest, running = services().jobs.backlog()
    except Unavailable:
        return {}
    return {"jobs_oldest_due_seconds": oldest, "jobs_running": running}
