"""A piece of a file as a table."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from src.infrastructure.tables.encodings import UNDECODED, shown

MARK = "\0"
"""What a first cell begins with whose row was odd: no file has it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Where it begins, in bytes after the header and as a line; its size in both; whether all rows are ordinary."""

    offset: int
    size: int
    line: int
    lines: int
    ordinary: bool


@dataclass(frozen=True, slots=True)
class Odd:
    """Lines that are no ordinary row: no row at all if ``cells`` is None."""

    lines: int
    cells: list[str] | None = None


class Table:
    """The rows of a piece. ``frame`` has a column of strings for each of the file's, named by its position."""

    def __init__(self, frame: pl.DataFrame, piece: Piece, all_odd: list[Odd], width: int) -> None:
        self.frame = frame
        self.ragged: dict[int, list[str]] = {}
        """The cells of those rows that have not as many as the header."""
        self.undecoded: dict[int, str] = {}
        """The first cell with bytes that cannot be decoded, by row."""
        self.piece = piece
        self._all = frame
        self._kept: pl.Series | None = None
        self._odd: dict[int, int] = {}
        if all_odd:
            self._mend(all_odd, width)

    def _mend(self, all_odd: list[Odd], width: int) -> None:
        """Take the marks away, and the lines that are no rows; note what made the others odd."""
        places = self.frame["0"].str.starts_with(MARK).arg_true().to_list()
        self._odd = {place: odd.lines - 1 for place, odd in zip(places, all_odd, strict=True)}
        self._all = self.frame = self.frame.with_columns(pl.col("0").str.strip_prefix(MARK))
        blank = [place for place, odd in zip(places, all_odd, strict=True) if odd.cells is None]
        if blank:
            self._kept = _flags(self.frame.height, but=blank, be=True)
            self.frame = self.frame.filter(self._kept)
        gone = 0
        for place, odd in zip(places, all_odd, strict=True):
            if odd.cells is None:
                gone += 1
                continue
            if len(odd.cells) != width:
                self.ragged[place - gone] = list(map(shown, odd.cells))
            if (undecoded := next(filter(UNDECODED.search, odd.cells), None)) is not None:
                self.undecoded[place - gone] = undecoded

    @cached_property
    def whole(self) -> pl.Series | None:
        """Which rows have as many cells as the header; None if all do."""
        return _flags(self.frame.height, but=[*self.ragged], be=True) if self.ragged else None

    @cached_property
    def lines(self) -> pl.Series:
        """Where each row begins."""
        frame = self._all
        rows = pl.int_range(self.piece.line, self.piece.line + frame.height, eager=True)
        if self.piece.lines == frame.height and self.piece.ordinary:
            return rows
        breaks = pl.sum_horizontal(pl.all().str.count_matches(r"\r\n?|\n")).cast(pl.Int64).alias("breaks")
        inside = frame.select(breaks)["breaks"]
        if self._odd:
            inside = inside.scatter([*self._odd], [*self._odd.values()])
        lines = rows + inside.cum_sum() - inside
        return lines if self._kept is None else lines.filter(self._kept)


def _flags(height: int, *, but: list[int], be: bool) -> pl.Series:
    """As many times ``be``, except there."""
    return pl.Series([be]).new_from_index(0, height).scatter(but, not be)
