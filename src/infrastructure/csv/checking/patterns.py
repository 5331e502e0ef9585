"""Regular expressions from clients. RE2 matches them in linear time, whatever the pattern."""

import re
from collections.abc import Callable, Iterable

from src.domain.messages import Translatable

MAX_SIZE = 250_000
"""The instructions to which RE2 may compile the patterns of a schema, which takes about half a second.

``[A-Z]{2}`` takes a dozen, and ``\\pL{1,60}`` takes 72 000.
"""
_TOO_LARGE = "pattern too large - compile failed"
_SIZE_OF_TOO_LARGE = 100_000
"""The instructions that count for a pattern that RE2 refuses as too large. A refusal takes RE2 as long as a pattern of
this size takes it to compile."""


def compiled(pattern: str) -> Callable[[str], object]:
    """Return a function that is true for a text that matches as a whole. Raises ValueError."""
    return _compiled(pattern)[0]


def flaws(patterns: Iterable[str]) -> dict[str, Translatable]:
    """Return a description of the flaw of each pattern of a schema that has one.

    When the valid ones are larger together than MAX_SIZE, all that follow have that flaw, and are not compiled.
    """
    found: dict[str, Translatable] = {}
    left = MAX_SIZE
    for pattern in patterns:
        try:
            if left >= 0:
                left -= _compiled(pattern)[1]
            if left < 0:
                raise ValueError("the patterns of the schema are too large together")
        except ValueError as error:
            kind, _, part = str(error).partition(": ")  # RE2 names one of a few kinds, and mostly a part of the pattern
            flaw = Translatable(kind)
            found[pattern] = Translatable("{flaw}: {part}", flaw=flaw, part=part) if part else flaw
            left -= _SIZE_OF_TOO_LARGE if kind == _TOO_LARGE else 0
    return found


def _compiled(pattern: str) -> tuple[Callable[[str], object], int]:
    """Return a function that matches whole texts, and the number of instructions. Raises ValueError."""
    import re2  # not at the start: few processes meet a pattern

    options = re2.Options()
    options.log_errors = False
    try:
        size = re2.compile(pattern, options).programsize  # a set raises no error that says what is wrong
    except re2.error as error:
        reason = error.args[0] if error.args else "it cannot be compiled"
        raise ValueError(reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)) from None
    except UnicodeEncodeError:
        raise ValueError("it is not valid Unicode") from None
    finally:
        re2.purge()  # else it keeps the last 128 patterns, of megabytes each
    # A set with one pattern reports no offsets, which makes it five times faster.
    matcher = re2.Set.FullMatchSet(options)
    matcher.Add(pattern)
    try:
        matcher.Compile()
    except re2.error:  # a set needs more room
        raise ValueError(_TOO_LARGE) from None
    return matcher.Match, size


_PERL = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
_LITERAL = r"[A-Za-z0-9_ @%=:;,<>/'\"!-]"
_ESCAPE = r"\\(?:[dws]|[!-/:-@\[-^`{-~])"
_ITEM = rf"(?:{_ESCAPE}|[A-Za-z0-9_ @%=:;,<>/'\"!.*+?(){{}}|$](?:-[A-Za-z0-9])?)"
_TOKEN = re.compile(
    rf"{_LITERAL}|{_ESCAPE}|\\[DWS]|[.^$|)]|\((?:\?:)?(?!\?)|\[\^?-?{_ITEM}+-?\]"
    r"|(?:[*+?]|\{[0-9]{1,4}(?:,(?:[0-9]{1,4})?)?\})\??"
)


def portable(pattern: str) -> str | None:
    r"""Translate a pattern of RE2 for Rust's regex library. Return None when its meaning may differ there.

    ``\d``, ``\w`` and ``\s`` match Unicode in Rust, but ASCII in RE2. Escapes, nested and intersected classes differ.
    """
    parts, at = [], 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            return None
        parts.append(_translated(token[0]))
        at = token.end()
    return f"^(?:{''.join(parts)})$"


def _translated(token: str) -> str:
    if token in {r"\D", r"\W", r"\S"}:
        return f"[^{_PERL[token[1].lower()]}]"
    in_class = token.startswith("[")

    def escape(match: re.Match[str]) -> str:
        character = match[0][1]
        if character in _PERL:
            return _PERL[character] if in_class else f"[{_PERL[character]}]"
        return rf"\x{{{ord(character):x}}}"

    return re.sub(_ESCAPE, escape, token)
