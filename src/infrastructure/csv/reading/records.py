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
        csv.field_size_limit(MAX_ROW)  # for the whole process; it is above the usual one
        lines = _Lines(chain.from_iterable(self._bounded()))
        try:
            for cells in csv.reader(lines, delimiter=self._delimiter):
                size = len(lines.taken)
                # A row of a single line cannot be longer than its line.
                if size > 1 and sum(map(len, cells)) + len(cells) > MAX_ROW:
                    raise _TooLong
                rows = [cells]
                if self._width and self._is_unclosed(lines.taken, len(cells), has_ended=lines.has_ended):
                    rows, size = self._separated(lines, len(cells)), 1
                lines.taken.clear()
                for row in rows:
                    line = self.line
                    self.line += size
                    if row or self._with_blank:
                        yield line, row
        except (csv.Error, _TooLong):
            text = "The row at line {line} is too long to be one: is a quote not closed?"
            message = Translatable(text, line=self.line)
            raise NotCsv("row_too_long", message) from None

    def _is_unclosed(self, lines: list[str], width: int, *, has_ended: bool) -> bool:
        """Return whether a row of several lines seems to be several rows, joined by a quote that was opened by mistake.

        The row has ``width`` cells. The quote is a mistake if it is still open at the end of the file, or if the lines
        fit the header one by one only.
        """
        if has_ended:
            return self._is_end
        if len(lines) == 1 or width == self._width:
            return False
        second, _ = self._first_row(lines[1])
        return len(self._literal(lines[0])) == len(second) == self._width

    def _separated(self, lines: _Lines, width: int) -> list[list[str]]:
        """Return rows of one line each in place of a row of ``width`` cells that a mistaken quote joined.

        The last line is put back, because its row may continue after it. If a quote opens in one of the lines and is no
        mistake, the lines are put back from there on.

        If a row begins at a later line and its quote stays open, it ends where the joined row ends. The number of its
        cells is therefore computed. To read the lines again for each such quote would take quadratic time.
        """
        joined, has_ended = lines.taken, lines.has_ended
        rows = [self._literal(joined[0])]
        self.unclosed.add(self.line)
        # The number of cells that the lines after the current one add to a row with an open quote.
        added = width - len(self._first_row(joined[0])[0])
        for at, line in enumerate(joined[1:-1], 1):
            continued, _ = self._first_row('"' + line)
            added -= len(continued) - 1
            row, is_open = self._first_row(line)
            if is_open:
                if not self._is_unclosed(joined[at : at + 2], len(row) + added, has_ended=has_ended):
                    break
                row = self._literal(line)
                self.unclosed.add(self.line + at)
            rows.append(row)
        lines.put_back(joined[len(rows) :])
        return rows

    def _first_row(self, line: str) -> tuple[list[str], bool]:
        """Return the cells of a row that begins with a line, and whether a quote is open at the end of the line."""
        lines = _Lines(iter([line]))
        cells = next(csv.reader(lines, delimiter=self._delimiter), [])
        return cells, lines.has_ended

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
