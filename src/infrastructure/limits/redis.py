"""A rate limiter with counters in Redis."""

from collections.abc import Sequence
from contextlib import suppress
from math import ceil

import redis

from src.application.limits import Count
from src.domain.errors import TooManyRequests, Unavailable
from src.domain.sessions import Attempt
from src.infrastructure.outages import unavailable_on

_PREFIX = "portero:limit:"
_GIVE_BACK = """
local hits = tonumber(redis.call('GET', KEYS[1]) or '0')
if hits > 0 then redis.call('SET', KEYS[1], math.min(hits, tonumber(ARGV[1])) - 1, 'KEEPTTL') end
"""
"""Removes a hit, and those that were refused: they were never more than counted."""


class RedisLimiter:
    """Counts hits in Redis. Each call takes one round trip. Implements RateLimiter."""

    def __init__(self, url: str, *, timeout: float = 5.0) -> None:
        """Bound every call by ``timeout``, in seconds. The first call connects."""
        self._redis = redis.Redis.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout)

    def check(self, *counts: Count) -> None:
        with unavailable_on(redis.RedisError), self._redis.pipeline() as pipeline:
            for count in counts:
                pipeline.get(_key(count))
                pipeline.pttl(_key(count))
            answers = pipeline.execute()
        # A check asks whether one more hit would be allowed.
        _refuse_full(counts, [int(hits or 0) + 1 for hits in answers[::2]], answers[1::2])

    def hit(self, *counts: Count, whole: bool = False) -> Sequence[Attempt]:
        with unavailable_on(redis.RedisError), self._redis.pipeline() as pipeline:
            for count in counts:
                pipeline.incr(_key(count))
                # Also ends a window that is longer than its limit, because the clock of Redis was ahead.
                pipeline.expire(_key(count), count.limit.seconds, lt=True)
                pipeline.pttl(_key(count))
            answers = pipeline.execute()
        numbers = answers[::3]
        hits = [Attempt(count.id, count.limit.hits, number) for count, number in zip(counts, numbers, strict=True)]
        try:
            _refuse_full(counts, numbers, answers[2::3])
        except TooManyRequests:
            if whole:
                self.give_back([hit for hit in hits if hit.count <= hit.limit])
            raise
        return hits

    def give_back(self, attempts: Sequence[Attempt]) -> None:
        with suppress(Unavailable), unavailable_on(redis.RedisError), self._redis.pipeline() as pipeline:
            for attempt in attempts:
                pipeline.eval(_GIVE_BACK, 1, _PREFIX + attempt.id, attempt.limit)
            pipeline.execute()


def _refuse_full(counts: Sequence[Count], hits: Sequence[int], milliseconds: Sequence[int]) -> None:
    for count, number, left in zip(counts, hits, milliseconds, strict=True):
        if number > count.limit.hits:
            raise TooManyRequests(max(1, ceil(left / 1000)), count.limit.name)


def _key(count: Count) -> str:
    return _PREFIX + count.id
