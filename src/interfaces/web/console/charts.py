"""Charts of bars by time, such as the newest things of a list by the time at which they were made."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MOST_COUNTED = 200
"""The things that a chart reads at most."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of equal spans of time, the newest last. Each bar has a count for each group."""

    bars: Sequence[tuple[datetime, Sequence[float]]]
    totals: Sequence[float]
    highest: float
    """The height of the highest bar, and at least 1."""
    is_cut: bool = False
    """Whether there may be older things within the time of the chart, which were not read."""

    @classmethod
    def of(cls, bars: Sequence[tuple[datetime, Sequence[float]]], is_cut: bool = False) -> "Chart":
        """Return a chart of these bars, which are at least one."""
        rows = [counts for _, counts in bars]
        return cls(bars, [sum(column) for column in zip(*rows, strict=True)], max(1, *map(sum, rows)), is_cut)


def chart(
    things: Sequence[tuple[datetime, str]], groups: Iterable[str], now: datetime, span: timedelta, n: int
) -> Chart:
    """Return a chart of ``n`` bars. ``things`` are the times and the groups of up to MOST_COUNTED things."""
    seconds, groups = int(span.total_seconds()), [*groups]
    last = int(now.timestamp()) // seconds
    counts = [Counter[str]() for _ in range(n)]
    for at, group in things:
        age = last - int(at.timestamp()) // seconds
        if 0 <= age < n:
            counts[n - 1 - age][group] += 1
    begins = [datetime.fromtimestamp((last - n + 1 + number) * seconds, UTC) for number in range(n)]
    rows = [[count[group] for group in groups] for count in counts]
    is_cut = len(things) == MOST_COUNTED and all(at >= begins[0] for at, _ in things)
    return Chart.of([*zip(begins, rows, strict=True)], is_cut)
