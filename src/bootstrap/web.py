"""Builds the WSGI application from the settings. Only the processes of a web server load the HTTP interface."""

from functools import partial

from flask import Flask

from src.bootstrap.background import start_background, stop_background
from src.bootstrap.check import check
from src.bootstrap.prepare import ensure_admin
from src.bootstrap.wiring import wire
from src.infrastructure.logs import configure_logs
from src.interfaces import app as http
from src.interfaces.framework.headers import request_fields
from src.interfaces.web.console.health import Operations
from src.settings import load_settings
from src.settings.shown import settings_in_force


def create_app(version: str) -> Flask:
    """Return the WSGI application for the settings in the environment, and start its background tasks.

    Makes no connections: while the store is unavailable, a new worker answers 503 as the others do. Raises
    ConfigurationError.
    """
    settings = load_settings()
    configure_logs(settings.firebase_project, request_fields.get, text=settings.text_logs)
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
        development=not settings.production,
        https=settings.production,
        issuer=settings.issuer,
        public_url=str(settings.public_url) if settings.public_url else None,
        operations=Operations(version, partial(check, settings), [*settings_in_force(settings)]),
        metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else None,
    )
    app.extensions["portero.stop"] = partial(stop_background, services, tasks)  # the server calls it
    return app
