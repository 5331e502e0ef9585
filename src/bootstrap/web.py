"""Builds the WSGI application from the settings. Only the processes of a web server load the HTTP interface."""

from functools import partial

from flask import Flask, request

from src.application.ports import Traffic
from src.bootstrap.background import start_background, stop_background
from src.bootstrap.check import check
from src.bootstrap.prepare import ensure_admin
from src.bootstrap.tracing import start_tracing
from src.bootstrap.wiring import wire
from src.infrastructure.logs import configure_logs
from src.infrastructure.tracing import traced
from src.interfaces import app as http
from src.interfaces.framework.headers import request_fields
from src.interfaces.web.console.health import Operations
from src.settings import load_settings
from src.settings.shown import settings_in_force


def create_app(version: str, traffic: Traffic) -> Flask:
    """Return the WSGI application for the settings in the environment, and start its background tasks.

    ``traffic`` counts the requests of all workers. Makes no connections: while the store is unavailable, a new worker
    answers 503 as the others do. Raises ConfigurationError.
    """
    settings = load_settings()
    configure_logs(settings.firebase_project, request_fields.get, text=settings.text_logs)
    flush_traces = start_tracing(settings)
    services = wire(settings)
    if settings.is_ephemeral:  # the store that `prepare` wrote to was lost with its process
        ensure_admin(settings, services)
    tasks = start_background(services)
    app = http.create_app(
        services,
        version,
        max_upload_bytes=settings.max_upload_bytes,
        cors_origins=settings.allowed_origins,
        trusted_proxies=settings.trusted_proxies,
        dev_mail_published=settings.dev_mail_published,
        log_requests=settings.text_logs,
        docs_aliases=settings.docs_aliases,
        console=settings.console,
        console_admin=settings.admin_pages,
        picture_hosts=settings.picture_hosts,
        development=not settings.production,
        https=settings.production,
        issuer=settings.issuer,
        public_url=str(settings.public_url) if settings.public_url else None,
        operations=Operations(version, partial(check, settings), [*settings_in_force(settings)], traffic),
        metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else None,
    )
    trace_requests(app)

    def stop() -> None:
        stop_background(services, tasks)
        flush_traces()

    app.extensions["portero.stop"] = stop  # the server calls it
    return app


def trace_requests(app: Flask) -> None:
    """Record each request of ``app`` as a span, if this process is traced."""

    def route() -> str | None:
        return request.url_rule.rule if request and request.url_rule else None

    app.wsgi_app = traced(app.wsgi_app, route)  # type: ignore[method-assign]
