"""The rules of a column as polars expressions."""

from collections.abc import Callable, Iterator

import polars as pl

from src.domain.tables import GRAMMAR, ORDER, Column, ColumnType
from src.infrastructure.tables import patterns

_Violation = Callable[[pl.LazyFrame], pl.Expr]
"""Takes the values of the right type and returns which cells break a rule."""
_NUMERIC = {ColumnType.INTEGER: pl.Int128, ColumnType.NUMBER: pl.Float64}


class ColumnRules:
    """The rules of one column. Its cells are in the column of a frame that is named by ``position``."""

    def __init__(self, position: int, column: Column) -> None:
        self.position = position
        self._column = column
        self._cell = pl.col(str(position))
        filled = self._cell != ""
        self._is_typed = column.type is not ColumnType.STRING
        self.has_value = filled & self._cell.str.contains(f"^(?:{GRAMMAR[column.type]})$") if self._is_typed else filled
        """Which cells hold a value of the column's type."""
        self._violations = [*self._of_values()]

    def broken(self, frame: pl.DataFrame, complete: pl.Series | None) -> Iterator[tuple[str, pl.Expr]]:
        """Yield each rule with the cells that break it.

        ``frame`` also has the result of ``has_value``, as a column ``value POSITION``. Only ``complete`` rows count.
        """
        has_value = pl.col(f"value {self.position}")
        if self._column.required:
            empty = self._cell == ""
            yield "not_empty", empty if complete is None else empty & complete
        if self._is_typed:
            mistyped = (self._cell != "") & ~has_value
            yield "type", mistyped if complete is None else mistyped & complete
        for rule, violation in self._violations:
            yield rule, has_value & violation(frame.lazy().filter(has_value).select(self._cell))

    def _of_values(self) -> Iterator[tuple[str, _Violation]]:
        column = self._column
        if column.min is not None:
            yield "min", self._outside(column.min, is_least=True)
        if column.max is not None:
            yield "max", self._outside(column.max, is_least=False)
        if column.pattern is not None:
            yield "pattern", self._unmatched(column.pattern)
        if column.enum is not None:
            allowed = self._cell.is_in(list(column.enum))
            yield "enum", lambda _: ~allowed

    def _outside(self, bound: float | str, *, is_least: bool) -> _Violation:
        order = ORDER[self._column.type]
        limit = order(str(bound))
        if self._column.type is ColumnType.DATETIME:
            # Both are of one type, which mypy cannot see.
            compare = limit.__le__ if is_least else limit.__ge__
            return self._failing(lambda text: compare(order(text)))  # type: ignore[operator]
        # Dates are in the order of time as they are written.
        numeric = _NUMERIC.get(self._column.type)
        value = self._cell.cast(numeric, strict=False) if numeric else self._cell
        literal = pl.lit(limit, numeric or pl.String)
        outside = (value < literal if is_least else value > literal).fill_null(False)
        return lambda _: outside

    def _unmatched(self, pattern: str) -> _Violation:
        if translated := patterns.portable(pattern):
            unmatched = ~self._cell.str.contains(translated)
            try:
                pl.DataFrame({str(self.position): ["a"]}).select(unmatched)
                return lambda _: unmatched
            except pl.exceptions.PolarsError:  # the automaton is too large for Rust's library
                pass
        return self._failing(patterns.compiled(pattern))

    def _failing(self, test: Callable[[str], object]) -> _Violation:
        """Call ``test`` once for each distinct value."""

        def failing(values: pl.LazyFrame) -> pl.Expr:
            distinct = values.unique().collect().to_series()
            return self._cell.is_in([value for value in distinct if not test(value)])

        return failing
