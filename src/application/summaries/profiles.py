"""Describes the first rows of a dataset by counts, histograms and samples, for a page that a person looks at."""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from src.domain.csv import CheckedRow, Column, ColumnType, Report, Severity
from src.domain.csv.forms import comparable, grammar, normalised

MAX_ROWS = 5_000
MAX_CELLS = 50_000
"""The cells that are read, so that a page is made in a moment."""
MAX_SHOWN = 30
"""The number of columns that are described. Of a wider table, the columns with findings come first."""
FEW = 20
"""The greatest number of different values of which the most frequent ones are shown instead of a histogram."""
BARS = 14
"""The greatest number of bars of a histogram."""
MARKS = 100
"""The greatest number of marks in the strip of rows."""
_TOPS, _SAMPLES, _LONGEST = 5, 3, 60
_TINY, _HUGE = 1e-300, 1e300
"""The bounds of the range of a histogram, within which its steps can be computed."""
_NUMBERS = (ColumnType.INTEGER, ColumnType.NUMBER)
_DATES = (ColumnType.DATE, ColumnType.DATETIME)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a histogram: the number of values from ``start`` up to ``end``.

    Both are numbers, or the same day, month, year or first year, as a text in ISO 8601.
    """

    start: float | str
    end: float | str
    count: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark in the strip of rows: the lines of its first and its last row, and the number of rows by their state."""

    first: int
    last: int
    good: int
    warned: int
    bad: int


@dataclass
class ColumnProfile:
    """The values of a column: how many there are, and either a histogram, the most frequent values, or samples."""

    column: Column
    position: int
    filled: int = 0
    empty: int = 0
    bad: int = 0
    """The number of cells that break a rule of severity ``error``."""
    counts: Counter[str] = field(default_factory=Counter)
    keys: list[float] = field(default_factory=list)
    """The numbers, or the dates as days, of the cells that have the type of the column."""

    def __post_init__(self) -> None:
        pattern = grammar(self.column) if self.column.type in (*_NUMBERS, *_DATES) else None
        self._is_typed = re.compile(pattern).fullmatch if pattern else None

    def add(self, cell: str, *, is_bad: bool) -> None:
        """Count a cell. A cell that contains only blanks is empty."""
        self.bad += is_bad
        if not cell or cell.isspace():
            self.empty += 1
            return
        self.filled += 1
        self.counts[cell if len(cell) <= _LONGEST else f"{cell[:_LONGEST]}…"] += 1
        if self._is_typed and self._is_typed(cell):
            self.keys.append(self._key(cell))

    @property
    def tops(self) -> Sequence[tuple[str, int]]:
        """The most frequent values and their numbers, if few values are repeated often."""
        return self.counts.most_common(_TOPS) if 2 * len(self.counts) <= self.filled and self._is_few else ()

    @property
    def bars(self) -> Sequence[Bar]:
        """The histogram of numbers or dates, if there are no ``tops``."""
        if self.tops or len(self.keys) < 2 or not _TINY < max(self.keys) - min(self.keys) < _HUGE:
            return ()
        return _bars_of_dates(self.keys) if self.column.type in _DATES else _bars_of_numbers(self.keys)

    @property
    def median(self) -> float | str:
        """The lower median of ``keys``."""
        middle = sorted(self.keys)[(len(self.keys) - 1) // 2]
        return date.fromordinal(int(middle)).isoformat() if self.column.type in _DATES else middle

    @property
    def samples(self) -> Sequence[str]:
        """The first values."""
        return [*self.counts][:_SAMPLES]

    @property
    def _is_few(self) -> bool:
        return len(self.counts) <= FEW

    def _key(self, cell: str) -> float:
        if self.column.type in _DATES:
            return date.fromisoformat(normalised(self.column, cell)[:10]).toordinal()
        return float(comparable(self.column, cell))  # type: ignore[arg-type] # the column has numbers


class Profile:
    """The columns and the rows of a report. Rows after the first ``most`` rows are not counted."""

    def __init__(self, report: Report) -> None:
        self._severities = {(each.rule, each.column): each.severity for each in report.validations}
        self._names = [column.name for column in report.columns]
        self.columns = [ColumnProfile(report.columns[at], at) for at in shown_positions(report)]
        self.most = max(1, min(MAX_ROWS, MAX_CELLS // max(1, len(report.columns))))
        self.rows: list[tuple[int, bool, bool]] = []
        """The line of each row, whether it is valid, and whether it breaks any rule."""

    def add(self, rows: Sequence[CheckedRow]) -> None:
        """Count the next rows, up to ``most`` in all."""
        for row in rows[: self.most - len(self.rows)]:
            self.rows.append((row.line, row.valid, bool(row.findings)))
            bad = {at for rule, at in row.findings if at is not None and self._is_error(rule, at)}
            for each in self.columns:
                at = each.position
                each.add(row.values[at] if at < len(row.values) else "", is_bad=at in bad)

    @property
    def warned(self) -> int:
        """The number of valid rows that break a rule of severity ``warning``."""
        return sum(valid and has_findings for _, valid, has_findings in self.rows)

    @property
    def marks(self) -> Sequence[Mark]:
        """The marks of the strip, of one row each, or of equally many rows in a longer file."""
        size = max(1, math.ceil(len(self.rows) / MARKS))
        parts = [self.rows[start : start + size] for start in range(0, len(self.rows), size)]
        return [
            Mark(
                part[0][0],
                part[-1][0],
                good=sum(valid and not has_findings for _, valid, has_findings in part),
                warned=sum(valid and has_findings for _, valid, has_findings in part),
                bad=sum(not valid for _, valid, _ in part),
            )
            for part in parts
        ]

    def _is_error(self, rule: str, at: int) -> bool:
        return self._severities.get((rule, self._names[at]), Severity.ERROR) is Severity.ERROR


def shown_positions(report: Report) -> list[int]:
    """Return the positions of the columns that a page shows, in their order: at most MAX_SHOWN."""
    broken = {each.column for each in report.validations if not each.passed}
    names = [column.name for column in report.columns]
    return sorted(sorted(range(len(names)), key=lambda at: names[at] not in broken)[:MAX_SHOWN])


def _bars_of_numbers(keys: Sequence[float]) -> list[Bar]:
    low, high = min(keys), max(keys)
    power = 10.0 ** math.floor(math.log10((high - low) / BARS))
    step = next(step for step in _steps(power) if _spans(low, high, step))
    counts = Counter(math.floor(key / step) for key in keys)
    digits = max(0, 1 - math.floor(math.log10(step)))  # 3 times 0.1 is not 0.3
    edges = {at: round(at * step, digits) for at in range(min(counts), max(counts) + 2)}
    return [Bar(edges[at], edges[at + 1], counts[at]) for at in range(min(counts), max(counts) + 1)]


def _bars_of_dates(keys: Sequence[float]) -> list[Bar]:
    days = [date.fromordinal(int(key)) for key in keys]
    low, high = min(days), max(days)
    if _spans(low.toordinal(), high.toordinal(), 1):
        return _bars_of(int, keys, lambda day: date.fromordinal(day).isoformat())
    months = [day.year * 12 + day.month - 1 for day in days]
    if _spans(min(months), max(months), 1):
        return _bars_of(int, months, lambda month: f"{month // 12:04}-{month % 12 + 1:02}")
    step = next(int(step) for step in _steps(1) if _spans(low.year, high.year, step))
    return _bars_of(lambda year: int(year) // step, [day.year for day in days], lambda at: f"{at * step:04}")


def _bars_of(bucket: Callable[[float], int], keys: Sequence[float], label: Callable[[int], str]) -> list[Bar]:
    counts = Counter(map(bucket, keys))
    return [Bar(label(at), label(at), counts[at]) for at in range(min(counts), max(counts) + 1)]


def _spans(low: float, high: float, step: float) -> bool:
    """Return whether bars of this width are few enough."""
    return math.floor(high / step) - math.floor(low / step) < BARS


def _steps(power: float) -> Sequence[float]:
    """Return round numbers from ``power`` on."""
    return [factor * power * ten for ten in (1, 10, 100, 1000) for factor in (1, 2, 5)]
