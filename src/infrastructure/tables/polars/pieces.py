"""A file cut where rows end, so that polars can take it piece by piece."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import polars as pl

from src.domain.errors import Invalid
from src.infrastructure.tables.engine import Progress
from src.infrastructure.tables.polars.ordinary import Ordinary
from src.infrastructure.tables.polars.table import Odd, Piece, Table
from src.infrastructure.tables.polars.window import Window
from src.infrastructure.tables.records import Records, split
from src.infrastructure.tables.source import Source

T = TypeVar("T")

SMALL, BIG = 1 << 18, 1 << 22
"""How many bytes polars reads at once, first and at most,"""
ROWS = 1 << 17
"""and about how many rows, each of which takes memory however short it is."""
LONG = 1 << 16
"""Among rows of fewer bytes none is too long."""


class Reader:
    """Cuts a file into pieces, and reads them."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._width = len(source.header)
        self._schema = {str(at): pl.String for at in range(self._width)}
        self._ordinary = Ordinary(source)

    def cut(self, read: Progress | None = None) -> Iterator[tuple[Piece, Table]]:
        """All pieces, in order, cut and read at once; ``read`` is told how much of the file they are, as 0 to 1."""
        for piece, data, text, odd, part in _ahead(self._cuts()):
            if read:
                read(part)
            yield piece, self._checked(data, self._table(text, piece, odd))

    def _cuts(self) -> Iterator[tuple[Piece, bytes, bytes, list[Odd], float]]:
        """All pieces, as they are, as ordinary text, and how much of the file has been read."""
        window, line, size = Window(self._source), self._source.line, SMALL
        while data := window.peek(size):
            try:
                consumed, after, text, odd = self._ordinary.order(data, line, last=len(data) < size)
            except Invalid:
                self._refuse_long(data, line)  # an ordinary row before the one that raised it may be too long, too
                raise
            if not consumed:
                # A row goes on beyond; the csv module says so when it is too long.
                size *= 2
                continue
            piece = Piece(window.offset, consumed, line, after - line, ordinary=not odd)
            yield piece, data[:consumed], text, odd, window.part
            window.skip(consumed)
            size = min(BIG, max(SMALL, consumed * ROWS // max(1, after - line)))
            line = after

    def again(self, pieces: Iterable[Piece], read: Progress | None = None) -> Iterator[Table]:
        """These pieces again, in order; ``read`` as in ``cut``."""
        for table, part in _ahead(self._tables(pieces)):
            if read:
                read(part)
            yield table

    def _tables(self, pieces: Iterable[Piece]) -> Iterator[tuple[Table, float]]:
        window = Window(self._source)
        for piece in pieces:
            window.skip(piece.offset - window.offset)
            text = window.peek(piece.size)
            odd: list[Odd] = []
            if not piece.ordinary:
                _, _, text, odd = self._ordinary.order(text, piece.line, last=True)
            yield self._table(text, piece, odd), window.part

    def _table(self, text: bytes, piece: Piece, all_odd: list[Odd]) -> Table:
        # Where its input begins polars would take `x^` for a compressed file, hence the line before.
        frame = pl.read_csv(
            b"\n" + text,
            has_header=False,
            schema=self._schema,
            separator=self._source.delimiter,
            skip_lines=1,
            empty_string_is_null=False,
        )
        return Table(frame, piece, all_odd, self._width)

    def _checked(self, data: bytes, table: Table) -> Table:
        """The table, unless a row is too long."""
        longest = table.frame.select(pl.sum_horizontal(pl.all().str.len_bytes()).max()).item() or 0
        # Each character may be a quote that is written twice, each cell has quotes and a delimiter around it.
        if 2 * longest + 3 * self._width > LONG:
            self._refuse_long(data, table.piece.line)
        return table

    def _refuse_long(self, data: bytes, line: int) -> None:
        """Raise Invalid if a row is too long."""
        for _ in Records([split(data.decode(errors="surrogateescape"))], self._source.delimiter, line):
            pass


def _ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, each made while the one before it is being used."""
    with ThreadPoolExecutor(1) as pool:
        item = pool.submit(next, items, None).result()
        while item is not None:
            upcoming = pool.submit(next, items, None)
            yield item
            item = upcoming.result()
