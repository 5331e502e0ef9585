"""Runs steps in threads of the process, apart from its requests."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress

MAX_WAITING = 1000
WAIT_SECONDS = 50.0
"""Less than a minute, after which a scheduler sweeps again."""

_log = logging.getLogger("portero.background")


class BackgroundSteps:
    """Runs functions one after another in a thread, which starts with the first function. Implements Later.

    The end of the process waits for the accepted functions. A function that arrives while MAX_WAITING others
    wait is dropped, and the loss is logged.
    """

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(MAX_WAITING)
        self._pool = ThreadPoolExecutor(1, "background")

    def __call__(self, step: Callable[[], None]) -> None:
        """Run ``step`` later. Return at once."""
        if not self._places.acquire(blocking=False):
            _log.warning("dropped a step, because too many wait")
            return
        try:
            self._pool.submit(self._run, step)
        except RuntimeError:  # the process is about to end
            _log.warning("dropped a step, because the process ends")

    def _run(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception:
            _log.exception("a step failed")
        finally:
            self._places.release()


class Lanes:
    """Runs functions independently of each other, each in a thread of its own. Implements RunApart."""

    def __init__(self, most: int) -> None:
        """Run up to ``most`` functions at the same time."""
        self._pool = ThreadPoolExecutor(most, "lane")
        self._running: dict[str, Future[None]] = {}
        self._lock = threading.Lock()

    def __call__(self, name: str, step: Callable[[], None]) -> None:
        """Run ``step`` in the background, unless a function with the same name runs or waits. Return at once."""
        with self._lock:
            self._running = {other: running for other, running in self._running.items() if not running.done()}
            if name not in self._running:
                with suppress(RuntimeError):  # the process is about to end
                    self._running[name] = self._pool.submit(self._run, step)

    def wait(self) -> None:
        """Wait until the functions that run now have ended, but not longer than ``WAIT_SECONDS``."""
        with self._lock:
            running = [*self._running.values()]
        wait(running, WAIT_SECONDS)

    def _run(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception:
            _log.exception("a lane failed")
