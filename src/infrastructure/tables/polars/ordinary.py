"""Rows in the form that polars and the csv module read the same.

A row is ordinary when it has as many cells as the header, quotes stand around whole cells only, and it is UTF-8. One
regular expression tells how far ordinary rows go (RE2's, one look at every byte). The csv module reads the others,
and they go to polars as ordinary ones, marked by a NUL, which no file has.
"""

import codecs
import csv
import io

import re2

from src.infrastructure.tables.polars.table import MARK, Odd
from src.infrastructure.tables.records import Records, fitted, split
from src.infrastructure.tables.source import Source

WINDOW, WIDEST = 1 << 9, 1 << 18
"""How many bytes the csv module reads at once, after an ordinary row and after one that was none."""

_UTF8 = (
    r"[\xc2-\xdf]T|\xe0[\xa0-\xbf]T|[\xe1-\xec\xee\xef]TT|\xed[\x80-\x9f]T"
    r"|\xf0[\x90-\xbf]TT|[\xf1-\xf3]TTT|\xf4[\x80-\x8f]TT"
).replace("T", r"[\x80-\xbf]")
"""A character beyond ASCII (RFC 3629 section 4)."""


class Ordinary:
    """Tells ordinary rows from the others, and makes the others ordinary, too."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._width = len(source.header)
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
        self._rows = re2.compile(rows.encode(), options)

    def order(self, data: bytes, line: int, *, last: bool) -> tuple[int, int, bytes, list[Odd]]:
        """How many bytes are whole rows, the line after them, these rows as ordinary ones, and which were not."""
        parts: list[bytes] = []
        all_odd: list[Odd] = []
        at, width = 0, WINDOW
        while at < len(data):
            # Where its input begins polars would take U+FEFF for a byte-order mark.
            marked = at == 0 and data.startswith(codecs.BOM_UTF8)
            end = at if marked else self._rows.match(data, at).end()
            if end > at:
                part = data[at:end]
                parts.append(part)
                line += _breaks(part)
                at, width = end, WINDOW
                continue
            size, odd = self._read_odd(data, at, width, line, last)
            if not size:
                break
            text = io.StringIO()
            writer = csv.writer(text, quoting=csv.QUOTE_ALL, delimiter=self._source.delimiter, lineterminator="\n")
            for each in odd:
                cells = fitted(each.cells or [], self._width, self._source.broken)
                writer.writerow([MARK + cells[0], *cells[1:]])
                line += each.lines
            parts.append(text.getvalue().encode())
            all_odd += odd
            at, width = at + size, min(2 * width, WIDEST)
        return at, line, parts[0] if len(parts) == 1 else b"".join(parts), all_odd

    def _read_odd(self, data: bytes, at: int, width: int, line: int, last: bool) -> tuple[int, list[Odd]]:
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
            blank = [Odd(starts[0] - line)] if starts[0] > line else []
            ends = zip(rows, starts[1:], strict=True)
            return len(part), blank + [Odd(end - start, cells) for (start, cells), end in ends]


def _breaks(data: bytes) -> int:
    """How many lines end in it: with LF, CRLF or CR."""
    lone = data.count(b"\r") - data.count(b"\r\n") if b"\r" in data else 0
    return data.count(b"\n") + lone
