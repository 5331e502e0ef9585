"""Reads rows and their line numbers with the csv module."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain

from src.domain.csv import NotCsv
from src.domain.messages import Translatable

MAX_ROW = 1 << 20
"""The maximum length of a row in characters. A cell may be as long as a row."""


class _TooLong(Exception):
    """A row is longer than MAX_ROW."""


class Records:
    """Parses lists of lines as CSV. Iterating yields each row as a tuple: the number of its first line, and its cells.

    Blank lines are skipped; ``with_blank`` yields them as rows without cells. Raises NotCsv when a row is too long, so
    that a file with a quote that is never closed is not read to its end.
    """

    def __init__(self, lists: Iterable[list[str]], delimiter: str, line: int = 1, *, with_blank: bool = False) -> None:
        self.line = line
        """The line where the next row begins."""
        self._lists = lists
        self._delimiter = delimiter
        self._with_blank = with_blank

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        csv.field_size_limit(MAX_ROW)  # for the whole process; nothing else in it reads CSV
        reader = csv.reader(chain.from_iterable(self._bounded()), delimiter=self._delimiter)
        first = self.line
        try:
            for cells in reader:
                line, after = self.line, first + reader.line_num
                # A row of a single line cannot be longer than its line.
                if after - line > 1 and sum(map(len, cells)) + len(cells) > MAX_ROW:
                    raise _TooLong
                self.line = after
                if cells or self._with_blank:
                    yield line, cells
        except (csv.Error, _TooLong):
            text = "The row at line {line} is too long to be one: is a quote not closed?"
            message = Translatable(text, line=self.line)
            raise NotCsv("row_too_long", message) from None

    def _bounded(self) -> Iterator[list[str]]:
        """Yield the lists. Raises _TooLong at the first line or row that is too long."""
        row, pending = 0, 0
        for lines in self._lists:
            if max(map(len, lines), default=0) > MAX_ROW:
                yield lines[: next(at for at, line in enumerate(lines) if len(line) > MAX_ROW)]
                raise _TooLong
            pending = pending if row == self.line else 0
            # The check of whole rows counts at least one of four characters: of `"",` the comma.
            if pending > 4 * MAX_ROW:
                raise _TooLong
            row, pending = self.line, pending + sum(map(len, lines))
            yield lines


def split(text: str) -> list[str]:
    """Return the lines of a text, each with its end: LF, CRLF or CR."""
    return list(io.StringIO(text, newline=""))


def lines(chunks: Iterable[bytes]) -> Iterator[list[str]]:
    """Yield a list of lines for each chunk of UTF-8. Undecodable bytes become surrogates (PEP 383)."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    rest = ""
    for chunk in chunks:
        whole = split(rest + decoder.decode(chunk))
        # The last line may continue in the next chunk, even after a CR. A line that is too long need not.
        rest = whole.pop() if whole and len(whole[-1]) <= MAX_ROW else ""
        yield whole
    yield split(rest + decoder.decode(b"", final=True))
