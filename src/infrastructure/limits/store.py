"""Counters in the store: shared by whoever shares it."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from math import ceil

from src.application.limits import Count
from src.application.ports import Clock
from src.domain.errors import TooManyRequests
from src.infrastructure.repositories.updates import Overtaken, optimistically
from src.infrastructure.stores.base import Document, Insert, Key, PreconditionFailed, Store, Update, Write
from src.infrastructure.stores.schema import COUNTERS


class StoreLimiter:
    """See RateLimiter; one read for all counts together, and one commit for a hit."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def check(self, *counts: Count) -> None:
        """See RateLimiter."""
        self._writes(counts, self._read(counts))

    def hit(self, *counts: Count) -> None:
        """See RateLimiter."""

        def write(found: Sequence[Document | None]) -> Sequence[Document | None]:
            try:
                self._store.commit(*self._writes(counts, found))
            except PreconditionFailed:
                raise Overtaken from None
            return found

        optimistically(lambda: self._read(counts), write)

    def _read(self, counts: Sequence[Count]) -> Sequence[Document | None]:
        return self._store.get(*(_key(count) for count in counts))

    def _writes(self, counts: Sequence[Count], found: Sequence[Document | None]) -> list[Write]:
        """One more hit of each. Raises TooManyRequests."""
        now = self._clock()
        writes: list[Write] = []
        for count, document in zip(counts, found, strict=True):
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
    # Hashed: a name may be an address, or a password typed into the wrong field.
    digest = hashlib.sha256(f"{count.limit.name}:{count.key}".encode("utf-8", "surrogatepass")).hexdigest()
    return Key(COUNTERS, digest)
