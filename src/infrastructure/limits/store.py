"""A rate limiter whose counters are documents, shared by all processes that use the store."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from math import ceil

from src.application.limits import Count
from src.application.ports import Clock
from src.domain.errors import TooManyRequests
from src.infrastructure.repositories.conflicts import Conflict, retry_conflicts
from src.infrastructure.stores.base import Insert, Key, PreconditionFailed, Store, Update, Write
from src.infrastructure.stores.schema import COUNTERS


class StoreLimiter:
    """Counts in the store; one read for a check, and one commit more for a hit. Implements RateLimiter."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def check(self, *counts: Count) -> None:
        self._hits(counts)

    def hit(self, *counts: Count) -> None:
        def attempt() -> None:
            try:
                self._store.commit(*self._hits(counts))
            except PreconditionFailed:
                raise Conflict from None

        retry_conflicts(attempt)

    def _hits(self, counts: Sequence[Count]) -> list[Write]:
        """Read the counters and return the writes that add a hit to each. Raises TooManyRequests."""
        documents = self._store.get(*map(_key, counts))
        now = self._clock()
        writes: list[Write] = []
        for count, document in zip(counts, documents, strict=True):
            hits, end = 0, now + timedelta(seconds=count.limit.seconds)
            if document and document.fields["expires_at"] > now:
                hits, end = document.fields["hits"], document.fields["expires_at"]
            if hits >= count.limit.hits:
                raise TooManyRequests(ceil((end - now).total_seconds()))
            fields = {"hits": hits + 1, "expires_at": end}
            key = _key(count)
            writes.append(Update(key, fields, document.revision) if document else Insert(key, fields))
        return writes


def _key(count: Count) -> Key:
    # A hash, because the text may be an address, or a password that was typed into the wrong field.
    digest = hashlib.sha256(f"{count.limit.name}:{count.key}".encode("utf-8", "surrogatepass")).hexdigest()
    return Key(COUNTERS, digest)
