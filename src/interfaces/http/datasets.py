"""Datasets over HTTP."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from flask import Response, request
from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from src.application.datasets import DatasetService, Received, StoredDataset, spooled
from src.application.files import Measured
from src.application.sessions import Caller
from src.domain.datasets import Asked, Dataset, DatasetStatus
from src.domain.errors import Ended, FieldError, Invalid, NotFound
from src.domain.tables import Column, ColumnType, Row, schema_json
from src.interfaces.http.answers import View, monitor, no_content, render, render_list
from src.interfaces.http.bodies import Paging, load_json, parse_fields
from src.interfaces.http.downloads import attachment
from src.interfaces.http.fields import BooleanParameter, NameField, TextField
from src.interfaces.http.jobs import JobView
from src.interfaces.http.operations import Access, Operations, rules_of, services
from src.interfaces.http.receipts import Repeatable
from src.interfaces.http.uploads import Upload, UploadBody

operations = Operations("Datasets", "CSV files: every row, and what was found in them.")


_DELIMITERS = {",": ",", ";": ";", "|": "|", "\t": "\t", "\\t": "\t", "tab": "\t"}


class DatasetUpload(UploadBody):
    """A CSV file and how to read it."""

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
    delimiter: Annotated[TextField, Field(description="A comma, semicolon, tab or bar; found out unless given.")] = ""
    encoding: Annotated[TextField, Field(description="Found out unless given.", examples=["utf-8"])] = ""

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


class RowFilter(Paging):
    """Which rows."""

    valid: Annotated[
        BooleanParameter | None, Field(description="Those in which nothing was found, or the others; all unless told.")
    ] = None


class ColumnView(View):
    """A column and its rules."""

    name: str
    type: ColumnType
    required: bool
    unique: bool
    min: int | float | str | None
    max: int | float | str | None
    pattern: str | None
    enum: list[str] | None

    @classmethod
    def of(cls, column: Column) -> Self:
        """A column."""
        return cls(**{name: getattr(column, name) for name in cls.model_fields})


class SampleView(View):
    """Where a rule was broken."""

    row: int = Field(description="The line where the record begins; the header is line 1.")
    value: str


class ValidationView(View):
    """A rule that was applied, and whether it was kept."""

    rule: str = Field(examples=["not_empty"])
    column: str | None
    passed: bool
    count: int = Field(description="How often it was broken.")
    samples: list[SampleView] = Field(description="The first ten.")


class DatasetView(View):
    """A dataset."""

    id: str
    name: str
    filename: str
    file_uri: str = Field(examples=["s3://bucket/datasets/3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f"])
    size: int = Field(description="Bytes.")
    sha256: str
    delimiter: str | None
    encoding: str | None
    rows: int | None = Field(description="null until the last one is stored.")
    columns: list[ColumnView]
    schema_: dict[str, Any] = Field(
        serialization_alias="schema", description="What was asked for, or was inferred; it can be posted."
    )
    status: DatasetStatus
    validations: list[ValidationView] = Field(description="Every rule that was applied, kept or not.")
    created_at: datetime

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        """A dataset as its owner sees it."""
        report = dataset.report
        return cls(
            id=dataset.id,
            name=dataset.name,
            filename=dataset.filename,
            file_uri=services().datasets.uri(dataset),
            size=dataset.size,
            sha256=dataset.sha256,
            delimiter=report.delimiter if report else dataset.asked.delimiter,
            encoding=report.encoding if report else dataset.asked.encoding,
            rows=report.rows if report else None,
            columns=[ColumnView.of(column) for column in report.columns] if report else [],
            schema_=schema_json(report.schema if report else dataset.asked.columns),
            status=dataset.status,
            validations=[ValidationView.model_validate(each, from_attributes=True) for each in report.validations]
            if report
            else [],
            created_at=dataset.created_at,
        )


class AcceptedView(View):
    """A dataset that a job checks."""

    id: str
    status: DatasetStatus
    job: JobView


class RowView(View):
    """A row."""

    line: int = Field(description="The line where it begins; the header is line 1.")
    valid: bool = Field(description="Whether nothing was found in it.")
    values: dict[str, str]

    @classmethod
    def of(cls, row: Row, names: list[str]) -> Self:
        """A row, with the names of its columns."""
        line, valid, values = row
        return cls(line=line, valid=valid, values=dict(zip_longest(names, values, fillvalue="")))


class SummaryView(View):
    """What was found, for people."""

    source: Literal["rules", "ai"]
    text: str
    suggested_schema: dict[str, Any] = Field(description="It fits more tightly, and can be posted.")


def _one(dataset: Dataset) -> Response:
    response = render(DatasetView.of(dataset), revision=dataset.revision)
    if dataset.job_id:
        response.headers["Link"] = monitor(dataset.job_id)
    return response


def _prefers_async() -> bool:
    """Whether the client would rather not wait (RFC 7240 section 4.1)."""
    preferences = ",".join(request.headers.getlist("Prefer")).lower().split(",")
    return "respond-async" in {preference.partition(";")[0].strip() for preference in preferences}


def _receive(upload: Upload, caller: Caller, file: Path, keep: Callable[[], None]) -> Received:
    """Let the file arrive, and the fields before and after it. Raises Invalid and what reading raises."""
    part = upload.file("file")
    measured = Measured(part.chunks, keep)
    lines, ended = 0, True
    with file.open("wb") as opened:
        for chunk in measured:
            opened.write(chunk)
            lines += _line_breaks(chunk)
            ended = chunk.endswith((b"\n", b"\r"))
    upload.finish()
    form, columns = _parsed(upload.fields, caller)
    return Received(
        file=file,
        name=form.name,
        filename=part.filename,
        size=measured.size,
        sha256=measured.sha256,
        lines=lines if ended else lines + 1,
        asked=Asked(columns, form.delimiter or None, form.encoding or None),
        later=_prefers_async(),
    )


def _parsed(fields: Mapping[str, str], caller: Caller) -> tuple[DatasetUpload, tuple[Column, ...]]:
    """The fields, and the columns of the schema among them. Raises Invalid, which names all that are bad."""
    errors: list[FieldError] = []
    try:
        form = parse_fields(DatasetUpload, fields, rules_of(caller))
    except Invalid as error:
        errors += error.errors
    try:
        text = fields.get("schema", "")
        columns = services().datasets.parse_schema(load_json(text) if text.strip() else None)
    except UnicodeError:
        errors.append(FieldError("schema", "json", "This is not valid JSON: a text holds half of a character."))
    except ValueError as error:
        errors.append(FieldError("schema", "json", f"This is not valid JSON: {error}."))
    except Invalid as error:
        errors += error.errors
    try:
        if fields.get("encoding"):
            services().datasets.tables.check_encoding(fields["encoding"])
    except Invalid as error:
        errors += error.errors
    if errors:
        raise Invalid(*errors)
    return form, columns


def _line_breaks(chunk: bytes) -> int:
    """How many lines end in it, or a few more: with LF, CRLF, CR, in UTF-16 too."""
    pairs = chunk.count(b"\r\n") + chunk.count(b"\r\0\n") if b"\r" in chunk else 0
    return chunk.count(b"\n") + chunk.count(b"\r") - pairs


@operations.add("POST", "/datasets", aliases=("/files/csv",), access=Access.UPLOADER, body=DatasetUpload, status=201,
                answer=DatasetView, instead={202: AcceptedView}, idempotent=True, monitored=True,
                use_case=DatasetService.add)  # fmt: skip
def add_dataset(caller: Caller, upload: Upload, repeatable: Repeatable) -> Response:
    """Store a dataset."""

    def created(stored: StoredDataset) -> Response:
        dataset, job = stored.dataset, stored.job
        headers = {"Location": f"/datasets/{dataset.id}"}
        if job is None:
            return render(DatasetView.of(dataset), 201, headers, revision=dataset.revision)
        accepted = AcceptedView(id=dataset.id, status=dataset.status, job=JobView.of(job))
        headers |= {"Link": monitor(job.id)} | ({"Preference-Applied": "respond-async"} if _prefers_async() else {})
        return render(accepted, 202, headers)

    repeatable.content = upload.digest
    with spooled() as file:
        receive = partial(_receive, upload, caller, file)
        return created(services().datasets.add(caller.user, receive, repeatable.once(created)))


@operations.add("GET", "/datasets", access=Access.UPLOADER, query=Paging, answer=DatasetView, array=True,
                use_case=DatasetService.list)  # fmt: skip
def list_datasets(caller: Caller, query: Paging) -> Response:
    """List datasets."""
    page = services().datasets.list(caller.user, query.cursor, query.limit)
    return render_list([DatasetView.of(dataset) for dataset in page.items], page.next)


@operations.add("GET", "/datasets/<id>", access=Access.UPLOADER, answer=DatasetView, etag=True, errors=(NotFound,),
                monitored=True, use_case=DatasetService.show)  # fmt: skip
def show_dataset(caller: Caller, id: str) -> Response:
    """See a dataset."""
    return _one(services().datasets.show(caller.user, id))


@operations.add("GET", "/datasets/<id>/rows", access=Access.UPLOADER, query=RowFilter, answer=RowView, array=True,
                errors=(NotFound,), use_case=DatasetService.list_rows)  # fmt: skip
def list_rows(caller: Caller, id: str, query: RowFilter) -> Response:
    """List rows."""
    dataset, page = services().datasets.list_rows(caller.user, id, query.valid, query.cursor, query.limit)
    names = [column.name for column in dataset.report.columns] if dataset.report else []
    return render_list([RowView.of(row, names) for row in page.items], page.next)


@operations.add("GET", "/datasets/<id>/file", access=Access.UPLOADER, text="application/octet-stream",
                errors=(NotFound,), use_case=DatasetService.read)  # fmt: skip
def read_dataset(caller: Caller, id: str) -> Response:
    """Get the file of a dataset."""
    dataset, chunks = services().datasets.read(caller.user, id)
    return attachment(chunks, dataset.filename, dataset.size)


@operations.add("POST", "/datasets/<id>/summary", access=Access.UPLOADER, answer=SummaryView,
                errors=(NotFound, Ended), use_case=DatasetService.summarise)  # fmt: skip
def summarise_dataset(caller: Caller, id: str) -> Response:
    """Summarise a dataset."""
    summary = services().datasets.summarise(caller.user, id)
    schema = dict(summary.suggested_schema)
    return render(SummaryView(source=summary.source, text=summary.text, suggested_schema=schema))


@operations.add("DELETE", "/datasets/<id>", access=Access.UPLOADER, status=204, errors=(NotFound,),
                use_case=DatasetService.delete)  # fmt: skip
def delete_dataset(caller: Caller, id: str) -> Response:
    """Remove a dataset."""
    services().datasets.delete(caller.user, id)
    return no_content()
