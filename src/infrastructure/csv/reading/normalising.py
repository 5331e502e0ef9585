"""Rewrites rows so that polars reads them as the csv module does.

A row is regular when it has as many cells as the header, quotes enclose whole cells only, and it is valid UTF-8. polars
and the csv module read regular rows alike. An RE2 expression finds where a run of regular rows ends. The csv module
reads the irregular rows that follow, and they are written again as regular rows whose first cell begins with a mark.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass

import re2

from src.infrastructure.csv.reading.encodings import displayed
from src.infrastructure.csv.reading.records import Records, split
from src.infrastructure.csv.reading.source import Source

MARK = "\0"
"""Begins the first cell of a row that was rewritten. No file contains it."""
WINDOW, MAX_WINDOW = 1 << 9, 1 << 18
"""The number of bytes that the csv module reads at a time: at first, and at most."""
WIDE = 500
"""With more columns than this neither RE2 nor polars is faster than the csv module, which then reads every row."""

_BLANK_LINES = re.compile(rb"[\r\n]+")
_UTF8 = (
    r"[\xc2-\xdf]T|\xe0[\xa0-\xbf]T|[\xe1-\xec\xee\xef]TT|\xed[\x80-\x9f]T"
    r"|\xf0[\x90-\xbf]TT|[\xf1-\xf3]TTT|\xf4[\x80-\x8f]TT"
).replace("T", r"[\x80-\xbf]")
"""A character beyond ASCII (RFC 3629 section 4)."""


@dataclass(frozen=True, slots=True)
class RewrittenRow:
    """A row that was not regular. ``cells`` is None for blank lines, which are rewritten as a row and dropped later."""

    lines: int
    cells: list[str] | None = None
    is_unclosed: bool = False
    """Whether a quote opens in the row and is not closed."""


@dataclass(frozen=True, slots=True)
class NormalisedRows:
    """Complete rows that have been brought into regular form.

    ``size`` is the number of bytes that they have in the file, and ``next_line`` is the number of the line after them.
    ``text`` has an empty line before the rows. In a file with more than WIDE columns every row is in ``rewritten``, and
    ``text`` is empty.
    """

    size: int
    next_line: int
    text: bytes
    rewritten: list[RewrittenRow]


class RowNormaliser:
    """Brings the rows of one file into regular form."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._width = len(source.header)
        self._end_of_regular = _end_of_regular_rows(source.delimiter, self._width) if self._width <= WIDE else None

    def rewrite(self, data: bytes, line: int, *, last: bool) -> NormalisedRows:
        """Return the complete rows at the beginning of ``data``. There are none if ``data`` ends within the first row.

        ``line`` is the number of the line at which ``data`` begins. ``last`` says that the file ends with ``data``.
        Raises NotCsv for a row that is too long.
        """
        # polars takes input that begins with `x^` for a compressed file. The empty line before the rows prevents this.
        parts: list[bytes | memoryview] = [b"\n"]
        rewritten: list[RewrittenRow] = []
        at, window = 0, WINDOW
        while at < len(data):
            # At the beginning of its input polars would take U+FEFF for a byte-order mark.
            has_mark = at == 0 and data.startswith(codecs.BOM_UTF8)
            if self._end_of_regular and not has_mark and (end := self._end_of_regular(data, at)) > at:
                parts.append(memoryview(data)[at:end])
                line += _line_breaks(data, at, end)
                at, window = end, WINDOW
                continue
            size, rows = self._read_irregular(data, at, window, line, last)
            if not size:
                break
            line += sum(row.lines for row in rows)
            if self._end_of_regular:
                text = io.StringIO()
                writer = csv.writer(text, quoting=csv.QUOTE_ALL, delimiter=self._source.delimiter, lineterminator="\n")
                writer.writerows(map(self.marked, rows))
                parts.append(text.getvalue().encode())
            rewritten += rows
            at, window = at + size, min(2 * window, MAX_WINDOW)
        return NormalisedRows(at, line, b"".join(parts) if self._end_of_regular else b"", rewritten)

    def _read_irregular(
        self, data: bytes, at: int, window: int, line: int, last: bool
    ) -> tuple[int, list[RewrittenRow]]:
        """Read at least one row with the csv module, and return the number of bytes read and the rows.

        The rows begin at the offset ``at`` of ``data``, on the line ``line``. About ``window`` bytes are read, and more
        until a row is complete. Return (0, []) if ``data`` ends within the first row. ``last`` says that the file ends
        with ``data``.
        """
        blank = _BLANK_LINES.match(data, at)
        if blank and (len(blank[0]) >= window or blank.end() == len(data)):
            # A CR at the end may be the first half of a CRLF.
            size = len(blank[0]) - (blank.end() == len(data) and not last and data.endswith(b"\r"))
            return size, [RewrittenRow(_line_breaks(data, at, at + size))]
        while True:
            part = data[at : at + window]
            is_rest = at + window >= len(data)
            if not (is_rest and last):
                part = part[: max(part.rfind(b"\n"), part.rfind(b"\r")) + 1] or part
            lines = split(part.decode(errors="surrogateescape"))
            is_end = is_rest and last
            records = Records([lines], self._source.delimiter, line, width=self._width, is_end=is_end)
            rows = list(records)
            after = records.line
            if not (is_rest and last):
                if len(rows) < 2:
                    if is_rest:
                        return 0, []
                    window *= 2
                    continue
                # The last row may continue after this part.
                after, _ = rows.pop()
                part = "".join(lines[: after - line]).encode(errors="surrogateescape")
            starts = [start for start, _ in rows] + [after]
            skipped = [RewrittenRow(starts[0] - line)] if blank else []
            ends = zip(rows, starts[1:], strict=True)
            unclosed = records.unclosed
            return len(part), skipped + [
                RewrittenRow(end - start, cells, start in unclosed) for (start, cells), end in ends
            ]

    def marked(self, row: RewrittenRow) -> list[str]:
        """Return the cells of an irregular row in valid UTF-8, as many as the header has.

        The first cell begins with the mark.
        """
        cells = row.cells or []
        fitted = (cells + [""] * (self._width - len(cells)))[: self._width]
        first, *others = map(displayed, fitted) if self._source.is_damaged else fitted
        return [MARK + first, *others]


def _end_of_regular_rows(delimiter: str, width: int) -> Callable[[bytes, int], int]:
    """Return a function that takes data and the offset of a run of regular rows, and returns the end of the run."""
    separator = rf"\x{ord(delimiter):02x}"
    # A line without a character is no row: the empty cell of a single column needs quotes.
    plain = rf'(?:[^"{separator}\r\n\x80-\xff]|{_UTF8}){"+" if width == 1 else "*"}'
    cell = rf'(?:{plain}|"(?:[^"\x80-\xff]|{_UTF8}|"")*")'
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = True
    options.log_errors = False
    options.max_mem = 1 << 28
    rows = re2.compile(rf"(?:{cell}(?:{separator}{cell}){{{width - 1}}}\r?\n)*".encode(), options)
    return lambda data, at: int(rows.match(data, at).end())


def _line_breaks(data: bytes, start: int, end: int) -> int:
    """Return how many lines end in a part of the data: with LF, CRLF or CR."""
    returns = data.count(b"\r", start, end)
    pairs = data.count(b"\r\n", start, end) if returns else 0
    return data.count(b"\n", start, end) + returns - pairs
