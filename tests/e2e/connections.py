"""Cases of how clients and attackers use connections, and the declared outcome of each on each server."""

import os
import re
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Event, Thread

import httpx2
import requests

from tests.e2e.service import serving
from tests.e2e.test_waiting_clients import BUNDLE, answers, strangers
from tests.support.emulators import NODE_MODULES, free_port, tools_path
from tests.support.nginx import nginx

FRONTS = ("gunicorn", "granian", "nginx, gunicorn", "nginx, granian")
BODY = b"x" * (200 << 10)
UNREAD = [("POST", "/user"), ("PUT", "/user"), ("POST", "/nowhere"), ("POST", "/api/files"), ("GET", "/health")]
"""Requests whose body is not read: 405, 401, 404, 401 and 200."""
STATUSES = [405, 401, 404, 401, 200]
REPEATED = 4
REQUESTS = UNREAD * REPEATED
SILENCE = 7.0
"""The seconds without a byte after which a connection counts as kept; longer than the pause that a body may make."""

_LOGIN = b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
_JSON = b'{"username":"a","password":"b"}'
_CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
_CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(_JSON), _JSON)
_NEXT = b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
_GET = b"GET /health HTTP/1.1\r\nHost: a\r\n"
_CL = b"Content-Length: %d\r\n" % len(_JSON)

ATTACKS: Mapping[str, bytes] = {
    "three requests at once": _GET + b"\r\n" + _GET + b"\r\n" + _NEXT,
    "`Content-Length` and `Transfer-Encoding`": _LOGIN + b"Content-Length: 4\r\n" + _CHUNKED + _CHUNKS + _NEXT,
    "`chunked` twice": _LOGIN + b"Transfer-Encoding: chunked\r\n" + _CHUNKED + _CHUNKS + _NEXT,
    "`identity` and `chunked`": _LOGIN + b"Transfer-Encoding: identity\r\n" + _CHUNKED + _CHUNKS + _NEXT,
    "`Transfer-Encoding: xchunked`": _LOGIN + b"Transfer-Encoding: xchunked\r\n\r\n" + _CHUNKS + _NEXT,
    "a space before the colon": _LOGIN + b"Transfer-Encoding : chunked\r\n" + _CL + b"\r\n" + _JSON + _NEXT,
    "two lengths": _LOGIN + _CL + b"Content-Length: 0\r\n\r\n" + _JSON + _NEXT,
    "a signed length": _LOGIN + b"Content-Length: +%d\r\n\r\n" % len(_JSON) + _JSON + _NEXT,
    "a folded header (obs-fold)": _GET + b"X: a\r\n b\r\n\r\n" + _NEXT,
    "bare line feeds in the head": b"GET /health HTTP/1.1\nHost: a\n\n" + _NEXT,
    "a bare carriage return in a header": _GET + b"X: a\rY: b\r\n\r\n" + _NEXT,
    "a NUL in a header": _GET + b"X: a\0b\r\n\r\n" + _NEXT,
    "two hosts": _GET + b"Host: b\r\n\r\n" + _NEXT,
    "no host": b"GET /health HTTP/1.1\r\n\r\n" + _NEXT,
    "chunk extensions": _LOGIN + _CHUNKED + b"%x;a=b\r\n%b\r\n0;c\r\n\r\n" % (len(_JSON), _JSON) + _NEXT,
    "a chunk extension that ends in a line feed": _LOGIN + _CHUNKED + _CHUNKS.replace(b"\r\n", b";a\n", 1) + _NEXT,
    "a chunk size of 17 digits": _LOGIN + _CHUNKED + b"1000000000000001f\r\n" + _JSON + _NEXT,
    "a chunk size in the form 0x1f": _LOGIN + _CHUNKED + b"0x%x\r\n%b\r\n0\r\n\r\n" % (len(_JSON), _JSON) + _NEXT,
    "a trailer": _LOGIN + _CHUNKED + _CHUNKS[:-2] + b"X: a\r\n\r\n" + _NEXT,
    "a length and a host as trailers": _LOGIN
    + _CHUNKED
    + _CHUNKS[:-2]
    + b"Content-Length: 9\r\nHost: b\r\n\r\n"
    + _NEXT,
    "a request line of 100 000 characters": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "a header of 100 000 characters": _GET + b"X: " + b"a" * 100_000 + b"\r\n\r\n",
    "1 000 headers": _GET + b"".join(b"X-%d: a\r\n" % number for number in range(1000)) + b"\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/0.9": b"GET /health\r\n\r\n",
}
"""What is sent on one connection. Where more than one answer could come, the last request is ``GET /health``."""


def exchange(port: int, sent: bytes) -> str:
    """Send bytes, and return the statuses of the answers and whether the connection was closed."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        with suppress(ConnectionError):  # the server reads no more
            client.sendall(sent)
        client.settimeout(SILENCE)
        end = "closed"
        try:
            while data := client.recv(1 << 16):
                received += data
        except TimeoutError:
            end = "kept"
        except ConnectionError:
            pass
    statuses = [status.decode() for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]
    return " ".join([*statuses, end])


def _with_requests(port: int) -> list[int]:
    statuses = []
    with requests.Session() as session:
        for method, path in REQUESTS:
            url = f"http://127.0.0.1:{port}"
            statuses.append(session.request(method, url + path, data=BODY, timeout=60).status_code)
            statuses.append(session.get(f"{url}/health", timeout=60).status_code)
    return statuses


def _with_httpx(port: int) -> list[int]:
    statuses = []
    with httpx2.Client(trust_env=False, base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        for method, path in REQUESTS:
            statuses.append(client.request(method, path, content=BODY).status_code)
            statuses.append(client.get("/health").status_code)
    return statuses


def _with_undici(port: int) -> list[int]:
    arguments = [str(port), str(len(BODY)), *(" ".join(request) for request in REQUESTS)]
    return _printed(["node", "kept.mjs", *arguments], NODE_MODULES.parent)


def _with_curl(port: int) -> list[int]:
    url, each = f"http://127.0.0.1:{port}", ["-s", "-o", "/dev/null", "-w", "%{http_code}\n"]
    with NamedTemporaryFile() as file:
        file.write(BODY)
        file.flush()
        command = ["curl"]
        for method, path in REQUESTS:
            sent = ["-X", method, "--data-binary", f"@{file.name}", "-H", "Expect:", url + path]
            command += [*each, *sent, "--next", *each, f"{url}/health", "--next"]
        return _printed(command[:-1], Path(file.name).parent)


def _printed(command: list[str], folder: Path) -> list[int]:
    environment = os.environ | {"PATH": tools_path(), "NO_PROXY": "*"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [int(status) for status in re.findall(r"\d{3}", done.stdout)]


def kept(send: Callable[[int], list[int]], port: int) -> str:
    """Return whether a client gets every answer, also of requests whose body is not read."""
    try:
        statuses = send(port)
    except (requests.ConnectionError, httpx2.TransportError, AssertionError) as error:
        return type(error).__name__
    expected = [status for first in STATUSES * REPEATED for status in (first, 200)]
    return "every answer" if statuses == expected else f"{statuses}"


LIBRARIES = {"requests": _with_requests, "httpx": _with_httpx, "undici": _with_undici, "curl": _with_curl}


def beside(port: int, count: int, begun: bytes, drip: bytes = b"") -> str:
    """Return whether new clients are answered within seconds beside others that send or read slowly."""
    enough = Event()
    try:
        with ExitStack() as stack:
            clients = stack.enter_context(strangers(port, count, begun))
            thread = Thread(target=_drip, args=(clients, drip, enough))
            thread.start()
            stack.callback(thread.join)
            stack.callback(enough.set)
            return "others are answered" if answers(port) == 11 else "others are refused"
    except (OSError, requests.RequestException):  # no answer within ten seconds, or no connection
        return "others wait"


def _drip(clients: Sequence[socket.socket], sent: bytes, enough: Event) -> None:
    while sent and not enough.wait(1):
        for client in clients:
            with suppress(OSError):  # the server has closed the connection
                client.sendall(sent)


SLOW = {
    "200 slow heads": (200, b"GET /hea", b"x"),
    "500 slow readers of a large file": (500, BUNDLE * 4, b""),
    "10 000 idle connections": (10_000, b"", b""),
    "200 slow bodies": (200, _LOGIN + b"Content-Length: 1000\r\n\r\n", b"x"),
}
"""What each of many clients has sent, and what it sends every second. Slow bodies hold threads for longest."""

CASES: Mapping[str, Callable[[int], str]] = {
    **{f"kept connections of {name}": partial(kept, send) for name, send in LIBRARIES.items()},
    **{name: partial(exchange, sent=sent) for name, sent in ATTACKS.items()},
    **{name: partial(beside, count=count, begun=begun, drip=drip) for name, (count, begun, drip) in SLOW.items()},
}


_BAD = ("400 closed",)
_FRAMED = ("401 200 closed",)
_ANSWERED = ("others are answered",)
_ALONE_WAIT = ("others are answered", "others wait", "others are answered", "others are answered")

OUTCOMES: Mapping[str, Sequence[str]] = {
    **dict.fromkeys((f"kept connections of {name}" for name in LIBRARIES), ("every answer",)),
    **dict.fromkeys(ATTACKS, _BAD),
    "three requests at once": ("200 200 200 closed",),
    "`Content-Length` and `Transfer-Encoding`": ("400 closed", "401 closed", "400 closed", "400 closed"),
    "`chunked` twice": ("400 closed", "401 200 closed", "400 closed", "400 closed"),
    "`identity` and `chunked`": ("401 200 closed", "401 200 closed", "400 closed", "400 closed"),
    "`Transfer-Encoding: xchunked`": ("501 closed", "400 closed", "501 closed", "501 closed"),
    "bare line feeds in the head": ("400 closed", "200 200 closed", "200 200 closed", "200 200 closed"),
    "two hosts": ("400 closed", "400 200 closed", "400 closed", "400 closed"),
    "no host": ("400 200 closed", "400 200 closed", "400 closed", "400 closed"),
    "chunk extensions": _FRAMED,
    "a chunk extension that ends in a line feed": ("400 closed", "400 closed", "401 200 closed", "401 200 closed"),
    "a trailer": _FRAMED,
    "a length and a host as trailers": ("400 closed", "401 200 closed", "401 200 closed", "401 200 closed"),
    "a request line of 100 000 characters": ("414 closed",),
    "a header of 100 000 characters": ("431 closed", "200 kept", "400 closed", "400 closed"),
    "1 000 headers": ("431 closed", "431 closed", "400 closed", "400 closed"),
    "the preface of HTTP/2": ("400 closed", "closed", "400 closed", "400 closed"),
    "HTTP/0.9": ("400 closed", "400 closed", "closed", "closed"),
    "200 slow heads": _ANSWERED,
    "500 slow readers of a large file": (
        *_ANSWERED,
        "others are answered or others wait",
        *_ANSWERED,
        *_ANSWERED,
    ),
    "10 000 idle connections": _ALONE_WAIT,
    "200 slow bodies": _ALONE_WAIT,
}
"""The declared outcome of each case: one for all servers, or one for each of ``FRONTS``.

Where a busy machine decides, there are two outcomes with "or" between them.
"""
PATIENT = {*SLOW, "a chunk size of 17 digits", "a header of 100 000 characters"}
"""The cases that take some seconds."""


def check(case: str, front: str, port: int) -> str:
    """Try a case, and return its outcome. Fail if another one is declared."""
    outcome, declared = CASES[case](port), OUTCOMES[case]
    assert outcome in declared[FRONTS.index(front) % len(declared)].split(" or "), f"{case}, {front}: {outcome}"
    return outcome


@contextmanager
def front(name: str, folder: Path) -> Iterator[int]:
    """Run a service on a server, and nginx in front if the name says so; yield the port."""
    port = free_port()
    with ExitStack() as stack:
        stack.enter_context(serving(folder, port, {"SERVER": name.rpartition(" ")[2]}))
        yield stack.enter_context(nginx(folder / "nginx", [port])) if name.startswith("nginx") else port
