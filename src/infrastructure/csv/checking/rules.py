"""The rules of columns as polars expressions."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import polars as pl

from src.domain.csv import GRAMMAR, ORDER, Column, ColumnType
from src.infrastructure.csv.checking import patterns

_NUMERIC = {ColumnType.INTEGER: pl.Int128, ColumnType.NUMBER: pl.Float64}
_CELL = pl.col("cell")
_HAS_VALUE = pl.col("has_value")


def stacked(frame: pl.DataFrame, positions: Iterable[int]) -> pl.Series:
    """Concatenate the columns at ``positions`` into one long series with the name ``cell``."""
    return pl.concat([frame.to_series(position) for position in positions]).alias("cell")


class ColumnRules:
    """Rules that one or more columns have in common. Their cells are checked together, as one long series."""

    def __init__(self, column: Column, positions: list[int]) -> None:
        self.positions = positions
        self._column = column
        has_value = _CELL != ""
        if column.type is not ColumnType.STRING:
            has_value &= _CELL.str.contains(f"^(?:{GRAMMAR[column.type]})$")
        self._has_value = has_value.fill_null(False)
        self._broken = dict(self._broken_by_rule())

    @classmethod
    def of(cls, columns: Iterable[Column]) -> list["ColumnRules"]:
        """Return the rules of all columns. Columns that differ only in name or in ``unique`` share one object."""
        positions: dict[Column, list[int]] = {}
        for position, column in enumerate(columns):
            positions.setdefault(replace(column, name="", unique=False), []).append(position)
        return [cls(*shared) for shared in positions.items()]

    def judge(self, frame: pl.DataFrame) -> pl.LazyFrame:
        """Return a frame of booleans with one row for each cell, in the order of ``stacked``.

        The column ``has_value`` is true for a cell that has a value of the column's type. Each other column has the
        name of a rule, and is true for a cell that breaks it. A null cell has no value and breaks no rule.
        """
        cells = stacked(frame, self.positions).to_frame().lazy()
        return cells.with_columns(has_value=self._has_value).select(_HAS_VALUE, **self._broken)

    def _broken_by_rule(self) -> Iterator[tuple[str, pl.Expr]]:
        column = self._column
        if column.required is not False:
            yield "not_empty", _CELL == ""
        if column.type is not ColumnType.STRING:
            yield "type", (_CELL != "") & ~_HAS_VALUE
        if column.min is not None:
            yield "min", _HAS_VALUE & self._outside(column.min, is_least=True)
        if column.max is not None:
            yield "max", _HAS_VALUE & self._outside(column.max, is_least=False)
        if column.pattern is not None:
            yield "pattern", _HAS_VALUE & _unmatched(column.pattern)
        if column.enum is not None:
            yield "enum", _HAS_VALUE & ~_CELL.is_in(list(column.enum))

    def _outside(self, bound: float | str, *, is_least: bool) -> pl.Expr:
        order = ORDER[self._column.type]
        limit = order(str(bound))
        if self._column.type is ColumnType.DATETIME:
            # Both are of one type, which mypy cannot see.
            compare = limit.__le__ if is_least else limit.__ge__
            return _failing(lambda text: compare(order(text)))  # type: ignore[operator]
        # Dates, compared as text, are in the order of time.
        numeric = _NUMERIC.get(self._column.type)
        value = _CELL.cast(numeric, strict=False) if numeric else _CELL
        literal = pl.lit(limit, numeric or pl.String)
        return (value < literal if is_least else value > literal).fill_null(False)


def _unmatched(pattern: str) -> pl.Expr:
    if translated := patterns.portable(pattern):
        unmatched = ~_CELL.str.contains(translated)
        try:
            pl.DataFrame({"cell": ["a"]}).select(unmatched)
            return unmatched
        except pl.exceptions.PolarsError:  # the automaton is too large for Rust's library
            pass
    return _failing(patterns.compiled(pattern))


def _failing(test: Callable[[str], object]) -> pl.Expr:
    """Return an expression that is true for values that fail ``test``, which runs once for each distinct value."""

    def failing(values: pl.Series) -> pl.Series:
        return values.is_in([value for value in values.unique().drop_nulls() if not test(value)])

    return pl.when(_HAS_VALUE).then(_CELL).map_batches(failing, return_dtype=pl.Boolean).fill_null(False)
