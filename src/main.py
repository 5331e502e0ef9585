"""The entry points: ``create_app`` for a WSGI server, ``main`` for the command line. An import creates nothing."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from io import StringIO
from multiprocessing import get_context
from pathlib import Path
from threading import Thread
from typing import Any

import click
from flask import Flask

from src.bootstrap.adapters import THREADS, store_errors
from src.bootstrap.background import end_stopping_worker, start_background
from src.bootstrap.garbage import without_garbage_collection
from src.bootstrap.keys import make_keys, migration_secret, require_data_keys
from src.bootstrap.mails import preview_mail
from src.bootstrap.prepare import prepare, reencrypt, require_tables, require_usable, rotate_keys
from src.bootstrap.servers.addresses import require_free_address
from src.bootstrap.tracing import load_tracing, start_tracing
from src.bootstrap.wiring import wire
from src.domain.errors import PorteroError
from src.infrastructure.logs import configure_logs
from src.infrastructure.metrics import shared_metrics
from src.infrastructure.stores.registry import store_class
from src.infrastructure.tokens.signing_keys import SigningKey, as_jwk_set
from src.infrastructure.traffic import SharedTraffic
from src.interfaces.cli.commands import cli, explain
from src.interfaces.cli.console import Console, RunningCopy
from src.interfaces.services import Services
from src.settings import ConfigurationError, Settings, load_settings

VERSION = "0.1.0"


def create_app() -> Flask:
    """Return the WSGI application for the settings in the environment, for `flask run` and for other servers.

    In development, run ``prepare`` first. A web server must call it after it forks, because connections and threads do
    not survive a fork. Raises ClickException, which `flask run` prints.
    """
    from src.bootstrap import web

    try:
        settings = load_settings()
        if not settings.production:
            prepare(settings)
        return web.create_app(VERSION, SharedTraffic())
    except ConfigurationError as error:
        raise click.ClickException(explain(error)) from None


def serve(settings: Settings) -> None:
    """Serve HTTP until told to stop. In development, run ``prepare`` first. Raises ConfigurationError."""
    with store_errors(), without_garbage_collection():
        store_class(settings.store_url)  # loads the library of the store once, for all processes
    # While a child prepares, this process loads what only its workers need and will share.
    with _running_in_child(_prepare_start, settings), without_garbage_collection():
        from src.bootstrap import web  # the workers share it

        make_server = _load_server(settings)
        load_tracing(settings)
    require_tables(settings)
    make_keys(settings)
    require_data_keys(settings)
    require_free_address(settings.host, settings.port)
    click.echo(f"Portero: http://localhost:{settings.port}/docs", err=True)
    workers = 1 if settings.single_process else settings.web_concurrency
    application = partial(web.create_app, VERSION, SharedTraffic())
    with shared_metrics() if settings.metrics_token else nullcontext():
        make_server(application, host=settings.host, port=settings.port, workers=workers).run()


def _prepare_start(settings: Settings) -> None:
    """Run ``prepare`` in development, or ``require_usable`` in production. Then check the object storage.

    Print a problem of the object storage to stderr. Such a problem does not prevent the start, because everything else
    works, and the object storage may become available later.
    """
    (require_usable if settings.production else prepare)(settings)
    from src.bootstrap.check import check_storage

    if problem := check_storage(settings):
        click.echo(f"BLOB_URL: {problem}", err=True)


def _load_server(settings: Settings) -> Callable[..., Any]:
    """Load the library of the web server that SERVER names, and return its constructor. Raises ConfigurationError."""
    if settings.server == "granian":
        try:
            from src.bootstrap.servers import granian
        except ImportError as error:
            raise ConfigurationError(f"SERVER: granian needs requirements/granian.txt installed ({error})") from None
        return granian.Server
    from src.bootstrap.servers.gunicorn import Server

    # People read where the service is, and its requests; the steps of gunicorn tell them nothing.
    log_level = "warning" if settings.text_logs else "info"
    return partial(Server, any_origin="*" in settings.allowed_origins, log_level=log_level)


def work(settings: Settings) -> None:
    """Run jobs from the message broker until the process is told to stop. Raises ConfigurationError."""
    if settings.queue_url.startswith(("inline:", "cloudtasks:")):
        scheme = settings.queue_url.partition(":")[0]
        raise ConfigurationError(
            f"QUEUE_URL: {scheme}:// runs jobs in the web process; for workers set redis://HOST:PORT/DB or amqp://HOST"
        )
    require_tables(settings)
    configure_logs(settings.firebase_project, text=settings.text_logs)
    start_tracing(settings)
    services = wire(settings)
    start_background(services)
    from src.infrastructure.queues.celery import work

    runner = services.jobs.runner
    Thread(target=end_stopping_worker, args=(runner,), name="stop", daemon=True).start()
    click.echo("Portero: waiting for jobs", err=True)
    work(settings.queue_url, runner.run, runner.stopping.set, threads=THREADS)


def main() -> None:
    """Run the command line."""
    _replace_closed_streams()
    _require_utf8(sys.argv[1:])
    console = Console(
        version=VERSION,
        services=lambda: _services(load_settings()),
        prepare=lambda: prepare(load_settings()),
        serve=lambda: serve(load_settings()),
        work=lambda: work(load_settings()),
        check=_check,
        copy=_copy,
        demo=_demo,
        preview_mail=lambda *choice: preview_mail(load_settings(), *choice),
        rotate_keys=lambda keep: rotate_keys(load_settings(), keep),
        reencrypt=lambda: reencrypt(load_settings()),
        new_keys=lambda: as_jwk_set([SigningKey.generate()]),
        migration_secret=lambda: migration_secret(load_settings()),
        compile_passwords=_compile_passwords,
    )
    with _explained_errors():
        cli(obj=console, prog_name="portero")


# Each imports what no other command needs.


def _check() -> Iterator[tuple[str, str | None]]:
    from src.bootstrap.check import check

    return check(load_settings())


def _copy(source: str, target: str) -> AbstractContextManager[RunningCopy]:
    from src.bootstrap.copying import open_copy

    return open_copy(source, target)


def _compile_passwords(source: Path, target: Path, progress: Callable[[int], None]) -> int:
    from src.infrastructure.breaches import BadList
    from src.infrastructure.breaches.compiling import compile_list

    try:
        return compile_list(source, target, progress)
    except BadList as error:
        raise ConfigurationError(f"{source}: {error}") from None


def _demo() -> Iterable[str]:
    from src.bootstrap.demo import fill

    return fill(load_settings())


def _services(settings: Settings) -> Services:
    """Return the services of a command. Raises ConfigurationError, also when the store lacks its tables."""
    services = wire(settings)
    require_tables(settings)
    return services


def _replace_closed_streams() -> None:
    """Use the null device for a standard stream that the caller has closed. Python leaves None there."""
    sys.stdin = sys.stdin or Path(os.devnull).open()  # noqa: SIM115
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115


def _require_utf8(arguments: list[str]) -> None:
    """Exit with status 2 if an argument is not valid UTF-8. Python lets odd bytes pass, and fails to print them."""
    for number, argument in enumerate(arguments, 1):
        try:
            argument.encode()
        except UnicodeEncodeError:
            click.echo(f"argument {number} is not valid UTF-8", err=True)
            sys.exit(2)


@contextmanager
def _explained_errors() -> Iterator[None]:
    """Exit with status 2 and one line for each fault when an operator can correct it."""
    try:
        yield
    except (ConfigurationError, PorteroError) as error:
        click.echo(explain(error), err=True)
        sys.exit(2)
    except KeyboardInterrupt:  # in a child process; click ends the parent
        sys.exit(1)
    except MemoryError:
        click.echo("There is not enough memory.", err=True)
        sys.exit(2)
    except OSError as error:  # such as a full disk, also behind the standard output
        click.echo(f"{error.filename}: {error.strerror}" if error.filename else f"{error.strerror or error}", err=True)
        sys.stdout = StringIO()  # Python would try once more to write what is left, and print a second error
        sys.exit(2)


@contextmanager
def _running_in_child(step: Callable[[Settings], None], settings: Settings) -> Iterator[None]:
    """Run ``step`` in a child process during the block. Exit with the child's status if the step fails.

    Connections and threads that the step opens would not survive the fork of the web server's workers.
    """
    child = get_context("fork").Process(target=_explained_errors()(step), args=(settings,))
    child.start()
    yield
    child.join()
    if child.exitcode:
        sys.exit(child.exitcode)


if __name__ == "__main__":
    main()
