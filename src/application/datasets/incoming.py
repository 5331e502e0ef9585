"""A CSV file that a user uploads, and the details that come with it, such as its name and its schema."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from src.application.files import MeasuredChunks
from src.application.ports import CsvChecker
from src.application.strict_json import NotJson, strict_json
from src.domain.csv import InvalidOption, NotCsv, ReadOptions, Schema, parse_schema
from src.domain.errors import FieldError, Invalid
from src.domain.messages import Translatable
from src.domain.values import InvalidValue, parse_name

_DELIMITERS = {"": None, ",": ",", ";": ";", "|": "|", "\t": "\t", "\\t": "\t", "tab": "\t"}
_MAX_SCHEMA_VALUES = 200_000
"""The commas and opening brackets of a schema at most: twenty for each of the most columns."""


@dataclass(frozen=True, slots=True)
class DatasetDetails:
    """The texts that a user sends with a CSV file, before they are parsed.

    An empty text means that the text was not sent.
    """

    name: str = ""
    schema: str = ""
    """A schema as JSON."""
    delimiter: str = ""
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class IncomingDataset:
    """A CSV file that a user adds. Iterating over ``chunks`` raises an error unless the whole file arrives."""

    filename: str
    chunks: Iterable[bytes]
    details: Callable[[], DatasetDetails]
    """A function that returns the details, which may arrive after the file."""
    in_job: bool | None = None
    """Whether a job checks the file. If it is None, a job checks a large file."""


class MeasuredCsv(MeasuredChunks):
    """Yields the chunks of a CSV file, and counts its lines.

    After the iteration, ``lines`` is the number of lines. It may be slightly too high, such as when a chunk ends
    between the two characters of CRLF.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        super().__init__(chunks)
        self.lines = 0

    def __iter__(self) -> Iterator[bytes]:
        chunk = b"\n"
        for chunk in super().__iter__():
            # Lines end with LF, CRLF or CR, also in UTF-16.
            pairs = chunk.count(b"\r\n") + chunk.count(b"\r\0\n") if b"\r" in chunk else 0
            self.lines += chunk.count(b"\n") + chunk.count(b"\r") - pairs
            yield chunk
        self.lines += not chunk.endswith((b"\n", b"\r"))


def parse_details(details: DatasetDetails, checker: CsvChecker) -> tuple[str, ReadOptions, list[FieldError]]:
    """Return the name of a dataset, the options to read its file, and every flaw of the details."""
    errors: list[FieldError] = []
    schema, encoding = Schema(), None
    with collecting(errors):
        if not details.name.strip():
            raise Invalid(FieldError("name", "required", "Give the dataset a name."))
        parse_name(details.name)
    with collecting(errors):
        schema = parse_schema(_json(details.schema), checker.pattern_flaws)
    with collecting(errors):
        if details.delimiter not in _DELIMITERS:
            raise Invalid(FieldError("delimiter", "delimiter", "Give a comma, a semicolon, a tab or a bar."))
    with collecting(errors):
        if details.encoding:
            # Only this name is stored, because the text that a client sends may be of any length.
            encoding = checker.declared_encoding(details.encoding)
    return details.name, ReadOptions(schema, _DELIMITERS.get(details.delimiter), encoding), errors


def _json(text: str) -> object:
    try:
        return strict_json(text, max_values=_MAX_SCHEMA_VALUES) if text.strip() else None
    except UnicodeError:
        raise Invalid(
            FieldError("schema", "json", "This is not valid JSON: a text holds half of a character.")
        ) from None
    except NotJson as error:
        message = Translatable("This is not valid JSON: {reason}.", reason=error.reason)
        raise Invalid(FieldError("schema", "json", message)) from None


@contextmanager
def collecting(errors: list[FieldError]) -> Iterator[None]:
    """Append the errors of the block to ``errors`` instead of raising them, so that one answer names all of them."""
    try:
        yield
    except Invalid as error:
        errors += error.errors
    except InvalidValue as error:
        errors.append(FieldError("name", error.code, error.message))
    except (InvalidOption, NotCsv) as error:
        errors.append(error.field)
