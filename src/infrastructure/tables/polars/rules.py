"""The rules of a column, as expressions."""

from collections.abc import Callable, Iterator

import polars as pl

from src.domain.tables import GRAMMAR, ORDER, Column, ColumnType
from src.infrastructure.tables import patterns
from src.infrastructure.tables.findings import Findings
from src.infrastructure.tables.rules import value_tests


class Rules:
    """The rules of one column, as expressions."""

    def __init__(self, findings: Findings, at: int, column: Column) -> None:
        self.at = at
        self._column = column
        self._required = column.required
        self._cell = pl.col(str(at))
        filled = self._cell != ""
        typed = column.type is not ColumnType.STRING
        self.right = filled & self._cell.str.contains(f"^(?:{GRAMMAR[column.type]})$") if typed else filled
        """Which cells have a value of the type."""
        self._tests = [(rule, self._broken_by(rule, test)) for rule, test in value_tests(column)]

    def broken(self, judged: pl.DataFrame, whole: pl.Series | None) -> Iterator[tuple[str, pl.Expr]]:
        """Which cells break which rule, given which have a value of the type."""
        right = pl.col(f"right {self.at}")
        if self._required:
            empty = self._cell == ""
            yield "not_empty", empty if whole is None else empty & whole
        if self._column.type is not ColumnType.STRING:
            wrong = (self._cell != "") & ~right
            yield "type", wrong if whole is None else wrong & whole
        for rule, test in self._tests:
            yield rule, right & test(judged.lazy().filter(right).select(self._cell))

    def _broken_by(self, rule: str, test: Callable[[str], object]) -> Callable[[pl.LazyFrame], pl.Expr]:
        """Which values break a rule: told by polars if it knows how, else by testing each that there is."""
        column, cell = self._column, self._cell
        known: pl.Expr | None = None
        if rule == "enum" and column.enum:
            known = ~cell.is_in(list(column.enum))
        elif rule == "pattern" and column.pattern:
            known = _matches_not(cell, column.pattern)
        elif rule in {"min", "max"} and column.type is not ColumnType.DATETIME:
            bound = column.min if rule == "min" else column.max
            casts = {ColumnType.INTEGER: pl.Int128, ColumnType.NUMBER: pl.Float64}
            # Dates as they are written are in the order of time.
            value = cell.cast(casts[column.type], strict=False) if column.type in casts else cell
            limit = pl.lit(ORDER[column.type](str(bound)), casts.get(column.type, pl.String))
            known = (value < limit if rule == "min" else value > limit).fill_null(False)
        if known is not None:
            return lambda _: known

        def by_hand(values: pl.LazyFrame) -> pl.Expr:
            distinct = values.unique().collect().to_series()
            return cell.is_in([value for value in distinct if not test(value)])

        return by_hand


def _matches_not(cell: pl.Expr, pattern: str) -> pl.Expr | None:
    translated = patterns.portable(pattern)
    if translated is None:
        return None
    known = ~cell.str.contains(translated)
    try:
        pl.DataFrame({cell.meta.output_name(): ["a"]}).select(known)
    except pl.exceptions.PolarsError:  # too big for Rust's
        return None
    return known
