"""Finds the range outside which the numbers of a column are suspicious."""

import math
import re
from collections.abc import Sequence
from itertools import pairwise

import polars as pl

from src.domain.csv import Column
from src.domain.csv.forms import grammar
from src.infrastructure.csv.checking.evidence import MIN_MEASURES, ColumnEvidence
from src.infrastructure.csv.checking.keys import KEY_NAME

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
_NEGATIVE_NAMES = re.compile(
    r"(?i)(?:.*[^a-zñ])?(?:importe|amount|betrag|montant|saldo|balance|total|temp|dif|var|chang|cambio|benefi|profit"
    r"|margen|resul|cargo|abono|lat|lon|delta|desv|[xyz]$|movim|neto|net|cash|ajuste|adjust|desc|disc|growth|tasa).*",
    re.S,
)
"""Names of columns in which a negative number is nothing special, even if it is the only one."""
_CHANGE = "var|crec|incr|grow|chang|cambio|dif|desv|rentab|return|marg|cumpl|objet|target|logro|ratio|sobre"
"""Parts of names of percentages that may be negative or above 100."""
_PLAUSIBLE: Sequence[tuple[re.Pattern[str], float, float]] = [
    (re.compile(rf"(?i)(?!.*(?:{_CHANGE}))(?:.*[^a-zñ])?(?:{names})(?:[^a-zñ].*)?", re.S), least, most)
    for names, least, most in (
        ("edad|age|alter|âge|idade", 0, 120),
        ("mes|month|monat", 1, 12),
        ("ejercicio|born|year of birth|año de nacimiento", 1900, 2100),
        ("latitude?|latitud|lat", -90, 90),
        ("longitude?|longitud|lon|lng", -180, 180),
        ("%|porcentaje|percent(?:age)?|prozent|asistencia|attendance|humedad|humidity", 0, 100),
    )
]
"""Names of columns with the least and the greatest number that is possible there."""
_MAX_OUTSIDE = 0.3
"""The largest share of the numbers outside the range. With more, the name means something else, such as a target."""


def number_in(column: Column, cell: pl.Expr) -> pl.Expr:
    """Return an expression for the number in a cell of a numeric column."""
    if column.thousands:
        cell = cell.str.replace_all(column.thousands, "", literal=True)
    if column.decimal == ",":
        cell = cell.str.replace(",", ".", literal=True)
    if column.thousands or column.decimal == ",":
        return cell.map_batches(_numbers, return_dtype=pl.Float64)
    return cell.cast(pl.Float64, strict=False)


def _numbers(texts: pl.Series) -> pl.Series:
    """Return the numbers in texts, also those that are negative by parentheses or by a minus behind them."""
    numbers = texts.cast(pl.Float64, strict=False)
    others = numbers.is_null().arg_true()  # few, so that an expression on all texts would take longer
    sizes = texts.gather(others).str.extract(r"^\(?([0-9.]+)[-)]$").cast(pl.Float64, strict=False)
    return numbers.scatter(others, -sizes)


def ordinary_range(column: Column, evidence: ColumnEvidence) -> tuple[float, float] | None:
    """Return the least and the greatest number that is not far outside the others, or None if that is not known."""
    cells = evidence.cells.filter(evidence.cells.str.contains(f"^(?:{grammar(column)})$"))
    values = cells.to_frame("cell").select(number_in(column, pl.col("cell"))).to_series().drop_nulls().sort()
    for name, low, high in _PLAUSIBLE:
        outside = (~values.is_between(low, high)).sum()
        if name.fullmatch(column.name) and outside <= max(1, _MAX_OUTSIDE * len(values)):
            return low, high
    sizes = values.filter(values != 0).abs().sort()
    if len(values) < MIN_MEASURES or not len(sizes) or KEY_NAME.fullmatch(column.name):
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
