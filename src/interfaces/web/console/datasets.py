"""The pages of datasets: upload a CSV file, read the verdict, correct the schema, download and delete."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any

from flask import Response, current_app, request
from pydantic import Field

from src.application.datasets import DatasetDetails, IncomingDataset
from src.application.files import IncomingFile
from src.application.sessions import Caller
from src.application.summaries import shown_positions
from src.domain.csv import CheckedRow, Report, Severity, Validation, schema_json
from src.domain.datasets import Dataset
from src.domain.values import Page as Paged
from src.domain.values import Role
from src.interfaces.framework.bodies import Form
from src.interfaces.framework.downloads import attachment
from src.interfaces.framework.fields import TextField
from src.interfaces.framework.headers import accepted_language
from src.interfaces.framework.requests import services
from src.interfaces.framework.uploads import Upload
from src.interfaces.languages import translations
from src.interfaces.web.console.creating import create_once
from src.interfaces.web.console.pages import Page
from src.interfaces.web.console.responses import go

HERE = "/console/datasets"
UPLOADERS = (Role.UPLOADER, Role.ADMIN)
datasets = Page("/datasets", "datasets/datasets.html", UPLOADERS)
dataset = Page("/datasets/<id>", "datasets/dataset.html", UPLOADERS)
rows = Page("/datasets/<id>/rows", "datasets/rows.html", UPLOADERS)
content = Page("/datasets/<id>/file", "", UPLOADERS)
removal = Page("/datasets/<id>/delete", "files/delete.html", UPLOADERS)
PAGE, FIRST_ROWS = 50, 10
"""The number of datasets or rows on a page, and of the rows below a verdict."""
_LONGEST_SCHEMA = 20_000
"""The characters of a schema that is shown for editing."""
_LONGEST_CELL = 200
_TEXTS = [field.name for field in fields(DatasetDetails)]
_FILTERS = {"false": False, "true": True}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a row. ``rule`` is the rule that it breaks, or "" for a good cell."""

    text: str
    rule: str
    is_error: bool


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of a file with the cells that a page shows. ``rules`` are the broken rules of the whole row."""

    line: int
    valid: bool
    cells: Sequence[Cell]
    rules: Sequence[str]


class SchemaForm(Form):
    """A schema as JSON. A form without a schema stands for the suggested schema."""

    schema_: Annotated[TextField | None, Field(alias="schema")] = None


@datasets.show
def _datasets(caller: Caller) -> Mapping[str, Any]:
    page = services().datasets.list(caller.user, request.args.get("cursor"), PAGE)
    listed = zip(page.items, services().datasets.jobs_of(page.items), strict=True)
    like = services().datasets.show(caller.user, request.args["like"]) if "like" in request.args else None
    values = {"datasets": [*listed], "more": page.next, "most": current_app.config["MAX_UPLOAD_BYTES"]}
    return values | ({"typed": {"name": like.name, "schema": _given_schema(like)}} if like else {})


@datasets.upload(*_TEXTS)
def add_dataset(caller: Caller, upload: Upload, file: IncomingFile) -> Response:
    """Store a CSV file and check it. Without a name, the dataset gets the name of the file."""

    def details() -> DatasetDetails:
        texts = {name: upload.fields.get(name, "") for name in _TEXTS}
        stem = file.filename.rpartition(".")[0] or file.filename
        return DatasetDetails(**{**texts, "name": texts["name"] if texts["name"].strip() else stem[:100]})

    stored = services().datasets.add(caller.user, IncomingDataset(file.filename, upload.to_end(file), details))
    return go(f"{HERE}/{stored.dataset.id}")


@dataset.show
def _dataset(caller: Caller, id: str) -> Mapping[str, Any]:
    words = translations(accepted_language())
    found = services().datasets.overview(caller.user, id, words, rows=FIRST_ROWS)
    report, summary, profile = found.dataset.report, found.summary, found.profile
    if report is None or summary is None or profile is None:
        return {"dataset": found.dataset, "job": found.job}
    if "words" in request.args:
        summary = services().datasets.summarise(caller.user, id, words)
    schema = json.dumps(summary.suggested_schema, indent=2, ensure_ascii=False)
    return {
        **_shown_rows(found.dataset, found.rows),
        **_findings(report.validations),
        "profile": profile,
        "marks": profile.marks if len(profile.rows) == report.rows else (),
        "facts": [line for line in summary.text.splitlines() if not line.startswith("- ")],
        "advice": [line[2:] for line in summary.text.splitlines() if line.startswith("- ")],
        "source": summary.source,
        "is_partial": len(profile.rows) < report.rows,
        "has_more": services().datasets.summariser.adviser is not None or len(profile.rows) < report.rows,
        "suggested": _suggested(report, summary.suggested_schema),
        "schema": schema if len(schema) <= _LONGEST_SCHEMA else "",
    }


@dataset.form("/datasets/<id>/check")
def check_again(caller: Caller, id: str, body: SchemaForm) -> Response:
    """Check the file with another schema, as a new dataset."""
    stored = create_once(caller, lambda once: services().datasets.check_again(caller.user, id, body.schema_, once))
    return go(f"{HERE}/{stored.dataset.id}", "dataset") if stored else go(HERE, "dataset-checked")


@dataset.form("/datasets/<id>/cancel")
def cancel_check(caller: Caller, id: str) -> Response:
    """Cancel the job that checks the file."""
    services().jobs.cancel(caller, services().datasets.show(caller.user, id).job_id or "")
    return go(f"{HERE}/{id}", "check-cancelled")


@rows.show
def _rows(caller: Caller, id: str) -> Mapping[str, Any]:
    valid, cursor = _FILTERS.get(request.args.get("valid", "")), request.args.get("cursor")
    return {"valid": valid, **_shown_rows(*services().datasets.list_rows(caller.user, id, valid, cursor, PAGE))}


@content.show
def _content(caller: Caller, id: str) -> Response:
    stored, read = services().datasets.read(caller.user, id)
    return attachment(read, stored.filename, stored.size, stored.sha256)


@removal.show
def _removal(caller: Caller, id: str) -> Mapping[str, Any]:
    return {"dataset": services().datasets.show(caller.user, id)}


@removal.form()
def delete_dataset(caller: Caller, id: str) -> Response:
    """Remove a dataset with its rows and its file."""
    services().datasets.delete(caller, id)
    return go(HERE, "dataset-removed")


def _shown_rows(stored: Dataset, page: Paged[CheckedRow]) -> dict[str, Any]:
    """Return a page of rows for the templates, with a bounded number of columns."""
    report = stored.report
    values = {"dataset": stored, "report": report, "more": page.next}
    if report is None:
        return values | {"rows": (), "columns": (), "unshown": 0}
    positions = shown_positions(report)
    shown = {"columns": [report.columns[at] for at in positions], "unshown": len(report.columns) - len(positions)}
    return values | shown | {"rows": [*_cells(report, positions, page.items)]}


def _cells(report: Report, positions: Sequence[int], rows: Sequence[CheckedRow]) -> Iterator[ShownRow]:
    errors = {(each.rule, each.column) for each in report.validations if each.severity is Severity.ERROR}
    for row in rows:
        broken = {at: rule for rule, at in reversed(row.findings) if at is not None}
        cells = []
        for at in positions:
            text, rule = row.values[at] if at < len(row.values) else "", broken.get(at, "")
            shown = text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"
            cells.append(Cell(shown, rule, (rule, report.columns[at].name) in errors))
        yield ShownRow(row.line, row.valid, cells, [rule for rule, at in row.findings if at is None])


def _findings(validations: Sequence[Validation]) -> dict[str, Any]:
    """Return the broken rules, the errors first, and the columns by the rules that all of their values keep."""
    broken = sorted((each for each in validations if not each.passed), key=lambda each: each.severity)
    passed: dict[str, list[str]] = {}
    for each in validations:
        if each.passed:
            passed.setdefault(each.rule, []).extend([each.column] if each.column else [])
    return {"broken": broken, "passed": passed, "checks": len(validations)}


def _suggested(report: Report, schema: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return by column the type, the rules that it has, and the rules that the suggested schema adds."""
    given = schema_json(report.schema)
    return {
        name: (
            rules["type"],
            [_rule(*each) for each in rules.items() if each[0] != "type" and each[0] in given.get(name, {})],
            [_rule(*each) for each in rules.items() if each[0] not in given.get(name, {})],
        )
        for name, rules in schema.items()
    }


def _rule(name: str, value: object) -> str:
    shown = json.dumps(value, ensure_ascii=False).strip('"')
    return name if value is True else f"{name} {shown if len(shown) <= _LONGEST_CELL else shown[:_LONGEST_CELL] + '…'}"


def _given_schema(stored: Dataset) -> str:
    """Return the schema with which a dataset was uploaded as JSON, or "" without one."""
    options = stored.read_options
    return json.dumps(schema_json(options.columns, options.schema), ensure_ascii=False) if options.columns else ""
