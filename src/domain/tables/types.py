"""What a value of a type looks like: said once, as regular expressions that mean the same to every engine."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Final


class ColumnType(StrEnum):
    """What the values of a column are."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    EMAIL = "email"


_YEAR = r"(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_LEAP = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_DAY = (
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_DATE = f"(?:{_YEAR}-{_DAY}|{_LEAP}-02-29)"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"

GRAMMAR: Final[Mapping[ColumnType, str]] = {
    ColumnType.INTEGER: r"-?(?:0|[1-9][0-9]{0,17})",
    # JSON's number (RFC 8259 section 6), short enough to be finite as a double.
    ColumnType.NUMBER: r"-?(?:0|[1-9][0-9]{0,99})(?:\.[0-9]{1,100})?(?:[eE](?:\+?[0-9]{1,2}|-[0-9]{1,3}))?",
    ColumnType.BOOLEAN: r"[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]",
    ColumnType.DATE: _DATE,
    # RFC 3339, where the seconds and the offset may be left out: then it is UTC. No leap seconds.
    ColumnType.DATETIME: rf"{_DATE}[Tt ]{_TIME}(?::[0-5][0-9](?:\.[0-9]{{1,9}})?)?(?:[Zz]|[+-]{_TIME})?",
    # What HTML calls a valid e-mail address, with a dot in the domain.
    ColumnType.EMAIL: rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+",
}
"""What a whole value matches, for every type but ``string``."""


def instant(text: str) -> tuple[int, int]:
    """A ``datetime`` value as seconds and nanoseconds, in order of time."""
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
"""For the types that have ``min`` and ``max``: a valid value as something that compares. Numbers are doubles."""
