"""Reads and closes the connections of clients with time limits."""

import select
import socket
import struct
import time
from contextlib import suppress

NEXT_MILLISECONDS = 5
"""The time that a thread waits for the next request of its connection before it serves another one."""
LINGER_SECONDS = 2.0
"""The time that a connection stays open after its last response, for a client that is still sending."""


def set_silence(client: socket.socket, seconds: int) -> None:
    """Let a read fail after ``seconds`` without data from the client. With 0 it waits forever."""
    with suppress(OSError):  # the client has left
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", seconds, 0))


def is_readable(client: socket.socket) -> bool:
    """Wait a moment for the next request. Return whether it has begun to arrive."""
    poll = select.poll()
    poll.register(client, select.POLLIN)
    return bool(poll.poll(NEXT_MILLISECONDS))


def linger(client: socket.socket) -> None:
    """Discard what the client is still sending, and wait until it closes the connection, but not for long.

    A connection that is closed at once would be reset, and the client could lose the response (RFC 9112 section 9.6).
    gunicorn would do this on the thread that accepts connections.
    """
    end = time.monotonic() + LINGER_SECONDS
    with suppress(OSError):  # the time is over, or the client has left
        client.shutdown(socket.SHUT_WR)
        while (left := end - time.monotonic()) > 0:
            client.settimeout(left)
            if not client.recv(1 << 16):
                break
            time.sleep(0.02)  # a client that sends without end is held back
    with suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)
