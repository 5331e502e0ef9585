"""A circuit breaker: a destination that is down is left alone for a moment (Nygard, Release It!, chapter 5)."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING

from src.domain.errors import AttemptFailed, Postponed

if TYPE_CHECKING:
    from pybreaker import CircuitBreaker


class Down(AttemptFailed):
    """The other side does not answer, or says itself that it is broken."""


class Circuit:
    """What one process knows about a destination. Threads share it.

    After ``failures`` calls in a row that end with Down nobody is let through for ``pause`` seconds, and then one
    call at a time, until one ends otherwise.
    """

    def __init__(self, name: str, *, failures: int = 5, pause: float = 5.0) -> None:
        self._name = name
        self._failures = failures
        self._pause = pause
        self._resume = 0.0
        self._trial = threading.Lock()

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Around a call: raises Postponed at once while the destination is left alone.

        Ending without an error or with Down counts. Any other error is our own and says nothing about the others.
        """
        if self._breaker.current_state == "closed":
            with self._counted():
                yield
        elif self._trial.acquire(blocking=False):
            try:
                self._try_again()
                with self._counted():
                    yield
            finally:
                self._trial.release()
        else:
            raise self._refusal(self._pause)  # if the trial fails, it is at least as long

    @cached_property
    def _breaker(self) -> "CircuitBreaker":
        # Loads redis where that is installed, so not before it is needed.
        from pybreaker import CircuitBreaker

        # It is only told how a call ended: it holds its lock while it calls, which would make threads wait for each
        # other's files, and while half open it lets everybody through.
        return CircuitBreaker(fail_max=self._failures, reset_timeout=self._pause)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        try:
            yield
        except Down:
            self._resume = time.monotonic() + self._pause
            self._tell(_fail)
            raise
        self._tell(_succeed)

    def _try_again(self) -> None:
        # By a clock that nobody sets: pybreaker asks the one on the wall.
        if (left := self._resume - time.monotonic()) > 0:
            raise self._refusal(left)
        self._breaker.half_open()

    def _tell(self, outcome: Callable[[], None]) -> None:
        from pybreaker import CircuitBreakerError

        # An open circuit refuses the late outcomes of calls that began before it opened.
        with suppress(Down, CircuitBreakerError):
            self._breaker.call(outcome)

    def _refusal(self, retry_after: float) -> Postponed:
        detail = f"{self._name} failed several times in a row and is left alone for a few seconds."
        return Postponed(detail, retry_after)


def _succeed() -> None:
    pass


def _fail() -> None:
    raise Down("down")
