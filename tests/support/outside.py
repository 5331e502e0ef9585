"""Stubs of the services that Portero calls. A test tells them how to behave.

    with outside.started() as services:              # in a thread, on a free port of 127.0.0.1
        services.relay.behave("answer", status=503, times=2)
        ...
        assert services.relay.received[0]["key"] == job_id

``python -m tests.support.outside PORT`` runs them in a process, which ``Outside("http://127.0.0.1:PORT")`` controls.
"""

import gzip
import hashlib
import itertools
import json
import re
import socket
import struct
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPMessage, parse_headers
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

from tests.support.leaks import LEAKED_PASSWORD

PICTURE_HOST = "images.dog.ceo"

# Requests to this machine use no proxy, even if the environment names one.
_http = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_numbers = itertools.count(1)


class Api:
    """One of the services. ``url`` is its URL in the settings of Portero."""

    def __init__(self, origin: str, name: str) -> None:
        self.url = f"{origin}/{name}"
        self._origin = origin
        self._name = name

    def behave(self, behaviour: str, *, times: int | None = None, **options: Any) -> None:
        """Set the behaviour of all requests, or of the next ``times`` requests.

        ``behaviour`` is the name of a function below without its underscore, and ``options`` are its arguments.
        """
        if f"_{behaviour}" not in globals():
            raise ValueError(f"no such behaviour: {behaviour}")
        told = {"behaviour": behaviour, "times": times, "options": options}
        _call(f"{self._origin}/control/{self._name}", json.dumps(told).encode())

    def heal(self) -> None:
        self.behave("normal")

    @property
    def received(self) -> list[dict[str, Any]]:
        """Return the requests in the order in which they were read.

        Each has ``method``, ``target`` and ``headers`` (names in lower case). A request with a file that was read
        also has ``key``, ``disposition``, ``filename``, ``content_type``, ``sha256``, ``size`` and ``complete``:
        whether the form arrived whole and has the length it stated. A request with JSON has ``json``.
        """
        received: list[dict[str, Any]] = _call(f"{self._origin}/control/{self._name}")
        return received

    def forget(self) -> None:
        """Empty the list of received requests."""
        _call(f"{self._origin}/control/{self._name}/forget", b"")


class Outside:
    """All stub services at ``origin``."""

    def __init__(self, origin: str) -> None:
        self.pictures = Api(origin, "pictures")
        self.relay = Api(origin, "relay")
        self.chat = Api(origin, "chat")
        self.ranges = Api(origin, "ranges")

    def reset(self) -> None:
        for api in (self.pictures, self.relay, self.chat, self.ranges):
            api.heal()
            api.forget()


def entries(password: str, prefix: str, count: int = 42) -> str:
    """Return the range of ``prefix``: other hashes, padding, and that of ``password`` if it begins with the prefix."""
    digest = hashlib.sha1(password.encode()).hexdigest().upper()
    own = [f"{digest[5:]}:{count}"] if digest.startswith(prefix) else []
    return "\r\n".join([f"{1:035X}:7", *own, f"{2:035X}:0", f"{3:035X}:0"])


@contextmanager
def started(port: int = 0) -> Iterator[Outside]:
    """Run all services in a thread during the block, on a free port unless ``port`` names one."""
    with _Server(("127.0.0.1", port), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield Outside(f"http://127.0.0.1:{server.server_address[1]}")
        finally:
            server.shutdown()
            server.stopped.set()
            thread.join()


def _normal(exchange: "_Handler") -> None:
    exchange.read_body()
    if exchange.api == "relay":
        exchange.answer(201, {"stored": True, "sha256": exchange.record.get("sha256")})
    elif exchange.api == "ranges":
        exchange.answer(200, entries(LEAKED_PASSWORD, exchange.record["target"][-5:]), "text/plain")
    elif exchange.api == "chat":
        exchange.say(json.dumps({"text": "All is well.", "schema": {}}))
    else:
        url = f"https://{PICTURE_HOST}/breeds/hound/{next(_numbers)}.jpg"
        exchange.answer(200, {"message": url, "status": "success"})


def _answer(
    exchange: "_Handler", status: int = 200, body: Any = "", type: str = "application/json", **headers: str
) -> None:
    """Answer with ``body``: a text unchanged, anything else as JSON. In names of headers, _ stands for a hyphen."""
    exchange.read_body()
    exchange.answer(status, body, type, **headers)


def _say(exchange: "_Handler", content: Any = None) -> None:
    """Answer with a chat completion whose content is ``content``, a text or any other value."""
    exchange.read_body()
    exchange.say(content)


def _picky(exchange: "_Handler", status: int = 400, seconds: float = 0.0) -> None:
    """Refuse requests that contain response_format with ``status``."""
    exchange.read_body()
    time.sleep(seconds)
    if "response_format" in exchange.record["json"]:
        exchange.answer(status, {"error": {"message": "Unknown field: response_format"}})
    else:
        exchange.say(json.dumps({"text": "All is well.", "schema": {}}))


def _redirect(exchange: "_Handler", status: int = 302, to: str = "/pictures") -> None:
    exchange.read_body()
    exchange.answer(status, "", location=to)


def _slow(exchange: "_Handler", seconds: float = 1.0) -> None:
    time.sleep(seconds)
    _normal(exchange)


def _hold(exchange: "_Handler") -> None:
    """Answer normally when another behaviour is set."""
    while exchange.server.behaviours[exchange.api].get("behaviour") == "hold" and not exchange.server.stopped.wait(
        0.02
    ):
        pass
    _normal(exchange)


def _hang(exchange: "_Handler") -> None:
    """Read the request and do not answer."""
    exchange.read_body()
    exchange.wait_for_the_end()


def _stall(exchange: "_Handler") -> None:
    """Do not read the body."""
    exchange.wait_for_the_end()


def _sip(exchange: "_Handler") -> None:
    """Read the body at 640 KiB a second, and do not answer."""
    while exchange.rfile.read1(1 << 16) and not exchange.server.stopped.wait(0.1):
        pass


def _early(exchange: "_Handler", status: int = 413, close: bool = False) -> None:
    """Answer without reading the body. Then ``close`` the connection, or keep it open and read nothing."""
    exchange.answer(status, {"early": True})
    if not close:
        exchange.wait_for_the_end()


def _dribble(exchange: "_Handler", seconds: float = 0.1, head: bool = False, length: bool = True) -> None:
    """Send the answer byte by byte, with ``head`` its headers too. Without ``length``, it ends with the connection."""
    exchange.read_body()
    start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + b"Content-Length: 500\r\n" * length
    if not head:
        exchange.send(start + b"\r\n")
    for byte in itertools.chain(start if head else b"", itertools.repeat(ord("x"))):
        exchange.send(bytes([byte]))
        time.sleep(seconds)


def _reset(exchange: "_Handler") -> None:
    exchange.read_body()
    # With a linger time of zero, closing sends RST instead of FIN.
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _vanish(exchange: "_Handler") -> None:
    """Close the connection without an answer."""
    exchange.read_body()


def _cut(exchange: "_Handler") -> None:
    """Close the connection in the middle of the body."""
    exchange.read_body()
    exchange.send(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"mess')


def _garbage(exchange: "_Handler") -> None:
    exchange.read_body()
    exchange.send(b"\x00\xff this is not HTTP\r\n\r\n")


def _endless(exchange: "_Handler", chunked: bool = False, seconds: float = 30.0) -> None:
    """Answer with 2 GB."""
    exchange.read_body()
    frame = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: 2000000000"
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + frame + b"\r\n\r\n")
    block = b" " * (1 << 16)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        exchange.send(b"10000\r\n" + block + b"\r\n" if chunked else block)


def _bomb(exchange: "_Handler") -> None:
    """Answer with 10 MB compressed to a few KB, although the request did not accept gzip."""
    exchange.read_body()
    body = gzip.compress(b" " * 10_000_000)
    exchange.send(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        self.behaviours: dict[str, dict[str, Any]] = {}
        self.received: dict[str, list[dict[str, Any]]] = {
            "pictures": [],
            "relay": [],
            "chat": [],
            "ranges": [],
        }

    def next(self, api: str) -> tuple[Callable[..., None], dict[str, Any]]:
        """Return the behaviour of the next request and its options."""
        with self.lock:
            told = self.behaviours.get(api, {"times": None})
            if told["times"] == 0:
                told = self.behaviours[api] = {"times": None}
            if told["times"]:
                told["times"] -= 1
            return globals()[f"_{told.get('behaviour', 'normal')}"], told.get("options", {})

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that close the connection early."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(StreamRequestHandler):
    """Handles one connection with one request."""

    server: _Server
    api: str
    record: dict[str, Any]
    message: HTTPMessage

    def handle(self) -> None:
        if line := self.rfile.readline(1 << 16):
            self._exchange(*line.decode("latin-1").split()[:2])

    def _exchange(self, method: str, target: str) -> None:
        self.message = parse_headers(self.rfile)
        place = target.partition("?")[0].strip("/").split("/")
        if place[0] == "control":
            return self._control(*place[1:])
        if place[0] not in self.server.received:
            return self.answer(404, {})
        self.api = place[0]
        headers = {name.lower(): value for name, value in self.message.items()}
        self.record = {"method": method, "target": target, "headers": headers}
        self.server.received[self.api].append(self.record)
        behave, options = self.server.next(self.api)
        return behave(self, **options)

    def _control(self, api: str, *what: str) -> None:
        told = self.rfile.read(int(self.message["Content-Length"] or 0))
        if what == ("forget",):
            self.server.received[api].clear()
        elif told:
            with self.server.lock:
                self.server.behaviours[api] = json.loads(told)
        self.answer(200, self.server.received[api])

    def read_body(self) -> None:
        """Read the form or the JSON into the record, in bounded memory."""
        left = int(self.message["Content-Length"] or 0)
        if not left:
            return
        if self.message.get_content_type() == "application/json":
            self.record["json"] = json.loads(self.rfile.read(left))
            return
        boundary = (self.message.get_boundary() or "").encode()
        head = bytearray()
        while not head.endswith(b"\r\n\r\n") and (line := self.rfile.readline(left - len(head))):
            head += line
        tail = b"\r\n--" + boundary + b"--\r\n"
        left -= len(head) + len(tail)
        size, digest = left, hashlib.sha256()
        while left > 0 and (data := self.rfile.read1(min(left, 1 << 18))):
            digest.update(data)
            left -= len(data)
        part = dict(re.findall(r"^([\w-]+): (.*?)\r?$", head.decode(), re.MULTILINE))
        disposition = part.get("Content-Disposition", "")
        name = re.search(r'; filename="([^"]*)"$', disposition)
        self.record |= {
            "key": self.message["Idempotency-Key"],
            "disposition": disposition,
            "filename": name and re.sub(r"%([0-9A-F]{2})", lambda code: chr(int(code[1], 16)), name[1]),
            "content_type": part.get("Content-Type"),
            "sha256": digest.hexdigest(),
            "size": size - left,
            "complete": left == 0
            and head.startswith(b"--" + boundary + b"\r\n")
            and disposition.startswith('form-data; name="file";')
            and self.rfile.read(len(tail)) == tail,
        }

    def answer(self, status: int, body: Any, type: str = "application/json", **headers: str) -> None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode("utf-8", "surrogateescape")
        extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"HTTP/1.1 {status} Whatever\r\nContent-Type: {type}\r\nContent-Length: {len(data)}\r\n{extra}\r\n"
        self.send(head.encode() + data)

    def say(self, content: Any) -> None:
        """Answer with a chat completion (https://platform.openai.com/docs/api-reference/chat/object)."""
        message = {"role": "assistant", "content": content, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        self.answer(200, {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "choices": [choice]})

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def wait_for_the_end(self) -> None:
        """Wait until the server stops, without reading from the connection."""
        self.server.stopped.wait(60)


def _call(url: str, data: bytes | None = None) -> Any:
    with _http.open(url, data, timeout=60) as answer:
        return json.load(answer)


if __name__ == "__main__":
    with started(int(sys.argv[1])) as _services:
        print(_services.pictures.url, _services.relay.url, _services.chat.url, flush=True)  # noqa: T201
        threading.Event().wait()
