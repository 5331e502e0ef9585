"""Suggests a schema: the given or inferred one, with further rules that no row of the file breaks."""

from dataclasses import replace
from typing import Any

from src.application.summaries.statistics import ColumnStatistics, Statistics, looks_like_id
from src.domain.csv import MAX_COLUMNS, MAX_NAME, SUSPICIONS, Column, ColumnType, Report

FEW_ROWS = 20
"""The least number of values for which a bound or ``unique`` is suggested: fewer say little about later files."""
MANY_ROWS = 100
"""The least number of values for which an enum is suggested: with fewer, an allowed value may be missing."""
_MAX_EXACT = 2**53
"""Every integer up to this size is exact as a double."""


def all_columns(report: Report) -> dict[str, Column]:
    """Return by name the columns of the file, then the columns of the schema that the file lacks."""
    return {column.name: column for column in (*report.columns, *report.schema)}


def suggested_columns(report: Report, statistics: Statistics) -> tuple[Column, ...]:
    """Return up to MAX_COLUMNS columns, each with its own rules and the suggested ones.

    A column whose name is too long for a schema is left out. Rules are suggested only when the statistics cover all
    rows. A column gets the type that most of its values have.
    """
    counted = statistics.columns if statistics.rows >= report.rows else {}
    suspected = {each.column for each in report.validations if not each.passed and each.rule in SUSPICIONS}
    rows = report.rows - statistics.skipped
    mostly = {note.value: note.kind.removeprefix("mostly ") for note in report.notes if note.kind.startswith("mostly ")}
    return tuple(
        replace(column, type=ColumnType(mostly[name]))
        if name in mostly
        else tighten(column, counted[name], rows, is_suspected=name in suspected)
        if name in counted
        else column
        for name, column in all_columns(report).items()
        # The number that is added to a repeated name can make it too long for a schema.
        if len(name) <= MAX_NAME
    )[:MAX_COLUMNS]


def tighten(column: Column, counted: ColumnStatistics, rows: int, *, is_suspected: bool) -> Column:
    """Return the column with suggested rules that no row breaks, in addition to its own rules.

    ``is_suspected`` says that the column has suspicious values: it then gets no ``min``, ``max`` or ``enum``.
    """
    proposed: dict[str, Any] = {"required": rows > 0 and column.required is not False}
    values = counted.valid
    if looks_like_id(column):
        proposed["unique"] = values.filled >= FEW_ROWS
    elif values.least and values.greatest and values.filled >= FEW_ROWS and not is_suspected:
        proposed |= {"min": _bound(column, values.least[1]), "max": _bound(column, values.greatest[1])}
    if column.type is ColumnType.STRING and values.texts and values.filled >= MANY_ROWS and not is_suspected:
        proposed["enum"] = tuple(sorted(values.texts)) if all(map(str.isprintable, values.texts)) else None
    return add_rules(column, proposed, counted, rows)


def add_rules(column: Column, proposed: dict[str, Any], counted: ColumnStatistics, rows: int) -> Column:
    """Return the column with each proposed rule that it does not have yet and that no row breaks."""
    new = {rule: bound for rule, bound in proposed.items() if rule not in column.rules}
    return replace(column, **{rule: bound for rule, bound in new.items() if counted.keeps(rule, bound, rows)})


def _bound(column: Column, text: str) -> int | float | str:
    if column.type is ColumnType.INTEGER:
        return int(text)
    if column.type is not ColumnType.NUMBER:
        return text
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < _MAX_EXACT else number
