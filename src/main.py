"""The ways to start: ``create_app`` for a WSGI server, ``main`` for the command line.

Nothing is made when it is imported.
"""

import os
import socket
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from threading import Event, Thread

import click
from flask import Flask

from src.application.datasets import remove_abandoned_files
from src.application.jobs import JobRunner
from src.bootstrap.adapters import THREADS, make_keys
from src.bootstrap.check import check
from src.bootstrap.prepare import ensure_admin, prepare, require_tables, rotate_keys
from src.bootstrap.wiring import wire
from src.domain.errors import PorteroError
from src.domain.values import InvalidValue
from src.infrastructure.logs import configure_logs
from src.infrastructure.periodic import repeat
from src.infrastructure.tokens.signing_keys import SigningKey, as_jwk_set
from src.interfaces.cli.commands import cli, explain
from src.interfaces.cli.console import Console
from src.interfaces.http import app as http
from src.interfaces.services import Services
from src.settings import ConfigurationError, Settings, load_settings

VERSION = "0.1.0"
SWEEP_EVERY_SECONDS = 30.0
RESEND_EVERY_SECONDS = 5.0
"""Each time costs one query, and a write for each job that is due.

How long after a kill work goes on, at the worst: what was in hand 20 s, the lease's 15 s and one interval; what was to
begin 11 s, RESEND's 6 s and one; a picture's last attempt 22.25 s, those 11 s after its wait of 11.25 s.
"""
STOP_SECONDS = 6.0
"""How long a process that stops lets its jobs go on before it hands them back; Cloud Run kills it after ten."""


def create_app() -> Flask:
    """The WSGI application, from the environment. Raises ConfigurationError.

    Call it after the fork of a web server: connections and threads do not survive one.
    """
    settings = load_settings()
    require_tables(settings)
    configure_logs(settings.firebase_project)
    services = wire(settings)
    if settings.is_ephemeral:  # what `prepare` made is gone with its process
        ensure_admin(settings, services)
    sweepers = _keep_going(services)
    app = http.create_app(
        services,
        VERSION,
        max_upload_bytes=settings.max_upload_bytes,
        cors_origins=settings.allowed_origins,
        trusted_proxies=settings.trusted_proxies,
        https=settings.production,
        metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else None,
    )
    app.extensions["portero.stop"] = partial(_stop, services, sweepers)  # for the web server, when its worker ends
    return app


def serve(settings: Settings) -> None:
    """Become the web server. In development, prepare first."""
    if not settings.production:
        prepare(settings)
    require_tables(settings)
    make_keys(settings)
    _require_free_address(settings)
    click.echo(f"Portero: http://localhost:{settings.port}/docs", err=True)
    environment = os.environ | {
        "PORT": str(settings.port),
        "THREADS": str(THREADS),
        "HOST": settings.host,
        "CORS_ORIGINS": ",".join(settings.allowed_origins),
        "WEB_CONCURRENCY": "1" if settings.single_process else str(settings.web_concurrency),
        # Without it every thread keeps its own heap, and Argon2's memory is kept many times over.
        "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "1"),
    }
    if settings.metrics_token:
        environment["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="portero-metrics-")
    root = Path(__file__).parent.parent
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        str(root / "gunicorn.conf.py"),
        "src.main:create_app()",
    ]
    os.execve(sys.executable, command, environment)  # noqa: S606 - no shell: gunicorn gets this process id


def work(settings: Settings) -> None:
    """Run jobs from the broker until the process is told to stop. Raises ConfigurationError."""
    if settings.queue_url.startswith("inline:"):
        raise ConfigurationError(
            "QUEUE_URL: inline:// runs jobs in the web process; for workers set redis://HOST:PORT/DB or amqp://HOST"
        )
    require_tables(settings)
    configure_logs(settings.firebase_project)
    services = wire(settings)
    _keep_going(services)
    from src.infrastructure.queues.celery import work

    runner = services.jobs.runner
    Thread(target=_end_worker, args=(runner,), name="stop", daemon=True).start()
    click.echo("Portero: waiting for jobs", err=True)
    work(settings.queue_url, runner.run, runner.stopping.set, threads=THREADS)


def main() -> None:
    """The command line."""
    console = Console(
        services=lambda: wire(load_settings()),
        prepare=lambda: prepare(load_settings()),
        serve=lambda: serve(load_settings()),
        work=lambda: work(load_settings()),
        check=lambda: check(load_settings()),
        rotate_keys=lambda keep: rotate_keys(load_settings(), keep),
        new_keys=lambda: as_jwk_set([SigningKey.generate()]),
    )
    try:
        cli(obj=console, prog_name="portero")
    except (ConfigurationError, PorteroError, InvalidValue) as error:
        click.echo(explain(error), err=True)
        sys.exit(2)


def _keep_going(services: Services) -> list[Event]:
    """What every running process does in the background, each until its event is set."""
    remove_abandoned_files()
    return [repeat(services.operations.sweep, SWEEP_EVERY_SECONDS), repeat(services.jobs.resend, RESEND_EVERY_SECONDS)]


def _stop(services: Services, sweepers: list[Event]) -> None:
    """Let the jobs in hand finish, or others have them."""
    for sweeper in sweepers:
        sweeper.set()
    services.jobs.stop(STOP_SECONDS)


def _end_worker(runner: JobRunner) -> None:
    """Once the worker is told to stop, give its jobs STOP_SECONDS; then hand them back and end the process.

    The worker ends by itself when its jobs finish earlier. A thread that still runs a job could not be stopped
    otherwise, and killing the process would cost the job an attempt.
    """
    runner.stopping.wait()
    time.sleep(STOP_SECONDS)
    runner.hand_back()
    os._exit(0)


def _require_free_address(settings: Settings) -> None:
    """Raises ConfigurationError when somebody else listens there: gunicorn would share the port, or try for ever."""
    try:
        socket.create_server((settings.host, settings.port)).close()
    except OSError as error:
        raise ConfigurationError(
            f"HOST, PORT: {settings.host}:{settings.port} cannot be used ({error.strerror})"
        ) from None


if __name__ == "__main__":
    main()
