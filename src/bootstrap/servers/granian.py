"""The web server granian, which uses less CPU for a request. It needs a proxy in front that buffers requests."""

import signal
import socket
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from multiprocessing import get_start_method
from threading import Thread
from typing import Any

from flask import Flask
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from src.bootstrap.servers.cpus import claim_cpu, cpus_for, create_cpu_locks

THREADS = 32
"""The threads of a worker. They start when they are needed."""
IDLE_SECONDS = 75
"""The time that a connection is kept without a request, longer than the proxies in front keep theirs."""
DRAIN_BYTES = 1 << 20
"""The part of an unread body that is discarded at most, so that the connection can be kept.

When the connection is closed, granian resets it, and a proxy that still sends the body may lose the response.
"""


class Server:
    """A web server in this process. Its workers are forks, so they share the memory of the modules it has loaded."""

    def __init__(self, create_app: Callable[[], Flask], *, host: str, port: int, workers: int) -> None:
        """Serve the application that ``create_app`` returns in each worker."""
        cpus = cpus_for(workers) if get_start_method() == "fork" else []  # others do not inherit the locks
        self._load = partial(_load, create_app, cpus, create_cpu_locks() if cpus else -1)
        self._granian = Granian(
            "portero",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=THREADS,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=IDLE_SECONDS * 1000),  # the wait for the next head counts
            respawn_failed_workers=True,
            workers_kill_timeout=25,
        )

    def run(self) -> None:
        """Serve until told to stop."""
        self._granian.serve(target_loader=self._load, wrap_loader=False)


class _ChunkedBody:
    """A request body that raises an error if it is empty, because granian makes a malformed body look empty."""

    def __init__(self, body: Any) -> None:
        self._body = body
        self._is_empty = True

    def read(self, size: int = -1) -> bytes:
        """Read at most ``size`` bytes. Raises OSError."""
        data: bytes = self._body.read(size)
        if size and not data and self._is_empty:
            raise OSError("The body is empty or malformed")
        self._is_empty = False
        return data


def _load(create_app: Callable[[], Flask], cpus: Sequence[int], locks: int) -> Callable[..., Iterable[bytes]]:
    """Create the application in a worker. Its extension ``portero.stop`` is called when the worker begins to stop."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_DFL)  # until here a fork has the handlers of the server, which would not end it
    claim_cpu(locks, cpus)  # before there are threads
    app = create_app()
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.detach())  # granian sets the handlers of signals itself
    # The process waits for the thread, because it is no daemon.
    Thread(target=_stop_at_signal, args=(reader, app.extensions["portero.stop"]), name="stop").start()
    return partial(_serve, app)


def _stop_at_signal(signals: socket.socket, stop: Callable[[], None]) -> None:
    while signals.recv(1)[0] not in (signal.SIGTERM, signal.SIGINT):
        pass
    stop()


def _serve(app: Flask, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Serve a request. The Connection header of the response tells whether granian keeps the connection.

    granian closes the connection after a body that was not read to its end, and adds an empty Host header where there
    is none.
    """
    body = environ["wsgi.input"]
    if environ.get("HTTP_HOST") == "":
        del environ["HTTP_HOST"]
    if "HTTP_TRANSFER_ENCODING" in environ:
        environ["wsgi.input"] = _ChunkedBody(body)

    def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
        if len(body.read(DRAIN_BYTES + 1)) > DRAIN_BYTES:
            headers = [*headers, ("Connection", "close")]
        return start_response(status, headers, *error)

    return app(environ, start)
