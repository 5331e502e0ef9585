"""No limits, for tests and benchmarks."""

from src.application.limits import Count


class NoLimits:
    """See RateLimiter."""

    def check(self, *counts: Count) -> None:
        """Let everybody pass."""

    def hit(self, *counts: Count) -> None:
        """Let everybody pass."""
