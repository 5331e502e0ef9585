"""The keys that Portero publishes, as one process knows them."""

from collections.abc import Callable
from threading import Lock

import jwt

from portero_client.refusals import Unavailable

_KEYS_SECONDS = 600
"""The time after which the keys are asked for again, so that a key that was withdrawn is forgotten."""
_RETRY_SECONDS = 60
"""The least time between two requests for keys, whichever keys the tokens of strangers name."""


class Keys:
    """The published keys by their ids. A request for them that fails changes nothing."""

    def __init__(self, fetch: Callable[[], dict[str, jwt.PyJWK]], clock: Callable[[], float]) -> None:
        self._fetch, self._clock, self._lock = fetch, clock, Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked = self._fetched = float("-inf")

    def find(self, kid: str) -> jwt.PyJWK | None:
        """Return a key, or None for an unknown id. Raise Unavailable if an id is unknown and Portero does not answer.

        One thread asks for keys. Others wait for it only if they need what it brings.
        """
        if self._is_due(kid) and self._lock.acquire(blocking=kid not in self._keys):
            try:
                if self._is_due(kid):
                    self._refresh()
            finally:
                self._lock.release()
        if kid not in self._keys and self._fetched != self._asked:
            raise Unavailable
        return self._keys.get(kid)

    def _is_due(self, kid: str) -> bool:
        # A clock that was set back counts as one that has moved on.
        now = self._clock()
        asked, fetched = abs(now - self._asked), abs(now - self._fetched)
        return asked >= (_RETRY_SECONDS if self._keys else 1) and (kid not in self._keys or fetched >= _KEYS_SECONDS)

    def _refresh(self) -> None:
        now = self._clock()
        try:
            self._keys = self._fetch()
            self._fetched = now
        except Unavailable:
            pass
        finally:
            self._asked = now
