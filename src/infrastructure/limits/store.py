"""A rate limiter whose counters are documents, shared by all processes that use the store."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from math import ceil

from src.application.limits import Count
from src.application.ports import Clock
from src.domain.errors import TooManyRequests
from src.infrastructure.conflicts import Conflict, retry_conflicts
from src.infrastructure.stores.base import Insert, Key, PreconditionFailed, Store, Update
from src.infrastructure.stores.schema import COUNTERS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000
_MAX_FULL = 10_000


class StoreLimiter:
    """Counts in the store. Implements RateLimiter.

    A check is one read. A hit is one commit if the store has atomic counters, and else a read and a commit. Times are
    in microseconds since 1970. A full counter is remembered until its window ends, and costs nothing until then.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._full: dict[Key, int] = {}

    def check(self, *counts: Count) -> None:
        now = self._now_unless_full(counts)
        stored = self._store.get(*map(_key, counts))
        # A check asks whether one more hit would be allowed.
        hits = [(each.fields["hits"] + 1, each.fields["ends"]) if each else (1, now) for each in stored]
        self._refuse(counts, hits, now)

    def hit(self, *counts: Count) -> None:
        now = self._now_unless_full(counts)
        counters = [_first_hit(count, now) for count in counts]
        hits = self._store.add_hits(counters, now) or retry_conflicts(partial(self._add_hits, counters, now))
        self._refuse(counts, hits, now)

    def _now_unless_full(self, counts: Sequence[Count]) -> int:
        """Return the time. Raises TooManyRequests when a counter is known to be full."""
        now = (self._clock() - _EPOCH) // timedelta(microseconds=1)
        for count in counts:
            if (ends := self._full.get(_key(count), now)) > now:
                raise TooManyRequests(ceil((ends - now) / _SECOND))
        return now

    def _refuse(self, counts: Sequence[Count], hits: Iterable[tuple[int, int]], now: int) -> None:
        """Raise TooManyRequests when a counter has more hits than its limit allows, and remember that it is full."""
        for count, (number, ends) in zip(counts, hits, strict=True):
            if number > count.limit.hits and ends > now:
                if len(self._full) >= _MAX_FULL:
                    self._full.clear()
                self._full[_key(count)] = ends
                raise TooManyRequests(ceil((ends - now) / _SECOND))

    def _add_hits(self, counters: Sequence[Insert], now: int) -> list[tuple[int, int]]:
        """Do what Store.add_hits does, with a read and a commit. Raises Conflict."""
        writes: list[Insert | Update] = []
        for first, stored in zip(counters, self._store.get(*(each.key for each in counters)), strict=True):
            fields = first.fields
            if stored and stored.fields["ends"] > now:
                fields = {**stored.fields, "hits": stored.fields["hits"] + 1}
            writes.append(Update(first.key, fields, stored.revision) if stored else first)
        try:
            self._store.commit(*writes)
        except PreconditionFailed:
            raise Conflict from None
        return [(write.fields["hits"], write.fields["ends"]) for write in writes]


def _first_hit(count: Count, now: int) -> Insert:
    """Return the write that stores a new counter with one hit. Its window begins at ``now``, in microseconds."""
    ends = now + count.limit.seconds * _SECOND
    return Insert(_key(count), {"hits": 1, "ends": ends, "expires_at": _EPOCH + timedelta(microseconds=ends)})


def _key(count: Count) -> Key:
    return Key(COUNTERS, count.id)
