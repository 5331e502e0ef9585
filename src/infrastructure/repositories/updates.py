"""Read, change, commit at the revision read; again if somebody was faster."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from src.domain.errors import NotFound, Unavailable

T = TypeVar("T")

_PATIENCE = 5.0
"""Seconds for which an update that keeps losing to others is tried again."""


class Overtaken(Exception):
    """Somebody else wrote the document between the read and the commit."""


def optimistically(read: Callable[[], T | None], write: Callable[[T], T]) -> T:
    """The result of ``write`` on what was read. ``write`` raises Overtaken to be called again.

    Raises NotFound when there is nothing to read, and Unavailable when others keep being faster.
    """
    give_up, pause = time.monotonic() + _PATIENCE, 0.02
    while time.monotonic() < give_up:
        found = read()
        if found is None:
            raise NotFound
        try:
            return write(found)
        except Overtaken:
            time.sleep(random.uniform(0, pause))  # noqa: S311 - only spreads those who lost apart
            pause = min(2 * pause, 0.3)
    raise Unavailable("Too many changes at once; try again.", 1)
