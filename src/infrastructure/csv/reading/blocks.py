"""Reads a file into polars, a block of rows at a time."""

from collections.abc import Iterator
from concurrent.futures import Executor
from functools import cached_property
from typing import TypeVar

import polars as pl

from src.domain.csv import NotCsv
from src.infrastructure.csv.reading.encodings import UNDECODABLE, displayed
from src.infrastructure.csv.reading.normalising import MARK, NormalisedRows, RewrittenRow, RowNormaliser
from src.infrastructure.csv.reading.records import Records, split
from src.infrastructure.csv.reading.source import Source

T = TypeVar("T")

MAX_SIZE = 1 << 22
"""About the maximum size of a block in bytes. Only a row that is longer makes a block much larger."""
ROWS = 1 << 17
CELLS = 1 << 19
"""About the maximum numbers of rows and of cells in a block: each takes memory, however short it is."""
LONG = 1 << 16
"""No row with fewer bytes than this is too long."""


class Block:
    """Consecutive rows of a file.

    ``frame`` has a column of strings for each column of the file, named by its position. Ragged rows are filled up or
    cut to that width.
    """

    def __init__(self, frame: pl.DataFrame, line: int, rows: NormalisedRows, share: float) -> None:
        self.frame = frame
        self.share = share
        """About the share of the file that ends with this block, from 0 to 1."""
        self.ragged: dict[int, list[str]] = {}
        """The cells of each row that does not have as many cells as the header, by the position of the row."""
        self.undecodable: dict[int, str] = {}
        """The first cell with bytes that cannot be decoded, by the position of its row."""
        self.unclosed: dict[int, str] = {}
        """The text of each row with a quote that is not closed, by the position of the row."""
        self.is_last = False
        """Whether the file ends with this block."""
        self._with_blanks = frame
        self._line = line
        self._next_line = rows.next_line
        self._rewritten: dict[int, RewrittenRow] = {}
        self._kept: pl.Series | None = None
        if rows.rewritten:
            self._restore(rows.rewritten)

    def _restore(self, rewritten: list[RewrittenRow]) -> None:
        """Remove the prefix MARK from rewritten rows, and drop rewritten rows that stand for blank lines.

        Record ragged rows and undecodable cells.
        """
        width = self.frame.width
        positions = self.frame["0"].str.starts_with(MARK).arg_true().to_list()
        self._rewritten = dict(zip(positions, rewritten, strict=True))
        self.frame = self._with_blanks = self.frame.with_columns(pl.col("0").str.strip_prefix(MARK))
        blank = [position for position, row in self._rewritten.items() if row.cells is None]
        if blank:
            self._kept = _all_but(blank, self.frame.height)
            self.frame = self.frame.filter(self._kept)
        removed = 0
        for position, row in self._rewritten.items():
            if row.cells is None:
                removed += 1
                continue
            if row.is_unclosed:
                self.unclosed[position - removed] = displayed(" ".join(row.cells))
            if len(row.cells) != width:
                self.ragged[position - removed] = list(map(displayed, row.cells))
            if (undecodable := next(filter(UNDECODABLE.search, row.cells), None)) is not None:
                self.undecodable[position - removed] = undecodable

    @cached_property
    def complete(self) -> pl.DataFrame:
        """The frame with every cell of a ragged row set to null, because the rules of columns ignore ragged rows."""
        if not self.ragged:
            return self.frame
        return self.frame.select(pl.when(_all_but([*self.ragged], self.frame.height)).then(pl.all()))

    @cached_property
    def lines(self) -> pl.Series:
        """The number of the line at which each row begins."""
        frame = self._with_blanks
        lines = pl.int_range(self._line, self._line + frame.height, eager=True)
        further = {position: row.lines - 1 for position, row in self._rewritten.items()}
        if self._next_line - self._line == frame.height + sum(further.values()):  # no other row has several lines
            breaks = pl.zeros(frame.height, pl.Int64, eager=True)
        else:
            breaks = frame.select(pl.sum_horizontal(pl.all().str.count_matches(r"\r\n?|\n")).cast(pl.Int64)).to_series()
        if further:
            breaks = breaks.scatter([*further], [*further.values()])
        lines += breaks.cum_sum() - breaks
        return lines if self._kept is None else lines.filter(self._kept)


def _all_but(rows: list[int], height: int) -> pl.Series:
    return pl.Series([True]).new_from_index(0, height).scatter(rows, False)


class BlockReader:
    """Reads the rows of a file in blocks. The file can be read several times."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._schema = {str(at): pl.String for at in range(len(source.header))}
        self._normaliser = RowNormaliser(source)

    def blocks(self) -> Iterator[Block]:
        """Yield blocks that together contain all rows in order. Raises NotCsv for a row that is too long."""
        chunks = self._source.chunks()
        upcoming = next(chunks, None)
        rest, line, size, consumed = b"", self._source.line, 0, 0
        file_size = self._source.file.stat().st_size
        most_rows = min(ROWS, max(1, CELLS // len(self._schema)))
        is_last = False
        while not is_last:
            parts, read = [rest], len(rest)
            while upcoming is not None and read <= size:
                parts.append(upcoming)
                read += len(upcoming)
                upcoming = next(chunks, None)
            is_last = upcoming is None
            data = b"".join(parts)
            try:
                rows = self._normaliser.rewrite(data, line, last=is_last)
            except NotCsv:
                self._require_short_rows(data, line)  # name the first row that is too long
                raise
            rest = data[rows.size :]
            if not rows.size:
                size = 2 * read  # the row continues; the csv module raises when it is too long
                continue
            frame = self._frame(rows, data, line) if rows.text else self._wide_frame(rows)
            consumed += rows.size
            # In another encoding than UTF-8 the file has more or fewer bytes.
            block = Block(frame, line, rows, min(1.0, consumed / file_size))
            block.is_last = is_last and not rest
            yield block
            # Blocks grow, because the form of a file is mostly found in the first ones.
            size = min(MAX_SIZE, 2 * read, rows.size * most_rows // max(1, rows.next_line - line))
            line = rows.next_line

    def _frame(self, rows: NormalisedRows, data: bytes, line: int) -> pl.DataFrame:
        frame = pl.read_csv(
            rows.text,
            has_header=False,
            schema=self._schema,
            separator=self._source.delimiter,
            skip_lines=1,
            empty_string_is_null=False,
        )
        longest = frame.select(pl.sum_horizontal(pl.all().str.len_bytes()).max()).item() or 0
        # Each byte may be a quote that is written twice; each cell may have two quotes and a delimiter.
        if 2 * longest + 3 * frame.width > LONG:
            self._require_short_rows(data[: rows.size], line)
        return frame

    def _wide_frame(self, rows: NormalisedRows) -> pl.DataFrame:
        columns = zip(*map(self._normaliser.marked, rows.rewritten), strict=True)
        return pl.DataFrame([pl.Series(str(at), cells, pl.String) for at, cells in enumerate(columns)])

    def _require_short_rows(self, data: bytes, line: int) -> None:
        """Raise NotCsv for the first row that is too long."""
        for _ in Records([split(data.decode(errors="surrogateescape"))], self._source.delimiter, line):
            pass


def prefetched(items: Iterator[T], pool: Executor) -> Iterator[T]:
    """Yield the given items. While the caller uses an item, the pool computes the next item."""
    upcoming = pool.submit(next, items, None)
    while (item := upcoming.result()) is not None:
        upcoming = pool.submit(next, items, None)
        yield item
