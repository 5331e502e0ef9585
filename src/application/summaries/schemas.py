"""A schema that asks for more, and that no row of the file breaks."""

from dataclasses import replace
from typing import Any

from src.application.summaries.statistics import ColumnStatistics, Statistics, looks_like_id
from src.domain.tables import MAX_COLUMNS, MAX_NAME, Column, ColumnType, Report

RULES = ("required", "unique", "min", "max", "pattern", "enum")
FEW_ROWS = 20
"""Fewer say nothing about what later ones may hold."""
MANY_ROWS = 100
"""So many make it likely that all the values of an enum are there."""
_WIDEST = 2**53


def all_columns(report: Report) -> dict[str, Column]:
    """By name, the columns of the file, and then those that were asked for in vain."""
    return {column.name: column for column in (*report.columns, *report.schema)}


def suggested_columns(report: Report, statistics: Statistics) -> tuple[Column, ...]:
    """The schema that was asked for, columns of the file that it lacks, and what all of its rows keep to."""
    counted = statistics.columns if statistics.rows >= report.rows else {}
    return tuple(
        tightened(column, counted[name], report.rows) if name in counted else column
        for name, column in all_columns(report).items()
        # The name of a repeated column may have become too long to be asked for.
        if len(name) <= MAX_NAME
    )[:MAX_COLUMNS]


def tightened(column: Column, counted: ColumnStatistics, rows: int) -> Column:
    """The column with the rules that it has, and others that no row breaks."""
    proposed: dict[str, Any] = {"required": rows > 0}
    values = counted.valid
    if looks_like_id(column):
        proposed["unique"] = values.filled >= FEW_ROWS
    elif values.least and values.greatest and values.filled >= FEW_ROWS:
        proposed |= {"min": _bound(column, values.least[1]), "max": _bound(column, values.greatest[1])}
    if column.type is ColumnType.STRING and values.texts and values.filled >= MANY_ROWS:
        proposed["enum"] = tuple(sorted(values.texts)) if all(map(str.isprintable, values.texts)) else None
    return completed(column, proposed, counted, rows)


def completed(column: Column, proposed: dict[str, Any], counted: ColumnStatistics, rows: int) -> Column:
    """The column, and of the rules proposed those that it has not and that no row breaks."""
    bare = Column("")
    return replace(
        column,
        **{
            rule: bound
            for rule, bound in proposed.items()
            if getattr(column, rule) == getattr(bare, rule) != bound and counted.keeps(rule, bound, rows)
        },
    )


def _bound(column: Column, text: str) -> int | float | str:
    if column.type is ColumnType.INTEGER:
        return int(text)
    if column.type is not ColumnType.NUMBER:
        return text
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < _WIDEST else number
