"""Summarises a report by fixed rules, without an adviser. Equal tables have equal summaries."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from src.application.summaries.schemas import suggested_columns
from src.application.summaries.statistics import Statistics
from src.domain.tables import Column, ColumnType, Report, Severity, Validation, schema_json

MAX_TEXT = 4_000
"""The length of a summary in characters."""
MAX_FINDINGS = 20
MAX_LINES = 3
"""The number of line numbers for each broken rule."""
MAX_SHOWN = 60
"""The length in characters at which a name is cut."""
_DIRECTION_MARKS = {*"\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
"""They change the order in which characters are displayed, and so can disguise a text."""

_FORMATS = {
    ColumnType.INTEGER: "Write digits only: no decimals, thousands separators, units or leading zeros.",
    ColumnType.NUMBER: "Write a point before decimals, and no thousands separators, units or leading zeros.",
    ColumnType.BOOLEAN: "Write true or false.",
    ColumnType.DATE: "Write dates that exist as YYYY-MM-DD.",
    ColumnType.DATETIME: "Write YYYY-MM-DDTHH:MM:SSZ, or an offset such as +02:00 in place of the Z.",
    ColumnType.EMAIL: "Write one whole address, such as name@example.com, and nothing else.",
}
_REMEDIES = {
    "header": "Name every column once, in the words of the schema, or change the schema.",
    "row_width": "Put quotes around values that hold the delimiter or a line break, and complete short rows.",
    "encoding": "Save the file as UTF-8, or name its encoding when you upload it.",
    "duplicate_row": "Remove the copies.",
    "not_empty": "Fill in the values, or do not require them.",
    "unique": "Correct or remove the repeated values, or do not ask for unique ones.",
    "min": "Correct the values, or lower the minimum.",
    "max": "Correct the values, or raise the maximum.",
    "pattern": "Write the values as the pattern says, or change the pattern.",
    "enum": "Use one of the allowed values, spelt exactly as in the schema, or allow more.",
}


@dataclass(frozen=True, slots=True)
class Summary:
    """A text of at most MAX_TEXT characters, and a schema that the next upload of the table can use."""

    source: Literal["rules", "ai"]
    text: str
    suggested_schema: dict[str, dict[str, object]]


def summarise_by_rules(report: Report, statistics: Statistics) -> Summary:
    """Return a summary with the violations, what to do about them, and rules that no row breaks."""
    columns = suggested_columns(report, statistics)
    lines = [*_facts(report), *_findings(report), *_additions(report, columns)]
    return Summary("rules", plain_text("\n".join(lines), coverage_note(report, statistics)), schema_json(columns))


def plain_text(text: str, end: str = "") -> str:
    """Return the text without control characters, cut to MAX_TEXT, with ``end`` as its last line."""
    end = f"\n{end}" if end else ""
    text = text.replace("\r\n", "\n").replace("\t", " ")[: 2 * MAX_TEXT]
    text = "".join(
        c for c in text if c == "\n" or (unicodedata.category(c) not in {"Cc", "Cs"} and c not in _DIRECTION_MARKS)
    )
    text, most = text.strip(), MAX_TEXT - len(end)
    return (text if len(text) <= most else f"{text[: most - 1]}…") + end


def coverage_note(report: Report, statistics: Statistics) -> str:
    """Return a sentence that says how many rows the statistics cover, or an empty text when they cover all."""
    if statistics.rows >= report.rows:
        return ""
    covered = f"the first {statistics.rows:,}" if statistics.rows else "none"
    return f"Of the {report.rows:,} rows, {covered} were looked at for the suggested schema, so it adds no rules."


def _facts(report: Report) -> Iterator[str]:
    size = f"{_count(report.rows, 'row')} and {_count(len(report.columns), 'column')}"
    # Rounded down, so that 100 % means every row.
    share = f" ({1000 * report.valid_rows // report.rows / 10:g} %)" if report.rows else ""
    yield f"The table has {size}. {_count(report.valid_rows, 'row')}{share} kept every rule."


def _findings(report: Report) -> Iterator[str]:
    columns = {column.name: column for column in report.columns}
    broken = [validation for validation in report.validations if not validation.passed]
    if not broken:
        yield "Nothing is wrong with it."
    for validation in broken[:MAX_FINDINGS]:
        column = columns.get(validation.column or "", Column(validation.column or ""))
        yield f"- {_finding(validation, column, report)} {_remedy(validation, column)}"
    if len(broken) > MAX_FINDINGS:
        yield f"- {len(broken) - MAX_FINDINGS:,} more rules were broken; the report names them."


def _finding(validation: Validation, column: Column, report: Report) -> str:
    rows, lines = _count(validation.count, "row"), _lines(validation)
    if validation.rule == "header":
        problems = "; ".join(_short(sample.value) for sample in validation.samples[:MAX_LINES])
        more = "; …" if validation.count > MAX_LINES else ""
        return f"The header has {_count(validation.count, 'problem')} ({problems}{more})."
    broken = {
        "row_width": "Cells are too many or too few",
        "encoding": f"Characters are not valid {report.encoding}",
        "duplicate_row": "An earlier row is repeated",
        "not_empty": "is empty",
        "type": f"holds no {column.type}",
        "unique": "repeats an earlier value",
        "min": f"is less than {column.min}",
        "max": f"is more than {column.max}",
        "pattern": "does not match the pattern",
        "enum": "holds a value that is not allowed",
    }
    problem = broken.get(validation.rule, f"breaks {validation.rule}")
    return f"{_quoted(column.name) + ' ' if validation.column else ''}{problem} in {rows}{lines}."


def _remedy(validation: Validation, column: Column) -> str:
    if validation.severity is Severity.WARNING:
        return "Fill in the values, or say in the schema whether they are required."
    if validation.rule == "type":
        return f"{_FORMATS.get(column.type, 'Correct the values.')} Or ask for another type."
    return _REMEDIES.get(validation.rule, "")


def _lines(validation: Validation) -> str:
    numbers = [str(sample.row) for sample in validation.samples[:MAX_LINES]]
    if not numbers:
        return ""
    first = "first " if validation.count > len(numbers) else ""
    return f", {first}at line{'s'[: len(numbers) > 1]} {', '.join(numbers)}"


def _additions(report: Report, columns: tuple[Column, ...]) -> Iterator[str]:
    given = {column.name: column for column in report.schema}
    added = []
    for column in columns:
        old = given.get(column.name, Column(""))
        if rules := [rule for rule in column.rules if rule not in old.rules]:
            added.append(f"{_quoted(column.name)} {', '.join(rules)}")
    if added:
        more = f"; and rules of {len(added) - MAX_FINDINGS:,} more columns" if len(added) > MAX_FINDINGS else ""
        some = "; ".join(added[:MAX_FINDINGS])
        yield f"The suggested schema adds rules that all rows keep already: {some}{more}."


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s'[: count != 1]}"


def _quoted(name: str) -> str:
    return f"“{_short(name)}”"


def _short(text: str) -> str:
    """Return the text on one line, cut to MAX_SHOWN."""
    text = " ".join(text.split())
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
