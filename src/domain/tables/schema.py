"""What the columns of a table are expected to hold. To clients a schema is JSON (``parse_schema``)."""

import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from src.domain.errors import FieldError, Invalid
from src.domain.tables.types import GRAMMAR, MAX_DIGITS, ORDER, ColumnType

MAX_COLUMNS = 10_000
MAX_NAME = 200
MAX_PATTERN = 200
MAX_ENUM = 1_000


@dataclass(frozen=True, slots=True)
class Column:
    """A column and its rules. An empty cell breaks ``required`` only; ``enum``, ``unique`` compare texts as written."""

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
    rules = {"type": rules} if isinstance(rules, str) else rules
    if not isinstance(rules, dict):
        bad("", "type", "Give a type, or an object of rules.")
        return Column(name)
    for rule in rules.keys() - set(_RULES):
        bad(str(rule), "unknown", f"There is no such rule; there are {', '.join(_RULES)}.")
    given = {rule: value for rule, value in rules.items() if value is not None}
    try:
        type = ColumnType(given.get("type", ColumnType.STRING))
    except ValueError:
        bad("type", "type", f"Give one of {', '.join(ColumnType)}.")
        return Column(name)
    for rule in ("required", "unique"):
        if not isinstance(given.get(rule, False), bool):
            bad(rule, "type", "Give true or false.")
    bounds = {rule: given[rule] for rule in ("min", "max") if rule in given}
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
        bad("enum", "enum", f"Give 1 to {MAX_ENUM} different values of the column's type, as files have them.")
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
        right = isinstance(bound, int) and not isinstance(bound, bool) and abs(bound) < 10**MAX_DIGITS
        return None if right else f"Give an integer of at most {MAX_DIGITS} digits."
    if type is ColumnType.NUMBER:
        # Compared as a double, which not every integer fits; nan is not less than anything.
        right = isinstance(bound, int | float) and not isinstance(bound, bool) and abs(bound) <= sys.float_info.max
        return None if right else "Give a number."
    right = isinstance(bound, str) and re.fullmatch(GRAMMAR[type], bound) is not None
    return None if right else f"Give a {type} as the values are written."


def _texts(type: ColumnType, enum: object) -> tuple[str, ...] | None:
    """The values of an ``enum`` as they are written in a file; None unless all are good."""
    if not isinstance(enum, list) or not 0 < len(enum) <= MAX_ENUM:
        return None
    scalar = type in {ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.BOOLEAN}
    # What is no value of the type as JSON writes it does not match its grammar: 1.0, NaN, true for an integer.
    texts = [json.dumps(item) if scalar and isinstance(item, int | float) else item for item in enum]
    if not all(isinstance(text, str) and 0 < len(text) <= MAX_NAME for text in texts) or len({*texts}) < len(texts):
        return None
    if type in GRAMMAR and not all(re.fullmatch(GRAMMAR[type], text) for text in texts):
        return None
    return tuple(texts)
