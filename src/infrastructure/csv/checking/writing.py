"""Detects how the columns of a file are written: the form of each column, and the habits of the whole file."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain

from src.domain.csv import GRAMMAR, Column, ColumnType, Schema
from src.domain.csv.forms import LOCALES, any_form, candidates, grammar, parts_of, with_default_form
from src.domain.csv.schema import language_of
from src.domain.csv.spelling import match_key
from src.infrastructure.csv.checking.evidence import ColumnEvidence
from src.infrastructure.csv.reading.source import Source


@dataclass(frozen=True, slots=True)
class Habits:
    """The writing habits of the whole file: its decimal separator, and the order of the parts of its dates."""

    decimal: str
    order: str
    has_decimals: bool = False
    """Whether a column has decimals, so that they are nothing special in another one."""
    is_certain: bool = True
    """Whether the order is known. Where it is not, the day is taken for the first part."""


Forms = Mapping[ColumnType, Sequence[tuple[Column, int]]]
"""By type: each form that it can have, and how many values of a column are written in it."""


_UNGROUPED = re.compile(r"-?[0-9]{4}")


@cache
def _patterns(type: ColumnType) -> list[tuple[Column, re.Pattern[str]]]:
    return [(form, re.compile(grammar(form) or "")) for form in candidates(type)]


def count_forms(column: Column | None, evidence: ColumnEvidence) -> Forms:
    """Return, for each type that a column may have, the number of values in each form."""
    types = [column.type] if column else [*GRAMMAR]
    found: dict[ColumnType, list[tuple[Column, int]]] = {}
    for type in types:
        if type is ColumnType.BOOLEAN:
            found[type] = list(_boolean_forms(evidence, is_given=column is not None))
            continue
        known = re.compile(any_form(type) or grammar(Column("", type)) or "")
        values = {value: count for value, count in evidence.counts.items() if known.fullmatch(value)}
        ungrouped = sum(count for value, count in values.items() if _UNGROUPED.match(value))
        found[type] = []
        for form, pattern in _patterns(type):
            fitting = {value: count for value, count in values.items() if pattern.fullmatch(value)}
            grouped = sum(count for value, count in fitting.items() if form.thousands and form.thousands in value)
            # A separator that most long numbers lack belongs to the values that have it, and not to the column.
            is_foreign = form.thousands is not None and ungrouped > grouped
            found[type].append((form, 0 if is_foreign else sum(fitting.values())))
    return found


def _boolean_forms(evidence: ColumnEvidence, *, is_given: bool) -> Iterator[tuple[Column, int]]:
    """Yield the pairs of words, such as yes/no, that a column uses for booleans, and how often it uses them.

    The words have the spelling that is most frequent in the column.
    """
    by_word: dict[str, Counter[str]] = {}
    for value, count in evidence.counts.items():
        if len(value) <= 12:
            by_word.setdefault(match_key(value), Counter())[value] += count
    for form in candidates(ColumnType.BOOLEAN):
        true, false = match_key(form.true or ""), match_key(form.false or "")
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


def habits_of(source: Source, schema: Schema, forms: Sequence[Forms]) -> Habits:
    """Return the habits of the given locale, or else the habits that follow from columns with an unambiguous form."""
    if schema.locale and (language := language_of(schema.locale)):
        return Habits(*LOCALES[language], has_decimals=True)
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
    return Habits(decimal, orders.most_common(1)[0][0] if orders else "dmy", decimals.total() > 1, bool(orders))


def choose_forms(forms: Forms, given: Column | None, habits: Habits) -> dict[ColumnType, Column]:
    """Return, for each type, the form that most values have. If two forms fit equally well, prefer the file's habits.

    For a column without a schema, types that no value has are left out.
    """

    def preference(form: Column, count: int) -> tuple[int, ...]:
        fits = form.decimal == habits.decimal if form.decimal else form.thousands != habits.decimal
        order = _order(form.format or "")
        return count, fits, order in ("ymd", habits.order), form.thousands is None

    if given is None:
        forms = {type: counted for type, counted in forms.items() if any(count for _, count in counted)} or forms
    chosen = {}
    for type, counted in forms.items():
        fitting = [each for each in counted if given is None or _agrees(each[0], given)]
        if fitting:
            chosen[type] = max(fitting, key=lambda each: preference(*each))[0]
    return chosen


def _agrees(form: Column, given: Column) -> bool:
    """Return whether a form agrees with the separators that the schema gives for a column."""
    return all(getattr(form, name) == value for name, value in given.form.items() if name in ("decimal", "thousands"))


def with_form(column: Column, kinds: Mapping[ColumnType, Column], habits: Habits) -> Column:
    """Return a column of the schema, with the form of its values in the properties that the schema does not give."""
    form = kinds.get(column.type)
    if form and not (column.format or column.true or column.false):
        column = replace(column, **form.form | column.form)
    return with_default_form(column, habits.decimal)


def is_ambiguous(column: Column, forms: Forms) -> bool:
    """Return whether all dates of a column could also be read with day and month exchanged."""
    counts = {_order(form.format or ""): count for form, count in forms.get(column.type, ()) if count}
    return _order(column.format or "") == "dmy" and counts.get("dmy") == counts.get("mdy")
