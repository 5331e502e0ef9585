"""The rows of text, by the csv module of the standard library, with the lines where they begin."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain

from src.domain.errors import FieldError, Invalid
from src.infrastructure.tables.encodings import shown

MAX_ROW = 1 << 20
"""In characters; a cell may be as long as a row."""


class _TooLong(Exception):
    """A row has no end in sight."""


class Records:
    """The rows in lists of lines, as ``(line, cells)``, read once.

    Lines without a character are no rows. Raises Invalid when a row is too long: what follows a quote that is not
    closed is never read whole.
    """

    def __init__(self, lists: Iterable[list[str]], delimiter: str, line: int = 1) -> None:
        self.line = line
        """Where the next row begins."""
        self._lists = lists
        self._delimiter = delimiter

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        csv.field_size_limit(MAX_ROW)  # of the whole process, in which nobody else reads CSV
        reader = csv.reader(chain.from_iterable(self._bounded()), delimiter=self._delimiter)
        first = self.line
        try:
            for cells in reader:
                line, after = self.line, first + reader.line_num
                # A row of one line is bounded by its line.
                if after - line > 1 and sum(map(len, cells)) + len(cells) > MAX_ROW:
                    raise _TooLong
                self.line = after
                if cells:
                    yield line, cells
        except (csv.Error, _TooLong):
            message = f"The row at line {self.line} is too long to be one: is a quote not closed?"
            raise Invalid(FieldError("file", "row_too_long", message)) from None

    def _bounded(self) -> Iterator[list[str]]:
        """The lists, until a line is too long, or a row goes on and on."""
        row, pending = 0, 0
        for lines in self._lists:
            if max(map(len, lines), default=0) > MAX_ROW:
                yield lines[: next(at for at, line in enumerate(lines) if len(line) > MAX_ROW)]
                raise _TooLong
            pending = pending if row == self.line else 0
            # Of four characters in a row one at least is counted above: of `"",` the comma.
            if pending > 4 * MAX_ROW:
                raise _TooLong
            row, pending = self.line, pending + sum(map(len, lines))
            yield lines


def split(text: str) -> list[str]:
    """The lines, each with its end: LF, CRLF or CR."""
    return list(io.StringIO(text, newline=""))


def lines(chunks: Iterable[bytes]) -> Iterator[list[str]]:
    """The lines in chunks of UTF-8, a list for each chunk; bytes that are no UTF-8 become PEP 383's surrogates."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    rest = ""
    for chunk in chunks:
        whole = split(rest + decoder.decode(chunk))
        # The last may go on in the next chunk, even after a CR; one that is too long already does not have to.
        rest = whole.pop() if whole and len(whole[-1]) <= MAX_ROW else ""
        yield whole
    yield split(rest + decoder.decode(b"", final=True))


def fitted(cells: list[str], width: int, broken: bool) -> list[str]:
    """The cells as a row of the table: as many as there are columns, and nothing that cannot be stored."""
    cells = cells if len(cells) == width else (cells + [""] * (width - len(cells)))[:width]
    return list(map(shown, cells)) if broken else cells
