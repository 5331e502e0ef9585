"""Raises the limit of open files of the web server, and derives the number of connections from it."""

import resource
from contextlib import suppress

from src.settings import ConfigurationError

_MIN_FILES = 256
_OTHER_FILES = 128
"""The files that a worker opens beside its connections and the files that it sends to them."""


def raise_limit() -> int:
    """Let this process and its children open as many files as the system allows, and return the number."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # macOS names no number and refuses it
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 20 if soft == resource.RLIM_INFINITY else soft


def connections_for(files: int) -> int:
    """Return the number of connections for which a worker with this limit of open files has room.

    Raises ConfigurationError if the limit is too low.
    """
    if files < _MIN_FILES:
        raise ConfigurationError(f"A process may open {files} files; let it open {_MIN_FILES} or more (ulimit -n)")
    return (files - _OTHER_FILES) // 2
