"""Regular expressions from clients. RE2 matches them in linear time, whatever the pattern."""

import re
from collections.abc import Callable

from src.domain.messages import Translatable


def compiled(pattern: str) -> Callable[[str], object]:
    """Return a function that is true for a text that matches as a whole. Raises ValueError."""
    import re2  # not at the start: few processes meet a pattern

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)  # a set raises no error that says what is wrong
    except re2.error as error:
        reason = error.args[0] if error.args else "it cannot be compiled"
        raise ValueError(reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)) from None
    except UnicodeEncodeError:
        raise ValueError("it is not valid Unicode") from None
    # A set with one pattern reports no offsets, which makes it five times faster.
    matcher = re2.Set.FullMatchSet(options)
    matcher.Add(pattern)
    matcher.Compile()
    return matcher.Match  # type: ignore[no-any-return]


def flaw(pattern: str) -> Translatable | None:
    """Return a description of the flaw in a pattern, or None if the pattern is valid."""
    try:
        compiled(pattern)
    except ValueError as error:
        kind, _, part = str(error).partition(": ")  # RE2 names one of a few kinds, and mostly a part of the pattern
        flaw = Translatable(kind)
        return Translatable("{flaw}: {part}", flaw=flaw, part=part) if part else flaw
    return None


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
