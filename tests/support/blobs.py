"""Helpers for tests of blob stores: sample content, failing senders and the description of a store."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from src.application.ports import BlobStore

KEY = "files/3f1c"
MIB = 1 << 20


@dataclass
class Place:
    """A store: its URL, the URI of KEY in it, and a function that lists the remains of failed uploads."""

    url: str
    uri: str
    leftovers: Callable[[], list[str]] = list


def cut(content: bytes, *sizes: int) -> Iterator[bytes]:
    """Yield ``content`` in chunks whose sizes repeat ``sizes``."""
    start = 0
    while start < len(content):
        for size in sizes:
            yield content[start : start + size]
            start += size


def content(blobs: BlobStore) -> bytes:
    """Return the whole content of the object under KEY."""
    return b"".join(blobs.read(KEY))


class Torn(Exception):
    """The failure of a sender."""


def torn(size: int, error: BaseException) -> Iterator[bytes]:
    """Yield ``size`` random bytes, then raise ``error``."""
    yield from cut(os.urandom(size), MIB)
    raise error
