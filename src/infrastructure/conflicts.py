"""Optimistic concurrency: a change that conflicts with another writer is repeated."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from src.domain.errors import Unavailable

T = TypeVar("T")

GIVE_UP_SECONDS = 5.0
"""The seconds after which a change that still conflicts is given up."""


class Conflict(Exception):
    """Another writer changed the document between the read and the commit."""


def retry_conflicts(attempt: Callable[[], T]) -> T:
    """Call ``attempt``, which reads and commits, until it raises no Conflict. Return its result.

    Raises Unavailable after GIVE_UP_SECONDS of conflicts.
    """
    give_up, pause = time.monotonic() + GIVE_UP_SECONDS, 0.02
    while time.monotonic() < give_up:
        try:
            return attempt()
        except Conflict:
            # A random pause separates writers that collided.
            time.sleep(random.uniform(0, pause))  # noqa: S311
            pause = min(2 * pause, 0.3)
    raise Unavailable("Too many changes at once; try again.", 1)
