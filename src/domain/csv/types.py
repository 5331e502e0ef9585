"""The types of columns, with the grammar of their values.

The regular expressions mean the same to the re module, to RE2 and to polars.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Final


class ColumnType(StrEnum):
    """The type of the values of a column."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    EMAIL = "email"


MAX_DIGITS = 38
"""The number of digits of an integer: integers of this length fit into 128 bits."""

_YEAR = r"(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_LEAP = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_DAY = (
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_DATE = f"(?:{_YEAR}-{_DAY}|{_LEAP}-02-29)"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_PLAIN = r"(?:0|[1-9][0-9]{0,99})(?:\.[0-9]{1,100})?(?:[eE](?:\+?1?[0-9]{1,2}|-[0-9]{1,3}))?"
_HUGE = (
    r"[0-9](?:\.[0-9]{1,100})?[eE]\+?(?:2[0-9]{2}|30[0-7])"
    r"|1(?:\.(?:[0-6][0-9]{0,99}|797693(?:1348623157)?))?[eE]\+?308"
)
_BEYOND_ASCII = (
    "\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff\u2c00-\u2fef\u3040-\ud7ff\U00010000-\U0003ffff"
)
_LOCAL = rf"[a-zA-Z0-9{_BEYOND_ASCII}!#$%&'*+/=?^_`{{|}}~-]"
_LABEL = f"a-zA-Z0-9{_BEYOND_ASCII}"
_LABEL_END = f"(?:[{_LABEL}-]{{0,61}}[{_LABEL}])?"
_LAST_LABEL = f"[a-zA-Z{_BEYOND_ASCII}]{_LABEL_END}"

GRAMMAR: Final[Mapping[ColumnType, str]] = {
    ColumnType.INTEGER: rf"-?(?:0|[1-9][0-9]{{0,{MAX_DIGITS - 1}}})",
    # A number of JSON (RFC 8259 section 6) that is finite as a double. Only a number with a single digit before the
    # point may have an exponent of 200 or more, and none is greater than DBL_MAX.
    ColumnType.NUMBER: f"-?(?:{_PLAIN}|{_HUGE})",
    ColumnType.BOOLEAN: r"[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]",
    ColumnType.DATE: _DATE,
    # RFC 3339 without leap seconds. The seconds may be left out, and so may the offset: the time is then UTC.
    ColumnType.DATETIME: rf"{_DATE}[Tt ]{_TIME}(?::[0-5][0-9](?:\.[0-9]{{1,9}})?)?(?:[Zz]|[+-]{_TIME})?",
    # HTML's valid e-mail address, made stricter: the local part has at most 64 characters and no stray dots, the
    # domain has a dot, and its last label begins with a letter. Letters of every script are valid, as in RFC 6531.
    ColumnType.EMAIL: rf"{_LOCAL}(?:\.?{_LOCAL}){{0,63}}@(?:[{_LABEL}]{_LABEL_END}\.)+{_LAST_LABEL}",
}
"""By type: the regular expression that matches its values as a whole. Strings have none, since all are valid."""


def instant(text: str) -> tuple[int, int]:
    """Return a valid ``datetime`` text as a pair (seconds, nanoseconds). The pairs sort in the order of time."""
    day, clock = text[:10], text[11:].upper().removesuffix("Z")
    clock, sign, offset = re.split(r"([+-])", clock) if re.search("[+-]", clock) else (clock, "+", "00:00")
    hours, minutes, seconds = [*clock.split(":"), "0"][:3]
    whole, _, fraction = seconds.partition(".")
    shift = (int(offset[:2]) * 60 + int(offset[3:])) * (-60 if sign == "+" else 60)
    days = date.fromisoformat(day).toordinal()
    return ((days * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(whole) + shift, int(fraction.ljust(9, "0"))


Comparable = int | float | str | tuple[int, int]

ORDER: Final[Mapping[ColumnType, Callable[[str], Comparable]]] = {
    ColumnType.INTEGER: int,
    ColumnType.NUMBER: float,
    ColumnType.DATE: str,
    ColumnType.DATETIME: instant,
}
"""By type that can have ``min`` and ``max``: the function that converts a valid value into a comparable one.

Numbers become doubles.
"""
