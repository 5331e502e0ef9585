"""Runs small steps after the answer to a request, in a thread of the process."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_log = logging.getLogger("portero.background")


class BackgroundSteps:
    """Runs functions one after another in a thread, which starts with the first one. Implements Later.

    The end of the process waits for the functions that it has accepted. A function that is given while ``most`` others
    wait is dropped, and that is logged.
    """

    def __init__(self, most: int = 1000) -> None:
        self._places = threading.BoundedSemaphore(most)
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
