"""Infers the type and the form of each column, and the facts that its suspicions need."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import polars as pl

from src.domain.csv import Column, ColumnType, Schema
from src.domain.csv.forms import any_form, grammar, with_default_form
from src.infrastructure.csv.checking.evidence import ColumnEvidence, Evidence
from src.infrastructure.csv.checking.facts import Facts, facts_about
from src.infrastructure.csv.checking.keys import ROW_NUMBER, is_key
from src.infrastructure.csv.checking.writing import choose_forms, count_forms, habits_of, is_ambiguous, with_form
from src.infrastructure.csv.reading.blocks import Block
from src.infrastructure.csv.reading.source import Source

_CELL = pl.col("cell")
_DIGITS = re.compile(r"-?[0-9]+")
_PHONE = re.compile(r"[+(]?[0-9][0-9 ().\-/]{6,}")
_NUMERIC = (ColumnType.INTEGER, ColumnType.NUMBER)
_DECIMALS = 2
"""The number of decimal values that make a column of integers a column of numbers; a single one may be an error."""


def infer(source: Source, schema: Schema, blocks: Iterable[Block]) -> list[Facts]:
    """Return the facts about each column of the header.

    Reads all blocks if the type of a column has to be inferred, and otherwise only as many blocks as show the forms.
    """
    given = [source.expected.get(at) for at in range(len(source.header))]
    iterator = iter(blocks)
    evidence, kept = Evidence(len(given)), list[Block]()
    for block in iterator:
        evidence.add(block)
        kept.append(block)
        if evidence.is_enough:
            break
    columns = list(evidence.columns())
    forms = [count_forms(column, each) for column, each in zip(given, columns, strict=True)]
    habits = habits_of(source, schema, forms)
    chosen = [choose_forms(each, column, habits) for each, column in zip(forms, given, strict=True)]
    names = source.names
    counts = [_Counts() if column else _Counts(kinds) for column, kinds in zip(given, chosen, strict=True)]
    if None in given:
        # No file has more rows than line breaks, but for a last line without one.
        most_values = 1 + sum(chunk.count(b"\n") + chunk.count(b"\r") for chunk in source.chunks())
        for number, block in enumerate(chain(kept, iterator)):
            if number >= len(kept):
                evidence.add(block)
            _count(block, counts)
            for counted in counts:
                counted.exclude(most_values)
        columns.clear()
        columns += evidence.columns()
    facts: list[Facts] = []
    for at, (column, kinds, each, counted) in enumerate(zip(given, chosen, columns, counts, strict=True)):
        if column:
            resolved, suspected = with_form(column, kinds, habits), None
        else:
            inferred, suspected = counted.column(names[at], each, 1 if habits.has_decimals else _DECIMALS)
            resolved = with_default_form(inferred, habits.decimal)
        found = facts_about(resolved, each, is_inferred=column is None, suspected=suspected)
        has_other = any(other.is_key and not ROW_NUMBER.fullmatch(other.column.name) for other in facts)
        found.is_key = is_key(resolved, each, at, has_other=has_other)
        found.is_ambiguous = not habits.is_certain and is_ambiguous(resolved, forms[at])
        facts.append(found)
    return facts


@dataclass(slots=True)
class _Counts:
    """The counts of a column: of its non-empty cells, and of the values of each type.

    Values in the column's form and in other forms are counted separately.
    """

    forms: dict[ColumnType, Column] = field(default_factory=dict)
    values: int = 0
    by_type: dict[ColumnType, int] = field(default_factory=dict)
    decimals: int = 0
    """The values that are numbers in the form of the column and no integers."""

    def __post_init__(self) -> None:
        self.by_type = dict.fromkeys(self.forms, 0)

    def exclude(self, most_values: int) -> None:
        """Drop the types that half of the column's values can no longer have, however the file continues.

        ``most_values`` is an upper bound of the number of values in the whole column.
        """
        for type, count in [*self.by_type.items()]:
            if 2 * (self.values - count) > most_values:
                del self.by_type[type]

    def column(self, name: str, evidence: ColumnEvidence, decimals: int) -> tuple[Column, Column | None]:
        """Return a column of the first type that 80 % of the values have, or else of the type string.

        A column with at least ``decimals`` decimal numbers is never of the type integer. The second value is the type
        that at least half of the values of a string column have, or None.
        """
        counts = self.by_type
        if _is_code(evidence):
            counts = {type: count for type, count in counts.items() if type not in _NUMERIC}
        if self.decimals >= decimals:
            counts = {type: count for type, count in counts.items() if type is not ColumnType.INTEGER}
        for type, count in counts.items():
            if 0 < 4 * self.values <= 5 * count:
                return replace(self.forms[type], name=name), None
        mostly = max(counts, key=lambda type: counts[type], default=None)
        if mostly and 2 * counts[mostly] >= self.values:
            return Column(name), replace(self.forms[mostly], name=name)
        return Column(name), None


def _is_code(evidence: ColumnEvidence) -> bool:
    """Return whether the digits in a column are codes instead of numbers.

    Codes have equal lengths and leading zeros, or are phone numbers.
    """
    digits = [value for value in evidence.counts if _DIGITS.fullmatch(value)]
    others = [value for value in evidence.counts if not _DIGITS.fullmatch(value)]
    lengths = Counter(map(len, digits))
    padded = [value for value in digits if len(value) > 1 and value.startswith("0")]
    usual, count = lengths.most_common(1)[0] if lengths else (0, 0)
    if padded and 5 * count >= 4 * len(digits) and len(padded[0]) == usual:
        return True
    phones = [value for value in others if _PHONE.fullmatch(value) and (value[0] in "+(" or " " in value)]
    long = sum(len(value) >= 9 for value in digits)
    return bool(phones) and 2 * (len(phones) + long) >= len(evidence.counts)


def _in_any_form(form: Column) -> str:
    """Return the regular expression of the values of a type, in the form of the column or in another form.

    For integers the other forms are left out, because the digits after the point in 1.250 may be decimals.
    """
    own = grammar(form) or ""
    return own if form.type in (ColumnType.INTEGER, ColumnType.BOOLEAN) else f"{own}|{any_form(form.type) or own}"


def _count(block: Block, columns: Sequence[_Counts]) -> None:
    """Add the counts of the complete rows of a block. Columns with the same candidates are counted together."""
    height = block.frame.height
    if not height:
        return
    groups: dict[tuple[Column, ...], list[int]] = {}
    for position, column in enumerate(columns):
        if column.by_type:
            groups.setdefault(tuple(column.forms[type] for type in column.by_type), []).append(position)
    for forms, positions in groups.items():
        looks = {str(form.type): _CELL.str.contains(f"^(?:{_in_any_form(form)})$") for form in forms}
        own = {form.type: form for form in forms}
        if {*_NUMERIC} <= own.keys():
            number, integer = (_CELL.str.contains(f"^(?:{grammar(own[type])})$") for type in reversed(_NUMERIC))
            looks["decimals"] = number & ~integer
        cells = pl.concat([block.complete.to_series(position) for position in positions]).alias("cell")
        # Blanks around a value are a suspicion of their own.
        flags = cells.str.strip_chars().to_frame().select(values=_CELL != "", **looks)
        counts = flags.select(pl.all().reshape((len(positions), height)).arr.sum())
        for position, counted in zip(positions, counts.iter_rows(named=True), strict=True):
            column = columns[position]
            column.values += counted["values"]
            for form in forms:
                column.by_type[form.type] += counted[form.type]
            column.decimals += counted.get("decimals", 0)
