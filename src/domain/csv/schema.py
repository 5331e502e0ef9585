"""The schema of a CSV file: its columns and their rules. Clients write and read it as JSON."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any

from src.domain.csv.columns import SUSPICIONS, Column
from src.domain.csv.forms import LOCALES, NUMBER_FORMS, any_form, parts_of
from src.domain.csv.spelling import match_key
from src.domain.csv.types import GRAMMAR, MAX_DIGITS, ORDER, ColumnType
from src.domain.errors import FieldError, Invalid
from src.domain.messages import Translatable, clipped

MAX_COLUMNS = 10_000
MAX_ERRORS = 100
"""The most errors of a schema that are named at once."""
MAX_NAME = 200
"""The maximum length in characters of the name of a column and of a value in an enum."""
MAX_WORD = 50
"""The maximum length of a word for yes or no."""
MAX_WORDS = 100
"""The maximum number of different words for yes and no. For each pair, a regular expression is compiled."""
MAX_PATTERN = 200
"""The maximum length of a regular expression in characters."""
MAX_ENUM = 1_000
"""The maximum number of values in an enum."""
_MAX_LOCALE = 35
"""The length for which RFC 5646 asks programs to have room for a language tag."""
_DATES = (ColumnType.DATE, ColumnType.DATETIME)
_NUMBERS = (ColumnType.INTEGER, ColumnType.NUMBER)
_FORMS_OF: Mapping[str, tuple[ColumnType, ...]] = {
    "format": _DATES,
    "decimal": _NUMBERS,
    "thousands": _NUMBERS,
    "true": (ColumnType.BOOLEAN,),
    "false": (ColumnType.BOOLEAN,),
}
_THOUSANDS = [thousands for _, thousands in NUMBER_FORMS if thousands]
_RULES = tuple(field.name for field in fields(Column) if field.name != "name")


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns that a client expects in a file, and the properties of the whole schema, such as its locale."""

    columns: tuple[Column, ...] = ()
    locale: str | None = None
    """The language whose numbers and dates the file has, such as ``es``."""
    closed: bool = False
    """Whether a column that is not named here is an error."""
    titles: bool = True
    """Whether lines above the header and notes below the rows are passed over."""


def schema_json(columns: Sequence[Column], about: Schema | None = None) -> dict[str, Any]:
    """Return a schema in the JSON form that ``parse_schema`` reads: the type, the rules and the form of each column.

    ``about`` holds the properties of the whole schema, such as its locale. If there are any, the columns are nested
    under the key ``columns``.
    """
    listed = {}
    for column in columns:
        required = {"required": False} if column.required is False else {}
        given = {"type": column.type, **required, **column.rules, **column.form}
        listed[column.name] = {rule: list(each) if isinstance(each, tuple) else each for rule, each in given.items()}
    if about is None or about == Schema(about.columns):
        return listed
    return {"locale": about.locale, "closed": about.closed, "titles": about.titles, "columns": listed}


def parse_schema(value: object, pattern_flaws: Callable[[Iterable[str]], Mapping[str, str]]) -> Schema:
    """Return a schema that was decoded from JSON; it has no columns when it is null or empty.

    ``pattern_flaws`` returns a description of the flaw of each regular expression that has one. Raises Invalid, which
    names every flaw as ``schema.COLUMN.RULE``.
    """
    if value is None:
        return Schema()
    errors: list[FieldError] = []
    about: dict[str, Any] = {}
    if isinstance(value, dict) and _is_whole(value):
        about, value = _about(value, errors), value.get("columns") or {}
    if not isinstance(value, dict):
        raise Invalid(FieldError("schema", "type", "Give an object: each column's name, and its type or its rules."))
    if len(value) > MAX_COLUMNS:
        raise Invalid(
            FieldError("schema", "too_many_columns", Translatable("Name at most {n} columns.", n=MAX_COLUMNS))
        )
    flaws = pattern_flaws(_patterns(value.values()))
    columns: list[Column] = []
    for name, rules in value.items():
        columns.append(_column(str(name), rules, flaws, errors))
        if len(errors) >= MAX_ERRORS:
            break
    if errors:
        raise Invalid(*errors[:MAX_ERRORS])
    if len({word for column in columns for word in (column.true, column.false) if word}) > MAX_WORDS:
        message = Translatable("Use at most {n} different words for yes and no.", n=MAX_WORDS)
        raise Invalid(FieldError("schema", "too_many_words", message))
    return Schema(tuple(columns), **about)


def language_of(locale: str) -> str | None:
    """Return the key of a language tag, such as "es" or "es-ES", in LOCALES, or None for an unknown language."""
    tag = locale.replace("_", "-").lower()  # the case of a tag has no meaning (RFC 5646 section 2.1.1)
    tags = {known.lower(): known for known in LOCALES}
    return tags.get(tag) or tags.get(tag.partition("-")[0])


def _is_whole(value: Mapping[str, object]) -> bool:
    """Return whether the JSON of a schema nests its columns under ``columns``.

    This form also holds properties of the whole schema: ``locale``, ``closed`` and ``titles``. In the other form, the
    keys are the names of columns.
    """
    if value.keys() - {"columns", "locale", "closed", "titles"} or value.keys() == {"columns"}:
        return False
    types = [*ColumnType]  # no set, because the JSON may hold what has no hash
    about = [each for name, each in value.items() if name != "columns"]
    return not any(isinstance(each, dict) or each in types for each in about)


def _about(value: Mapping[str, object], errors: list[FieldError]) -> dict[str, Any]:
    """Return the properties of the whole schema: ``locale``, ``closed`` and ``titles``.

    Add their flaws to ``errors``.
    """
    about = {name: each for name, each in value.items() if name != "columns" and each is not None}
    for name in about.keys() & {"closed", "titles"}:
        if not isinstance(about[name], bool):
            errors.append(FieldError(f"schema.{name}", "type", "Give true or false."))
    if "locale" in about:
        locale = about["locale"]
        if not isinstance(locale, str) or len(locale) > _MAX_LOCALE or not language_of(locale):
            errors.append(
                FieldError("schema.locale", "locale", Translatable("Give one of {values}.", values=", ".join(LOCALES)))
            )
    return about


def _patterns(columns: Iterable[object]) -> list[str]:
    """Return the different regular expressions of the columns that are short enough."""
    patterns = [rules.get("pattern") for rules in columns if isinstance(rules, dict)]
    return [*dict.fromkeys(each for each in patterns if isinstance(each, str) and len(each) <= MAX_PATTERN)]


def _column(name: str, rules: object, pattern_flaws: Mapping[str, str], errors: list[FieldError]) -> Column:
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
    for rule in islice((each for each in rules if each not in _RULES), MAX_ERRORS):
        add_error(
            str(rule), "unknown", Translatable("There is no such rule; there are {rules}.", rules=", ".join(_RULES))
        )
    given = {rule: rules[rule] for rule in _RULES if rules.get(rule) is not None}
    try:
        type = ColumnType(given.pop("type", ColumnType.STRING))
    except ValueError:
        add_error("type", "type", Translatable("Give one of {values}.", values=", ".join(ColumnType)))
        return Column(name)
    flaws = {rule: flaw for rule, value in given.items() if (flaw := _flaw(type, rule, value, pattern_flaws))}
    if not flaws and "min" in given and "max" in given:
        least, most = (ORDER[type](str(given[rule])) for rule in ("min", "max"))
        if least > most:  # type: ignore[operator] # both are of one type
            flaws["min"] = "It is greater than max."
    if "thousands" in given and given["thousands"] == given.get("decimal"):
        flaws["thousands"] = "Give another character than the one before decimals."
    if not flaws and "true" in given and "false" in given and match_key(given["true"]) == match_key(given["false"]):
        flaws["false"] = "Give another word than the one for yes."
    for rule, flaw in flaws.items():
        add_error(rule, "type" if rule in ("required", "unique") else rule, flaw)
        del given[rule]
    if "enum" in given:
        given["enum"] = _texts(type, given["enum"])
    if "allow" in given:
        given["allow"] = tuple(given["allow"])
    return Column(name, type, **given)


def _flaw(type: ColumnType, rule: str, value: Any, pattern_flaws: Mapping[str, str]) -> str | None:
    """Return a description of the flaw in the value of a rule of a column, or None if the value is valid."""
    if rule in _FORMS_OF and type not in _FORMS_OF[rule]:
        return Translatable("Only columns of type {types} have it.", types=", ".join(_FORMS_OF[rule]))
    match rule:
        case "required" | "unique":
            return None if isinstance(value, bool) else "Give true or false."
        case "min" | "max":
            return _bound_flaw(type, value)
        case "pattern":
            if not isinstance(value, str) or not 0 < len(value) <= MAX_PATTERN:
                return Translatable("Give a regular expression of 1 to {n} characters.", n=MAX_PATTERN)
            flaw = pattern_flaws.get(value)
            return flaw and Translatable("This is no regular expression in RE2's syntax: {flaw}.", flaw=flaw)
        case "enum" if _texts(type, value) is None:
            text = "Give 1 to {n} different values of the column's type, as files have them."
            return Translatable(text, n=MAX_ENUM)
        case "format" if not isinstance(value, str) or not parts_of(value):
            return "Give the parts of a date in their order, such as dd/mm/yyyy."
        case "format" if type is ColumnType.DATE and ":" in value:
            return "A date has no time; give the type datetime."
        case "decimal" if value not in (".", ","):
            return "Give a point or a comma."
        case "thousands" if value not in _THOUSANDS:
            return "Give a point, a comma, a space or an apostrophe."
        case "true" | "false" if not isinstance(value, str) or not value.strip() or len(value) > MAX_WORD:
            return Translatable("Give a word of 1 to {n} characters.", n=MAX_WORD)
        case "allow" if not isinstance(value, list) or not all(each in SUSPICIONS for each in value):
            return Translatable("Give a list of rules; there are {rules}.", rules=", ".join(SUSPICIONS))
    return None


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
    forms = GRAMMAR.get(type) if type is ColumnType.BOOLEAN else any_form(type) or GRAMMAR.get(type)
    if forms and not all(re.fullmatch(forms, text) for text in texts):
        return None
    return tuple(texts)
