"""What a table is expected to hold, and what was found when it was looked at.

A schema is JSON (``parse_schema``). Two engines check files against it behind ``TableEngine`` and always agree.
What a value of a type looks like is said here once, as regular expressions that mean the same to every engine.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol, cast

from src.domain.errors import FieldError, Invalid

MAX_COLUMNS = 10_000
MAX_NAME = 200
MAX_PATTERN = 200
MAX_ENUM = 1_000

Row = tuple[int, bool, list[str]]
"""The line where it begins (the header's is 1, as a rule), whether nothing was found in it, its value by column."""


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


@dataclass(frozen=True, slots=True)
class Column:
    """A column and its rules. An empty cell breaks ``required`` only; ``enum`` and ``unique`` compare texts."""

    name: str
    type: ColumnType = ColumnType.STRING
    required: bool = False
    unique: bool = False
    min: int | float | str | None = None
    max: int | float | str | None = None
    pattern: str | None = None
    """RE2 syntax; the whole value matches it."""
    enum: tuple[str, ...] | None = None


_RULES = tuple(field.name for field in fields(Column) if field.name != "name")


def schema_json(columns: Sequence[Column]) -> dict[str, dict[str, object]]:
    """The schema in the form that ``parse_schema`` takes; what is as by default is left out."""
    plain = Column("")
    return {
        column.name: {
            rule: list(value) if isinstance(value, tuple) else value
            for rule in _RULES
            if (value := getattr(column, rule)) != getattr(plain, rule) or rule == "type"
        }
        for column in columns
    }


def parse_schema(value: object, pattern_flaw: Callable[[str], str | None]) -> tuple[Column, ...]:
    """The columns of a schema that came as JSON: none when it is absent or empty, and is to be inferred.

    ``pattern_flaw`` says what is wrong with a regular expression, or None. Raises Invalid; every bad thing is
    named, as ``schema.COLUMN.RULE``.
    """
    if value is None:
        return ()
    if not isinstance(value, dict):
        raise Invalid(FieldError("schema", "type", "Give an object: each column's name, and its type or its rules."))
    if len(value) > MAX_COLUMNS:
        raise Invalid(FieldError("schema", "too_many_columns", f"Name at most {MAX_COLUMNS} columns."))
    errors: list[FieldError] = []
    columns = [_column(str(name), rules, pattern_flaw, errors) for name, rules in value.items()]
    if errors:
        raise Invalid(*errors)
    return tuple(columns)


def _column(name: str, rules: object, pattern_flaw: Callable[[str], str | None], errors: list[FieldError]) -> Column:
    def bad(rule: str, code: str, message: str) -> None:
        errors.append(FieldError(f"schema.{name}.{rule}" if rule else f"schema.{name}", code, message))

    if not name or name != name.strip() or len(name) > MAX_NAME:
        bad("", "name", f"A column's name has 1 to {MAX_NAME} characters, and no space around it.")
    given = {"type": rules} if isinstance(rules, str) else rules
    if not isinstance(given, dict):
        bad("", "type", "Give a type, or an object of rules.")
        return Column(name)
    for rule in given.keys() - set(_RULES):
        bad(str(rule), "unknown", f"There is no such rule; there are {', '.join(_RULES)}.")
    try:
        type = ColumnType(given.get("type", ColumnType.STRING))
    except ValueError:
        bad("type", "type", f"Give one of {', '.join(ColumnType)}.")
        return Column(name)
    for rule in ("required", "unique"):
        if not isinstance(given.get(rule, False), bool):
            bad(rule, "type", "Give true or false.")
    bounds = {rule: given[rule] for rule in ("min", "max") if given.get(rule) is not None}
    for rule, bound in bounds.items():
        if message := _bound_flaw(type, bound):
            bad(rule, rule, message)
    if len(bounds) == 2 and not any(_bound_flaw(type, bound) for bound in bounds.values()):
        least, most = (ORDER[type](str(bound)) for bound in bounds.values())
        if least > most:  # type: ignore[operator] # both are of one type
            bad("min", "min", "It is greater than max.")
    pattern = given.get("pattern")
    if pattern is not None:
        if not isinstance(pattern, str) or not 0 < len(pattern) <= MAX_PATTERN:
            bad("pattern", "pattern", f"Give a regular expression of 1 to {MAX_PATTERN} characters.")
        elif flaw := pattern_flaw(pattern):
            bad("pattern", "pattern", f"This is no regular expression in RE2's syntax: {flaw}.")
    enum = given.get("enum")
    texts = _texts(type, enum)
    if enum is not None and texts is None:
        bad("enum", "enum", f"Give 1 to {MAX_ENUM} different values, as strings that are values of the column's type.")
    return Column(
        name=name,
        type=type,
        required=given.get("required") is True,
        unique=given.get("unique") is True,
        min=bounds.get("min"),
        max=bounds.get("max"),
        pattern=pattern if isinstance(pattern, str) else None,
        enum=texts,
    )


def _bound_flaw(type: ColumnType, bound: object) -> str | None:
    if type not in ORDER:
        return "Only integers, numbers, dates and datetimes have a least and a greatest value."
    if type is ColumnType.INTEGER:
        right = isinstance(bound, int) and not isinstance(bound, bool) and abs(bound) < 10**18
        return None if right else "Give an integer of at most 18 digits."
    if type is ColumnType.NUMBER:
        right = isinstance(bound, int | float) and not isinstance(bound, bool)
        # Compared as a double, which a longer integer is not.
        right = right and abs(cast(float, bound)) < 10**300 and math.isfinite(cast(float, bound))
        return None if right else "Give a number."
    right = isinstance(bound, str) and re.fullmatch(GRAMMAR[type], bound) is not None
    return None if right else f"Give a {type} as the values are written."


def _texts(type: ColumnType, enum: object) -> tuple[str, ...] | None:
    """The values of an ``enum`` as they are written in a file; None unless all are good."""
    if not isinstance(enum, list) or not 0 < len(enum) <= MAX_ENUM:
        return None
    numbers = type in {ColumnType.INTEGER, ColumnType.NUMBER}
    texts = [str(item) if numbers and isinstance(item, int) and not isinstance(item, bool) else item for item in enum]
    if not all(isinstance(text, str) and 0 < len(text) <= MAX_NAME for text in texts) or len({*texts}) < len(texts):
        return None
    if type in GRAMMAR and not all(re.fullmatch(GRAMMAR[type], text) for text in texts):
        return None
    return tuple(texts)


@dataclass(frozen=True, slots=True)
class Sample:
    """Where a finding is: the line where its row begins, and the value, cut to size."""

    row: int
    value: str


@dataclass(frozen=True, slots=True)
class Validation:
    """One rule that was applied, to one column or to all, and how often it was broken. Ten samples at most."""

    rule: str
    column: str | None
    count: int
    samples: tuple[Sample, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing broke it."""
        return self.count == 0


@dataclass(frozen=True, slots=True)
class Report:
    """What a file holds. ``columns`` are the file's, ``schema`` those asked for: the same when it was inferred."""

    delimiter: str
    encoding: str
    rows: int
    valid_rows: int
    columns: tuple[Column, ...]
    schema: tuple[Column, ...]
    validations: tuple[Validation, ...]


class TableEngine(Protocol):
    """Reads and checks CSV files."""

    def pattern_flaw(self, pattern: str) -> str | None:
        """What is wrong with a regular expression; None if nothing is."""

    def check_encoding(self, name: str) -> None:
        """Raises Invalid for an encoding that is not read."""

    def check(
        self,
        file: Path,
        schema: Sequence[Column] = (),
        *,
        delimiter: str | None = None,
        encoding: str | None = None,
        store: Callable[[Sequence[Row]], None] | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> Report:
        """Check a whole file, in bounded memory. What is not given is found out.

        ``store`` is called with all rows in the order of the file, some thousands at a time. ``progress`` is
        called now and then with 0 to 1; what either raises is raised. Raises Invalid for what is no CSV file.
        """
