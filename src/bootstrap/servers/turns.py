"""Limits how many threads of a process run requests at the same time."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

STALL_SECONDS = 0.3
"""The time after which a turn no longer counts, because its thread is likely to wait for a dependency."""


class Turns:
    """Turns for threads, given in the order in which the threads ask.

    Hundreds of threads that all want the lock of the interpreter wake up every few milliseconds, overtake each other
    and keep the main thread from accepting connections. A thread that waits for its turn sleeps.

    ``limit`` threads run at the same time. A thread that has run for ``STALL_SECONDS`` goes on, but no longer counts,
    so that threads that wait for a slow store or another service do not hold up the others.
    """

    def __init__(self, limit: int) -> None:
        """Let ``limit`` threads run at the same time."""
        self._limit = limit
        self._counted: dict[object, float] = {}
        """When each turn that counts has begun, the oldest first."""
        self._waiting = deque[tuple[object, Lock]]()
        self._lock = Lock()

    @contextmanager
    def turn(self) -> Iterator[object]:
        """Wait for a turn, and end it after the block. Yields the turn, for ``paused``."""
        turn = object()
        self._begin(turn)
        try:
            yield turn
        finally:
            self._end(turn)

    @contextmanager
    def paused(self, turn: object) -> Iterator[None]:
        """End the turn of this thread, and wait for it again after the block."""
        self._end(turn)
        try:
            yield
        finally:
            self._begin(turn)

    def _begin(self, turn: object) -> None:
        begins = Lock()
        begins.acquire()
        with self._lock:
            self._waiting.append((turn, begins))
            self._admit()
        while not begins.acquire(timeout=STALL_SECONDS):
            with self._lock:
                self._admit()

    def _end(self, turn: object) -> None:
        with self._lock:
            self._counted.pop(turn, None)
            self._admit()

    def _admit(self) -> None:
        """Begin the turns of the threads that have waited longest, as many as may run."""
        now = time.monotonic()
        while self._waiting:
            if len(self._counted) >= self._limit:
                oldest = next(iter(self._counted))
                if now < self._counted[oldest] + STALL_SECONDS:
                    return
                del self._counted[oldest]
            turn, begins = self._waiting.popleft()
            self._counted[turn] = now
            begins.release()
