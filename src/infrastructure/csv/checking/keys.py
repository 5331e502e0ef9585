"""Finds the columns whose values identify the rows."""

import re
from itertools import pairwise

from src.domain.csv import Column, ColumnType
from src.infrastructure.csv.checking.evidence import MAX_DISTINCT, MIN_MEASURES, MIN_VALUES, ColumnEvidence

MOST_REPEATED = 0.15
"""The share of the values of a key that may be repeated. Above it, rows are meant to share keys, as in order lines."""
_KEY_WORDS = (
    r"id|uuid|guid|key|clave|c[oó]digo|code|sku|isbn|ean|ref|referencia|reference|dni|nif|nie|cif|nhc|pedido|factura"
    r"|invoice|order|expediente|matr[ií]cula|socio|ticket|albar[aá]n|n[.º°]+|num|n[uú]mero|number|nr|no[.]|legajo"
)
KEY_NAME = re.compile(
    rf"(?i)(?:.*[ _.-])?(?:{_KEY_WORDS})[.]?(?:[ _.-].*)?|[a-z]+(?:-?nr|nummer)[.]?|.*[a-z](?-i:I[dD])"
)
_KEY_SHAPE = re.compile(r"[A-Za-z]{1,5}[-/ ]?[0-9]{2,}(?:[-/][0-9]+)?|[0-9]{2,4}[-/][0-9]{3,}|[0-9]+")
_CODE_SHAPE = re.compile(r"[A-Za-z]{1,5}[-/ ]?[0-9]{3,}")
ROW_NUMBER = re.compile(r"(?i)#|n[.º°]+|no[.]|nr[.]?|num[.]?|row|fila|orden|l[ií]nea|line")
"""Names of columns that count the rows, and so identify no thing outside the file."""
_OWN_KEY = re.compile(r"(?i)(?:id|uuid|guid)")
"""The name of the key of the file itself. Other columns are keys only where no other key stands before them."""
_PERSON = re.compile(r"(?i)(?:dni|nif|nie|cif|passport|pasaporte)(?:[ _./-].*)?")
"""Names of columns with the numbers of identity cards."""
_KEY_TYPES = (ColumnType.STRING, ColumnType.INTEGER, ColumnType.EMAIL)
_INTEGER = re.compile("-?[0-9]{1,18}")


def is_key(column: Column, evidence: ColumnEvidence, position: int, *, has_other: bool) -> bool:
    """Return whether the values of a column seem to identify the rows.

    ``has_other`` says whether another column seems to identify them, apart from a column that only numbers the rows.

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
        return repeated <= max(1, most) and (is_text or bool(KEY_NAME.fullmatch(column.name)) or _is_sequence(evidence))
    is_code = is_text and all(map(_CODE_SHAPE.fullmatch, values))
    is_person = column.type is ColumnType.EMAIL or bool(_PERSON.fullmatch(column.name))
    if has_other or repeated != 1 or evidence.filled < MIN_MEASURES or not (is_code or is_person):
        return False
    return not any(cell == after for cell, after in pairwise(evidence.cells.head(MAX_DISTINCT)) if cell)


def _is_sequence(evidence: ColumnEvidence) -> bool:
    """Return whether most integers are one more than the integer before."""
    numbers = [int(value) for value in evidence.cells.head(100) if _INTEGER.fullmatch(value)]
    steps = [after - before for before, after in pairwise(numbers)]
    return 4 * steps.count(1) >= 3 * len(steps)
