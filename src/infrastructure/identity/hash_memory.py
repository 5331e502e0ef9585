"""Gives the memory of password hashes back to the system."""

import ctypes
import threading
import time
from collections.abc import Callable

_QUIET_SECONDS = 0.1
"""The time without a hash after which the memory is given back."""
_BUSY_SECONDS = 2.0
"""The time after which it is given back even if hash follows hash."""


def _trim() -> None:
    """Give free memory back to the system, where the C library can do that."""
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)


class HashMemory:
    """Gives free memory back to the system a moment after the last hash.

    Until then the C library keeps the memory of a hash for the next one, because the system would have to clear it
    again. Small allocations can take a part of that memory, and then the next hash needs more. So a process that hashes
    all the time gives free memory back every two seconds, else it would hold that of two hashes.
    """

    def __init__(self, give_back: Callable[[], None] = _trim) -> None:
        self._give_back = give_back
        self._is_used = self._is_watched = False

    def hash_computed(self) -> None:
        """Expect that the memory of a hash is free now, and give it back in a moment."""
        self._is_used = True
        if not self._is_watched:  # two threads that watch would do no harm
            self._is_watched = True
            try:
                threading.Thread(target=self._watch, name="hash-memory", daemon=True).start()
            except RuntimeError:  # no thread can be started now
                self._is_watched = False

    def _watch(self) -> None:
        end = time.monotonic() + _BUSY_SECONDS
        while self._is_used and time.monotonic() < end:
            self._is_used = False
            time.sleep(_QUIET_SECONDS)
        self._is_watched = False
        self._give_back()
