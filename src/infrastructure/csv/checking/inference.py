"""Infers the type and the form of each column, and the facts that its suspicions need."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain

import polars as pl

from src.domain.csv import GRAMMAR, Column, ColumnType, Schema
from src.domain.csv.forms import LOCALES, any_form, candidates, fold, grammar, parts_of, with_default_form
from src.domain.csv.schema import language_of
from src.infrastructure.csv.checking.evidence import ColumnEvidence, Evidence
from src.infrastructure.csv.checking.facts import Facts, facts_about, is_key
from src.infrastructure.csv.reading.blocks import Block
from src.infrastructure.csv.reading.source import Source

_CELL = pl.col("cell")
_DIGITS = re.compile(r"-?[0-9]+")
_PHONE = re.compile(r"[+(]?[0-9][0-9 ().\-/]{6,}")
_NUMERIC = (ColumnType.INTEGER, ColumnType.NUMBER)
_DECIMALS = 2
"""The number of decimal values that make a column of integers a column of numbers; a single one may be an error."""


@dataclass(frozen=True, slots=True)
class _Habits:
    """How the file as a whole writes: its decimal separator, and the order of the parts of a date."""

    decimal: str
    order: str
    has_decimals: bool = False
    """Whether a column has decimals, so that they are nothing special in another one."""
    is_certain: bool = True
    """Whether the order is known. Where it is not, the day is taken for the first part."""


def infer(source: Source, schema: Schema, blocks: Iterable[Block]) -> list[Facts]:
    """Return the facts about each column of the header.

    Reads all blocks if the type of a column has to be inferred, and else only as many as show the forms.
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
    forms = [_forms(column, each) for column, each in zip(given, columns, strict=True)]
    habits = _habits(source, schema, forms)
    chosen = [_chosen(each, column, habits) for each, column in zip(forms, given, strict=True)]
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
            resolved, suspected = _with_form(column, kinds, habits), None
        else:
            inferred, suspected = counted.column(names[at], each, 1 if habits.has_decimals else _DECIMALS)
            resolved = with_default_form(inferred, habits.decimal)
        found = facts_about(resolved, each, is_inferred=column is None, suspected=suspected)
        found.is_key = is_key(resolved, each, at, has_other=any(other.is_key for other in facts))
        found.is_ambiguous = not habits.is_certain and _is_ambiguous(resolved, forms[at])
        facts.append(found)
    return facts


_Forms = Mapping[ColumnType, Sequence[tuple[Column, int]]]


@cache
def _patterns(type: ColumnType) -> list[tuple[Column, re.Pattern[str]]]:
    return [(form, re.compile(grammar(form) or "")) for form in candidates(type)]


def _forms(column: Column | None, evidence: ColumnEvidence) -> _Forms:
    """Return for each type that a column may have how many values are written in each form."""
    types = [column.type] if column else [*GRAMMAR]
    found: dict[ColumnType, list[tuple[Column, int]]] = {}
    for type in types:
        if type is ColumnType.BOOLEAN:
            found[type] = list(_boolean_forms(evidence, is_given=column is not None))
            continue
        known = re.compile(any_form(type) or "")
        values = {value: count for value, count in evidence.counts.items() if known.fullmatch(value)}
        found[type] = [
            (form, sum(count for value, count in values.items() if pattern.fullmatch(value)))
            for form, pattern in _patterns(type)
        ]
    return found


def _boolean_forms(evidence: ColumnEvidence, *, is_given: bool) -> Iterator[tuple[Column, int]]:
    """Yield the pairs of words in a column, as they are mostly written there, and their counts."""
    by_word: dict[str, Counter[str]] = {}
    for value, count in evidence.counts.items():
        if len(value) <= 12:
            by_word.setdefault(fold(value), Counter())[value.strip()] += count
    for form in candidates(ColumnType.BOOLEAN):
        true, false = fold(form.true or ""), fold(form.false or "")
        has_both = true in by_word and (false in by_word or not false)
        is_obvious = true in ("true", "verdadero") and (true in by_word or false in by_word)
        if (true in ("1", "x") and not is_given) or not (has_both or is_obvious):
            continue
        words = [by_word[word].most_common(1)[0][0] if word in by_word else None for word in (true, false)]
        count = sum(by_word[word].total() for word in (true, false) if word in by_word)
        yield replace(form, true=words[0] or form.true, false=words[1] or form.false), count


def _order(format: str) -> str:
    found = parts_of(format)
    return "".join(part[0] for part in found[0]) if found else ""


def _habits(source: Source, schema: Schema, forms: Sequence[_Forms]) -> _Habits:
    """Return the habits that the locale names, or else those of the columns that leave no doubt."""
    if schema.locale and (language := language_of(schema.locale)):
        return _Habits(*LOCALES[language], has_decimals=True)
    decimals, orders = Counter[str](), Counter[str]()
    for each in forms:
        by_decimal, by_order = Counter[str](), Counter[str]()
        for form, count in each.get(ColumnType.NUMBER, ()):
            by_decimal[form.decimal or "."] = max(by_decimal[form.decimal or "."], count)
        for form, count in chain(each.get(ColumnType.DATE, ()), each.get(ColumnType.DATETIME, ())):
            order = _order(form.format or "")
            by_order[order] = max(by_order[order], count)
        for counter, votes in ((by_decimal, decimals), (by_order, orders)):
            # A column that can be read in both ways has no vote.
            (most, count), *others = [*counter.most_common(2), ("", 0)][:2]
            if count > (others[0][1] if others else 0):
                votes[most] += 1
    decimal = decimals.most_common(1)[0][0] if decimals else "," if source.delimiter == ";" else "."
    del orders["ymd"]
    return _Habits(decimal, orders.most_common(1)[0][0] if orders else "dmy", decimals.total() > 1, bool(orders))


def _chosen(forms: _Forms, given: Column | None, habits: _Habits) -> dict[ColumnType, Column]:
    """Return the form of most values for each type. Of two that fit equally, the one that the file prefers."""

    def preference(form: Column, count: int) -> tuple[int, ...]:
        fits = form.decimal == habits.decimal if form.decimal else form.thousands != habits.decimal
        order = _order(form.format or "")
        return count, fits, order in ("ymd", habits.order), form.thousands is None

    chosen = {}
    for type, counted in forms.items():
        fitting = [each for each in counted if given is None or _agrees(each[0], given)] or counted
        if fitting:
            chosen[type] = max(fitting, key=lambda each: preference(*each))[0]
    return chosen


def _agrees(form: Column, given: Column) -> bool:
    """Return whether a form has all that the schema says about the form of a column."""
    return all(getattr(form, name) == value for name, value in given.form.items() if name in ("decimal", "thousands"))


def _with_form(column: Column, kinds: Mapping[ColumnType, Column], habits: _Habits) -> Column:
    """Return a column of the schema with the form that its values have, where the schema says nothing."""
    form = kinds.get(column.type)
    if form and not (column.format or column.true or column.false):
        found = {name: value for name, value in form.form.items() if name not in column.form}
        if column.decimal and found.get("thousands") == column.decimal:
            del found["thousands"]
        column = replace(column, **found)
    return with_default_form(column, habits.decimal)


def _is_ambiguous(column: Column, forms: _Forms) -> bool:
    """Return whether all dates of a column could also be read with day and month exchanged."""
    counts = {_order(form.format or ""): count for form, count in forms.get(column.type, ()) if count}
    return _order(column.format or "") == "dmy" and counts.get("dmy") == counts.get("mdy")


@dataclass(slots=True)
class _Counts:
    """The counts of a column: its non-empty cells, and its values that have each type, in its form or in another."""

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

        So many ``decimals`` make integers numbers. The second value is a type that at least half of the values of a
        string column have, if there is one.
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
    """Return whether digits are no numbers: codes of equal length with leading zeros, or phone numbers."""
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
    """Return the regular expression of the values of a type. Those in another form than the column's are values, too.

    Integers are not, since the digits of 1.250 may be decimals.
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
