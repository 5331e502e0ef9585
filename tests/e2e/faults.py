"""A TCP proxy that breaks in the ways networks and servers break."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.support.emulators import free_port

Fault = Callable[["Connection", bytes], None]
"""A function that handles what a client sends."""


def passed_on(connection: "Connection", data: bytes) -> None:
    connection.upstream.sendall(data)


def never_answered(connection: "Connection", data: bytes) -> None:
    pass


def reset(connection: "Connection", data: bytes) -> None:
    connection.reset()


def reply_lost(connection: "Connection", data: bytes) -> None:
    """Forward the request, then close the connection without the response."""
    connection.muted = True
    connection.upstream.sendall(data)
    connection.read_rest(0.3)
    connection.reset()


def dribbled(connection: "Connection", data: bytes) -> None:
    """Send the response byte by byte, each within the timeout for a single read."""
    connection.dribbling = True
    connection.upstream.sendall(data)


def answered(answer: bytes) -> Fault:
    """Return a fault that sends ``answer`` to every request."""

    def fault(connection: "Connection", data: bytes) -> None:
        connection.read_rest(0.02, forward=False)
        connection.client.sendall(answer)
        connection.client.shutdown(socket.SHUT_WR)

    return fault


def http(status: str, body: str, *headers: str, type: str = "application/json") -> Fault:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {type}", f"Content-Length: {len(body)}", *headers, "", body]
    return answered("\r\n".join(lines).encode())


@dataclass(eq=False)
class Connection:
    """A connection of a client with its connection to the server."""

    client: socket.socket
    upstream: socket.socket
    muted: bool = False
    dribbling: bool = False

    def read_rest(self, seconds: float, *, forward: bool = True) -> None:
        """Read what the client still sends within some seconds."""
        self.client.settimeout(seconds)
        with suppress(TimeoutError):
            while data := self.client.recv(1 << 16):
                if forward:
                    self.upstream.sendall(data)
        self.client.settimeout(None)

    def answer(self, data: bytes) -> None:
        if self.muted:
            return
        for byte in [data[at : at + 1] for at in range(len(data))] if self.dribbling else [data]:
            self.client.sendall(byte)
            if self.dribbling:
                time.sleep(0.1)

    def reset(self) -> None:
        with suppress(OSError):  # it is closed already
            # Without lingering, closing sends RST instead of FIN.
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        for end in (self.client, self.upstream):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RD)
            end.close()


@dataclass(eq=False)
class Proxy:
    """A TCP proxy that forwards everything until a fault is set."""

    target: tuple[str, int]
    _fault: Fault = passed_on
    _after: int = 0
    _only_once: bool = False
    _held: list[tuple[Connection, bytes]] = field(default_factory=list)
    _connections: list[Connection] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._port = free_port()  # which nothing takes while the proxy refuses connections
        self._listen()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    def fail(self, fault: Fault, *, after: int = 0, once: bool = False) -> None:
        """Apply a fault to all HTTP requests, or to those after the next ``after`` ones, or to one only (``once``)."""
        self._fault, self._after, self._only_once = fault, after, once

    def heal(self) -> None:
        """Forward everything, and accept connections again."""
        self._fault = passed_on
        if self._listener.fileno() < 0:
            self._listen()

    def refuse(self) -> None:
        """Refuse new connections from now on, and break the open ones."""
        # Shutting the listener down wakes the accepting thread; closing alone would not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Break the connections that are open."""
        for connection in self._connections:
            connection.reset()
        self._connections.clear()

    def hold(self) -> None:
        """Hold the next HTTP request back until ``release``."""
        self.fail(lambda connection, data: self._held.append((connection, data)), once=True)

    def release(self) -> None:
        """Send the held requests to the server, even if the client has left. Return when the server has answered."""
        for _, data in self._held:
            with socket.create_connection(self.target) as upstream:
                upstream.settimeout(5)
                upstream.sendall(data)
                assert upstream.recv(1 << 16)
        self._held.clear()

    def _listen(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self._port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                connection = Connection(client, socket.create_connection(self.target))
                self._connections.append(connection)
                for pump in (self._ask, self._answer):
                    threading.Thread(target=pump, args=(connection,), daemon=True).start()

    def _ask(self, connection: Connection) -> None:
        with suppress(OSError):
            while data := connection.client.recv(1 << 16):
                if data.startswith((b"GET ", b"POST ")):
                    data = _whole(connection.client, data)
                self._next()(connection, data)
        connection.close()

    def _answer(self, connection: Connection) -> None:
        with suppress(OSError):
            while data := connection.upstream.recv(1 << 16):
                connection.answer(data)

    def _next(self) -> Fault:
        if self._after:
            self._after -= 1
            return passed_on
        fault = self._fault
        if self._only_once:
            self._fault, self._only_once = passed_on, False
        return fault


def _whole(client: socket.socket, data: bytes) -> bytes:
    """Return an HTTP/1.1 request with its whole body."""
    while b"\r\n\r\n" not in data:
        data += client.recv(1 << 16)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < int(lengths[0] if lengths else 0):
        body += client.recv(1 << 16)
    return head + b"\r\n\r\n" + body


@contextmanager
def proxied(address: str) -> Iterator[Proxy]:
    """Yield a proxy in front of the server at ``address``."""
    host, _, port = address.rpartition(":")
    proxy = Proxy((host, int(port)))
    try:
        yield proxy
    finally:
        with suppress(OSError):
            proxy.refuse()
