"""How gunicorn serves; `portero serve` starts it with the settings in the environment."""

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
PATIENCE_SECONDS = 30.0
LINGER_SECONDS = 1.0
MOST_LINGERING = 500
LINGERING: SimpleQueue[tuple[float, socket.socket]] = SimpleQueue()
"""Connections that have had their last answer, and until when they may stay open."""

DEADLINES: dict[socket.socket, float] = {}
"""Until when what is being read has to have arrived."""


class Worker(gthread.ThreadWorker):  # type: ignore[misc] # it is not typed
    """Lets no client hold a thread, or up the end of the process, by what it does not send."""

    def handle(self, conn: Any) -> Any:
        """Serve what a connection asks for, if that arrives in time."""
        DEADLINES[conn.sock] = time.monotonic() + PATIENCE_SECONDS
        try:
            return super().handle(conn)
        finally:
            DEADLINES.pop(conn.sock, None)

    def _cap_keepalive(self, deadline: float) -> None:
        """When it stops, also for connections that never said anything."""
        for conn in (*self.keepalived_conns, *self.pending_conns):
            conn.timeout = min(conn.timeout, deadline)


bind = f"{os.environ['HOST']}:{os.environ['PORT']}"
workers = int(os.environ["WEB_CONCURRENCY"])
worker_class = Worker
threads = int(os.environ["THREADS"])
# Without it the kernel often hands every kept-alive connection to one worker.
reuse_port = True
graceful_timeout = 25
keepalive = 75  # longer than the front ends that keep connections open
# Nobody in front of it may say what the path is.
forwarded_allow_ips = ""
# A container with a read-only root file system has neither a place for a control socket nor for heartbeats.
control_socket_disable = True
worker_tmp_dir = next((place for place in ("/dev/shm",) if Path(place).is_dir()), None)  # noqa: S108 - made by gunicorn


def on_starting(server: Any) -> None:
    """Complete gunicorn's log line "Listening at: "."""
    server.log.error_log.addFilter(_add_address)


def _add_address(record: logging.LogRecord) -> bool:
    """Add the address to the line. With ``reuse_port`` the arbiter, which logs it, has no listener to name."""
    if str(record.msg).startswith("Listening at: ") and isinstance(record.args, tuple) and not record.args[0]:
        record.args = (f"http://{bind}", *record.args[1:])
    return True


def post_worker_init(worker: Any) -> None:
    """Give up on a client that says nothing for a while: it holds one of the threads.

    The connections that a listener accepts inherit this of it.
    """
    Thread(target=_close_lingering, daemon=True).start()
    Thread(target=_keep_deadlines, daemon=True).start()
    for listener in worker.sockets:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", SILENCE_SECONDS, 0))


def pre_request(_: Any, request: Any) -> None:
    """A file takes as long as it takes: nobody waits for one before its sender is authenticated."""
    if any(name == "CONTENT-TYPE" and "multipart/form-data" in value.lower() for name, value in request.headers):
        DEADLINES.pop(request.unreader.sock, None)


def worker_exit(server: Any, worker: Any) -> None:
    """Let the jobs in hand end, or hand them back: before Python shuts down, for then no thread can be started."""
    if worker.wsgi is not None:
        worker.wsgi.extensions["portero.stop"]()


def _write_problem(client: socket.socket, status: int, _: str, __: str) -> None:
    """Answer what is no HTTP request, before the application sees it, as the application would: RFC 9457."""
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
    """Without end: let what does not arrive in time end there. An answer can still be sent."""
    while True:
        time.sleep(PATIENCE_SECONDS / 30)
        for client, until in DEADLINES.copy().items():
            if time.monotonic() > until:
                with suppress(OSError):  # the client has left
                    client.shutdown(socket.SHUT_RD)


def _linger(client: socket.socket) -> None:
    """Say that nothing more comes, and close the connection a moment later.

    Closed at once it would be reset while the client still sends, which may lose it the answer (RFC 9112 section 9.6).
    """
    try:
        client.shutdown(socket.SHUT_WR)
    except OSError:  # the client has left
        client.close()
    else:
        LINGERING.put((time.monotonic() + LINGER_SECONDS, client))


def _close_lingering() -> None:
    """Without end: close what lingers when its client has left or its time is over."""
    lingering: list[tuple[float, socket.socket]] = []
    while True:
        while not lingering or not LINGERING.empty():
            lingering.append(LINGERING.get())
        now = time.monotonic() if len(lingering) < MOST_LINGERING else float("inf")
        for until, client in lingering:
            if _has_left(client) or now > until:
                client.close()
        lingering = [each for each in lingering if each[1].fileno() != -1]
        time.sleep(0.02)


def _has_left(client: socket.socket) -> bool:
    """Drop what has arrived, and say whether nothing more will."""
    try:
        return not client.recv(1 << 16, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


# gunicorn answers these in HTML, and has no setting for it.
util.write_error = _write_problem
# It waits for what a client goes on sending after its answer, on the one thread that accepts connections.
util.close_graceful = _linger
# For so many seconds a thread waits for the first byte of a connection, or for the rest of a body that was answered
# before it was read: mostly both are there. Later the first byte is waited for without a thread.
gthread.DEFAULT_WORKER_DATA_TIMEOUT = 0.05
