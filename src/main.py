"""The ways to start: ``create_app`` for a WSGI server, ``main`` for the command line.

Nothing is made when it is imported.
"""

import fcntl
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import Flask

from src.application.datasets import SPOOLED
from src.application.limits import GUESTS, Count
from src.domain.errors import PorteroError, Taken
from src.domain.values import InvalidValue
from src.infrastructure.logs import configure_logs
from src.infrastructure.sweeper import repeat
from src.infrastructure.tokens.keys import SigningKey, as_jwk_set, parse_keys, write_keys
from src.interfaces.cli import cli, explain
from src.interfaces.console import Console
from src.interfaces.http import app as http
from src.interfaces.services import Services
from src.settings import ConfigurationError, Settings, load_settings
from src.wiring import (
    THREADS,
    key_source,
    make_blobs,
    make_identity,
    make_keys,
    make_limiter,
    make_queue,
    make_store,
    probe,
    read,
    wire,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

VERSION = "0.1.0"
SWEEP_EVERY_SECONDS = 30.0
RESEND_EVERY_SECONDS = 10.0
STOP_SECONDS = 6.0
"""How long a process that stops lets its jobs go on before it hands them back; Cloud Run kills it after ten."""


def create_app() -> Flask:
    """The WSGI application, from the environment. Raises ConfigurationError.

    Call it after the fork of a web server: connections and threads do not survive one.
    """
    settings = load_settings()
    _demand_tables(settings)
    configure_logs(settings.firebase_project)
    services = wire(settings)
    if settings.forgetful:  # what `prepare` made is gone with its process
        _ensure_admin(settings, services)
    _keep_going(services)
    app = http.create_app(
        services,
        VERSION,
        max_upload_bytes=settings.max_upload_bytes,
        cors_origins=settings.allowed_origins,
        trusted_proxies=settings.trusted_proxies,
        https=settings.production,
        metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else None,
    )
    app.extensions["portero.stop"] = partial(_stop, services)  # for the web server, when its worker ends
    return app


def prepare(settings: Settings) -> None:
    """Make what a start needs and is missing: folder, tables, keys, the first admin. Can be repeated."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(settings.data_dir / "prepare.lock"):
            _migrate(settings)
            source = key_source(settings)
            if isinstance(source, Path) and not settings.signing_keys:
                write_keys(source, [SigningKey.generate()], replace=False)
    except OSError as error:
        raise ConfigurationError(f"DATA_DIR: {settings.data_dir} cannot be used ({error.strerror})") from None
    if not settings.forgetful:
        _ensure_admin(settings, wire(settings))


def serve(settings: Settings) -> None:
    """Become the web server. In development, prepare first."""
    if not settings.production:
        prepare(settings)
    _demand_tables(settings)
    make_keys(settings)
    _demand_address(settings)
    click.echo(f"Portero: http://localhost:{settings.port}/docs", err=True)
    environment = os.environ | {
        "PORT": str(settings.port),
        "HOST": settings.host,
        "WEB_CONCURRENCY": "1" if settings.alone else str(settings.web_concurrency),
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
    _demand_tables(settings)
    configure_logs(settings.firebase_project)
    services = wire(settings)
    _keep_going(services)
    from src.infrastructure.queues.celery import work

    click.echo("Portero: waiting for jobs", err=True)
    work(settings.queue_url, services.run_job, services.run_job.stopping.set, threads=THREADS)


def check(settings: Settings) -> Iterator[tuple[str, str | None]]:
    """What was checked, and what is wrong with it."""

    def outcome(name: str, step: Callable[[], object]) -> tuple[str, str | None]:
        try:
            step()
        except (PorteroError, ConfigurationError) as error:
            return name, f"{error}" + (f" ({error.__cause__})" if error.__cause__ else "")
        return name, None

    yield "settings", None
    yield outcome(f"signing keys in {_shown(key_source(settings))}", lambda: make_keys(settings))
    yield outcome("tables", lambda: _demand_tables(settings))
    yield outcome(
        f"store {settings.store_url.partition('@')[2] or settings.store_url}",
        lambda: read(make_store(settings)),
    )
    if settings.rate_limit_url:
        yield outcome("rate limits", lambda: make_limiter(settings, make_store(settings)).check(Count(GUESTS, "check")))
    yield outcome(f"object storage {settings.blob_url}", lambda: probe(make_blobs(settings)))
    if not settings.queue_url.startswith("inline:"):
        # A doorbell for no job: a worker that hears it finds nothing to do.
        yield outcome("queue", lambda: make_queue(settings, lambda _: None).send("check"))
    yield outcome(f"identity provider {settings.identity}", lambda: make_identity(settings).exists("nobody"))


def rotate_keys(settings: Settings, keep: int) -> str:
    """Put a new key first and keep ``keep`` old ones; returns its id. Raises ConfigurationError."""
    source = key_source(settings)
    if not isinstance(source, Path):
        raise ConfigurationError("SIGNING_KEYS: is text; put a key from `./portero keys new` first in it and restart")
    make_keys(settings)
    new = SigningKey.generate()
    with _alone(source.with_suffix(".lock")):
        write_keys(source, [new, *parse_keys(source.read_text())[:keep]], replace=True)
    return new.kid


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


def _keep_going(services: Services) -> None:
    """What every running process does in the background."""
    remove_spooled()
    repeat(services.sweep, SWEEP_EVERY_SECONDS)
    repeat(services.jobs.resend, RESEND_EVERY_SECONDS)


def remove_spooled(older_than: float = 86400.0) -> None:
    """Remove what uploads left in the temporary folder when their process was killed so many seconds ago."""
    for path in Path(tempfile.gettempdir()).glob(f"{SPOOLED}*"):
        with suppress(OSError):  # another process was faster
            if path.stat().st_mtime < time.time() - older_than:
                path.unlink()


def _stop(services: Services) -> None:
    """Let the jobs in hand finish, or others have them."""
    services.run_job.stopping.set()
    if not services.queue.close(STOP_SECONDS):
        services.run_job.hand_back()


def _shown(source: str | Path) -> str:
    return str(source) if isinstance(source, Path) else "SIGNING_KEYS"


def _engine(settings: Settings) -> "Engine | None":
    if settings.store_url.partition("://")[0] in ("memory", "firestore"):
        return None
    from src.infrastructure.stores.sql import make_engine

    return make_engine(settings.store_url, pool_size=1)


def _demand_address(settings: Settings) -> None:
    """Raises ConfigurationError when somebody else listens there: gunicorn would share the port, or try for ever."""
    try:
        socket.create_server((settings.host, settings.port)).close()
    except OSError as error:
        raise ConfigurationError(
            f"HOST, PORT: {settings.host}:{settings.port} cannot be used ({error.strerror})"
        ) from None


def _migrate(settings: Settings) -> None:
    """Raises ConfigurationError when the database cannot be opened."""
    engine = _engine(settings)
    if engine is None:
        return
    from sqlalchemy.exc import OperationalError

    from src.infrastructure.stores.migrations import migrate

    try:
        migrate(engine)
    except OperationalError as error:
        raise ConfigurationError(f"STORE_URL: cannot be opened ({error.orig})") from None
    finally:
        engine.dispose()


def _demand_tables(settings: Settings) -> None:
    """Raises ConfigurationError when the migrations have not been applied."""
    engine = _engine(settings)
    if engine is None:
        return
    from sqlalchemy.exc import OperationalError

    from src.infrastructure.stores.migrations import migrated

    try:
        ready = migrated(engine)
    except OperationalError as error:
        raise ConfigurationError(f"STORE_URL: cannot be opened ({error.orig}); run `./portero prepare`") from None
    finally:
        engine.dispose()
    if not ready:
        raise ConfigurationError("STORE_URL: its tables are missing or old; run `./portero prepare`")


def _ensure_admin(settings: Settings, services: Services) -> None:
    """Make the admin of the settings, if there is none yet."""
    if not settings.admin_email or not settings.admin_password:
        return
    password = settings.admin_password.get_secret_value()
    try:
        address = services.addresses(settings.admin_email)
        services.passwords.check(password, settings.admin_email)
        services.ensure_admin(address, password)
    except InvalidValue as error:
        raise ConfigurationError(f"ADMIN_EMAIL, ADMIN_PASSWORD: {error}") from None
    except Taken:
        raise ConfigurationError("ADMIN_EMAIL: the address belongs to a user who is no admin") from None


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One process of this machine at a time."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    main()
