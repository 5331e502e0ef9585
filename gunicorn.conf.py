"""The configuration of gunicorn. `portero serve` starts it, with the settings in the environment."""

import json
import logging
import os
import socket
import struct
import time
import uuid
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from gunicorn import util
from gunicorn.workers import gthread

SILENCE_SECONDS = 5
"""How long a worker thread waits for the next bytes of a request."""
PATIENCE_SECONDS = 30.0
"""How long a request other than a file upload may take to arrive."""
LINGER_SECONDS = 1.0
"""How long a connection stays open after its last response."""
MAX_LINGERING = 500
LINGERING: SimpleQueue[tuple[float, socket.socket]] = SimpleQueue()
"""Connections whose last response has been sent, each with the time at which it is closed."""

DEADLINES: dict[socket.socket, float] = {}
"""The connections whose request is being read, each with the time by which it must have arrived."""


class Worker(gthread.ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """A threaded worker that bounds how long a slow client can hold a thread or delay the shutdown."""

    def handle(self, conn: Any) -> Any:
        """Serve the requests of a connection. Each one must arrive before its deadline."""
        DEADLINES[conn.sock] = time.monotonic() + PATIENCE_SECONDS
        try:
            return super().handle(conn)
        finally:
            DEADLINES.pop(conn.sock, None)

    def _cap_keepalive(self, deadline: float) -> None:
        """Apply the deadline of a shutdown also to connections that have sent nothing yet."""
        for conn in (*self.keepalived_conns, *self.pending_conns):
            conn.timeout = min(conn.timeout, deadline)


bind = f"{os.environ['HOST']}:{os.environ['PORT']}"
workers = int(os.environ["WEB_CONCURRENCY"])
worker_class = Worker
threads = int(os.environ["THREADS"])
# One listening socket for each worker: with a shared one the kernel often gives one worker every connection.
reuse_port = True
graceful_timeout = 25
keepalive = 75  # longer than the load balancers in front keep their connections open
# Proxies may not set SCRIPT_NAME or PATH_INFO.
forwarded_allow_ips = ""
# In a container with a read-only root file system a control socket has no place, and heartbeat files only /dev/shm.
control_socket_disable = True
worker_tmp_dir = next((place for place in ("/dev/shm",) if Path(place).is_dir()), None)  # noqa: S108 - gunicorn makes safe names


def on_starting(server: Any) -> None:
    """Complete gunicorn's log line "Listening at: "."""
    server.log.error_log.addFilter(_add_address)


def _add_address(record: logging.LogRecord) -> bool:
    """Add the address to the line. With ``reuse_port`` the arbiter, which logs it, has no listener to name."""
    if str(record.msg).startswith("Listening at: ") and isinstance(record.args, tuple) and not record.args[0]:
        record.args = (f"http://{bind}", *record.args[1:])
    return True


def post_worker_init(worker: Any) -> None:
    """Start the threads that close connections, and set a receive timeout on the listeners.

    An accepted connection inherits the timeout of its listener. It ends a read from a client that sends nothing and
    would hold a worker thread.
    """
    Thread(target=_close_lingering, daemon=True).start()
    Thread(target=_keep_deadlines, daemon=True).start()
    for listener in worker.sockets:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", SILENCE_SECONDS, 0))


def pre_request(_: Any, request: Any) -> None:
    """Take the deadline from a file upload. It is read only after its sender is authenticated."""
    if any(name == "CONTENT-TYPE" and "multipart/form-data" in value.lower() for name, value in request.headers):
        DEADLINES.pop(request.unreader.sock, None)


def worker_exit(server: Any, worker: Any) -> None:
    """Finish the running jobs or hand them back, while Python can still start threads."""
    if worker.wsgi is not None:
        worker.wsgi.extensions["portero.stop"]()


def _write_problem(client: socket.socket, status: int, _: str, __: str) -> None:
    """Send a problem document (RFC 9457) for bytes that are not an HTTP request and never reach the application."""
    instance, reason = uuid.uuid4().hex, HTTPStatus(status).phrase
    body = json.dumps(
        {
            "type": f"urn:portero:{reason.lower().replace(' ', '-')}",
            "title": reason,
            "status": status,
            "detail": HTTPStatus(status).description or "The request is not valid HTTP.",
            "instance": instance,
        }
    )
    cors = "Access-Control-Allow-Origin: *\r\n" if "*" in os.environ.get("CORS_ORIGINS", "").split(",") else ""
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
        f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        f"X-Request-Id: {instance}\r\n{cors}\r\n"
    )
    util.write_nonblock(client, (head + body).encode())


def _keep_deadlines() -> None:
    """Shut down reading on every connection whose deadline has passed, forever. A response can still be sent."""
    while True:
        time.sleep(PATIENCE_SECONDS / 30)
        for client, until in DEADLINES.copy().items():
            if time.monotonic() > until:
                with suppress(OSError):  # the client has left
                    client.shutdown(socket.SHUT_RD)


def _linger(client: socket.socket) -> None:
    """Close the sending side of a connection now, and the connection ``LINGER_SECONDS`` later.

    Closing it at once would reset it while the client is still sending, and the client could lose the response
    (RFC 9112 section 9.6).
    """
    try:
        client.shutdown(socket.SHUT_WR)
    except OSError:  # the client has left
        client.close()
    else:
        LINGERING.put((time.monotonic() + LINGER_SECONDS, client))


def _close_lingering() -> None:
    """Close every lingering connection when its client has left or its time is over, forever."""
    lingering: list[tuple[float, socket.socket]] = []
    while True:
        while not lingering or not LINGERING.empty():
            lingering.append(LINGERING.get())
        now = time.monotonic() if len(lingering) < MAX_LINGERING else float("inf")
        for until, client in lingering:
            if _has_left(client) or now > until:
                client.close()
        lingering = [each for each in lingering if each[1].fileno() != -1]
        time.sleep(0.02)


def _has_left(client: socket.socket) -> bool:
    """Discard the bytes that have arrived. Return whether the client has closed the connection."""
    try:
        return not client.recv(1 << 16, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


# gunicorn sends these errors as HTML, and has no setting for their form.
util.write_error = _write_problem
# gunicorn's own function drains the connection on the only thread that accepts new ones.
util.close_graceful = _linger
# The seconds that a thread waits for the first byte of a connection, or for the rest of a body whose response was sent
# before the body was read. Usually the bytes are there already. Afterwards the first byte is awaited without a thread.
gthread.DEFAULT_WORKER_DATA_TIMEOUT = 0.05
