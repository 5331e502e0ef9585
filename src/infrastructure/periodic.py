"""Repeats a task in the background of a running process."""

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger("portero.sweeper")


def repeat(task: Callable[[], int], seconds: float) -> threading.Event:
    """Run ``task`` every so many seconds in a daemon thread, until the returned event is set.

    The first run is one interval from now. A failure is logged and does not end it.
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
