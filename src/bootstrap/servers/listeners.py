"""Sets options of the sockets that accept connections."""

import ctypes
import socket
import struct
import sys
from contextlib import suppress

from src.bootstrap.servers.sockets import SEND_SECONDS

_KERNEL_BYTES = 1 << 16
"""The part of a response that the kernel keeps at most for a client that takes nothing."""
_SO_ATTACH_FILTER = 26
_DROP_ALL = struct.pack("HBBI", 0x06, 0, 0, 0)
"""A socket filter of one instruction, which lets 0 bytes of a packet pass (``man 7 socket``, <linux/filter.h>)."""


def bound_sending(listener: socket.socket) -> None:
    """Limit how many bytes, and for how long, the kernel keeps for a client that does not read.

    The connections that ``listener`` accepts inherit these limits. On a system without such options, its own limits
    apply.
    """
    for name, value in (("TCP_NOTSENT_LOWAT", _KERNEL_BYTES), ("TCP_USER_TIMEOUT", SEND_SECONDS * 1000)):
        if hasattr(socket, name):
            listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def refuse_new_connections(listener: socket.socket) -> None:
    """Let no connection complete that has not yet, for all processes that share ``listener``. Do nothing without Linux.

    A connection that completes between the last accept and the close would be reset, and its request lost. This way the
    client finds no listener when it tries again after a second, and a proxy then asks another service.
    """
    program = ctypes.create_string_buffer(_DROP_ALL)
    if sys.platform == "linux":
        with suppress(OSError):  # a sandbox that has no filters
            listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(program)))


def refuses_new_connections(listener: socket.socket) -> bool:
    """Return whether a process has called ``refuse_new_connections``; without Linux, where nothing shows it, True."""
    if sys.platform != "linux":
        return True
    with suppress(OSError):
        return bool(listener.getsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, len(_DROP_ALL)))
    return False
