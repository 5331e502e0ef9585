"""A rate limiter without limits, for tests and benchmarks."""

from src.application.limits import Count


class NoLimits:
    """Counts nothing and refuses nothing. Implements RateLimiter."""

    def check(self, *counts: Count) -> None:
        pass

    def hit(self, *counts: Count) -> None:
        pass
