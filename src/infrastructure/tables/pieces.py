"""A file cut where rows end, so that polars can take it piece by piece.

A row is ordinary when it has as many cells as the header, quotes stand around whole cells only, and it is UTF-8: the
csv module and polars read it the same. One regular expression tells how far ordinary rows go (RE2's, one look at
every byte). The csv module reads the others, and they go to polars as ordinary ones, marked by a NUL, which no file
has.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import polars as pl
import re2

from src.domain.errors import Invalid
from src.infrastructure.tables.python import UNDECODED, Progress, fitted
from src.infrastructure.tables.records import Records, split
from src.infrastructure.tables.source import Source

T = TypeVar("T")

SMALL, BIG = 1 << 18, 1 << 22
"""How many bytes polars reads at once, first and at most,"""
ROWS = 1 << 17
"""and about how many rows, each of which takes memory however short it is."""
WINDOW, WIDEST = 1 << 9, 1 << 18
"""How many bytes the csv module reads at once, after an ordinary row and after one that was none."""
LONG = 1 << 16
"""Among rows of fewer bytes none is too long."""

_MARK = "\0"
_UTF8 = (
    r"[\xc2-\xdf]T|\xe0[\xa0-\xbf]T|[\xe1-\xec\xee\xef]TT|\xed[\x80-\x9f]T"
    r"|\xf0[\x90-\xbf]TT|[\xf1-\xf3]TTT|\xf4[\x80-\x8f]TT"
).replace("T", r"[\x80-\xbf]")
"""A character beyond ASCII (RFC 3629 section 4)."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Where it begins, in bytes after the header and as a line; its size in both; whether all rows are ordinary."""

    offset: int
    size: int
    line: int
    lines: int
    ordinary: bool


@dataclass(frozen=True, slots=True)
class _Odd:
    """Lines that are no ordinary row: no row at all if ``cells`` is None."""

    lines: int
    cells: list[str] | None = None


class Table:
    """The rows of a piece. ``frame`` has a column of strings for each of the file's, named by its position."""

    def __init__(self, frame: pl.DataFrame, piece: Piece, all_odd: list[_Odd], width: int) -> None:
        self.frame = frame
        self.widths: dict[int, int] = {}
        """How many cells those rows have that have not as many as the header."""
        self.undecoded: dict[int, str] = {}
        """The first cell with bytes that cannot be decoded, by row."""
        self.piece = piece
        self._all = frame
        self._kept: pl.Series | None = None
        self._odd: dict[int, int] = {}
        if all_odd:
            self._mend(all_odd, width)

    def _mend(self, all_odd: list[_Odd], width: int) -> None:
        """Take the marks away, and the lines that are no rows; note what made the others odd."""
        places = self.frame["0"].str.starts_with(_MARK).arg_true().to_list()
        self._odd = {place: odd.lines - 1 for place, odd in zip(places, all_odd, strict=True)}
        self._all = self.frame = self.frame.with_columns(pl.col("0").str.strip_prefix(_MARK))
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
                self.widths[place - gone] = len(odd.cells)
            if (undecoded := next(filter(UNDECODED.search, odd.cells), None)) is not None:
                self.undecoded[place - gone] = undecoded

    @cached_property
    def whole(self) -> pl.Series | None:
        """Which rows have as many cells as the header; None if all do."""
        return _flags(self.frame.height, but=[*self.widths], be=True) if self.widths else None

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


class Window:
    """The bytes after the header, of which some can be looked at and then left behind."""

    def __init__(self, source: Source, read: Progress | None) -> None:
        self._chunks = source.chunks(read)
        self._buffer = bytearray()
        self.offset = 0

    def peek(self, size: int) -> bytes:
        """The next bytes: fewer only at the end."""
        while len(self._buffer) < size and (chunk := next(self._chunks, None)) is not None:
            self._buffer += chunk
        return bytes(memoryview(self._buffer)[:size])

    def skip(self, size: int) -> None:
        """Leave bytes behind."""
        self.offset += size
        while len(self._buffer) < size and (chunk := next(self._chunks, None)) is not None:
            size -= len(self._buffer)
            self._buffer[:] = chunk
        del self._buffer[:size]


class Reader:
    """Cuts a file into pieces, and reads them."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._width = len(source.header)
        self._schema = {str(at): pl.String for at in range(self._width)}
        delimiter = rf"\x{ord(source.delimiter):02x}"
        # A line without a character is no row, so that in a single column an empty cell needs quotes.
        plain = rf'(?:[^"{delimiter}\r\n\x80-\xff]|{_UTF8}){"+" if self._width == 1 else "*"}'
        cell = rf'(?:{plain}|"(?:[^"\x80-\xff]|{_UTF8}|"")*")'
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.never_capture = True
        options.log_errors = False
        options.max_mem = 1 << 28
        rows = rf"(?:{cell}(?:{delimiter}{cell}){{{self._width - 1}}}\r?\n)*"
        self._ordinary = re2.compile(rows.encode(), options)

    def cut(self, read: Progress | None = None) -> Iterator[tuple[Piece, Table]]:
        """All pieces, in order, cut and read at once; ``read`` is told how much of the file they are, as 0 to 1."""
        for piece, data, text, odd, part in _ahead(self._cuts()):
            if read:
                read(part)
            yield piece, self._checked(data, self._table(text, piece, odd))

    def _cuts(self) -> Iterator[tuple[Piece, bytes, bytes, list[_Odd], float]]:
        """All pieces, as they are, as ordinary text, and how much of the file has been read."""
        part = 0.0

        def note(read: float) -> None:
            nonlocal part
            part = read

        window, line, size = Window(self._source, note), self._source.line, SMALL
        while data := window.peek(size):
            try:
                consumed, after, text, odd = self._ordered(data, line, last=len(data) < size)
            except Invalid:
                self._refuse_long(data, line)  # an ordinary row before the one that raised it may be too long, too
                raise
            if not consumed:
                # A row goes on beyond; the csv module says so when it is too long.
                size *= 2
                continue
            yield Piece(window.offset, consumed, line, after - line, not odd), data[:consumed], text, odd, part
            window.skip(consumed)
            size = min(BIG, max(SMALL, consumed * ROWS // max(1, after - line)))
            line = after

    def read(self, window: Window, piece: Piece) -> Table:
        """A piece again; pieces are read in order."""
        window.skip(piece.offset - window.offset)
        data = window.peek(piece.size)
        if piece.ordinary:
            return self._table(data, piece, [])
        _, _, text, odd = self._ordered(data, piece.line, last=True)
        return self._table(text, piece, odd)

    def _ordered(self, data: bytes, line: int, *, last: bool) -> tuple[int, int, bytes, list[_Odd]]:
        """How many bytes are whole rows, the line after them, these rows as ordinary ones, and which were not."""
        parts: list[bytes] = []
        all_odd: list[_Odd] = []
        at, width = 0, WINDOW
        while at < len(data):
            # Where its input begins polars would take U+FEFF for a byte-order mark.
            marked = at == 0 and data.startswith(codecs.BOM_UTF8)
            end = at if marked else self._ordinary.match(data, at).end()
            if end > at:
                part = data[at:end]
                parts.append(part)
                line += _breaks(part)
                at, width = end, WINDOW
                continue
            size, odd = self._odd(data, at, width, line, last)
            if not size:
                break
            text = io.StringIO()
            writer = csv.writer(text, quoting=csv.QUOTE_ALL, delimiter=self._source.delimiter, lineterminator="\n")
            for each in odd:
                cells = fitted(each.cells or [], self._width, self._source.broken)
                writer.writerow([_MARK + cells[0], *cells[1:]])
                line += each.lines
            parts.append(text.getvalue().encode())
            all_odd += odd
            at, width = at + size, min(2 * width, WIDEST)
        return at, line, parts[0] if len(parts) == 1 else b"".join(parts), all_odd

    def _odd(self, data: bytes, at: int, width: int, line: int, last: bool) -> tuple[int, list[_Odd]]:
        """Some rows from there on, at least one, and their size; nothing if the first has no end here."""
        while True:
            part = data[at : at + width]
            final = at + width >= len(data)
            if not (final and last):
                part = part[: max(part.rfind(b"\n"), part.rfind(b"\r")) + 1] or part
            lines = split(part.decode(errors="surrogateescape"))
            records = Records([lines], self._source.delimiter, line)
            rows = list(records)
            after = records.line
            if not (final and last):
                if len(rows) < 2:
                    if final:
                        return 0, []
                    width *= 2
                    continue
                # The last row may go on.
                after, _ = rows.pop()
                part = "".join(lines[: after - line]).encode(errors="surrogateescape")
            starts = [start for start, _ in rows] + [after]
            blank = [_Odd(starts[0] - line)] if starts[0] > line else []
            ends = zip(rows, starts[1:], strict=True)
            return len(part), blank + [_Odd(end - start, cells) for (start, cells), end in ends]

    def _table(self, text: bytes, piece: Piece, all_odd: list[_Odd]) -> Table:
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


def _breaks(data: bytes) -> int:
    """How many lines end in it: with LF, CRLF or CR."""
    lone = data.count(b"\r") - data.count(b"\r\n") if b"\r" in data else 0
    return data.count(b"\n") + lone
