"""Returns the memory of password hashes to the operating system."""

import ctypes
import threading
import time
from collections.abc import Callable

_QUIET_SECONDS = 0.1
"""The time without a hash after which the memory is given back."""
_BUSY_SECONDS = 2.0
"""The time after which it is given back even if hash follows hash."""


def _trim() -> None:
    """Return free memory to the operating system, where the C library can do so."""
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)


class HashMemory:
    """Returns free memory to the operating system a moment after the last hash.

    Until then the C library keeps the memory of a hash for the next hash, because the system would have to clear it
    again. Small allocations can take a part of that memory, and then the next hash needs additional memory. A process
    that hashes all the time therefore returns free memory every two seconds, so that it does not keep the memory of two
    hashes.
    """

    def __init__(self, give_back: Callable[[], None] = _trim) -> None:
        self._give_back = give_back
        self._is_used = self._is_watched = False

    def hash_computed(self) -> None:
        """Record that the memory of a hash has become free, and return it to the operating system in a moment."""
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
