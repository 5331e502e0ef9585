"""A circuit breaker, which refuses calls to a service that is down (Nygard, Release It!, chapter 5)."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from src.domain.errors import AttemptFailed, Postponed
from src.domain.messages import Translatable

_FAILURES = 5
"""The number of failures in a row that opens a circuit. A single lost connection must not stop all calls."""


class Down(AttemptFailed):
    """The service does not answer, or answers with a status of 500 or above."""


class Circuit:
    """The circuit breaker of one service, which all threads of this process share.

    After five calls in a row that raise Down, the circuit is open and refuses calls for ``pause`` seconds of
    ``clock``. Then it lets one call at a time through as a trial, and a trial that succeeds closes it.
    """

    def __init__(self, name: str, *, pause: float = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with a closed circuit. ``name`` names the service in error messages."""
        self.name, self._pause, self._clock = name, pause, clock
        self._lock = threading.Lock()
        self._failed = 0
        self._resume = 0.0
        self._in_trial = False

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Run the block, which calls the service, and count its outcome. Raise Postponed while the circuit is open.

        A block that raises Down has failed. Any other exception says nothing about the service, and is not counted. A
        call that began before the circuit opened does not close it.
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
                if trial or self._failed < _FAILURES:
                    self._failed = 0
        finally:
            if trial:
                self._in_trial = False

    def _begin(self) -> bool:
        """Return whether the call is a trial. Raise Postponed while the circuit refuses calls."""
        with self._lock:
            if self._failed < _FAILURES:
                return False
            wait = self._pause if self._in_trial else self._resume - self._clock()
            if wait > 0:
                message = "{service} failed several times in a row and is left alone for a few seconds."
                raise Postponed(Translatable(message, service=self.name), wait)
            self._in_trial = True
            return True
