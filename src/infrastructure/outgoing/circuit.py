"""A circuit breaker: calls to a destination that is down are refused for a while (Nygard, Release It!, chapter 5)."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from src.domain.errors import AttemptFailed, Postponed


class Down(AttemptFailed):
    """The destination does not answer, or answers that it is broken."""


class Circuit:
    """The state of one destination in this process. Threads share it.

    After ``failures`` calls in a row that raise Down, the circuit is open and refuses calls for ``pause`` seconds.
    Then it lets one call at a time through as a trial, and a trial that succeeds closes it.
    """

    def __init__(
        self, name: str, *, failures: int = 5, pause: float = 5.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._refusal = f"{name} failed several times in a row and is left alone for a few seconds."
        self._failures, self._pause, self._clock = failures, pause, clock
        self._lock = threading.Lock()
        self._failed = 0
        self._resume = 0.0
        self._in_trial = False

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Count the outcome of the call in the block. Raise Postponed, without a call, while the circuit is open.

        An exception other than Down says nothing about the destination and is not counted. A call that began before
        the circuit opened and succeeds afterwards does not close it.
        """
        trial = self._begin()
        try:
            yield
        except Down:
            with self._lock:
                self._failed += 1
                self._resume = self._clock() + self._pause
            raise
        else:
            with self._lock:
                if trial or self._failed < self._failures:
                    self._failed = 0
        finally:
            if trial:
                self._in_trial = False

    def _begin(self) -> bool:
        """Return whether the call is a trial. Raise Postponed while the circuit refuses calls."""
        with self._lock:
            if self._failed < self._failures:
                return False
            wait = self._pause if self._in_trial else self._resume - self._clock()
            if wait > 0:
                raise Postponed(self._refusal, wait)
            self._in_trial = True
            return True
