"""Receives a CSV file and the options to read it with."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from flask import request
from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from src.application.datasets import IncomingDataset
from src.application.files import MeasuredChunks
from src.application.sessions import Caller
from src.application.strict_json import NotJson, strict_json
from src.domain.csv import InvalidOption, NotCsv, ReadOptions, Schema
from src.domain.errors import FieldError, Invalid
from src.domain.messages import Translatable
from src.interfaces.framework.bodies import parse_fields
from src.interfaces.framework.field_errors import with_field
from src.interfaces.framework.fields import NameField, TextField
from src.interfaces.framework.requests import context_of, services
from src.interfaces.http.framework.uploads import Upload, UploadBody

_DELIMITERS = {",": ",", ";": ";", "|": "|", "\t": "\t", "\\t": "\t", "tab": "\t"}


class DatasetUpload(UploadBody):
    """A CSV file and the options to read it with."""

    name: Annotated[NameField, Field(examples=["Customers"])]
    schema_: Annotated[
        TextField,
        Field(
            alias="schema",
            description="JSON: each column's name and its type, or an object of type, required, unique, min, max, "
            "pattern, enum. Empty or absent: it is inferred.",
            examples=['{"id": {"type": "integer", "unique": true}, "email": "email"}'],
        ),
    ] = ""
    delimiter: Annotated[TextField, Field(description="A comma, semicolon, tab or bar. Detected by default.")] = ""
    encoding: Annotated[TextField, Field(description="Detected by default.", examples=["utf-8"])] = ""

    @field_validator("name")
    @classmethod
    def _named(cls, name: str) -> str:
        if not name.strip():
            raise PydanticCustomError("required", "Give the dataset a name.")
        return name

    @field_validator("delimiter")
    @classmethod
    def _known(cls, delimiter: str) -> str:
        if delimiter and delimiter not in _DELIMITERS:
            raise PydanticCustomError("delimiter", "Give a comma, a semicolon, a tab or a bar.")
        return _DELIMITERS.get(delimiter, "")


def prefers_async() -> bool:
    """Return whether the client prefers a job to waiting for the check (RFC 7240 section 4.1)."""
    preferences = ",".join(request.headers.getlist("Prefer")).lower().split(",")
    return "respond-async" in {preference.partition(";")[0].strip() for preference in preferences}


def receive(upload: Upload, caller: Caller, file: Path, heartbeat: Callable[[], None]) -> IncomingDataset:
    """Write the uploaded CSV to ``file``, and parse the form fields. ``heartbeat`` is called for each chunk.

    Raises Invalid, UnsupportedMediaType, BadRequest, RequestEntityTooLarge, and the errors of ``heartbeat``.
    """
    errors: list[FieldError] = []
    part = None
    try:
        part = upload.file("file")
    except Invalid as missing:
        if not upload.whole:
            raise  # without reading the rest, which may be a large file of another name
        errors += missing.errors
    content = MeasuredChunks(part.chunks if part else ())
    lines, ends_with_break = 1, False
    with file.open("wb") as opened:
        for chunk in content:
            heartbeat()
            opened.write(chunk)
            lines += _line_breaks(chunk)
            ends_with_break = chunk.endswith((b"\n", b"\r"))
    upload.finish()
    form, schema = _parsed(upload.fields, caller, errors)
    if errors and part and not {"delimiter", "encoding"} & {error.field for error in errors}:
        with _collecting(errors):  # the errors of the file are reported with those of the fields
            delimiter = _DELIMITERS.get(upload.fields.get("delimiter", ""))
            options = ReadOptions(delimiter=delimiter, encoding=upload.fields.get("encoding") or None)
            services().datasets.checker.require_csv(file, options)
    if errors or not (part and form):
        raise Invalid(*errors)
    return IncomingDataset(
        file=file,
        name=form.name,
        filename=part.filename,
        size=content.size,
        sha256=content.sha256,
        lines=lines - ends_with_break,
        read_options=ReadOptions(schema, form.delimiter or None, form.encoding or None),
        prefer_job=prefers_async(),
    )


def _parsed(fields: Mapping[str, str], caller: Caller, errors: list[FieldError]) -> tuple[DatasetUpload | None, Schema]:
    """Return the fields and the schema. Append their errors to ``errors``."""
    form: DatasetUpload | None = None
    schema = Schema()
    with _collecting(errors):
        form = parse_fields(DatasetUpload, fields, context_of(caller))
    with _collecting(errors):
        schema = services().datasets.parse_schema(_json(fields.get("schema", "")))
    with _collecting(errors):
        if fields.get("encoding"):
            services().datasets.checker.check_encoding(fields["encoding"])
    return form, schema


def _json(text: str) -> object:
    try:
        return strict_json(text) if text.strip() else None
    except UnicodeError:
        raise Invalid(
            FieldError("schema", "json", "This is not valid JSON: a text holds half of a character.")
        ) from None
    except NotJson as error:
        message = Translatable("This is not valid JSON: {reason}.", reason=error.reason)
        raise Invalid(FieldError("schema", "json", message)) from None


@contextmanager
def _collecting(errors: list[FieldError]) -> Iterator[None]:
    """Append the errors of the block to ``errors`` instead of raising them, so that one answer names all."""
    try:
        yield
    except (Invalid, InvalidOption, NotCsv) as error:
        match with_field(error):
            case Invalid(errors=found):
                errors += found


def _line_breaks(chunk: bytes) -> int:
    """Count the line breaks (LF, CRLF or CR, also in UTF-16) in a chunk. The count may be a little too high."""
    pairs = chunk.count(b"\r\n") + chunk.count(b"\r\0\n") if b"\r" in chunk else 0
    return chunk.count(b"\n") + chunk.count(b"\r") - pairs
