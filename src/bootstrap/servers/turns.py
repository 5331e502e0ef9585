"""Limits how many threads of a process run requests at the same time."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

STALL_SECONDS = 0.2
"""The time after which more threads may run if no turn has ended."""


class Turns:
    """Turns for threads, given in the order in which the threads ask.

    Hundreds of threads that all want the lock of the interpreter wake up every few milliseconds, overtake each other
    and keep the main thread from accepting connections. A thread that waits for its turn sleeps.

    A thread that waits for something other than its client keeps its turn. If no turn ends for ``STALL_SECONDS``, all
    threads with a turn are likely to wait for a dependency, so as many more threads may run. A slow dependency thus
    delays requests that do not need it, such as ``GET /health``, by little.
    """

    def __init__(self, limit: int) -> None:
        """Let ``limit`` threads run at the same time."""
        self._limit = limit
        self._running = 0
        self._waiting = deque[Lock]()
        self._lock = Lock()
        self._last_end = 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and end it after the block."""
        self._begin()
        try:
            yield
        finally:
            self._end()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """End the turn of this thread, and wait for another one after the block."""
        self._end()
        try:
            yield
        finally:
            self._begin()

    def _begin(self) -> None:
        with self._lock:
            if self._running < self._limit:
                self._running += 1
                return
            begins = Lock()
            begins.acquire()
            self._waiting.append(begins)
        while not begins.acquire(timeout=STALL_SECONDS):
            self._add_turns_if_stalled()

    def _end(self) -> None:
        with self._lock:
            self._last_end = time.monotonic()
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._running -= 1

    def _add_turns_if_stalled(self) -> None:
        with self._lock:
            if self._last_end + STALL_SECONDS < time.monotonic():
                self._last_end = time.monotonic()
                for _ in range(min(self._limit, len(self._waiting))):
                    self._running += 1
                    self._waiting.popleft().release()
