"""The views of datasets, their rows and the results of their checks."""

from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any, ClassVar, Literal, Self

from pydantic import Field

from src.domain.csv import CheckedRow, Column, ColumnType, Severity, schema_json, typed_value
from src.domain.datasets import Dataset, DatasetStatus
from src.interfaces.framework.requests import services
from src.interfaces.http.features.jobs import JobView
from src.interfaces.views import Resource, View


class ColumnView(View):
    """A column and its rules."""

    name: str = Field(examples=["id"])
    type: ColumnType
    required: bool | None = Field(
        description="Whether empty cells are errors (true), are not looked for (false), or are warnings (null)."
    )
    unique: bool
    min: int | float | str | None
    max: int | float | str | None
    pattern: str | None
    enum: list[str] | None
    format: str | None = Field(description="The order and the separators of dates.", examples=["dd/mm/yyyy"])
    decimal: str | None = Field(description="The character before decimals.", examples=[","])
    thousands: str | None = Field(
        description="The character between groups of three digits, which may be left out.", examples=["."]
    )
    true: str | None = Field(description="The word for true. Case and accents do not matter.", examples=["sí"])
    false: str | None = Field(description="The word for false.", examples=["no"])
    allow: list[str] | None = Field(description="The suspicions that are not looked for.")


class SampleView(View):
    """A value that breaks a rule, and the line of its row."""

    row: int = Field(description="The line on which the record begins; the header is line 1.")
    value: str


class ValidationView(View):
    """A rule that was checked, and the result of the check."""

    rule: str = Field(examples=["not_empty"])
    column: str | None
    severity: Severity = Field(
        description="A row that breaks a rule of severity `error` is not valid. A warning leaves the row valid."
    )
    passed: bool
    count: int = Field(description="The number of values that broke it.")
    samples: list[SampleView] = Field(description="The first ten of those values.")


class DatasetView(Resource):
    """A dataset."""

    is_long: ClassVar[bool] = True

    id: str
    name: str = Field(examples=["Customers"])
    filename: str
    file_uri: str = Field(examples=["s3://bucket/datasets/3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f"])
    size: int = Field(description="Bytes.")
    sha256: str
    delimiter: str | None
    encoding: str | None
    rows: int | None = Field(description="The number of rows; null until all are stored.")
    columns: list[ColumnView]
    schema_: dict[str, Any] = Field(
        serialization_alias="schema",
        description="The given or inferred schema, in the form that an upload takes.",
    )
    status: DatasetStatus
    validations: list[ValidationView] = Field(description="Every rule that was checked.")
    created_at: datetime

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        """Return the view of a dataset, with the results of its check if the check has ended."""
        report, found = dataset.report, dataset.report or dataset.read_options
        names = ("id", "name", "filename", "size", "sha256", "status", "created_at")
        return cls(
            **{name: getattr(dataset, name) for name in names},
            file_uri=services().datasets.uri(dataset),
            delimiter=found.delimiter,
            encoding=found.encoding,
            rows=report.rows if report else None,
            columns=[ColumnView.of(column) for column in report.columns] if report else [],
            schema_=schema_json(report.schema if report else dataset.read_options.columns, dataset.read_options.schema),
            validations=[ValidationView.of(each) for each in report.validations] if report else [],
        )


class AcceptedView(View):
    """A dataset that a job checks."""

    id: str
    status: DatasetStatus
    job: JobView


class FindingView(View):
    """A rule that a row breaks."""

    rule: str = Field(examples=["type"])
    column: str | None = Field(description="Null for a rule of the whole row.")


class RowView(View):
    """A row."""

    line: int = Field(description="The line on which it begins.")
    valid: bool = Field(description="Whether it breaks no rule of severity `error`.")
    values: dict[str, str] = Field(description="The values as they are written in the file.")
    normalised: dict[str, int | float | bool | str] = Field(
        description="The values that are written in another form than JSON or ISO 8601 have."
    )
    findings: list[FindingView] = Field(description="The rules that it breaks, warnings too.")

    @classmethod
    def of_row(cls, row: CheckedRow, columns: Sequence[Column]) -> Self:
        """Return the view of a row with these columns."""
        values = dict(zip_longest((column.name for column in columns), row.values, fillvalue=""))
        typed = {column.name: typed_value(column, values[column.name]) for column in columns}
        return cls(
            line=row.line,
            valid=row.valid,
            values=values,
            normalised={name: value for name, value in typed.items() if value is not None},
            findings=[
                FindingView(rule=rule, column=None if at is None else columns[at].name) for rule, at in row.findings
            ],
        )


class SummaryView(View):
    """A summary of a dataset for people."""

    source: Literal["rules", "ai"]
    text: str
    suggested_schema: dict[str, Any] = Field(description="A stricter schema, in the form that an upload takes.")
