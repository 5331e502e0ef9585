"""The facts about a column from which suspicions follow. Every threshold is a constant, with the reason for it."""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from src.domain.csv import SUSPICIONS, Column, ColumnType
from src.domain.csv.forms import any_form, fold, grammar
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
MIN_SPREAD = math.log(1.4)
TIES, TIES_RATIO = 0.4, 50.0
"""Where so large a share of the numbers are equal, as in a column of quantities, only a ratio as large is far."""
MAX_SCALE, MOST_LEAST = 10, 0.3
"""The range of a scale of grades, and the share that its least value may have; most quantities are the least one."""
MOST_OUTLIERS = 0.05
"""If more of the numbers lie outside, that is how the numbers are distributed."""
COMMON = 3
"""A value is a misspelling only of one that occurs as often, or of one that occurs twice as often as itself."""
CATEGORIES = 0.6
"""Where a larger share of the values differ, they are names or free text, not categories."""
DISTINCT_KEYS = 0.85
"""The share of the values of a key that must differ. Below, rows are meant to share it, as the lines of an order do."""
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
_KEY_SHAPE = re.compile(r"[A-Za-z]{1,5}[-/ ]?[0-9]{2,}(?:[-/][0-9]+)?|[0-9]+")
_OWN_KEY = re.compile(r"(?i)(?:id|uuid|guid)")
_PERSON = re.compile(r"(?i)(?:dni|nif|nie|cif|passport|pasaporte)(?:[ _./-].*)?")
"""Names of columns that are keys wherever they stand. Others are only if no other column stands before them."""

ERRORS = (
    r"(?i)^(?:#(?:N/[AD]|NV|¡?(?:REF|VALOR|NUM|NULO|NULL|DIV/0|CALC|DESBORDAMIENTO|SPILL)!|REF!|VALUE!|NAME\?"
    r"|¿NOMBRE\?|DIV/0!|WERT!|BEZUG!|ZAHL!|NULL!|GETTING_DATA|ERROR!?)|#{3,}|null|[(<\[]null[)>\]]|\\N|nan|undefined"
    r"|\[object object\]|=[-+@(]?\$?[a-z]{1,}[a-z0-9.$]*[-+*/(:&!0-9^][^ ]*)$"
)
"""Errors of spreadsheets, formulas, and the words of programs for a missing value."""
PLACEHOLDERS = (
    r"(?i)^(?:n/[ad]|n\.[ad]\.?|s/d|nd|na|none|nil|-{1,3}|\u2013|\u2014|[?]{1,3}|\.{1,3}|\*+|xxx+|tbd|missing|error)$"
)
"""Marks for a missing value, which can be values of a text."""
TEXT_PLACEHOLDERS = PLACEHOLDERS.replace("|nd|na|none|nil", "")
"""Those in columns of text, where NA is Namibia and None an answer."""
RARE = 0.15
"""The share of a text column up to which placeholders are reported there."""
_PLACEHOLDER = re.compile(PLACEHOLDERS)
_CONTINUATION = "".join(bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0xC0))
MOJIBAKE = (
    rf"[ÃÂ](?:[\x{{80}}-\x{{BF}}{_CONTINUATION}]|\s|$)|â€|ï»¿|ðŸ|\x{{FFFD}}|√[\x{{B0}}-\x{{FF}}\x{{2200}}-\x{{22FF}}]"
    r"|[a-zA-Z]\?[a-zñ]{2}"
)
"""Text in UTF-8 that was read in another encoding, as Windows and macOS do, or characters that were lost."""
BLANKS = r"^[\s\x{200B}\x{FEFF}]|[\s\x{200B}\x{FEFF}]$"
SCIENTIFIC = r"^[-+]?[0-9](?:[.,][0-9]+)?E\+[0-9]{2,3}$"
"""A number as Excel shortens it, whose last digits are lost."""


@dataclass(slots=True, eq=False)
class Facts:
    """A column with its type and form, and what the evidence says about it."""

    column: Column
    is_inferred: bool = False
    suspected: Column | None = None
    """The type that most values of a column of strings have."""
    misspelled: frozenset[str] = frozenset()
    """The values that differ from a more frequent one only in case or accents."""
    limits: tuple[float, float] | None = None
    """The least and the greatest number that is not far outside the others."""
    is_key: bool = False
    has_rare_placeholders: bool = False
    is_ambiguous: bool = False
    """Whether the day and the month of the dates could be exchanged."""

    @property
    def rules(self) -> tuple[str, ...]:
        """The suspicions that are looked for in the column, in the order of the report."""
        allowed = self.column.allow or ()
        return tuple(rule for rule, applies in _APPLIES.items() if rule not in allowed and applies(self))

    @property
    def shared(self) -> tuple[object, ...]:
        """What decides how cells are judged. Columns that agree in it are judged together."""
        column = self.column
        rules = (column.required, column.min, column.max, column.pattern, column.enum, *column.form.items())
        return (
            column.type,
            *rules,
            self.suspected and grammar(self.suspected),
            self.misspelled,
            self.limits,
            self.rules,
        )


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
assert _APPLIES.keys() <= {*SUSPICIONS}


def facts_about(
    column: Column, evidence: ColumnEvidence, position: int, width: int, *, is_inferred: bool, suspected: Column | None
) -> Facts:
    """Return the facts about a column, whose type and form are known."""
    facts = Facts(column, is_inferred)
    if suspected and not _is_convention(suspected, evidence):
        facts.suspected = suspected
    if column.type in (ColumnType.STRING, ColumnType.BOOLEAN) and not column.enum and not column.pattern:
        facts.misspelled = _misspelled(column, evidence)
    if column.type in (ColumnType.INTEGER, ColumnType.NUMBER) and column.min is None and column.max is None:
        facts.limits = _limits(column, evidence)
    facts.is_key = _is_key(column, evidence, position)
    placeholders = sum(count for value, count in evidence.counts.items() if _PLACEHOLDER.fullmatch(value))
    facts.has_rare_placeholders = evidence.filled >= MIN_VALUES and placeholders <= max(1, RARE * evidence.filled)
    return facts


def _is_convention(suspected: Column, evidence: ColumnEvidence) -> bool:
    """Return whether the values that are not of a type seem to be meant: too few, one text, or codes with digits."""
    pattern = re.compile(grammar(suspected) or "")
    others = {value: count for value, count in evidence.counts.items() if not pattern.fullmatch(value)}
    if evidence.filled < MIN_VALUES or not others:
        return True
    if len(others) == 1 and next(iter(others.values())) >= CONVENTION:
        return True
    numeric = suspected.type in (ColumnType.INTEGER, ColumnType.NUMBER)
    with_digits = sum(any(map(str.isdigit, value)) for value in others)
    return numeric and 2 * with_digits > len(others)


def _misspelled(column: Column, evidence: ColumnEvidence) -> frozenset[str]:
    groups: dict[str, dict[str, int]] = {}
    for value, count in evidence.counts.items():
        spellings = groups.setdefault(fold(value), {})
        spellings[value.strip()] = spellings.get(value.strip(), 0) + count
    if evidence.filled < MIN_VALUES or len(groups) > CATEGORIES * evidence.filled:
        return frozenset()
    found = set()
    for key, spellings in groups.items():
        word = {fold(word): word for word in (column.true, column.false) if word}.get(key)
        best = word if word in spellings else max(spellings, key=lambda each: spellings[each])
        for spelling, count in spellings.items():
            most = spellings[best]
            if spelling != best and most > count and (most >= COMMON or most >= 2 * count):
                found.add(spelling)
    return frozenset(found)


def number_in(column: Column, cell: pl.Expr) -> pl.Expr:
    """Return the number in a cell that has a value of a numeric column."""
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
    values = cells.to_frame("cell").select(number_in(column, pl.col("cell"))).to_series().drop_nulls().sort().to_list()
    if len(values) < MIN_MEASURES or _is_code(column, evidence):
        return None
    high = _limit(values)
    low = -_limit([-value for value in reversed(values)])
    negative = sum(value < 0 for value in values)
    if 0 < negative <= max(1, MOST_OUTLIERS * len(values)) and not _NEGATIVE_NAMES.fullmatch(column.name):
        low = max(low, 0.0)
    return low, high


def _is_code(column: Column, evidence: ColumnEvidence) -> bool:
    """Return whether integers are codes, such as article numbers: they are long, or the name says so."""
    long = sum(count for value, count in evidence.counts.items() if len(value) >= 8 and value.isdigit())
    return column.type is ColumnType.INTEGER and (2 * long > evidence.filled or bool(_KEY_NAME.fullmatch(column.name)))


def _limit(values: Sequence[float]) -> float:
    """Return a limit that no ordinary number exceeds. ``values`` are sorted."""
    most = max(1, int(MOST_OUTLIERS * len(values)))
    sizes = sorted(abs(value) for value in values if value)
    if not sizes:
        return math.inf
    first, third = sizes[len(sizes) // 4], sizes[(3 * len(sizes)) // 4]
    spread = max(math.log(third / first), MIN_SPREAD)
    equal = Counter(values).most_common(1)[0][1]
    ratio = max(math.exp(min(FAR_IN_SPREADS * spread, 300.0)), TIES_RATIO if equal > TIES * len(values) else 0)
    least_far = 0.0 if _is_scale(values[:-most]) else third * ratio
    limit = math.inf
    for number in range(1, most + 1):
        # The numbers above the limit must be far from all others, whose greatest is this one.
        greatest = values[-number - 1]
        candidate = max(greatest + FAR * (greatest - values[0]), least_far)
        if values[-number] > candidate:
            limit = candidate
    return limit


def _is_scale(values: Sequence[float]) -> bool:
    """Return whether numbers are grades or ratings: few integers, often repeated, of which not the least prevails."""
    distinct = {*values}
    is_small = len(distinct) >= 3 and values[-1] - values[0] <= MAX_SCALE and all(map(float.is_integer, distinct))
    return is_small and len(values) >= 2 * len(distinct) and values.count(values[0]) <= MOST_LEAST * len(values)


def _is_key(column: Column, evidence: ColumnEvidence, position: int) -> bool:
    if column.type not in (ColumnType.STRING, ColumnType.INTEGER) or evidence.filled < MIN_VALUES:
        return False
    repeated = evidence.filled - evidence.distinct
    is_own = _OWN_KEY.fullmatch(column.name) is not None
    if repeated > max(2 if is_own else 1, (1 - DISTINCT_KEYS) * evidence.filled):
        return False
    if is_own:
        return True
    shaped = all(_KEY_SHAPE.fullmatch(value) for value in [*evidence.counts][:100])
    named = column.type is ColumnType.STRING or bool(_KEY_NAME.fullmatch(column.name))
    return position == 0 and shaped and (named or _is_sequence(evidence))


def is_personal(facts: Facts) -> bool:
    """Return whether the values of a column identify persons: e-mail addresses, or numbers of identity cards."""
    return facts.column.type is ColumnType.EMAIL or bool(_PERSON.fullmatch(facts.column.name))


def is_person_key(facts: Facts, evidence: ColumnEvidence) -> bool:
    """Return whether each row is another person: one value of many is repeated, and not in the next row.

    Members of a family share an address, and stand below each other. In a file with another key, such as the number of
    an order, persons may well be repeated.
    """
    if evidence.filled < MIN_MEASURES or "repeated_id" in (facts.column.allow or ()):
        return False
    cells = [cell for cell in evidence.cells.head(MAX_DISTINCT).to_list() if cell]
    is_adjacent = any(cell == after for cell, after in pairwise(cells))
    return evidence.filled - evidence.distinct == 1 and not is_adjacent


def _is_sequence(evidence: ColumnEvidence) -> bool:
    """Return whether most integers are one more than the one before."""
    numbers = [int(value) for value in evidence.cells.head(100).to_list() if _INTEGER.fullmatch(value)]
    steps = [after - before for before, after in pairwise(numbers)]
    return 4 * steps.count(1) >= 3 * len(steps)


_INTEGER = re.compile("-?[0-9]{1,18}")
