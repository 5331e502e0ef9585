"""Reads, writes and closes the connections of clients with time limits."""

import errno
import select
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from itertools import chain
from threading import BoundedSemaphore, Lock
from typing import Any, ClassVar

from gunicorn.http.errors import LimitRequestHeaders

NEXT_MILLISECONDS = 5
"""The time that a thread waits for the next request of its connection before it serves another one."""
LINGER_SECONDS = 2.0
"""The time that a connection stays open after its last response, for a client that is still sending."""
SEND_SECONDS = 20
"""The time for which a client may take nothing of a response."""
MAX_WAITING = 32
"""The threads of a process that may wait for a client to take more of a response of unknown length."""
MAX_HEAD_BYTES = 1 << 15
"""The length of a request's head above which no more of it is received."""
_RECEIVED_BYTES = 1 << 16
"""The part of a body that is received at most at once."""
_HEAD_BYTES = 1024
"""The bytes with which every request starts when slow clients are compared, so that no new one counts as slow."""


class Receivers:
    """The clients of a worker from which a thread is reading. If there are more than ``limit``, the slowest is cut off.

    Slow clients can therefore never block all threads of the worker.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._clients: set[ClientSocket] = set()
        self._lock = Lock()

    @contextmanager
    def waiting_for(self, client: "ClientSocket") -> Iterator[None]:
        """Count a client while the block reads from it. The client may be cut off meanwhile."""
        with self._lock:
            self._clients.add(client)
            if len(self._clients) > self._limit:
                slowest = max(self._clients, key=ClientSocket.slowness)
                self._clients.remove(slowest)
                slowest.cut_off()
        try:
            yield
        finally:
            with self._lock:
                self._clients.discard(client)


class ClientSocket(socket.socket):
    """A connection to a client.

    Bytes that the client does not read at once are kept, so that no thread waits for it.
    """

    _waiting: ClassVar = BoundedSemaphore(MAX_WAITING)

    def __init__(
        self,
        accepted: socket.socket,
        receivers: Receivers,
        paused: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Take over a socket that has been accepted.

        ``paused`` lets other requests run in a block in which the thread waits for the client.
        """
        super().__init__(accepted.family, accepted.type, accepted.proto, accepted.detach())
        self.unsent: deque[memoryview] = deque()
        self.is_cut_off = False
        """Whether nothing more is received from the client. The response can still be sent."""
        self._receivers = receivers
        self.awaits_head = True
        """Whether the head of a request has not arrived yet."""
        self.expect_request()
        self.resumed = 0
        """How often the client has taken more of a response that it did not take at once."""
        self._paused = paused
        self._items: Iterator[bytes] | None = None
        self._close_items: Any = None

    @property
    def is_sending(self) -> bool:
        """Return whether the client has not yet taken the whole response."""
        return bool(self.unsent) or self._items is not None

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Receive at most 64 KiB, and of a head no more than the longest one that is accepted.

        gunicorn asks for up to 1 MiB, and a slow client would occupy that much memory while the thread waits. It also
        reads the whole head again whenever a part of it arrives, so a head may not be long. Raises LimitRequestHeaders.
        """
        most = _RECEIVED_BYTES
        if self.awaits_head:
            most = MAX_HEAD_BYTES - self._received
            if most <= 0:
                raise LimitRequestHeaders("the head of the request is too long")
        with nullcontext() if _is_ready(self, select.POLLIN, 0) else self._waiting_to_receive():
            data = super().recv(min(size, most), flags)
        self._received += len(data)
        return data

    @contextmanager
    def _waiting_to_receive(self) -> Iterator[None]:
        with self._paused(), self._receivers.waiting_for(self):  # a client whose bytes are here no longer counts
            yield

    def expect_request(self) -> None:
        """Start to measure how slowly the client sends its next request, and how long the head of the request is."""
        self._begun, self._received = time.monotonic(), 0
        self.awaits_head = True

    def slowness(self) -> float:
        """Return the time since the request began, in seconds, divided by the number of bytes that have arrived."""
        return (time.monotonic() - self._begun) / (self._received + _HEAD_BYTES)

    def cut_off(self) -> None:
        """End every read of the request at once, including reads in other threads."""
        self.is_cut_off = True
        with suppress(OSError):  # the client has left
            self.shutdown(socket.SHUT_RD)

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Keep ``data`` until ``flush``, so that the head and the body of a short response are sent together."""
        self.unsent.append(memoryview(data))

    def flush(self) -> bool:
        """Send as much as the client reads at once. Return whether everything is sent."""
        while self.unsent:
            try:
                sent = self.sendmsg(self.unsent, (), socket.MSG_DONTWAIT)
            except BlockingIOError:
                return False
            while self.unsent and sent >= len(self.unsent[0]):
                sent -= len(self.unsent.popleft())
            if sent:
                self.unsent[0] = self.unsent[0][sent:]
        return True

    def send_rest(self, milliseconds: int = NEXT_MILLISECONDS) -> bool:
        """Send the response until the client stops reading for a moment. Return whether everything is sent."""
        while self.flush() or _is_ready(self, select.POLLOUT, milliseconds):
            if self.unsent:
                continue
            if self._items is None:
                return True
            item = next(self._items, None)
            if item is None:
                self._drop_items()
            else:
                self.sendall(item)
        return False

    def paced(self, response: Iterable[bytes], head: list[Any]) -> Iterator[bytes]:
        """Yield the items of a response while the client reads them.

        If the client stops, ``send_rest`` sends the other items.

        The server sends a response of unknown length in chunks; its thread waits for the client.
        """
        items, close = iter(response), getattr(response, "close", None)
        try:
            for item in items:
                if self.unsent and not self.send_rest():
                    if any(name.lower() == "content-length" for name, _ in head[1]):
                        self._items, self._close_items, close = chain((item,), items), close, None
                        return
                    if not self._wait_to_send():
                        raise ConnectionResetError(errno.ECONNRESET, "The client does not read")
                yield item
        except Exception:
            self.send_rest()
            raise
        finally:
            if close:
                close()

    def _wait_to_send(self) -> bool:
        """Wait for the client in this thread, unless too many threads wait already.

        Return whether everything is sent.
        """
        with self._paused():
            if not self._waiting.acquire(blocking=False):
                return False
            try:
                return self.send_rest(SEND_SECONDS * 1000)
            finally:
                self._waiting.release()

    def linger(self) -> None:
        """Discard what the client still sends until it closes the connection or the time is over, and then close it.

        A connection that is closed at once would be reset, and the client could lose the response (RFC 9112 section
        9.6). gunicorn would wait on the thread that accepts connections. When the time is over, the connection of a
        client that still sends is reset, because a client that waits for room to send more would wait forever.
        """
        end = time.monotonic() + LINGER_SECONDS
        with suppress(OSError), self._receivers.waiting_for(self):  # the client is silent, or has left
            self.shutdown(socket.SHUT_WR)
            while (left := end - time.monotonic()) > 0:
                self.settimeout(left)
                if not super().recv(_RECEIVED_BYTES) or self.is_cut_off:
                    break
                time.sleep(0.02)  # a client that sends without end is held back
            else:
                self.abort()
        self.close()

    def abort(self) -> None:
        """Reset the connection, and discard the unsent bytes."""
        self.unsent.clear()
        with suppress(OSError):  # the client has left
            self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()
        self._drop_items()

    def _drop_items(self) -> None:
        close, self._items, self._close_items = self._close_items, None, None
        if close:
            close()


def set_silence(client: socket.socket, seconds: int) -> None:
    """Make reads fail after ``seconds`` without data from the client. With 0, reads wait forever."""
    with suppress(OSError):  # the client has left
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", seconds, 0))


def is_readable(client: socket.socket, milliseconds: int = NEXT_MILLISECONDS) -> bool:
    """Wait for the next request, by default for a moment. Return whether it has begun to arrive."""
    return _is_ready(client, select.POLLIN, milliseconds)


def _is_ready(client: socket.socket, event: int, milliseconds: int) -> bool:
    poll = select.poll()
    poll.register(client, event)
    return bool(poll.poll(milliseconds))
