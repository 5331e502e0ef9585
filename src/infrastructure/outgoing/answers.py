"""Answers of others, read strictly."""

import json
import math
from typing import Any, NoReturn

_MAX_DIGITS = 100
_MAX_DEPTH = 32


def strict_json(data: bytes) -> Any:
    """JSON (RFC 8259) in UTF-8, to be stored and shown; raises ValueError.

    Refuses what JSON libraries differ in: repeated names, NaN, numbers and nesting beyond reason. NUL characters
    and lone surrogates, which stores and encoders cannot take, become U+FFFD.
    """
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse,
            parse_float=_finite,
            parse_int=_short,
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return _clean(value, _MAX_DEPTH)


def _clean(value: Any, depth: int) -> Any:
    if depth == 0:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in value)
    if isinstance(value, list):
        return [_clean(item, depth - 1) for item in value]
    if isinstance(value, dict):
        return {_clean(name, depth - 1): _clean(item, depth - 1) for name, item in value.items()}
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name is repeated")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _short(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise ValueError("a number is too long")
    return int(text)
