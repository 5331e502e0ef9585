"""What is counted of the values of a table, in bounded memory and time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from src.domain.tables import GRAMMAR, MAX_NAME, ORDER, Column, ColumnType, Comparable, Row

MAX_ROWS = 100_000
MAX_CELLS = 2_000_000
"""Of a wide table fewer rows are looked at."""
MAX_TEXTS = 10
"""So many different values are told apart."""
MAX_IDS = 5
"""How many columns are looked at for whether all their values differ, which takes memory for each row."""

_ID_NAME = re.compile(
    r"(?:.*[^a-z])?(?:id|uuid|guid|key|code|sku|isbn|ean|iban|e-?mail)|.*[a-z](?-i:I[dD])", re.I | re.S
)
_ID_TYPES = {ColumnType.STRING, ColumnType.INTEGER, ColumnType.EMAIL}


def looks_like_id(column: Column) -> bool:
    """Whether its name or type says that each row has a value of its own."""
    named = _ID_NAME.fullmatch(column.name) is not None
    return column.type is ColumnType.EMAIL or (named and column.type in _ID_TYPES)


@dataclass(slots=True)
class Values:
    """What was counted of the values that are not empty. ``texts``: the different ones; None if they are many."""

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
            # Longer ones could not be in an enum, and would take memory.
            if len(self.texts) == MAX_TEXTS or len(cell) > MAX_NAME:
                self.texts = None
            else:
                self.texts.add(cell)

    def place(self, key: Comparable, cell: str) -> None:
        """Count it as one that has an order."""
        if self.least is None or key < self.least[0]:  # type: ignore[operator] # all are of one type
            self.least = key, cell
        if self.greatest is None or key > self.greatest[0]:  # type: ignore[operator]
            self.greatest = key, cell


class ColumnStatistics:
    """A column of the file, in the rows that are valid and in those that are not."""

    def __init__(self, column: Column, *, compare: bool) -> None:
        """``compare`` its values, so that it is known whether all differ."""
        self.column = column
        self.valid, self.invalid = Values(), Values()
        self._order = ORDER.get(column.type)
        self._right = re.compile(GRAMMAR.get(column.type, "(?s:.*)")).fullmatch
        self._hashes: set[int] | None = set() if compare else None

    def add(self, cell: str, valid: bool) -> None:
        """Count a cell."""
        if not cell:
            return
        values = self.valid if valid else self.invalid
        values.add(cell)
        if self._hashes is not None:
            known = len(self._hashes)
            self._hashes.add(hash(cell))
            if len(self._hashes) == known:
                self._hashes = None
        if self._order and self._right(cell):
            values.place(self._order(cell), cell)

    @property
    def filled(self) -> int:
        """In how many rows there is a value."""
        return self.valid.filled + self.invalid.filled

    @property
    def longest(self) -> int:
        """The length of the longest value, in characters."""
        return max(self.valid.longest, self.invalid.longest)

    @property
    def distinct(self) -> int | None:
        """How many different values there are; None when they are more than are told apart."""
        if self.valid.texts is None or self.invalid.texts is None:
            return None
        count = len(self.valid.texts | self.invalid.texts)
        return count if count <= MAX_TEXTS else None

    @property
    def all_differ(self) -> bool:
        """Whether no value is there twice, as far as is known."""
        return self.filled > 0 and self._hashes is not None

    def keeps(self, rule: str, bound: object, rows: int) -> bool:
        """Whether it is certain that none of all ``rows`` breaks a rule; what is wrong already counts as well."""
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
    """The columns of a file, by name, and how many of its rows were looked at. Of samples it keeps MAX_TEXTS."""

    def __init__(self, columns: Sequence[Column]) -> None:
        """``columns`` are the file's, in its order."""
        ids = [column.name for column in columns if looks_like_id(column)][:MAX_IDS]
        self.columns = {column.name: ColumnStatistics(column, compare=column.name in ids) for column in columns}
        self.rows = 0
        self.most = min(MAX_ROWS, MAX_CELLS // max(1, len(columns)))

    def add(self, rows: Sequence[Row]) -> None:
        """Look at the next rows."""
        columns = list(self.columns.values())
        for _, valid, cells in rows[: self.most - self.rows]:
            self.rows += 1
            for column, cell in zip(columns, cells, strict=False):
                column.add(cell, valid)
