"""Limits how many slow jobs a process runs at the same time."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from src.domain.errors import Busy

SLOW_JOBS_AT_ONCE = 3
"""The number of slow jobs that a process runs at the same time: checks of datasets, and files that are sent on. The
inline queue has one thread more, which is left to mails and other short jobs."""
RETRY_SECONDS = 3.0
"""The time after which a job that found no place tries again."""
_TURN_SECONDS = 0.05
"""The time between two jobs that try again, which limits the work of postponing thousands of jobs."""


class JobPlaces:
    """Places for jobs, one for each job that a process may run at the same time."""

    def __init__(self, count: int) -> None:
        self._lock = threading.Lock()
        self._free = count
        self._last_turn = 0.0

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold a place within the block. Raises Busy if no place is free.

        The ``retry_after`` of Busy grows with the number of jobs that wait, so that they try again one after the other.
        """
        with self._lock:
            if not self._free:
                now = time.monotonic()
                self._last_turn = max(now + RETRY_SECONDS, self._last_turn + _TURN_SECONDS)
                raise Busy("Other files are being checked or sent on first.", self._last_turn - now)
            self._free -= 1
        try:
            yield
        finally:
            with self._lock:
                self._free += 1
