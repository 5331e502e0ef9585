"""The schema of a CSV file: its columns and their rules. Clients write and read it as JSON."""

import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from src.domain.csv.types import GRAMMAR, MAX_DIGITS, ORDER, ColumnType
from src.domain.errors import FieldError, Invalid
from src.domain.messages import Translatable, clipped

MAX_COLUMNS = 10_000
MAX_NAME = 200
"""The maximum length in characters of the name of a column and of a value in an enum."""
MAX_PATTERN = 200
"""The maximum length of a regular expression in characters."""
MAX_ENUM = 1_000
"""The maximum number of values in an enum."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column and its rules.

    An empty cell breaks ``required`` and no other rule. ``enum`` and ``unique`` compare values as they are written.
    """

    name: str
    type: ColumnType = ColumnType.STRING
    required: bool | None = None
    """Whether empty cells are errors (True), are of no interest (False), or are warnings (None, the default)."""
    unique: bool = False
    min: int | float | str | None = None
    max: int | float | str | None = None
    pattern: str | None = None
    """A regular expression in RE2 syntax that matches the whole value."""
    enum: tuple[str, ...] | None = None

    @property
    def rules(self) -> dict[str, Any]:
        """The rules that values can break, by name. The type is not one of them."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in ("name", "type")}
        return {rule: value for rule, value in values.items() if value is not None and value is not False}


_RULES = tuple(field.name for field in fields(Column) if field.name != "name")


def schema_json(columns: Sequence[Column]) -> dict[str, dict[str, object]]:
    """Return the schema in the form that ``parse_schema`` takes: the type and the rules of each column."""
    rules = {
        column.name: {"type": column.type, **({"required": False} if column.required is False else {}), **column.rules}
        for column in columns
    }
    return {
        name: {rule: list(value) if isinstance(value, tuple) else value for rule, value in given.items()}
        for name, given in rules.items()
    }


def parse_schema(value: object, pattern_flaw: Callable[[str], str | None]) -> tuple[Column, ...]:
    """Return the columns of a schema that was decoded from JSON; none when it is null or empty.

    ``pattern_flaw`` returns what is wrong with a regular expression, or None. Raises Invalid, which names every flaw
    as ``schema.COLUMN.RULE``.
    """
    if value is None:
        return ()
    if not isinstance(value, dict):
        raise Invalid(FieldError("schema", "type", "Give an object: each column's name, and its type or its rules."))
    if len(value) > MAX_COLUMNS:
        raise Invalid(
            FieldError("schema", "too_many_columns", Translatable("Name at most {n} columns.", n=MAX_COLUMNS))
        )
    errors: list[FieldError] = []
    columns = [_column(str(name), rules, pattern_flaw, errors) for name, rules in value.items()]
    if errors:
        raise Invalid(*errors)
    return tuple(columns)


def _column(name: str, rules: object, pattern_flaw: Callable[[str], str | None], errors: list[FieldError]) -> Column:
    place = f"schema.{clipped(name, MAX_NAME + 1)}"

    def add_error(rule: str, code: str, message: str) -> None:
        errors.append(FieldError(f"{place}.{rule}" if rule else place, code, message))

    if not name or name != name.strip() or len(name) > MAX_NAME:
        message = Translatable("A column's name has 1 to {n} characters, and no space around it.", n=MAX_NAME)
        add_error("", "name", message)
    rules = {"type": rules} if isinstance(rules, str) else rules
    if not isinstance(rules, dict):
        add_error("", "type", "Give a type, or an object of rules.")
        return Column(name)
    for rule in rules.keys() - set(_RULES):
        add_error(
            str(rule), "unknown", Translatable("There is no such rule; there are {rules}.", rules=", ".join(_RULES))
        )
    given = {rule: value for rule, value in rules.items() if value is not None}
    try:
        type = ColumnType(given.get("type", ColumnType.STRING))
    except ValueError:
        add_error("type", "type", Translatable("Give one of {values}.", values=", ".join(ColumnType)))
        return Column(name)
    for rule in ("required", "unique"):
        if not isinstance(given.get(rule, False), bool):
            add_error(rule, "type", "Give true or false.")
    bounds = {rule: given[rule] for rule in ("min", "max") if rule in given}
    for rule, bound in bounds.items():
        if flaw := _bound_flaw(type, bound):
            add_error(rule, rule, flaw)
    if len(bounds) == 2 and not any(_bound_flaw(type, bound) for bound in bounds.values()):
        least, most = (ORDER[type](str(bound)) for bound in bounds.values())
        if least > most:  # type: ignore[operator] # both are of one type
            add_error("min", "min", "It is greater than max.")
    pattern = given.get("pattern")
    if pattern is not None:
        if not isinstance(pattern, str) or not 0 < len(pattern) <= MAX_PATTERN:
            message = Translatable("Give a regular expression of 1 to {n} characters.", n=MAX_PATTERN)
            add_error("pattern", "pattern", message)
        elif flaw := pattern_flaw(pattern):
            message = Translatable("This is no regular expression in RE2's syntax: {flaw}.", flaw=flaw)
            add_error("pattern", "pattern", message)
    enum = given.get("enum")
    texts = _texts(type, enum)
    if enum is not None and texts is None:
        message = Translatable("Give 1 to {n} different values of the column's type, as files have them.", n=MAX_ENUM)
        add_error("enum", "enum", message)
    return Column(
        name=name,
        type=type,
        required=given.get("required"),
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
        is_valid = isinstance(bound, int) and not isinstance(bound, bool) and abs(bound) < 10**MAX_DIGITS
        return None if is_valid else Translatable("Give an integer of at most {n} digits.", n=MAX_DIGITS)
    if type is ColumnType.NUMBER:
        # The bound is compared as a double, and not every integer fits into one. NaN fails the comparison.
        is_valid = isinstance(bound, int | float) and not isinstance(bound, bool) and abs(bound) <= sys.float_info.max
        return None if is_valid else "Give a number."
    is_valid = isinstance(bound, str) and re.fullmatch(GRAMMAR[type], bound) is not None
    return None if is_valid else Translatable("Give a {type} as the values are written.", type=type)


def _texts(type: ColumnType, enum: object) -> tuple[str, ...] | None:
    """Return the values of an ``enum`` as they are written in a file; None unless all are valid."""
    if not isinstance(enum, list) or not 0 < len(enum) <= MAX_ENUM:
        return None
    scalar = type in {ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.BOOLEAN}
    # For an integer JSON may have 1.0, NaN or true: their texts do not match the grammar.
    texts = [json.dumps(item) if scalar and isinstance(item, int | float) else item for item in enum]
    if not all(isinstance(text, str) and 0 < len(text) <= MAX_NAME for text in texts) or len({*texts}) < len(texts):
        return None
    if type in GRAMMAR and not all(re.fullmatch(GRAMMAR[type], text) for text in texts):
        return None
    return tuple(texts)
