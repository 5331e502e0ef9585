"""A file as a table: what encoding and delimiter it has, where its header ends, and whether it is CSV at all."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from src.domain.errors import FieldError, Invalid
from src.domain.tables import MAX_COLUMNS, MAX_NAME, Column
from src.infrastructure.tables.binary import refuse_controls, refuse_magic
from src.infrastructure.tables.encodings import UNDECODED, chunks_of, declared_encoding, find_encoding, refused, shown
from src.infrastructure.tables.records import Records, split

HEAD = 1 << 20
"""How much of a file may be its header, in bytes."""
_SNIFFED = 1 << 16


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be read: its form and its header. ``broken``: it has bytes that cannot be decoded."""

    file: Path
    encoding: str
    delimiter: str
    broken: bool
    header: tuple[str, ...]
    undecoded: str | None
    """The first name in it with bytes that cannot be decoded."""
    header_line: int
    body: int
    """Where the first byte after the header is, in the one form."""
    line: int
    """The line of that byte."""

    def chunks(self, read: Callable[[float], None] | None = None) -> Iterator[bytes]:
        """What is after the header; ``read`` is told how much of the file has been read, as 0 to 1."""
        skip = self.body
        for chunk in chunks_of(self.file, self.encoding, read):
            yield chunk[skip:]
            skip = max(0, skip - len(chunk))


def inspect(
    file: Path,
    schema: Sequence[Column],
    delimiter: str | None,
    encoding: str | None,
    read: Callable[[float], None] | None = None,
) -> Source:
    """Look through a file once; raises Invalid for what is no CSV file, and for what nobody can read it by."""
    if delimiter is not None and (len(delimiter) != 1 or not delimiter.isascii() or delimiter not in _DELIMITERS):
        raise Invalid(FieldError("delimiter", "delimiter", "Give one character: a comma, semicolon, tab, pipe, …"))
    declared = declared_encoding(encoding) if encoding is not None else None
    with file.open("rb") as stream:
        start = stream.read(16)
    refuse_magic(start)
    found, broken = find_encoding(file, start, declared, read)
    head = b""
    for chunk in chunks_of(file, found, None):
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
        raise refused("empty", "The file is empty.")
    refuse_controls("".join(header), most=0)
    names = tuple(shown(cell.strip()) for cell in header)
    if len(names) > MAX_COLUMNS:
        raise refused("too_many_columns", f"The first line names more than {MAX_COLUMNS} columns.")
    body = len("".join(text[: records.line - 1]).encode(errors="surrogateescape"))
    if body >= HEAD and not whole:
        message = "The first line, which has to name the columns, is longer than 1 MiB: is a quote not closed?"
        raise refused("row_too_long", message)
    if any(len(name) > MAX_NAME for name in names):
        raise refused("no_header", f"The first line has to name the columns, in at most {MAX_NAME} characters each.")
    if not any(names) or (not {column.name for column in schema} & {*names} and not any(map(_is_name, names))):
        raise refused("no_header", "The first line has to name the columns; this one has no names.")
    undecoded = next(filter(UNDECODED.search, header), None) if broken else None
    return Source(file, found, delimiter, broken, names, undecoded, line, body, records.line)


_DELIMITERS = "\t !#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


def _is_name(text: str) -> bool:
    """Whether it is not just a number."""
    return bool(text) and not text.replace(".", "").replace(",", "").strip("+-").isdecimal()


def _find_delimiter(head: bytes, whole: bool) -> str:
    """The delimiter by which most rows are as wide as the header; of equal ones the one rarest in prose."""
    lines = split(head.decode(errors="surrogateescape"))
    best, delimiter = 0.0, ","
    for candidate in "\t|;,":
        try:
            widths = [len(cells) for _, cells in Records([lines], candidate)]
        except Invalid:
            continue
        if not whole and len(widths) > 1:
            widths.pop()
        if widths and widths[0] > 1:
            score = (widths[0] - 1) * widths.count(widths[0]) / len(widths)
            if score > best:
                best, delimiter = score, candidate
    return delimiter
