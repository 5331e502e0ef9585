"""Gathers evidence about columns: their distinct values, from which their types and forms are inferred."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import polars as pl

from src.infrastructure.csv.checking.rows import marked, without_data
from src.infrastructure.csv.reading.blocks import Block

MAX_CELLS = 100_000
"""About the number of cells that are looked at first: ten thousand rows of ten columns."""
MIN_VALUES = 5
"""With fewer values no value is rare."""
MIN_MEASURES = 8
"""With fewer numbers than these none is far from the others."""
MAX_DISTINCT = 500
"""The number of distinct values of a column that Python looks at. The forms of a column do not need more."""
_MAX_BYTES = 16 << 20
"""The bytes of the first rows after which they are enough, however few cells they have."""
_MAX_CHARACTERS = 200
"""The characters of a cell that are kept as evidence."""
_LATER_CELLS = 2_000
"""About the number of cells of each later block that are looked at, so that evidence is from the whole file."""


@dataclass(slots=True)
class ColumnEvidence:
    """A sample of the values of a column, without the blanks around them.

    ``counts`` has the first MAX_DISTINCT distinct values that are not empty.
    """

    cells: pl.Series
    counts: dict[str, int]
    filled: int
    distinct: int

    @classmethod
    def of(cls, cells: pl.Series) -> "ColumnEvidence":
        """Return the evidence in these cells."""
        cells = cells.str.strip_chars()
        counts = Counter(cells.filter(cells != "").to_list())
        return cls(cells, dict(islice(counts.items(), MAX_DISTINCT)), counts.total(), len(counts))


class Evidence:
    """The sampled rows of a file: all rows of a small file, and the beginning of each block of a large file."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._frames: list[pl.DataFrame] = []
        self._cells = self._bytes = 0

    @property
    def is_enough(self) -> bool:
        """Whether the first rows, from which the forms are inferred, have been added."""
        return self._cells >= MAX_CELLS or self._bytes >= _MAX_BYTES

    def add(self, block: Block) -> None:
        """Sample the next block. Rows that hold no data, such as a total, are left out."""
        cells = _LATER_CELLS if self.is_enough else MAX_CELLS
        frame = block.complete.head(max(1, cells // self._width))
        self._bytes += int(block.frame.estimated_size())
        if frame.height:
            frame = frame.select(pl.all().str.head(_MAX_CHARACTERS))
            other = without_data(frame).values()
            self._frames.append(frame.filter(~marked(frame.height, pl.concat(other))) if other else frame)
            self._cells += frame.height * self._width

    def columns(self) -> Iterator[ColumnEvidence]:
        """Yield the evidence for each column."""
        for position in range(self._width):
            parts = [frame.to_series(position) for frame in self._frames]
            yield ColumnEvidence.of(pl.concat([pl.Series(dtype=pl.String), *parts]).drop_nulls())
