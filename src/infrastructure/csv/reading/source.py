"""Detects the form of a file: its encoding, its delimiter, its header, and the notes around its rows."""

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import dropwhile, islice
from pathlib import Path

from src.domain.csv import MAX_COLUMNS, MAX_NAME, Column, InvalidOption, NotCsv, Note, ReadOptions, Schema
from src.domain.messages import Translatable
from src.infrastructure.csv.reading.binary import refuse_binary, refuse_controls
from src.infrastructure.csv.reading.encodings import UNDECODABLE, chunks_of, declared_encoding, displayed, find_encoding
from src.infrastructure.csv.reading.header import (
    MAX_TITLES,
    count_titles,
    match_columns,
    separator_in,
    size_of_notes,
    unique_names,
)
from src.infrastructure.csv.reading.records import Records, lines, split

HEAD = 1 << 20
"""The maximum size of the header in bytes."""
_SNIFFED = 1 << 16
_TAIL = 1 << 13
"""The number of bytes at the end of a file that may hold notes."""
_LOOKED_AT = 30
"""The number of rows that are looked at to find the header."""


@dataclass(frozen=True, slots=True)
class Source:
    """A CSV file with its detected form and header. ``is_damaged`` says whether it has bytes that cannot be decoded."""

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
    names: tuple[str, ...] = ()
    """A unique name for each column: the one of the schema, or else the one of the file."""
    misnamed: dict[int, str] = field(default_factory=dict)
    """The reason for which a name in the header cannot be used, by the position of its column."""
    expected: dict[int, Column] = field(default_factory=dict)
    """The columns of the schema, by position."""
    notes: tuple[Note, ...] = ()
    """The notes for the report: lines that were passed over, and names that were matched with those of the schema."""
    footer: int = 0
    """The number of bytes of UTF-8 at the end of the file that are notes."""

    def chunks(self) -> Iterator[bytes]:
        """Yield the rows in chunks of UTF-8, without the header and the notes below the rows."""
        skip, kept = self.body, b""
        for chunk in chunks_of(self.file, self.encoding):
            data = kept + chunk[skip:]
            end = max(0, len(data) - self.footer)
            kept = data[end:]
            yield data[:end]
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
    text = split(head.decode(errors="surrogateescape"))
    notes, start_line = list[Note](), 1
    if options.schema.titles and (separator := separator_in(text[0] if text else "")):
        delimiter = delimiter or separator
        notes.append(Note("separator", 1, separator))
        start_line = 2
    rows_text = text[start_line - 1 :]
    sniffed = "".join(rows_text)[:_SNIFFED]
    delimiter = delimiter or _find_delimiter(sniffed, whole and len(head) <= _SNIFFED, options.schema)
    records = Records([rows_text], delimiter, start_line)
    titles, line, header = _header(rows_text, records, delimiter, options.schema)
    notes += titles
    if not header:
        raise NotCsv("empty", "The file is empty.")
    refuse_controls("".join(header), most=0)
    found = tuple(displayed(cell.strip()) for cell in header)
    if len(found) > MAX_COLUMNS:
        raise NotCsv("too_many_columns", Translatable("The first line names more than {n} columns.", n=MAX_COLUMNS))
    above = "".join(text[: records.line - 1])
    body = len(above.encode(errors="surrogateescape"))
    if body >= HEAD and not whole:
        message = "The first line, which has to name the columns, is longer than 1 MiB: is a quote not closed?"
        raise NotCsv("row_too_long", message)
    if any(len(name) > MAX_NAME for name in found):
        message = "The first line has to name the columns, in at most {n} characters each."
        raise NotCsv("no_header", Translatable(message, n=MAX_NAME))
    unique, misnamed = unique_names(found)
    expected = match_columns(unique, options.columns)
    if not any(found) or (not expected and not any(map(_is_name, found))):
        raise NotCsv("no_header", "The first line has to name the columns; this one has no names.")
    names = tuple(expected[at].name if at in expected else name for at, name in enumerate(unique))
    notes += [Note("matched", line, f"{old} = {new}") for old, new in zip(unique, names, strict=True) if old != new]
    footer, below = _footer(file, detected, delimiter, len(found), above) if options.schema.titles else (0, [])
    notes += [Note("note", None, each) for each in below]
    undecodable = next(filter(UNDECODABLE.search, header), None) if is_damaged else None
    source = Source(
        file,
        detected,
        delimiter,
        is_damaged,
        found,
        undecodable,
        line,
        body,
        records.line,
        names,
        misnamed,
        expected,
        tuple(notes),
        footer,
    )
    # Millions of blank lines are passed over, which take the csv module a while.
    chunks = dropwhile(lambda chunk: not chunk.strip(b"\r\n"), source.chunks())
    first_row = next(iter(Records(lines(chunks), delimiter, source.line)), None)
    if len(found) == 1 and first_row is None:
        raise NotCsv("no_rows", "The file is a single line of text: a table has several columns, or rows.")
    return source


_DELIMITERS = "\t !#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


def _is_name(text: str) -> bool:
    """Return whether a text is not empty and not a number."""
    return bool(text) and not text.replace(".", "").replace(",", "").strip("+-").isdecimal()


def _header(text: list[str], records: Records, delimiter: str, schema: Schema) -> tuple[list[Note], int, list[str]]:
    """Return the titles above the header, the number of the header's line, and the header's cells.

    ``records`` is read up to the header.
    """
    above = 0
    if schema.titles:
        try:
            first = islice(Records([text[: _LOOKED_AT + MAX_TITLES]], delimiter), _LOOKED_AT)
            above = count_titles([cells for _, cells in first], schema.columns)
        except NotCsv:
            above = 0
    rows = iter(records)
    titles = [Note("title", line, displayed(" ".join(filter(None, cells)))) for line, cells in islice(rows, above)]
    line, header = next(rows, (0, []))
    return [title for title in titles if title.value.strip()], line, header


def _footer(file: Path, encoding: str, delimiter: str, width: int, above: str) -> tuple[int, list[str]]:
    """Return the size of the notes at the end of a file in bytes of UTF-8, and the notes.

    ``above`` is the text up to the end of the header.
    """
    if encoding.startswith("utf-16") or width < 2:
        return 0, []
    encoding, size = encoding.removesuffix("-sig"), file.stat().st_size
    with file.open("rb") as stream:
        mark = len(BOM_UTF8) if stream.read(len(BOM_UTF8)) == BOM_UTF8 else 0
        body = mark + len(above.encode(encoding, "replace"))  # a byte that cannot be decoded is one "?"
        stream.seek(max(body, size - _TAIL))
        tail = stream.read().decode(encoding, "surrogateescape")
    text = split(tail)[1:] if size - body > _TAIL else split(tail)
    count, notes = size_of_notes(text, delimiter, width)
    # A row with a quote may contain lines that look like notes.
    if not count or '"' in "".join(text[-count:]) or "".join(text[:-count]).count('"') % 2:
        return 0, []
    return len("".join(text[-count:]).encode(errors="surrogateescape")), list(map(displayed, notes))


def _find_delimiter(sample: str, whole: bool, schema: Schema) -> str:
    """Return the delimiter with which the header has many cells and most rows have as many cells as the header.

    Of equally good delimiters, return the one that is rarest in prose.
    """
    text = split(sample)
    best, delimiter = 0.0, ","
    for candidate in "\t|;,":
        try:
            rows = [cells for _, cells in Records([text], candidate)]
        except NotCsv:
            continue
        if not whole and len(rows) > 1:
            rows.pop()
        above = count_titles(rows[:_LOOKED_AT], schema.columns) if schema.titles else 0
        widths = [len(cells) for cells in rows[above:]]
        if widths and widths[0] > 1:
            score = (widths[0] - 1) * widths.count(widths[0]) / len(widths)
            if score > best:
                best, delimiter = score, candidate
    return delimiter
