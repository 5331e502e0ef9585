"""The facts about a column that decide which of its values are suspicious.

Each threshold is a constant with its reason.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from src.domain.csv import Column, ColumnType
from src.domain.csv.forms import any_form, grammar
from src.domain.csv.spelling import match_key
from src.infrastructure.csv.checking.evidence import MIN_VALUES, ColumnEvidence
from src.infrastructure.csv.checking.ranges import ordinary_range

COMMON = 3
"""A value is a misspelling only of one that occurs as often, or of one that occurs twice as often as itself."""
CATEGORIES = 0.6
"""Where a larger share of the values differ, they are names or free text, not categories."""
_DATE_SHAPE = re.compile(r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}|[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}")
CONVENTION = 3
"""A single text that stands as often among numbers or dates is a convention, such as "open", and no error."""


@dataclass(slots=True, eq=False)
class Facts:
    """A column with its type and form, and the facts that its evidence shows."""

    column: Column
    is_inferred: bool = False
    suspected: Column | None = None
    """The type that most values of a column of strings have."""
    misspelled: frozenset[str] = frozenset()
    """The values that differ from a more frequent one only in case or accents."""
    limits: tuple[float, float] | None = None
    """The least and the greatest number that is not far outside the others."""
    is_key: bool = False
    is_ambiguous: bool = False
    """Whether the day and the month of the dates could be exchanged."""

    @property
    def rules(self) -> tuple[str, ...]:
        """The suspicions that are looked for in the column, in the order of the report."""
        allowed = self.column.allow or ()
        return tuple(rule for rule, applies in _APPLIES.items() if rule not in allowed and applies(self))

    @property
    def shared(self) -> tuple[object, ...]:
        """The facts on which the check of a cell depends.

        Columns for which these facts are equal are checked together.
        """
        column, suspected = (each and replace(each, name="", unique=False) for each in (self.column, self.suspected))
        return column, suspected, self.misspelled, self.limits


def _is_text(facts: Facts) -> bool:
    return facts.column.type is ColumnType.STRING


_APPLIES: Mapping[str, Callable[[Facts], bool]] = {
    "blanks": lambda facts: True,
    "error_value": lambda facts: True,
    "mojibake": _is_text,
    "scientific": lambda facts: facts.column.type in (ColumnType.STRING, ColumnType.INTEGER, ColumnType.NUMBER),
    "mixed_format": lambda facts: any_form(facts.column.type) is not None,
    "mostly_type": lambda facts: facts.suspected is not None,
    "spelling": lambda facts: facts.column.type in (ColumnType.STRING, ColumnType.BOOLEAN),
    "out_of_range": lambda facts: facts.column.type in (ColumnType.INTEGER, ColumnType.NUMBER),
    "repeated_id": lambda facts: facts.is_key and not facts.column.unique,
}
"""By suspicion about a column: whether it is looked for."""


def facts_about(column: Column, evidence: ColumnEvidence, *, is_inferred: bool, suspected: Column | None) -> Facts:
    """Return the facts about a column whose type and form are known already.

    ``suspected`` is the type that most values of a column of strings have, or None. It is ignored if the other values
    seem to be intended. ``is_key`` and ``is_ambiguous`` keep their defaults, because they depend on other columns.
    """
    facts = Facts(column, is_inferred)
    if suspected and not _is_convention(suspected, evidence):
        facts.suspected = suspected
    if column.type in (ColumnType.STRING, ColumnType.BOOLEAN) and not column.enum and not column.pattern:
        facts.misspelled = _misspelled(evidence)
    if column.type in (ColumnType.INTEGER, ColumnType.NUMBER) and column.min is None and column.max is None:
        facts.limits = ordinary_range(column, evidence)
    return facts


def _is_convention(suspected: Column, evidence: ColumnEvidence) -> bool:
    """Return whether the values that are not of the type ``suspected`` seem to be intended.

    They seem so if the column has few values, if they are all the same frequent text, or if most are codes with digits.
    """
    pattern = re.compile(grammar(suspected) or "")
    others = {value: count for value, count in evidence.counts.items() if not pattern.fullmatch(value)}
    if suspected.type is ColumnType.DATE and all(map(_DATE_SHAPE.fullmatch, others)):
        return not others  # dates that do not exist are errors in the shortest file
    if evidence.filled < MIN_VALUES or not others:
        return True
    if len(others) == 1 and next(iter(others.values())) >= CONVENTION:
        return True
    if suspected.type not in (ColumnType.INTEGER, ColumnType.NUMBER):
        return False
    number = re.compile(any_form(suspected.type) or "")
    codes = [value for value in others if value[:1].isalnum() and not number.fullmatch(value)]
    return 2 * sum(any(map(str.isdigit, code)) for code in codes) > len(others)


def _misspelled(evidence: ColumnEvidence) -> frozenset[str]:
    groups: dict[str, Counter[str]] = {}
    for value, count in evidence.counts.items():
        groups.setdefault(match_key(value), Counter())[value] += count
    if evidence.filled < MIN_VALUES or len(groups) > CATEGORIES * evidence.filled:
        return frozenset()
    found: set[str] = set()
    for spellings in groups.values():
        (_, most), *others = spellings.most_common()
        found |= {word for word, count in others if most > count and most >= min(COMMON, 2 * count)}
    return frozenset(found)
