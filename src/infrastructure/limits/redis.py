"""A rate limiter with counters in Redis."""

from collections.abc import Sequence
from math import ceil

import redis

from src.application.limits import Count
from src.domain.errors import TooManyRequests
from src.infrastructure.outages import unavailable_on


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

    def hit(self, *counts: Count) -> None:
        with unavailable_on(redis.RedisError), self._redis.pipeline() as pipeline:
            for count in counts:
                pipeline.incr(_key(count))
                pipeline.expire(_key(count), count.limit.seconds, nx=True)
                pipeline.pttl(_key(count))
            answers = pipeline.execute()
        _refuse_full(counts, answers[::3], answers[2::3])


def _refuse_full(counts: Sequence[Count], hits: Sequence[int], milliseconds: Sequence[int]) -> None:
    full = [left for count, hit, left in zip(counts, hits, milliseconds, strict=True) if hit > count.limit.hits]
    if full:
        raise TooManyRequests(max(1, ceil(max(full) / 1000)))


def _key(count: Count) -> str:
    return f"portero:limit:{count.id}"
