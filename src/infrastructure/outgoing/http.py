"""HTTP calls that end: one try, no redirects, no proxies, limits on time and on the size of the answer.

On httpcore2, the transport of httpx2: the client above it logs whole URLs, which hold secrets, follows what the
environment says, and knows no deadline for an answer that comes byte by byte.
"""

import base64
import logging
import math
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpcore2
import httpx2

from src.infrastructure.outgoing.circuit import Circuit, Down

_log = logging.getLogger("portero.outgoing")

MAX_ANSWER = 64 << 10
_EARLY_ANSWER_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the first bytes of the body, and whether that was ``all`` of it."""

    status: int
    headers: dict[str, str]
    body: bytes
    all: bool

    @property
    def encoded(self) -> bool:
        """Whether the body is compressed, although we ask for it as it is."""
        return self.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity")


class Destination:
    """One URL of another service, and what this process knows about it."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        connect: float,
        idle: float,
        pause: float,
        most: int = MAX_ANSWER,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``name`` begins sentences. Seconds: until connected, for a step of the rest, and of rest when it is down.

        A step is the sending of a chunk, or the whole answer, of which ``most`` bytes are read. A user and password
        in ``url`` become basic authentication (RFC 7617). Raises ValueError. Nothing is connected before the first
        call.
        """
        try:
            parsed = httpx2.URL(url)
        except httpx2.InvalidURL:
            parsed = httpx2.URL()
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise ValueError("use http://HOST/PATH or https://HOST/PATH")  # without the URL, which holds secrets
        self._url = httpcore2.URL(
            scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path
        )
        self._headers = [
            (b"Host", parsed.netloc),
            (b"User-Agent", b"portero"),
            (b"Accept", b"application/json, */*;q=0.1"),
            (b"Accept-Encoding", b"identity"),
            (b"Connection", b"close"),
        ]
        if parsed.userinfo:
            credentials = base64.b64encode(f"{parsed.username}:{parsed.password}".encode())
            self._headers.append((b"Authorization", b"Basic " + credentials))
        self._name = name
        self._connect, self._idle, self._most = connect, idle, most
        self._circuit = Circuit(name, pause=pause, clock=clock)

    def ask(
        self,
        method: str,
        headers: Iterable[tuple[bytes, bytes]] = (),
        content: Iterator[bytes] | None = None,
        by: float = math.inf,
    ) -> Answer:
        """One request and its answer, with a status below 500; raises AttemptFailed, and what ``content`` does.

        All of it is over ``by`` that time of the monotonic clock.
        """
        with self._circuit.attempt():
            try:
                answer = self._exchange(method, [*self._headers, *headers], content, by)
            except httpcore2.TimeoutException as error:
                raise self._down("took too long to answer", error) from None
            except httpcore2.ConnectError as error:
                raise self._down("cannot be reached", error) from None
            except (httpcore2.NetworkError, httpcore2.RemoteProtocolError) as error:
                raise self._down("broke off instead of answering", error) from None
            if answer.status >= 500:
                raise self._down(f"answered with status {answer.status}")
            return answer

    def _exchange(
        self, method: str, headers: list[tuple[bytes, bytes]], content: Iterator[bytes] | None, by: float
    ) -> Answer:
        # A connection for each call: a pooled one may have been closed by the other side, or made before a fork.
        with (
            httpcore2.ConnectionPool(self._tls, network_backend=_Network(self._connect, self._idle, by)) as pool,
            pool.stream(method, self._url, headers=headers, content=content) as response,
        ):
            body = bytearray()
            for chunk in response.iter_stream():
                body += chunk
                if len(body) > self._most:
                    break
            named = {name.decode("ascii").lower(): value.decode("latin-1") for name, value in response.headers}
            return Answer(response.status, named, bytes(body[: self._most]), len(body) <= self._most)

    @cached_property
    def _tls(self) -> ssl.SSLContext | None:
        # The only thing that is believed of the environment is SSL_CERT_FILE: how private authorities are named.
        return httpcore2.default_ssl_context() if self._url.scheme == b"https" else None

    def _down(self, what: str, error: Exception | None = None) -> Down:
        # Messages about connecting are our own machine's; others may quote what the other side sent.
        reason = error if isinstance(error, httpcore2.ConnectError) else type(error).__name__
        _log.warning("%s %s (%s)" if error else "%s %s", self._name, what, *([reason] if error else []))
        return Down(f"{self._name} {what}.")


class _Network(httpcore2.NetworkBackend):
    """Connections that keep the time themselves; httpcore's own timeouts begin anew with each byte."""

    def __init__(self, connect: float, idle: float, by: float) -> None:
        self._connect, self._idle, self._by = connect, idle, by

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore2.NetworkStream:
        connect_by = min(time.monotonic() + self._connect, self._by)
        try:
            # Has limits of its own, in resolv.conf.
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(str(error)) from error
        addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
        while True:
            # Each address gets its share, so that a dead one leaves time for the others.
            share = max(connect_by - time.monotonic(), 0.01) / len(addresses)
            try:
                stream = httpcore2.SyncBackend().connect_tcp(addresses.pop(0), port, share, None, ())
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if not addresses:
                    raise
            else:
                return _Stream(stream, connect_by, self._idle, self._by)


class _Stream(httpcore2.NetworkStream):
    """A connection whose TLS handshake ends in time, and whose answer is there in time after the last write."""

    def __init__(self, stream: httpcore2.NetworkStream, connect_by: float, idle: float, by: float) -> None:
        self._stream = stream
        self._connect_by, self._idle, self._by = connect_by, idle, by
        self._answer_by = 0.0

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = max(self._connect_by - time.monotonic(), 0.01)
        stream = self._stream.start_tls(ssl_context, server_hostname, left)
        return _Stream(stream, self._connect_by, self._idle, self._by)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            self._stream.write(buffer, max(min(self._idle, self._by - time.monotonic()), 0.01))
        except httpcore2.WriteTimeout as error:
            # Who answers early may read no further; httpcore looks for an answer after this error, not after the other.
            self._answer_by = min(time.monotonic() + _EARLY_ANSWER_SECONDS, self._by)
            raise httpcore2.WriteError("the other side stopped reading") from error
        self._answer_by = min(time.monotonic() + self._idle, self._by)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._answer_by - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the answer is too slow")
        return self._stream.read(max_bytes, left)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
