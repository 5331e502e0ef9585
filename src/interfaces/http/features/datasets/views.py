"""The views of datasets, their rows and the results of their checks."""

from datetime import datetime
from itertools import zip_longest
from typing import Any, ClassVar, Literal, Self

from pydantic import Field

from src.domain.csv import ColumnType, Row, Severity, schema_json
from src.domain.datasets import Dataset, DatasetStatus
from src.interfaces.framework.requests import services
from src.interfaces.http.features.jobs import JobView
from src.interfaces.views import Resource, View


class ColumnView(View):
    """A column and its rules."""

    name: str
    type: ColumnType
    required: bool | None = Field(
        description="Whether empty cells are errors (true), are not looked for (false), or are warnings (null)."
    )
    unique: bool
    min: int | float | str | None
    max: int | float | str | None
    pattern: str | None
    enum: list[str] | None


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
    name: str
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
            schema_=schema_json(report.schema if report else dataset.read_options.columns),
            validations=[ValidationView.of(each) for each in report.validations] if report else [],
        )


class AcceptedView(View):
    """A dataset that a job checks."""

    id: str
    status: DatasetStatus
    job: JobView


class RowView(View):
    """A row."""

    line: int = Field(description="The line on which it begins; the header is line 1.")
    valid: bool = Field(description="Whether it breaks no rule.")
    values: dict[str, str]

    @classmethod
    def of_row(cls, row: Row, names: list[str]) -> Self:
        """Return the view of a row. ``names`` are the names of the columns."""
        line, valid, values = row
        return cls(line=line, valid=valid, values=dict(zip_longest(names, values, fillvalue="")))


class SummaryView(View):
    """A summary of a dataset for people."""

    source: Literal["rules", "ai"]
    text: str
    suggested_schema: dict[str, Any] = Field(description="A stricter schema, in the form that an upload takes.")
