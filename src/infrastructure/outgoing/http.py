"""Calls the services that the operator configures. Requests are sent once, with limits on time and size."""

import logging
import math
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpcore2
import httpx2

from src.application.strict_json import strict_json
from src.domain.errors import AttemptFailed
from src.domain.messages import Translatable
from src.infrastructure.outgoing.circuit import Circuit, Down
from src.infrastructure.tracing import span

_log = logging.getLogger("portero.outgoing")
logging.getLogger("httpx2").setLevel(logging.WARNING)  # Its INFO messages contain URLs, which may hold secrets.

AT_ONCE = 32
"""The number of requests that a PromptDestination sends at a time."""
MAX_ANSWER = 64 << 10
"""The maximum number of bytes of an answer, unless a destination has another limit. Answers are short JSON."""

_HEADERS = {"User-Agent": "portero", "Accept": "application/json, */*;q=0.1", "Accept-Encoding": "identity"}

_Headers = Mapping[str, str] | None
_Content = bytes | Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. ``complete`` is false if the body was cut off at the limit. A compressed body is dropped."""

    status: int
    content_type: str
    body: bytes
    complete: bool

    def json(self) -> Any:
        """Return the value of a JSON body. Raise ValueError if the body is not complete, or is not strict JSON."""
        if not self.complete:
            raise ValueError("the body is too long")
        return strict_json(self.body.decode("utf-8"), to_store=True)


class Destination:
    """The URL of another service, and its circuit breaker.

    A user and password in ``url`` are sent as basic authentication (RFC 7617). Connecting to an address and the TLS
    handshake take at most ``connect`` seconds each. Sending a chunk takes at most ``idle`` seconds, and so does the
    answer, after the last chunk or after the service has stopped reading. At most ``max_bytes`` bytes of the body are
    read. Raise ValueError for a URL that is not an http or https URL.
    """

    def __init__(self, url: str, circuit: Circuit, *, connect: float, idle: float, max_bytes: int = MAX_ANSWER) -> None:
        try:
            self._url = httpx2.URL(url)
        except httpx2.InvalidURL:
            self._url = httpx2.URL()
        if self._url.scheme not in ("http", "https") or not self._url.host:
            raise ValueError("use http://HOST/PATH or https://HOST/PATH")  # without the URL, which may hold secrets
        self._circuit, self._connect, self._idle, self._max_bytes = circuit, connect, idle, max_bytes

    def ask(
        self, method: str, headers: _Headers = None, content: _Content = b"", by: float = math.inf, path: str = ""
    ) -> Answer:
        """Send one request and return the answer, whose status is below 500.

        ``path`` is relative to the URL of the service. After the connection is made, the call ends by the time ``by``
        of the monotonic clock. Raise Postponed while the circuit is open, and Down if the service is down. Put content
        whose iteration may fail in a ``guarded`` block.
        """
        with self._circuit.attempt():
            try:
                url = self._url.join(path) if path else self._url
                attributes = {"peer.service": self._circuit.name, "http.request.method": method}
                with span("call", "CLIENT", attributes) as found:
                    answer = self._exchange(method, url, headers, content, by)
                    found["http.response.status_code"] = answer.status
            except httpx2.TimeoutException as error:
                raise self._down("{service} took too long to answer.", type(error).__name__) from None
            except (httpx2.ConnectError, UnicodeError) as error:  # UnicodeError: the host is no DNS name.
                raise self._down("{service} cannot be reached.", str(error)) from None
            except (httpx2.NetworkError, httpx2.RemoteProtocolError) as error:
                # The message is dropped, because it may quote the service.
                raise self._down("{service} broke off instead of answering.", type(error).__name__) from None
            if answer.status >= 500:
                raise self._down("{service} answered with status {status}.", status=answer.status)
            return answer

    def _exchange(self, method: str, url: httpx2.URL, headers: _Headers, content: _Content, by: float) -> Answer:
        limit = _TimeLimit(self._idle, by)
        extensions = {"trace": limit.trace}
        timeout = httpx2.Timeout(limit.left(), connect=min(self._connect, limit.left()))
        # A client for each call: a pooled connection may be closed by the server or shared with a forked process.
        with (
            httpx2.Client(verify=self._tls, trust_env=False, headers=_HEADERS, timeout=timeout) as client,
            limit,
            client.stream(method, url, headers=headers, content=content, extensions=extensions) as response,
        ):
            body = b""
            if response.headers.get("content-encoding", "").strip().lower() in ("", "identity"):
                for chunk in response.iter_raw():
                    body += chunk
                    if len(body) > self._max_bytes:
                        break
            content_type = response.headers.get("content-type", "")
            return Answer(response.status_code, content_type, body[: self._max_bytes], len(body) <= self._max_bytes)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # This reads SSL_CERT_FILE, which names private authorities. Certificates take long to load, and http URLs
        # need none.
        return httpx2.create_ssl_context() if self._url.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    def says(self, message: str, **values: object) -> Translatable:
        """Return a message with the name of the service in place of ``{service}``."""
        return Translatable(message, service=self._circuit.name, **values)

    def _down(self, message: str, reason: str = "", **values: object) -> Down:
        error = Down(self.says(message, **values))
        _log.warning("%s %s", error.detail, reason)
        return error


class PromptDestination(Destination):
    """A destination that is asked while a person waits. Each answer takes at most ``seconds`` in all.

    AT_ONCE requests run at a time, and others wait within their time. Raise ValueError as ``Destination`` does.
    """

    def __init__(self, url: str, circuit: Circuit, *, seconds: float, max_bytes: int = MAX_ANSWER) -> None:
        super().__init__(url, circuit, connect=seconds, idle=seconds, max_bytes=max_bytes)
        self._seconds = seconds
        # Nothing interrupts a thread that resolves a name or connects, so that requests wait for threads of their own.
        self._threads = ThreadPoolExecutor(AT_ONCE, "prompt")

    def ask_now(self, method: str, headers: _Headers = None, content: bytes = b"", path: str = "") -> Answer:
        """Send one request and return the answer. Raise AttemptFailed if there is none in time."""
        by = time.monotonic() + self._seconds
        asked = self._threads.submit(self.ask, method, headers, content, by, path)
        try:
            return asked.result(self._seconds)
        except TimeoutError:
            asked.cancel()
            raise AttemptFailed(self.says("{service} took too long to answer.")) from None


class _TimeLimit(AbstractContextManager[None]):
    """A context manager that limits the time of a call and of its answer. Raises ReadTimeout for a late answer.

    The timeouts of httpx2 apply to each read and each write, so that a service that reads the request or sends the
    answer byte by byte never exceeds them. A timer therefore shuts the connection down.
    """

    def __init__(self, idle: float, by: float) -> None:
        self._idle, self._by = idle, by
        self._timer: threading.Timer | None = None
        self._exceeded = False

    def left(self) -> float:
        """Return the seconds that the next step of the call may take. The result is never 0, which would not block."""
        return max(min(self._idle, self._by - time.monotonic()), 0.01)

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Start the timer for the request, and again for the answer.

        The events are those of https://www.encode.io/httpcore/extensions/#trace.
        """
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket: socket.socket = info["return_value"].get_extra_info("socket")
        elif event == "http11.send_request_headers.started" and self._by < math.inf:
            self._start_timer(self._by - time.monotonic())
        elif event == "http11.send_request_body.failed" and isinstance(info["exception"], httpcore2.WriteTimeout):
            # A server that refuses a file early may stop reading. httpcore2 reads the answer only after a WriteError.
            raise httpcore2.WriteError("the service stopped reading")
        elif event == "http11.receive_response_headers.started":
            self._start_timer(self.left())

    def _start_timer(self, seconds: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = threading.Timer(seconds, self._shut_down)
        self._timer.start()

    def _shut_down(self) -> None:
        self._exceeded = True
        with suppress(OSError):  # The call may be over.
            # SSLSocket.shutdown would turn it into a plain socket while another thread reads from it.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def __exit__(self, *_: object) -> None:
        if self._timer:
            self._timer.cancel()
        if self._exceeded:
            raise httpx2.ReadTimeout("the answer is too slow")
