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


class _Lines:
    """Iterates over lines, some of which can be put back.

    ``taken`` has the lines that were read since it was last cleared.
    """

    def __init__(self, lines: Iterator[str]) -> None:
        self.taken: list[str] = []
        self.has_ended = False
        self._lines = lines
        self._returned: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._returned.pop() if self._returned else next(self._lines, None)
        if line is None:
            self.has_ended = True
            raise StopIteration
        self.taken.append(line)
        return line

    def put_back(self, lines: list[str]) -> None:
        """Put lines back, so that the iteration continues with these lines."""
        self._returned += reversed(lines)
        self.has_ended = False


class Records:
    """Parses lists of lines as CSV. Iterating yields each row as a tuple: the number of its first line, and its cells.

    Blank lines are skipped; ``with_blank`` yields them as rows without cells. Raises NotCsv when a row is too long, so
    that a file with a quote that is never closed is not read to its end.

    ``width`` is the number of cells in the header. If it is given, a quote that seems to be opened by mistake is
    ignored, and the lines after it are read as rows of their own. ``unclosed`` has the line numbers of such quotes.
    ``is_end`` says that the lists end with the file.
    """

    def __init__(
        self,
        lists: Iterable[list[str]],
        delimiter: str,
        line: int = 1,
        *,
        with_blank: bool = False,
        width: int | None = None,
        is_end: bool = False,
    ) -> None:
        self.line = line
        """The line where the next row begins."""
        self.unclosed: set[int] = set()
        self._lists = lists
        self._delimiter = delimiter
        self._with_blank = with_blank
        self._width = width
        self._is_end = is_end

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        csv.field_size_limit(MAX_ROW)  # for the whole process; nothing else in it reads CSV
        lines = _Lines(chain.from_iterable(self._bounded()))
        try:
            for cells in csv.reader(lines, delimiter=self._delimiter):
                line, size = self.line, len(lines.taken)
                # A row of a single line cannot be longer than its line.
                if size > 1 and sum(map(len, cells)) + len(cells) > MAX_ROW:
                    raise _TooLong
                if self._width and self._is_unclosed(lines, cells):
                    cells = self._literal(lines.taken[0])
                    lines.put_back(lines.taken[1:])
                    self.unclosed.add(line)
                    size = 1
                lines.taken.clear()
                self.line = line + size
                if cells or self._with_blank:
                    yield line, cells
        except (csv.Error, _TooLong):
            text = "The row at line {line} is too long to be one: is a quote not closed?"
            message = Translatable(text, line=self.line)
            raise NotCsv("row_too_long", message) from None

    def _is_unclosed(self, lines: _Lines, cells: list[str]) -> bool:
        """Return whether a row of several lines seems to be several rows, joined by a quote that was opened by mistake.

        The quote is a mistake if it is still open at the end of the file, or if the lines fit the header one by one
        only.
        """
        if lines.has_ended:
            return self._is_end
        if len(lines.taken) == 1 or len(cells) == self._width:
            return False
        second = next(csv.reader([lines.taken[1]], delimiter=self._delimiter), [])
        return len(self._literal(lines.taken[0])) == len(second) == self._width

    def _literal(self, line: str) -> list[str]:
        """Return the cells of a line in which quotes have no meaning, without the quotes at their ends."""
        cells = next(csv.reader([line], delimiter=self._delimiter, quoting=csv.QUOTE_NONE))
        return [cell.removesuffix('"').removeprefix('"') if cell.startswith('"') else cell for cell in cells]

    def _bounded(self) -> Iterator[list[str]]:
        """Yield the lists of lines. Raises _TooLong at the first line or row that is too long."""
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
