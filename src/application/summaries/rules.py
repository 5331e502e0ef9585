"""A summary by rules: always there, and always the same for the same table."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from src.application.summaries.schemas import RULES, suggested_columns
from src.application.summaries.statistics import Statistics
from src.domain.tables import Column, ColumnType, Report, Validation, schema_json

MAX_TEXT = 4_000
MAX_FINDINGS = 20
MAX_LINES = 3
MAX_SHOWN = 60
# They make a text look other than it is.
_DIRECTIONS = {*"\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}

_WRITE = {
    ColumnType.INTEGER: "Write digits only: no decimals, thousands separators, units or leading zeros.",
    ColumnType.NUMBER: "Write a point before decimals, and no thousands separators, units or leading zeros.",
    ColumnType.BOOLEAN: "Write true or false.",
    ColumnType.DATE: "Write dates that exist as YYYY-MM-DD.",
    ColumnType.DATETIME: "Write YYYY-MM-DDTHH:MM:SSZ, or an offset such as +02:00 in place of the Z.",
    ColumnType.EMAIL: "Write one whole address, such as name@example.com, and nothing else.",
}
_TO_DO = {
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
    """What was found, in plain text, and a schema that can be posted back."""

    source: Literal["rules", "ai"]
    text: str
    suggested_schema: dict[str, dict[str, object]]


def summarise_by_rules(report: Report, statistics: Statistics) -> Summary:
    """See Summary."""
    columns = suggested_columns(report, statistics)
    lines = [*_facts(report), *_findings(report), *_additions(report, columns)]
    return Summary("rules", plain("\n".join(lines), note(report, statistics)), schema_json(columns))


def plain(text: str, end: str = "") -> str:
    """The text, cut to size, without what is no text, and with ``end`` as its last line."""
    end = f"\n{end}" if end else ""
    text = text.replace("\r\n", "\n").replace("\t", " ")[: 2 * MAX_TEXT]
    text = "".join(
        c for c in text if c == "\n" or (unicodedata.category(c) not in {"Cc", "Cs"} and c not in _DIRECTIONS)
    )
    text, most = text.strip(), MAX_TEXT - len(end)
    return (text if len(text) <= most else f"{text[: most - 1]}…") + end


def note(report: Report, statistics: Statistics) -> str:
    """That not all rows were looked at, if so."""
    if statistics.rows >= report.rows:
        return ""
    looked = f"the first {statistics.rows:,}" if statistics.rows else "none"
    return f"Of the {report.rows:,} rows, {looked} were looked at for the suggested schema, so it adds no rules."


def _facts(report: Report) -> Iterator[str]:
    size = f"{_count(report.rows, 'row')} and {_count(len(report.columns), 'column')}"
    # Rounded down, so that 100 % are all.
    share = f" ({1000 * report.valid_rows // report.rows / 10:g} %)" if report.rows else ""
    yield f"The table has {size}. {_count(report.valid_rows, 'row')}{share} kept every rule."


def _findings(report: Report) -> Iterator[str]:
    columns = {column.name: column for column in report.columns}
    broken = [validation for validation in report.validations if not validation.passed]
    if not broken:
        yield "Nothing is wrong with it."
    for validation in broken[:MAX_FINDINGS]:
        column = columns.get(validation.column or "", Column(validation.column or ""))
        yield f"- {_finding(validation, column, report)} {_to_do(validation, column)}"
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
    what = broken.get(validation.rule, f"breaks {validation.rule}")
    return f"{_quoted(column.name) + ' ' if validation.column else ''}{what} in {rows}{lines}."


def _to_do(validation: Validation, column: Column) -> str:
    if validation.rule == "type":
        return f"{_WRITE.get(column.type, 'Correct the values.')} Or ask for another type."
    return _TO_DO.get(validation.rule, "")


def _lines(validation: Validation) -> str:
    numbers = [str(sample.row) for sample in validation.samples[:MAX_LINES]]
    if not numbers:
        return ""
    first = "first " if validation.count > len(numbers) else ""
    return f", {first}at line{'s'[: len(numbers) > 1]} {', '.join(numbers)}"


def _additions(report: Report, columns: tuple[Column, ...]) -> Iterator[str]:
    asked = {column.name: column for column in report.schema}
    added = []
    for column in columns:
        old = asked.get(column.name, Column(""))
        if rules := [rule for rule in RULES if getattr(column, rule) != getattr(old, rule)]:
            added.append(f"{_quoted(column.name)} {', '.join(rules)}")
    if added:
        more = f"; and rules of {len(added) - MAX_FINDINGS:,} more columns" if len(added) > MAX_FINDINGS else ""
        some = "; ".join(added[:MAX_FINDINGS])
        yield f"The suggested schema adds rules that all rows keep already: {some}{more}."


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'s'[: count != 1]}"


def _quoted(name: str) -> str:
    return f"“{_short(name)}”"


def _short(text: str) -> str:
    """On one line, and not longer than a person reads."""
    text = " ".join(text.split())
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
