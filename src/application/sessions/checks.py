"""Remembers which tokens of the identity provider were recently checked there."""

import hashlib
import threading
from collections import OrderedDict
from datetime import datetime, timedelta

from src.application.ports import Clock

_REMEMBERED = 4096
"""The number of tokens that a process remembers."""


class RecentChecks:
    """The tokens that this process has checked at the identity provider, with the times of the checks.

    A new token is always checked, so that account changes that the token shows are taken over at once.
    """

    def __init__(self, lifetime: timedelta, clock: Clock) -> None:
        """Treat a check as recent for ``lifetime``. With a lifetime of zero, every use of a token is checked."""
        self._lifetime = lifetime
        self._clock = clock
        self._checked: OrderedDict[bytes, datetime] = OrderedDict()
        self._lock = threading.Lock()

    def is_due(self, token: str) -> bool:
        """Return whether the token has to be checked again."""
        checked = self._checked.get(_digest(token))
        # A clock that has been set back makes the check later than now, and then it is not recent either.
        return checked is None or not timedelta(0) <= self._clock() - checked < self._lifetime

    def add(self, token: str) -> None:
        """Remember that the token has been checked now. Forget the token whose check is the oldest."""
        digest = _digest(token)
        with self._lock:
            self._checked[digest] = self._clock()
            self._checked.move_to_end(digest)
            if len(self._checked) > _REMEMBERED:
                self._checked.popitem(last=False)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
