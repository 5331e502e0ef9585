"""A rate limiter whose counters are documents, shared by all processes that use the store."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from math import ceil

from src.application.limits import Count
from src.application.ports import Clock
from src.domain.errors import TooManyRequests, Unavailable
from src.domain.sessions import Attempt
from src.infrastructure.conflicts import Conflict, retry_conflicts
from src.infrastructure.limits.counters import EPOCH, SECOND, attempt_of, first_hit, without_attempt
from src.infrastructure.stores.driver import Document, Insert, Key, PreconditionFailed, Update, is_current_counter
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import COUNTERS

_MAX_FULL = 10_000


class StoreLimiter:
    """Counts hits in the store. Implements RateLimiter.

    A check takes no round trip. A hit is one call if the store has atomic counters, and otherwise a read and a
    commit. Times are in microseconds since 1970. A full counter is remembered until its window ends, or for as long as
    its limit says; until then, its hits are refused without a round trip.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._full: dict[str, tuple[int, int]] = {}
        """The times until which counters are remembered as full, and the ends of their windows."""

    def check(self, *counts: Count) -> None:
        now = (self._clock() - EPOCH) // timedelta(microseconds=1)
        for count in counts:
            until, ends = self._full.get(count.id, (now, now))
            if now < until <= now + count.limit.seconds * SECOND:  # it is later if the clock was ahead
                raise TooManyRequests(ceil((ends - now) / SECOND), count.limit.name)

    def hit(self, *counts: Count, whole: bool = False) -> Sequence[Attempt]:
        self.check(*counts)
        now = (self._clock() - EPOCH) // timedelta(microseconds=1)
        first = [first_hit(count, now) for count in counts]
        limits = [count.limit.hits for count in counts]
        counters = self._store.add_hits(first, limits, now) or retry_conflicts(partial(self._add_hits, first, now))
        hits = list(map(attempt_of, counts, counters))
        for count, hit in zip(counts, hits, strict=False):  # the store may stop after a full counter
            self._remember(count, hit, now)
        for count, hit in zip(counts, hits, strict=False):
            if hit.count > hit.limit:
                if whole:
                    self.give_back([each for each in hits if each.count <= each.limit])
                raise TooManyRequests(ceil((hit.ends - now) / SECOND), count.limit.name)
        return hits

    def give_back(self, attempts: Sequence[Attempt]) -> None:
        with suppress(Unavailable):
            retry_conflicts(partial(self._give_back, attempts))
        for attempt in attempts:
            self._full.pop(attempt.id, None)

    def _remember(self, count: Count, hit: Attempt, now: int) -> None:
        """Remember a full counter, whose further hits are then refused without a round trip.

        Under a limit that sets a time for remembering, the hit that fills the counter may be given back. Only the next
        hit, which is refused, is therefore remembered there.
        """
        limit = count.limit
        if hit.count > limit.hits or (hit.count == limit.hits and limit.remembered is None):
            if len(self._full) >= _MAX_FULL:
                self._full.clear()
            seconds = limit.seconds if limit.remembered is None else limit.remembered
            self._full[count.id] = min(hit.ends, now + seconds * SECOND), hit.ends

    def _add_hits(self, counters: Sequence[Insert], now: int) -> list[Document]:
        """Add one hit to each counter, with a read and a commit, for stores without atomic counters.

        Return the counters.

        Raises Conflict if another process has changed a counter meanwhile.
        """
        writes: list[Insert | Update] = []
        for first, stored in zip(counters, self._store.get(*(each.key for each in counters)), strict=True):
            fields = first.fields
            if stored and is_current_counter(stored.fields["ends"], first, now):
                fields = {**stored.fields, "hits": stored.fields["hits"] + 1}
            writes.append(Update(first.key, fields, stored.revision) if stored else first)
        try:
            revisions = self._store.commit(*writes)
        except PreconditionFailed:
            raise Conflict from None
        return [Document(write.key, write.fields, revisions[write.key], "") for write in writes]

    def _give_back(self, attempts: Sequence[Attempt]) -> None:
        stored = self._store.get(*(Key(COUNTERS, attempt.id) for attempt in attempts))
        writes = [
            without_attempt(replace(hit, count=now.fields["hits"], ends=now.fields["ends"], revision=now.revision))
            for hit, now in zip(attempts, stored, strict=True)
            if now and now.fields["hits"] and now.fields["ends"] <= hit.ends  # else another window has begun
        ]
        try:
            if writes:
                self._store.commit(*writes)
        except PreconditionFailed:
            raise Conflict from None
