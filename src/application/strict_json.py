"""Parses JSON (RFC 8259) strictly: texts that JSON libraries interpret in different ways are refused."""

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn

from src.domain.messages import Translatable

_MAX_DIGITS = 100
"""The maximum number of digits of an integer. No value needs more, and converting long numbers is slow."""
_MAX_STORED_DEPTH = 32
_MAX_VALUES = 20_000
"""The commas and opening brackets of a text at most. A megabyte has room for a million, which take 27 MB."""


class NotJson(ValueError):
    """A text is not strict JSON. ``reason`` says why, as a part of a sentence."""

    def __init__(self, reason: str) -> None:
        self.reason = Translatable(reason)
        super().__init__(reason)


def strict_json(text: str, *, to_store: bool = False, max_values: int = _MAX_VALUES) -> Any:
    """Parse ``text`` and return its value.

    Raise NotJson for text that is not JSON, a repeated key, NaN, Infinity, an integer of more than 100 digits,
    nesting beyond Python's recursion limit, a NUL character, or more commas and opening brackets than ``max_values``.
    Raise UnicodeError for a lone surrogate.

    Set ``to_store`` for a value from another service that is stored or shown. NUL characters and lone surrogates then
    become U+FFFD, because stores and encoders refuse them. NotJson is also raised for a number that exceeds the
    range of a float, and for nesting beyond 32 levels. The number of values is not limited.
    """
    if not to_store and sum(map(text.count, ",[{")) > max_values:
        raise NotJson("it has too many values")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite_float if to_store else float,
            parse_int=_short_int,
        )
    except RecursionError:
        raise NotJson("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno, "char": error.pos}
        flaw = Translatable(error.msg)  # one of a few constants of the library
        raise NotJson(Translatable("{flaw}: line {line} column {column} (char {char})", flaw=flaw, **place)) from None
    if to_store:
        return _storable(value, _MAX_STORED_DEPTH)
    for each in texts_in(value):
        each.encode("utf-8")
        if "\0" in each:
            raise NotJson("a text holds a NUL character")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotJson("an object has the same key twice")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise NotJson(Translatable("{name} is not a JSON number", name=name))


def _finite_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise NotJson("a number is too large")
    return number


def _short_int(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise NotJson(Translatable("a number has more than {digits} digits", digits=_MAX_DIGITS))
    return int(digits)


def texts_in(value: Any) -> Iterator[str]:
    """Yield every string in ``value``, including keys, without recursion, which deep nesting could exhaust."""
    remaining = [value]
    while remaining:
        match remaining.pop():
            case str() as text:
                yield text
            case list() as items:
                remaining.extend(items)
            case dict() as members:
                remaining.extend(members.keys())
                remaining.extend(members.values())


def _storable(value: Any, depth: int) -> Any:
    if depth == 0:
        raise NotJson("it is nested too deeply")
    if isinstance(value, str):
        return "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in value)
    if isinstance(value, list):
        return [_storable(item, depth - 1) for item in value]
    if isinstance(value, dict):
        return {_storable(name, depth - 1): _storable(item, depth - 1) for name, item in value.items()}
    return value
