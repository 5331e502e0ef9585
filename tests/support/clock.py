"""Clocks and waits for tests on busy machines, which may pause for a while."""

import threading
import time
from collections.abc import Callable

_STEP = 0.02


class _Ticker(threading.Thread):
    """Adds up short sleeps. A much longer sleep means that the machine paused, and counts as a short one."""

    def __init__(self) -> None:
        super().__init__(name="ticker", daemon=True)
        self.counted = 0.0
        self._starting = threading.Lock()

    def run(self) -> None:
        last = time.monotonic()
        while True:
            time.sleep(_STEP)
            now = time.monotonic()
            self.counted += min(now - last, 2 * _STEP)
            last = now

    def ticking(self) -> "_Ticker":
        with self._starting:
            if not self.is_alive():
                self.start()
        return self


_ticker = _Ticker()


class Stopwatch:
    """The seconds since its creation, without the time in which the machine paused. Used to assert upper limits.

    The value is accurate to a few hundredths of a second, and never above the real time.
    """

    def __init__(self) -> None:
        self._begun = _ticker.ticking().counted

    @property
    def seconds(self) -> float:
        return _ticker.counted - self._begun


def until(check: Callable[[], bool], what: str, patience: float = 60.0) -> None:
    """Wait until ``check`` returns true. Fail with ``what`` after ``patience`` seconds."""
    watch = Stopwatch()
    while not check():
        assert watch.seconds < patience, f"not within {patience:g} s: {what}"
        time.sleep(0.05)


def outcome_within(seconds: float, call: Callable[[], object]) -> object:
    """Return what ``call`` returns or raises. Fail after ``seconds`` without waiting for the call to end."""
    outcomes: list[object] = []

    def attempt() -> None:
        try:
            outcomes.append(call())
        except Exception as error:
            outcomes.append(error)

    thread = threading.Thread(target=attempt, daemon=True)
    watch = Stopwatch()
    thread.start()
    while thread.is_alive() and watch.seconds < seconds:
        thread.join(_STEP)
    assert outcomes, f"no answer within {seconds} s"
    return outcomes[0]


class MonotonicWatch:
    """A monotonic clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self._now = 1000.0

    def monotonic(self) -> float:
        return self._now

    def forward(self, seconds: float) -> None:
        self._now += seconds
