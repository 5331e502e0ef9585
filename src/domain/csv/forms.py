"""The forms in which a file writes numbers, dates and yes/no values, and the values that they stand for."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import cache, lru_cache
from itertools import chain
from typing import Final

from src.domain.csv.columns import Column
from src.domain.csv.spelling import match_key
from src.domain.csv.types import GRAMMAR, MAX_DIGITS, ORDER, ColumnType, Comparable

ISO = "yyyy-mm-dd"
ISO_TIME = "yyyy-mm-ddThh:mm:ss"
DATE_FORMATS: Final = (
    ISO,
    *("dd/mm/yyyy", "mm/dd/yyyy", "dd.mm.yyyy", "dd-mm-yyyy", "mm-dd-yyyy", "yyyy/mm/dd", "yyyy.mm.dd"),
    *("dd/mm/yy", "mm/dd/yy", "dd.mm.yy", "dd-mm-yy"),
)
"""The formats that are looked for in a file, the preferred ones first."""
NUMBER_FORMS: Final = (
    *((".", None), (",", None), (".", ","), (",", "."), (",", " "), (",", "\u00a0"), (",", "\u202f")),
    *((".", " "), (".", "'"), (".", "\u2019")),
)
"""Pairs of a decimal separator and a separator of thousands, the preferred ones first."""
WORDS: Final = (
    *(("true", "false"), ("sí", "no"), ("yes", "no"), ("verdadero", "falso"), ("ja", "nein"), ("oui", "non")),
    *(("sim", "não"), ("wahr", "falsch"), ("vrai", "faux"), ("s", "n"), ("y", "n"), ("j", "n"), ("t", "f")),
    *(("v", "f"), ("on", "off"), ("1", "0"), ("x", "")),
)
"""Pairs of words for true and false."""
LOCALES: Final = {
    **dict.fromkeys(("es", "ca", "gl", "eu", "pt", "it", "nl", "da", "id", "tr", "el"), (",", "dmy")),
    **dict.fromkeys(("de", "fr", "pl", "cs", "ru", "nb", "fi", "uk", "ro", "de-AT", "fr-CA"), (",", "dmy")),
    **dict.fromkeys(("en-GB", "en-AU", "en-IE", "es-MX", "es-PE", "de-CH", "he"), (".", "dmy")),
    **dict.fromkeys(("en", "en-US"), (".", "mdy")),
    **dict.fromkeys(("sv", "hu", "lt"), (",", "ymd")),
    **dict.fromkeys(("ja", "zh", "ko"), (".", "ymd")),
}
"""By language tag: the decimal separator, and the order of day, month and year."""
_MINUTES = r":[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_TIME = rf"(?:(?:[01]?[0-9]|2[0-3]){_MINUTES}|(?:0?[0-9]|1[0-2]){_MINUTES} ?[AaPp]\.?[Mm]\.?)"
_LEAP = {
    "yyyy": r"(?:[1-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:1[26]|[2468][048]|[3579][26])00)",
    "yy": r"(?:[02468][048]|[13579][26])",
}
_YEAR = {"yyyy": r"(?:[1-9][0-9]{3})", "yy": r"[0-9]{2}"}
_CLOCK = re.compile(r"(.*?)[ T]([0-9]{1,2}):([0-9:.]*[0-9]) ?([AaPp]?).*", re.S)
_FORMAT = re.compile(r"(dd?|mm?|yyyy|yy)([-/. ]?)(dd?|mm?)\2(dd?|mm?|yyyy|yy)(?:[ T]h{1,2}:mm(?::ss)?)?")


def parts_of(format: str) -> tuple[list[str], str] | None:
    """Return the parts of a date in their order, such as ``["dd", "mm", "yyyy"]``, and the separator between them.

    None for a text that is no format of dates.
    """
    match = _FORMAT.fullmatch(format)
    if not match or {part[0] for part in match.group(1, 3, 4)} != {*"dmy"}:
        return None
    parts = [{"d": "dd", "m": "mm"}.get(part, part) for part in match.group(1, 3, 4)]
    return parts, match[2]


@cache
def date_grammar(format: str) -> str:
    """Return the regular expression that matches the existing dates of a format.

    Days and months may have a single digit.
    """
    if format == ISO:
        return GRAMMAR[ColumnType.DATE]
    found = parts_of(format)
    assert found
    parts, separator = found
    year = next(part for part in parts if part[0] == "y")
    zero = "0?" if separator else "0"

    def months(numbers: Iterable[int]) -> str:
        return f"(?:{'|'.join(f'{zero}{number}' if number < 10 else str(number) for number in numbers)})"

    def dates(day: str, month: str, years: str) -> str:
        return re.escape(separator).join({"d": day, "m": month, "y": years}[part[0]] for part in parts)

    alternatives = (
        dates(f"(?:{zero}[1-9]|1[0-9]|2[0-8])", months(range(1, 13)), _YEAR[year]),
        dates("(?:29|30)", months((1, *range(3, 13))), _YEAR[year]),
        dates("31", months((1, 3, 5, 7, 8, 10, 12)), _YEAR[year]),
        dates("29", months((2,)), _LEAP[year]),
    )
    return f"(?:{'|'.join(alternatives)})"


def _number_grammar(decimal: str | None, thousands: str | None) -> str:
    whole = f"(?:0|[1-9][0-9]{{0,{99 if decimal else MAX_DIGITS - 1}}})"
    if thousands:
        whole = f"(?:{whole}|[1-9][0-9]{{0,2}}(?:{re.escape(thousands)}[0-9]{{3}}){{1,12}})"
    size = whole + (f"(?:{re.escape(decimal)}[0-9]{{1,100}})?" if decimal else "")
    return rf"-?{size}|{size}-|\({size}\)"


def _word(text: str) -> str:
    vowels = {"a": "aáàâãäå", "e": "eéèêë", "i": "iíìîï", "o": "oóòôõö", "u": "uúùûü"}
    accents = vowels | {"c": "cç", "n": "nñ"}
    pattern = "".join(f"[{accents[c]}]" if c in accents else re.escape(c) for c in match_key(text))
    return f"{pattern}|{re.escape(text.strip())}"  # the word itself may have another letter that is folded


def _words(*words: str | None) -> str:
    return f"(?i:{'|'.join(_word(word) for word in words if word)})"


def grammar(column: Column) -> str | None:
    """Return the regular expression that matches the values of a column as a whole, or None for a string."""
    return _grammar(column.type, column.decimal, column.thousands, column.format, column.true, column.false)


@lru_cache(maxsize=256)  # the words for yes and no are the client's
def _grammar(
    type: ColumnType,
    decimal: str | None,
    thousands: str | None,
    format: str | None,
    true: str | None,
    false: str | None,
) -> str | None:
    if type is ColumnType.BOOLEAN and (true or false):
        return _words(true, false)
    if type is ColumnType.INTEGER and thousands:
        return _number_grammar(None, thousands)
    if type is ColumnType.NUMBER and (thousands or decimal not in (None, ".")):
        return _number_grammar(decimal or ".", thousands)
    if type is ColumnType.DATE and format:
        return date_grammar(format)
    if type is ColumnType.DATETIME and format and not format.startswith(ISO):
        return f"{date_grammar(_date_part(format))}[ T]{_TIME}"
    return GRAMMAR.get(type)


@cache
def any_form(type: ColumnType) -> str | None:
    """Return the regular expression of the values of a type in all forms, or None for a type with a single form."""
    if type is ColumnType.BOOLEAN:
        return _words(*chain.from_iterable(WORDS))
    forms = {grammar(form) or "" for form in candidates(type)}
    return "|".join(sorted(forms)) if len(forms) > 1 else None


def candidates(type: ColumnType) -> list[Column]:
    """Return a nameless column for each form that a type can have in a file, the preferred forms first."""
    match type:
        case ColumnType.INTEGER:
            return [Column("", type, thousands=each) for each in dict.fromkeys(each for _, each in NUMBER_FORMS)]
        case ColumnType.NUMBER:
            return [Column("", type, decimal=decimal, thousands=thousands) for decimal, thousands in NUMBER_FORMS]
        case ColumnType.BOOLEAN:
            return [Column("", type, true=true, false=false) for true, false in WORDS]
        case ColumnType.DATE:
            return [Column("", type, format=format) for format in DATE_FORMATS]
        case ColumnType.DATETIME:
            formats = (ISO_TIME, *(f"{format} hh:mm" for format in DATE_FORMATS))
            return [Column("", type, format=format) for format in formats]
        case _:
            return [Column("", type)]


def normalised(column: Column, text: str) -> str:
    """Return a cell's value in the standard form of the column's type, such as an ISO date.

    ``text`` must match the type and the form of the column.
    """
    match column.type:
        case ColumnType.INTEGER | ColumnType.NUMBER:
            plain = text.replace(column.thousands, "") if column.thousands else text
            plain = f"-{plain.strip('(-)')}" if plain[-1] in "-)" else plain
            return plain.replace(column.decimal, ".") if column.decimal else plain
        case ColumnType.BOOLEAN:
            return "true" if match_key(text) == match_key(column.true or "true") else "false"
        case ColumnType.DATE if column.format not in (None, ISO):
            return _iso_date(column.format or ISO, text)
        case ColumnType.DATETIME if column.format and not column.format.startswith(ISO):
            day, hours, rest, half = _CLOCK.fullmatch(text).groups()  # type: ignore[union-attr] # its grammar is narrower
            hour = int(hours) % 12 + 12 * (half in "Pp") if half else int(hours)
            return f"{_iso_date(_date_part(column.format), day)}T{hour:02}:{rest}"
        case _:
            return text


def typed_value(column: Column, text: str) -> int | float | bool | str | None:
    """Return a cell's value as its JSON type, with dates in ISO 8601.

    Returns None if the cell is already written in the standard form, or does not hold a value of the column's type.
    """
    pattern, value = grammar(column), text.strip()
    if not value or not pattern or not re.fullmatch(pattern, value):
        return None
    standard = normalised(column, value)
    if standard == text:
        return None
    match column.type:
        case ColumnType.INTEGER:
            return int(standard)
        case ColumnType.NUMBER:
            return float(standard)
        case ColumnType.BOOLEAN:
            return standard == "true"
        case _:
            return standard


def comparable(column: Column, text: str) -> Comparable:
    """Return a cell's value in a form that can be ordered and compared with the other values of the column.

    ``text`` must match the type and the form of the column.
    """
    return ORDER[column.type](normalised(column, text))


def with_default_form(column: Column, decimal: str) -> Column:
    """Return the column with the default form of its type, if the column has no form yet."""
    match column.type:
        case ColumnType.NUMBER if column.decimal is None:
            other = "," if column.thousands == "." else "."
            return replace(column, decimal=decimal if decimal != column.thousands else other)
        case ColumnType.BOOLEAN if column.true is None and column.false is None:
            return replace(column, true="true", false="false")
        case ColumnType.DATE | ColumnType.DATETIME if column.format is None:
            return replace(column, format=ISO if column.type is ColumnType.DATE else ISO_TIME)
        case _:
            return column


def _date_part(format: str) -> str:
    return re.split(r"[ T]h", format)[0]


def _iso_date(format: str, text: str) -> str:
    found = parts_of(format)
    assert found
    parts, separator = found
    pattern = re.escape(separator).join(f"(?P<{part[0]}>[0-9]{{1,{len(part)}}})" for part in parts)
    match = re.fullmatch(pattern, text)
    assert match
    day, month, year = (int(match[part]) for part in "dmy")
    if "yy" in parts:
        year += 1900 if year > 68 else 2000
    return date(year, month, day).isoformat()
