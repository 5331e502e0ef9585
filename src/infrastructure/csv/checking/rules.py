"""The rules of columns as polars expressions."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import polars as pl

from src.domain.csv import ORDER, ColumnType
from src.domain.csv.forms import any_form, comparable, grammar
from src.infrastructure.csv.checking import facts as known
from src.infrastructure.csv.checking import patterns
from src.infrastructure.csv.checking.facts import Facts, number_in
from src.infrastructure.csv.checking.rows import marked

_NUMERIC = {ColumnType.INTEGER: pl.Int128, ColumnType.NUMBER: pl.Float64}
_CELL = pl.col("cell")
_HAS_VALUE = pl.col("has_value")


def stacked(frame: pl.DataFrame, positions: Iterable[int]) -> pl.Series:
    """Concatenate the columns at ``positions`` into one long series with the name ``cell``."""
    return pl.concat([frame.to_series(position) for position in positions]).alias("cell")


class ColumnRules:
    """Rules that one or more columns have in common. Their cells are checked together, as one long series."""

    def __init__(self, facts: Facts, positions: list[int]) -> None:
        self.positions = positions
        self._facts = facts
        self._column = facts.column
        self._is_text = self._column.type is ColumnType.STRING
        has_value = _CELL != ""
        if not self._is_text:
            has_value &= _CELL.str.contains(f"^(?:{grammar(self._column)})$")
        self._has_value = has_value.fill_null(False)
        self._broken = dict(self._broken_by_rule())
        self._odd = _odd_text(facts) if self._is_text else (_CELL != "") & ~_HAS_VALUE
        self._suspicions = dict(self._suspicions_of_odd_cells())

    @classmethod
    def of(cls, columns: Iterable[Facts]) -> list["ColumnRules"]:
        """Return the rules of all columns. Columns that differ only in name or in ``unique`` share one object."""
        groups: dict[object, tuple[Facts, list[int]]] = {}
        for position, facts in enumerate(columns):
            groups.setdefault(facts.shared, (facts, []))[1].append(position)
        return [cls(*shared) for shared in groups.values()]

    @staticmethod
    def judge(columns: Sequence["ColumnRules"], frame: pl.DataFrame) -> list[pl.DataFrame]:
        """Return for each of the rules a frame of booleans with one row for each cell, in the order of ``stacked``.

        The column ``has_value`` is true for a cell that has a value of the column's type. Each other column has the
        name of a rule, and is true for a cell that breaks it. A null cell has no value and breaks no rule.
        """
        cells = [stacked(frame, rules.positions).to_frame() for rules in columns]
        judged = pl.collect_all([rules._judged(each) for rules, each in zip(columns, cells, strict=True)])
        return [rules._judged_closely(each, first) for rules, each, first in zip(columns, cells, judged, strict=True)]

    def _judged(self, cells: pl.DataFrame) -> pl.LazyFrame:
        judged = cells.lazy().with_columns(has_value=self._has_value)
        return judged.select(_HAS_VALUE, odd=self._odd.fill_null(False), **self._broken)

    def _judged_closely(self, cells: pl.DataFrame, judged: pl.DataFrame) -> pl.DataFrame:
        """Add the suspicions about the cells that are no ordinary values of the column."""
        odd = judged["odd"].arg_true()
        judged = judged.drop("odd")
        if not len(odd):
            return judged
        # Nearly all cells are as they should be. Only the others are looked at closely.
        closely = cells[odd].select(**self._suspicions)
        found = {
            each.name: marked(cells.height, odd.filter(each))
            for each in closely.iter_columns()
            if each.any() or each.name == "type"
        }
        if "blank" in found and "not_empty" in judged.columns:
            found["not_empty"] = judged["not_empty"].fill_null(False) | found["blank"]
        if "scientific" in found and "scientific" in judged.columns:
            found["scientific"] |= judged["scientific"].fill_null(False)
        found.pop("blank", None)
        return judged.with_columns(**found)

    def _broken_by_rule(self) -> Iterator[tuple[str, pl.Expr]]:
        column, rules = self._column, self._facts.rules
        if column.required is not False:
            yield "not_empty", _CELL == ""
        if column.min is not None:
            yield "min", _HAS_VALUE & self._outside(column.min, is_least=True)
        if column.max is not None:
            yield "max", _HAS_VALUE & self._outside(column.max, is_least=False)
        if column.pattern is not None:
            yield "pattern", _HAS_VALUE & _unmatched(column.pattern)
        if column.enum is not None:
            yield "enum", _HAS_VALUE & ~_CELL.is_in(list(column.enum))
        if self._facts.misspelled and "spelling" in rules:
            yield "spelling", _CELL.str.strip_chars().is_in(list(self._facts.misspelled)).fill_null(False)
        if self._facts.limits and "out_of_range" in rules:
            number = pl.when(_HAS_VALUE).then(number_in(column, _CELL))
            least, most = self._facts.limits
            yield "out_of_range", ((number < least) | (number > most)).fill_null(False)
        if column.type is ColumnType.NUMBER and "scientific" in rules:
            yield "scientific", _CELL.str.contains("E+", literal=True).fill_null(False)

    def _suspicions_of_odd_cells(self) -> Iterator[tuple[str, pl.Expr]]:
        """Yield the suspicions about cells that are no ordinary values of the column."""
        rules, text = self._facts.rules, _CELL.str.strip_chars()
        blank, forms = text == "", any_form(self._column.type)
        yield "blank", blank
        if not self._is_text:
            own = text.str.contains(f"^(?:{grammar(self._column)})$")
            other = text.str.contains(f"^(?:{forms})$") & ~own if forms else pl.lit(False)
            if "mixed_format" in rules:
                yield "mixed_format", other
            # Blanks around a value are reported as such.
            has_blanks = own if "blanks" in rules else pl.lit(False)
            yield "type", ~(blank | other | has_blanks)
        for rule, pattern in _patterns(self._facts).items():
            yield rule, _CELL.str.contains(pattern)
        if "mostly_type" in rules and self._facts.suspected:
            typed = _CELL.str.contains(f"^(?:{grammar(self._facts.suspected)})$")
            yield "mostly_type", ~(typed | blank)

    def _outside(self, bound: float | str, *, is_least: bool) -> pl.Expr:
        order = ORDER[self._column.type]
        limit = order(str(bound))
        if self._column.type is ColumnType.DATETIME or (self._column.format or "yyyy-mm-dd") != "yyyy-mm-dd":
            # Both are of one type, which mypy cannot see.
            compare = limit.__le__ if is_least else limit.__ge__
            return _failing(lambda text: compare(comparable(self._column, text)))  # type: ignore[operator]
        # Dates, compared as text, are in the order of time.
        numeric = _NUMERIC.get(self._column.type)
        value = _CELL
        if numeric:
            is_plain = not self._column.thousands and self._column.decimal != ","
            value = _CELL.cast(numeric, strict=False) if is_plain else number_in(self._column, _CELL)
        literal = pl.lit(limit, numeric or pl.String)
        return (value < literal if is_least else value > literal).fill_null(False)


def _patterns(facts: Facts) -> Mapping[str, str]:
    """Return the regular expressions of suspicious cells, by rule."""
    errors = known.ERRORS
    if facts.column.type is not ColumnType.STRING:
        errors = f"{errors}|{known.PLACEHOLDERS}"
    elif facts.has_rare_placeholders:
        errors = f"{errors}|{known.TEXT_PLACEHOLDERS}"
    found = {"blanks": known.BLANKS, "error_value": errors, "mojibake": known.MOJIBAKE, "scientific": known.SCIENTIFIC}
    return {rule: pattern for rule, pattern in found.items() if rule in facts.rules}


def _odd_text(facts: Facts) -> pl.Expr:
    """Return an expression that is true for the strings that break a suspicion, found in a single pass."""
    odd = _CELL.str.contains("|".join(f"(?:{pattern})" for pattern in (*_patterns(facts).values(), r"^\s+$")))
    if facts.suspected and "mostly_type" in facts.rules:
        odd |= (_CELL != "") & ~_CELL.str.contains(f"^(?:{grammar(facts.suspected)})$")
    return odd


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
