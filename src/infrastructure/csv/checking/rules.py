"""The rules of columns as polars expressions."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache

import polars as pl

from src.domain.csv import ORDER, ColumnType
from src.domain.csv.forms import any_form, comparable, grammar
from src.infrastructure.csv.checking import patterns
from src.infrastructure.csv.checking.facts import Facts
from src.infrastructure.csv.checking.ranges import number_in

_NUMERIC = {ColumnType.INTEGER: pl.Int128, ColumnType.NUMBER: pl.Float64}
_CELL = pl.col("cell")
_HAS_VALUE = pl.col("has_value")
_ERRORS = (
    r"(?i)^(?:#(?:N/[AD]|NV|¡?(?:REF|VALOR|NUM|NULO|NULL|DIV/0|CALC|DESBORDAMIENTO|SPILL)!|REF!|VALUE!|NAME\?"
    r"|¿NOMBRE\?|DIV/0!|WERT!|BEZUG!|ZAHL!|NULL!|GETTING_DATA|ERROR!?)|#{3,}|null|[(<\[]null[)>\]]|\\N|nan|undefined"
    r"|\[object object\]|=[-+@(]?\$?[a-z]{1,}[a-z0-9.$]*[-+*/(:&!0-9^][^ ]*)$"
)
"""Errors of spreadsheets, formulas, and the words of programs for a missing value."""
_PLACEHOLDERS = (
    r"(?i)^(?:n/[ad]|n\.[ad]\.?|s/d|nd|na|none|nil|-{1,3}|\u2013|\u2014|[?]{1,3}|\.{1,3}|\*+|xxx+|tbd|missing|error)$"
)
"""Marks for a missing value, which can be values of a text."""
_TEXT_PLACEHOLDERS = _PLACEHOLDERS.replace("|nd|na|none|nil", "")
"""The marks for a missing value in columns of text, where "NA" can mean Namibia and "None" can be an answer."""
_CONTINUATION = "".join(bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0xC0))
_MOJIBAKE = (
    rf"[ÃÂ](?:[\x{{80}}-\x{{BF}}{_CONTINUATION}]|\s|$)|â€|ï»¿|ðŸ|\x{{FFFD}}|√[\x{{B0}}-\x{{FF}}\x{{2200}}-\x{{22FF}}]"
    r"|[a-zA-Z]\?[a-zñ]{2}"
)
"""Text in UTF-8 that was read in another encoding, as Windows and macOS do, or characters that were lost."""
_BLANKS = r"^[\s\x{200B}\x{FEFF}]|[\s\x{200B}\x{FEFF}]$"
_SCIENTIFIC = r"^[-+]?[0-9](?:[.,][0-9]+)?E\+[0-9]{2,3}$"
"""A number as Excel shortens it, whose last digits are lost."""


Judgement = tuple[pl.Series, dict[str, pl.Series]]
"""Which cells of a column have a value of its type, and by rule the rows of the cells that break it."""
Compile = Callable[[str], Callable[[str], object]]
"""A function that takes a pattern and returns a function that is true for a text that matches as a whole."""


def stacked(frame: pl.DataFrame, positions: Iterable[int]) -> pl.Series:
    """Concatenate the columns at ``positions`` into one long series with the name ``cell``."""
    return pl.concat([frame.to_series(position) for position in positions]).alias("cell")


class ColumnRules:
    """Rules that one or more columns share. The cells of these columns are checked together, as one long series.

    Nearly all cells are ordinary. One expression finds the other, odd cells, and further expressions check only these.
    """

    def __init__(self, facts: Facts, positions: list[int], compiled: Compile) -> None:
        self.positions = positions
        self._facts = facts
        self._column = facts.column
        self._compiled = compiled
        self._is_text = self._column.type is ColumnType.STRING
        self._own = f"^(?:{grammar(self._column)})$"
        self._has_value = (_CELL != "" if self._is_text else _CELL.str.contains(self._own)).fill_null(False)
        self._by_values = dict(self._broken_by_values())
        self._flags = {"odd": self._odd().fill_null(False), **self._by_values}
        self._close = dict(self._broken_by_odd_cells())

    @classmethod
    def of(cls, columns: Iterable[Facts]) -> list["ColumnRules"]:
        """Return the rules of all columns. Columns that differ only in name or in ``unique`` share one object."""
        groups: dict[object, tuple[Facts, list[int]]] = {}
        for position, facts in enumerate(columns):
            groups.setdefault(facts.shared, (facts, []))[1].append(position)
        compiled = cache(patterns.compiled)  # many columns may have one pattern, and differ in other rules
        return [cls(*shared, compiled) for shared in groups.values()]

    @staticmethod
    def judge(columns: Sequence["ColumnRules"], frame: pl.DataFrame) -> Iterator[tuple[int, Judgement]]:
        """Yield the position of each column with the judgement of its cells.

        A null cell has no value and breaks no rule.
        """
        cells = [stacked(frame, rules.positions).to_frame() for rules in columns]
        judged = pl.collect_all(
            each.lazy().with_columns(has_value=rules._has_value).select(_HAS_VALUE, **rules._flags)
            for rules, each in zip(columns, cells, strict=True)
        )
        for rules, each, flags in zip(columns, cells, judged, strict=True):
            yield from rules._by_column(*rules._judged(each, flags), frame.height)

    def _judged(self, cells: pl.DataFrame, flags: pl.DataFrame) -> Judgement:
        """Return which cells have a value, and for each rule the positions of those that break it, ascending."""
        broken = {flag.name: flag.arg_true() for flag in flags.drop("has_value").iter_columns() if flag.any()}
        has_value = flags["has_value"]
        if (odd := broken.pop("odd", None)) is not None:
            closely = cells[odd].select(**self._close)
            broken |= {flag.name: odd.filter(flag) for flag in closely.iter_columns() if flag.any()}
            # Blanks around a typed value are no part of it, and a text of blanks is no value.
            values = cells[odd].select(_CELL.str.replace(r"^\s+$", "") if self._is_text else _CELL.str.strip_chars())
            again = values.with_columns(has_value=self._has_value).select(_HAS_VALUE, **self._by_values)
            has_value = has_value.scatter(odd, again["has_value"])
            for flag in again.drop("has_value").iter_columns():
                ordinary = broken.pop(flag.name, odd.clear())
                rows = pl.concat([ordinary.filter(~ordinary.is_in(odd.implode())), odd.filter(flag)]).sort()
                if len(rows):
                    broken[flag.name] = rows
        return has_value, broken

    def _by_column(
        self, has_value: pl.Series, broken: Mapping[str, pl.Series], height: int
    ) -> Iterator[tuple[int, Judgement]]:
        """Yield the judgement of each column, whose cells are consecutive in the stacked cells."""
        begins = [index * height for index in range(len(self.positions) + 1)]
        # A call of polars' search_sorted takes ten times as long as these few comparisons.
        bounds = {rule: [bisect_left(rows, begin) for begin in begins] for rule, rows in broken.items()}
        for index, position in enumerate(self.positions):
            by_rule = {}
            for rule, rows in broken.items():
                first, end = bounds[rule][index : index + 2]
                if first < end:
                    by_rule[rule] = rows.slice(first, end - first) - index * height
            yield position, (has_value.slice(index * height, height), by_rule)

    def _odd(self) -> pl.Expr:
        """Return an expression that is true for odd cells, which need a closer check."""
        if not self._is_text:
            odd = ~_HAS_VALUE & _CELL.is_not_null()
            is_number = self._column.type is ColumnType.NUMBER
            return odd | _CELL.str.contains("E+", literal=True) if is_number else odd
        # One pass over the texts finds all suspicious patterns.
        odd = _CELL.str.contains("|".join(f"(?:{pattern})" for pattern in (*_patterns(self._facts).values(), r"^\s*$")))
        if self._facts.suspected and "mostly_type" in self._facts.rules:
            odd |= ~_CELL.str.contains(f"^(?:{grammar(self._facts.suspected)})$")
        return odd

    def _broken_by_values(self) -> Iterator[tuple[str, pl.Expr]]:
        """Yield the rules that ordinary values can break."""
        column, rules = self._column, self._facts.rules
        if column.min is not None:
            yield "min", _HAS_VALUE & self._outside(column.min, is_least=True)
        if column.max is not None:
            yield "max", _HAS_VALUE & self._outside(column.max, is_least=False)
        if column.pattern is not None:
            yield "pattern", _HAS_VALUE & _unmatched(column.pattern, self._compiled)
        if column.enum is not None:
            yield "enum", _HAS_VALUE & ~_CELL.is_in(list(column.enum))
        if self._facts.misspelled and "spelling" in rules:
            yield "spelling", _CELL.str.strip_chars().is_in(list(self._facts.misspelled)).fill_null(False)
        if self._facts.limits and "out_of_range" in rules:
            number = pl.when(_HAS_VALUE).then(number_in(column, _CELL))
            least, most = self._facts.limits
            yield "out_of_range", ((number < least) | (number > most)).fill_null(False)

    def _broken_by_odd_cells(self) -> Iterator[tuple[str, pl.Expr]]:
        """Yield the rules that only odd cells can break."""
        rules, text = self._facts.rules, _CELL.str.strip_chars()
        blank, forms = text == "", any_form(self._column.type)
        if self._column.required is not False:
            yield "not_empty", blank
        if not self._is_text:
            own = text.str.contains(self._own)
            other = text.str.contains(f"^(?:{forms})$") & ~own if forms else pl.lit(False)
            if "mixed_format" in rules:
                yield "mixed_format", other
            # Blanks around a value are reported as such.
            yield "type", ~(blank | other | own)
        for rule, pattern in _patterns(self._facts).items():
            yield rule, _CELL.str.contains(pattern)
        if "mostly_type" in rules and self._facts.suspected:
            yield "mostly_type", ~(blank | _CELL.str.contains(f"^(?:{grammar(self._facts.suspected)})$"))

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
    placeholders = _TEXT_PLACEHOLDERS if facts.column.type is ColumnType.STRING else _PLACEHOLDERS
    errors = f"{_ERRORS}|{placeholders}"
    found = {"blanks": _BLANKS, "error_value": errors, "mojibake": _MOJIBAKE, "scientific": _SCIENTIFIC}
    return {rule: pattern for rule, pattern in found.items() if rule in facts.rules}


def _unmatched(pattern: str, compiled: Compile) -> pl.Expr:
    if translated := patterns.portable(pattern):
        unmatched = ~_CELL.str.contains(translated)
        try:
            pl.DataFrame({"cell": ["a"]}).select(unmatched)
            return unmatched
        except pl.exceptions.PolarsError:  # the automaton is too large for Rust's library
            pass
    return _failing(compiled(pattern))


def _failing(test: Callable[[str], object]) -> pl.Expr:
    """Return an expression that is true for values that fail ``test``, which runs once for each distinct value."""

    def failing(values: pl.Series) -> pl.Series:
        return values.is_in([value for value in values.unique().drop_nulls() if not test(value)])

    return pl.when(_HAS_VALUE).then(_CELL).map_batches(failing, return_dtype=pl.Boolean).fill_null(False)
