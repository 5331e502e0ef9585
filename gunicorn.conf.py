"""How gunicorn serves; `portero serve` starts it with the settings in the environment."""

import functools
import json
import os
import socket
import struct
import uuid
from http import HTTPStatus
from pathlib import Path
from typing import Any

from gunicorn import util

SILENCE_SECONDS = 5

bind = f"{os.environ['HOST']}:{os.environ['PORT']}"
workers = int(os.environ["WEB_CONCURRENCY"])
worker_class = "gthread"
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


def post_worker_init(worker: Any) -> None:
    """Give up on a client that says nothing for a while: it holds one of the threads.

    The connections that a listener accepts inherit this of it.
    """
    for listener in worker.sockets:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", SILENCE_SECONDS, 0))


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
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
        f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nX-Request-Id: {instance}\r\n\r\n"
    )
    util.write_nonblock(client, (head + body).encode())


# gunicorn answers these in HTML, and has no setting for it.
util.write_error = _write_problem
# It waits for what a client goes on sending after its answer, on the one thread that accepts connections.
util.close_graceful = functools.partial(util.close_graceful, timeout=0.1)
