"""A rate limiter without limits, for tests and benchmarks."""

from collections.abc import Sequence

from src.application.limits import Count
from src.domain.sessions import Attempt


class NoLimits:
    """Counts nothing and refuses nothing. Implements RateLimiter."""

    def check(self, *counts: Count) -> None:
        pass

    def hit(self, *counts: Count, whole: bool = False) -> Sequence[Attempt]:
        return ()

    def give_back(self, attempts: Sequence[Attempt]) -> None:
        pass
