"""Counts the values of a table by column, in bounded memory and time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from src.domain.csv import MAX_NAME, ORDER, CheckedRow, Column, ColumnType, Comparable
from src.domain.csv.forms import comparable, grammar, normalised

MAX_ROWS = 100_000
"""The number of rows that are counted; wide files are limited by MAX_CELLS."""
MAX_CELLS = 2_000_000
MAX_TEXTS = 10
"""The number of distinct values of a column that are kept, which is the size of the largest suggested enum."""
MAX_IDS = 5
"""The number of columns that are tested for repeated values, which takes memory for each row."""

_ID_NAME = re.compile(
    r"(?:.*[^a-z])?(?:id|uuid|guid|key|code|sku|isbn|ean|iban|e-?mail)|.*[a-z](?-i:I[dD])", re.I | re.S
)
_ID_TYPES = {ColumnType.STRING, ColumnType.INTEGER, ColumnType.EMAIL}


def looks_like_id(column: Column) -> bool:
    """Return whether the name or the type of a column suggests that its values are unique."""
    named = _ID_NAME.fullmatch(column.name) is not None
    return column.type is ColumnType.EMAIL or (named and column.type in _ID_TYPES)


@dataclass(slots=True)
class Values:
    """Counts of the values that are not empty.

    ``texts`` holds the distinct values. It is None once there are more than MAX_TEXTS, or one is longer than MAX_NAME.
    """

    filled: int = 0
    longest: int = 0
    texts: set[str] | None = field(default_factory=set)
    least: tuple[Comparable, str] | None = None
    greatest: tuple[Comparable, str] | None = None

    def add(self, cell: str) -> None:
        """Count a value."""
        self.filled += 1
        self.longest = max(self.longest, len(cell))
        if self.texts is not None and cell not in self.texts:
            # An enum cannot have longer values, and they would take memory.
            if len(self.texts) == MAX_TEXTS or len(cell) > MAX_NAME:
                self.texts = None
            else:
                self.texts.add(cell)

    def add_ordered(self, key: Comparable, cell: str) -> None:
        """Update the least and the greatest value. Values are compared by the results of ``key``."""
        if self.least is None or key < self.least[0]:  # type: ignore[operator] # all are of one type
            self.least = key, cell
        if self.greatest is None or key > self.greatest[0]:  # type: ignore[operator]
            self.greatest = key, cell


class ColumnStatistics:
    """Counts of one column, kept apart for valid and invalid rows.

    With ``compare`` it also finds out whether all values differ.
    """

    def __init__(self, column: Column, *, compare: bool) -> None:
        self.column = column
        self.valid, self.invalid = Values(), Values()
        self._order = ORDER.get(column.type)
        self._is_typed = re.compile(grammar(column) or "(?s:.*)").fullmatch
        self._hashes: set[int] | None = set() if compare else None
        self._unfilled = 0
        """The number of the counted cells that are blank or in rows without data."""

    def add(self, cell: str, valid: bool, *, has_data: bool = True) -> None:
        """Count a cell.

        A blank cell, or a cell of a row without data such as a total, does not suggest a rule. It still prevents the
        suggestion of each rule that it might break: not everything that Python takes for a blank is one.
        """
        if not cell:
            return
        value = cell.strip()  # blanks around a typed value are no part of it
        if self._hashes is not None:
            known = len(self._hashes)
            self._hashes.add(hash(cell if self.column.type is ColumnType.STRING else value))
            if len(self._hashes) == known:
                self._hashes = None
        is_filled = has_data and value != ""
        self._unfilled += not is_filled
        values = self.valid if valid and is_filled else self.invalid
        values.add(cell)
        if self._order and self._is_typed(value):
            values.add_ordered(comparable(self.column, value), normalised(self.column, value))

    @property
    def filled(self) -> int:
        """The number of rows with data that have a value."""
        return self.valid.filled + self.invalid.filled - self._unfilled

    @property
    def longest(self) -> int:
        """The length of the longest value, in characters."""
        return max(self.valid.longest, self.invalid.longest)

    @property
    def distinct(self) -> int | None:
        """The number of distinct values, None above MAX_TEXTS."""
        if self.valid.texts is None or self.invalid.texts is None:
            return None
        count = len(self.valid.texts | self.invalid.texts)
        return count if count <= MAX_TEXTS else None

    @property
    def all_differ(self) -> bool:
        """Whether the values were compared and no value occurs twice. False for a column without values."""
        return self.filled > 0 and self._hashes is not None

    def keeps(self, rule: str, bound: object, rows: int) -> bool:
        """Return whether certainly no row, valid or invalid, breaks the rule ``rule`` with the value ``bound``.

        ``rows`` is the number of all rows.
        """
        if not self.filled:
            return False
        both = (self.valid, self.invalid)
        match rule:
            case "required":
                return self.filled == rows
            case "unique":
                return self.all_differ
            case "min" if self._order:
                least = self._order(str(bound))
                return all(values.least is None or least <= values.least[0] for values in both)  # type: ignore[operator]
            case "max" if self._order:
                most = self._order(str(bound))
                return all(values.greatest is None or most >= values.greatest[0] for values in both)  # type: ignore[operator]
            case "enum" if isinstance(bound, tuple):
                return all(values.texts is not None and values.texts <= {*bound} for values in both)
            case _:
                return False


class Statistics:
    """The statistics of the columns of a file, by the name of the column.

    ``rows`` is the number of rows counted so far. Rows after the first ``most`` rows are not counted.
    """

    def __init__(self, columns: Sequence[Column], most: int = MAX_ROWS) -> None:
        ids = [column.name for column in columns if looks_like_id(column)][:MAX_IDS]
        self.columns = {column.name: ColumnStatistics(column, compare=column.name in ids) for column in columns}
        self.rows = 0
        self.skipped = 0
        """The number of the rows that hold no data: they are empty, or sum up others."""
        self.most = min(most, MAX_CELLS // max(1, len(columns)))

    def add(self, rows: Sequence[CheckedRow]) -> None:
        """Count the next rows, up to ``most`` in all."""
        columns = list(self.columns.values())
        for row in rows[: self.most - self.rows]:
            self.rows += 1
            has_data = not {rule for rule, _ in row.findings} & {"summary_row", "empty_row"}
            self.skipped += not has_data
            for column, cell in zip(columns, row.values, strict=False):
                column.add(cell, row.valid, has_data=has_data)
