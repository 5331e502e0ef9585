"""Detects the form of a file: its encoding, its delimiter and its header."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path

from src.domain.csv import MAX_COLUMNS, MAX_NAME, InvalidOption, NotCsv, ReadOptions
from src.domain.messages import Translatable
from src.infrastructure.csv.reading.binary import refuse_binary, refuse_controls
from src.infrastructure.csv.reading.encodings import UNDECODABLE, chunks_of, declared_encoding, displayed, find_encoding
from src.infrastructure.csv.reading.records import Records, lines, split

HEAD = 1 << 20
"""The maximum size of the header in bytes."""
_SNIFFED = 1 << 16


@dataclass(frozen=True, slots=True)
class Source:
    """A CSV file, its form and its header. ``is_damaged`` says whether it has bytes that cannot be decoded."""

    file: Path
    encoding: str
    delimiter: str
    is_damaged: bool
    header: tuple[str, ...]
    undecodable_name: str | None
    """The first column name with bytes that cannot be decoded."""
    header_line: int
    body: int
    """The offset of the first byte after the header, in the file as UTF-8."""
    line: int
    """The number of the line that begins at ``body``."""

    def chunks(self) -> Iterator[bytes]:
        """Yield the rows in chunks of UTF-8, without the header."""
        skip = self.body
        for chunk in chunks_of(self.file, self.encoding):
            yield chunk[skip:]
            skip = max(0, skip - len(chunk))


def detect_source(file: Path, options: ReadOptions, read: Callable[[float], None] | None = None) -> Source:
    """Detect the encoding, the delimiter and the header of a CSV file.

    ``read`` is called for each chunk that is read. Raises NotCsv, and InvalidOption for a delimiter or an encoding.
    """
    delimiter, encoding = options.delimiter, options.encoding
    if delimiter is not None and (len(delimiter) != 1 or not delimiter.isascii() or delimiter not in _DELIMITERS):
        raise InvalidOption("delimiter", "Give one character: a comma, semicolon, tab, pipe, …")
    declared = declared_encoding(encoding) if encoding is not None else None
    with file.open("rb") as stream:
        start = stream.read(16)
    refuse_binary(start)
    detected, is_damaged = find_encoding(file, start, declared, read)
    head = b""
    for chunk in chunks_of(file, detected):
        head += chunk
        if len(head) > HEAD:
            break
    whole = len(head) <= HEAD
    head = head[:HEAD]
    sample = head[:_SNIFFED].decode(errors="surrogateescape")
    refuse_controls(sample, most=max(2, len(sample) // 100))
    delimiter = delimiter or _find_delimiter(head[:_SNIFFED], whole and len(head) <= _SNIFFED)
    text = split(head.decode(errors="surrogateescape"))
    records = Records([text], delimiter)
    line, header = next(iter(records), (0, []))
    if not header:
        raise NotCsv("empty", "The file is empty.")
    refuse_controls("".join(header), most=0)
    names = tuple(displayed(cell.strip()) for cell in header)
    if len(names) > MAX_COLUMNS:
        raise NotCsv("too_many_columns", Translatable("The first line names more than {n} columns.", n=MAX_COLUMNS))
    body = len("".join(text[: records.line - 1]).encode(errors="surrogateescape"))
    if body >= HEAD and not whole:
        message = "The first line, which has to name the columns, is longer than 1 MiB: is a quote not closed?"
        raise NotCsv("row_too_long", message)
    if any(len(name) > MAX_NAME for name in names):
        message = "The first line has to name the columns, in at most {n} characters each."
        raise NotCsv("no_header", Translatable(message, n=MAX_NAME))
    if not any(names) or (not {column.name for column in options.columns} & {*names} and not any(map(_is_name, names))):
        raise NotCsv("no_header", "The first line has to name the columns; this one has no names.")
    undecodable = next(filter(UNDECODABLE.search, header), None) if is_damaged else None
    source = Source(file, detected, delimiter, is_damaged, names, undecodable, line, body, records.line)
    # Millions of blank lines are passed over, which take the csv module a while.
    chunks = dropwhile(lambda chunk: not chunk.strip(b"\r\n"), source.chunks())
    first_row = next(iter(Records(lines(chunks), delimiter, source.line)), None)
    if len(names) == 1 and first_row is None:
        raise NotCsv("no_rows", "The file is a single line of text: a table has several columns, or rows.")
    return source


_DELIMITERS = "\t !#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


def _is_name(text: str) -> bool:
    """Return whether a text is not empty and not a number."""
    return bool(text) and not text.replace(".", "").replace(",", "").strip("+-").isdecimal()


def _find_delimiter(head: bytes, whole: bool) -> str:
    """Return the delimiter that makes the most rows as wide as the header; of equal ones, the rarest in prose."""
    text = split(head.decode(errors="surrogateescape"))
    best, delimiter = 0.0, ","
    for candidate in "\t|;,":
        try:
            widths = [len(cells) for _, cells in Records([text], candidate)]
        except NotCsv:
            continue
        if not whole and len(widths) > 1:
            widths.pop()
        if widths and widths[0] > 1:
            score = (widths[0] - 1) * widths.count(widths[0]) / len(widths)
            if score > best:
                best, delimiter = score, candidate
    return delimiter
