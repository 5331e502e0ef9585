"""Runs a task periodically in the background."""

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger("portero.sweeper")


def repeat(task: Callable[[], int], seconds: float) -> threading.Event:
    """Run ``task`` every ``seconds`` seconds in a daemon thread, until the returned event is set.

    The first run is one interval from now. ``task`` returns the number of records that it has processed, which is
    logged. An exception of the task is logged too, and the next run follows as usual.
    """
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(seconds):
            try:
                if done := task():
                    _log.info("swept %d", done)
            except Exception:
                _log.exception("sweeping failed")

    threading.Thread(target=run, name="sweeper", daemon=True).start()
    return stop
