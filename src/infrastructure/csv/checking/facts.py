"""The facts about a column that decide which of its values are suspicious.

Each threshold is a constant with its reason.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import polars as pl

from src.domain.csv import Column, ColumnType
from src.domain.csv.forms import any_form, grammar
from src.domain.csv.spelling import fold
from src.infrastructure.csv.checking.evidence import MAX_DISTINCT, ColumnEvidence

MIN_VALUES = 5
"""With fewer values no value is rare."""
MIN_MEASURES = 8
"""With fewer numbers than these none is far from the others."""
FAR = 2.0
"""A number is far outside if it is this many times the range of all others away from them."""
FAR_IN_SPREADS = 4.5
"""A number must also be away from the middle half by this many times its spread, on a logarithmic scale. Amounts,
stocks and counts spread over several powers of ten; ages, grades and temperatures do not."""
MIN_RATIO, MAX_RATIO = 1.4, 1e60
"""The bounds of the ratio between the third and the first quartile. The greatest one keeps its power finite."""
MAX_SCALE, MOST_LEAST = 10, 0.3
"""The range of a scale of grades, and the share that its least value may have; most quantities are the least one."""
MOST_OUTLIERS = 0.05
"""If more of the numbers lie outside, that is how the numbers are distributed."""
COMMON = 3
"""A value is a misspelling only of one that occurs as often, or of one that occurs twice as often as itself."""
CATEGORIES = 0.6
"""Where a larger share of the values differ, they are names or free text, not categories."""
MOST_REPEATED = 0.15
"""The share of the values of a key that may be repeated. Above it, rows are meant to share keys, as in order lines."""
CONVENTION = 3
"""A single text that stands as often among numbers or dates is a convention, such as "open", and no error."""
_NEGATIVE_NAMES = re.compile(
    r"(?i)(?:.*[^a-zñ])?(?:importe|amount|betrag|montant|saldo|balance|total|temp|dif|var|chang|cambio|benefi|profit"
    r"|margen|resul|cargo|abono|lat|lon|delta|desv|[xyz]$|movim|neto|net|cash|ajuste|adjust|desc|disc|growth|tasa).*",
    re.S,
)
"""Names of columns in which a negative number is nothing special, even if it is the only one."""
_PLAUSIBLE: Sequence[tuple[re.Pattern[str], float, float]] = [
    (re.compile(rf"(?i)(?:.*[^a-zñ])?(?:{names})(?:[^a-zñ].*)?", re.S), least, most)
    for names, least, most in (
        ("edad|age|alter|âge|idade", 0, 120),
        ("mes|month|monat", 1, 12),
        ("ejercicio|born|year of birth|año de nacimiento", 1900, 2100),
        ("latitude?|latitud|lat", -90, 90),
        ("longitude?|longitud|lon|lng", -180, 180),
    )
]
"""Names of columns with the least and the greatest number that is possible there."""
_KEY_WORDS = (
    r"id|uuid|guid|key|clave|c[oó]digo|code|sku|isbn|ean|ref|referencia|reference|dni|nif|nie|cif|nhc|pedido|factura"
    r"|invoice|order|expediente|matr[ií]cula|socio|ticket|albar[aá]n|n[.º°]+|num|n[uú]mero|number|nr|no[.]|legajo"
)
_KEY_NAME = re.compile(
    rf"(?i)(?:.*[ _.-])?(?:{_KEY_WORDS})[.]?(?:[ _.-].*)?|[a-z]+(?:-?nr|nummer)[.]?|.*[a-z](?-i:I[dD])"
)
_KEY_SHAPE = re.compile(r"[A-Za-z]{1,5}[-/ ]?[0-9]{2,}(?:[-/][0-9]+)?|[0-9]{2,4}[-/][0-9]{3,}|[0-9]+")
_CODE_SHAPE = re.compile(r"[A-Za-z]{1,5}[-/ ]?[0-9]{3,}")
_OWN_KEY = re.compile(r"(?i)(?:id|uuid|guid)")
"""The name of the key of the file itself. Other columns are keys only where no other key stands before them."""
_PERSON = re.compile(r"(?i)(?:dni|nif|nie|cif|passport|pasaporte)(?:[ _./-].*)?")
"""Names of columns with the numbers of identity cards."""


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
        facts.limits = _limits(column, evidence)
    return facts


def _is_convention(suspected: Column, evidence: ColumnEvidence) -> bool:
    """Return whether the values that are not of the type ``suspected`` seem to be intended.

    They seem so if the column has few values, if they are all the same frequent text, or if most are codes with digits.
    """
    pattern = re.compile(grammar(suspected) or "")
    others = {value: count for value, count in evidence.counts.items() if not pattern.fullmatch(value)}
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
        groups.setdefault(fold(value.strip()), Counter())[value.strip()] += count
    if evidence.filled < MIN_VALUES or len(groups) > CATEGORIES * evidence.filled:
        return frozenset()
    found: set[str] = set()
    for spellings in groups.values():
        (_, most), *others = spellings.most_common()
        found |= {word for word, count in others if most > count and most >= min(COMMON, 2 * count)}
    return frozenset(found)


def number_in(column: Column, cell: pl.Expr) -> pl.Expr:
    """Return an expression for the number in a cell of a numeric column."""
    if column.thousands:
        cell = cell.str.replace_all(column.thousands, "", literal=True)
    if column.decimal == ",":
        cell = cell.str.replace(",", ".", literal=True)
    return cell.cast(pl.Float64, strict=False)


def _limits(column: Column, evidence: ColumnEvidence) -> tuple[float, float] | None:
    for name, least, most in _PLAUSIBLE:
        if name.fullmatch(column.name):
            return least, most
    cells = evidence.cells.filter(evidence.cells.str.contains(f"^(?:{grammar(column)})$"))
    values = cells.to_frame("cell").select(number_in(column, pl.col("cell"))).to_series().drop_nulls().sort()
    sizes = values.filter(values != 0).abs().sort()
    if len(values) < MIN_MEASURES or not len(sizes) or _KEY_NAME.fullmatch(column.name):
        return None
    most = max(1, int(MOST_OUTLIERS * len(values)))
    least, greatest = values[0], values[-1]
    first, third = sizes[len(sizes) // 4], sizes[(3 * len(sizes)) // 4]
    ratio = min(max(third / first, MIN_RATIO), MAX_RATIO) ** FAR_IN_SPREADS
    far_above, far_below = third * ratio, first / ratio if least > 0 else -third * ratio
    if _is_scale(values.head(len(values) - most)):
        far_above, far_below = -math.inf, math.inf
    high = _limit(values.tail(most + 1).to_list(), least, far_above)
    low = -_limit((-values.head(most + 1)).reverse().to_list(), -greatest, -far_below)
    if 0 < (values < 0).sum() <= most and not _NEGATIVE_NAMES.fullmatch(column.name):
        low = max(low, 0.0)
    return low, high


def _limit(greatest: Sequence[float], least: float, far: float) -> float:
    """Return a limit above which a number is an outlier. It is at least ``far``.

    ``greatest`` has, in ascending order, the numbers that may be outliers, preceded by the next smaller number.
    """
    limit = math.inf
    for ordinary, number in reversed([*pairwise(greatest)]):
        # The numbers above the limit must be far from all others.
        candidate = max(ordinary + FAR * (ordinary - least), far)
        if number > candidate:
            limit = candidate
    return limit


def _is_scale(values: pl.Series) -> bool:
    """Return whether sorted numbers look like grades or ratings.

    These are few different integers, often repeated, of which the least does not prevail.
    """
    is_small = values[-1] - values[0] <= MAX_SCALE and bool((values == values.round()).all())
    least = (values == values[0]).sum()
    return is_small and 2 * len(values) >= 3 * values.n_unique() and least <= MOST_LEAST * len(values)


def is_key(column: Column, evidence: ColumnEvidence, position: int, *, has_other: bool) -> bool:
    """Return whether the values of a column seem to identify the rows.

    ``has_other`` says whether another column does so.

    A column is a key by its name, or, in the first place of a file, by the shape of its values. In other columns, a
    single e-mail address, identity number or code that occurs twice is probably an error, unless its two rows are
    adjacent: members of a family may share a value.
    """
    repeated = evidence.filled - evidence.distinct
    if column.type not in _KEY_TYPES or not evidence.filled >= MIN_VALUES:
        return False
    most = MOST_REPEATED * evidence.filled
    if _OWN_KEY.fullmatch(column.name):
        return repeated <= max(2, most)
    values = [*evidence.counts][:100]
    is_text = column.type is ColumnType.STRING
    if position == 0 and all(map(_KEY_SHAPE.fullmatch, values)):
        return repeated <= max(1, most) and (
            is_text or bool(_KEY_NAME.fullmatch(column.name)) or _is_sequence(evidence)
        )
    is_code = is_text and all(map(_CODE_SHAPE.fullmatch, values))
    is_person = column.type is ColumnType.EMAIL or bool(_PERSON.fullmatch(column.name))
    if has_other or repeated != 1 or evidence.filled < MIN_MEASURES or not (is_code or is_person):
        return False
    return not any(cell == after for cell, after in pairwise(evidence.cells.head(MAX_DISTINCT)) if cell)


_KEY_TYPES = (ColumnType.STRING, ColumnType.INTEGER, ColumnType.EMAIL)


def _is_sequence(evidence: ColumnEvidence) -> bool:
    """Return whether most integers are one more than the integer before."""
    numbers = [int(value) for value in evidence.cells.head(100) if _INTEGER.fullmatch(value)]
    steps = [after - before for before, after in pairwise(numbers)]
    return 4 * steps.count(1) >= 3 * len(steps)


_INTEGER = re.compile("-?[0-9]{1,18}")
