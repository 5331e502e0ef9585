"""Regular expressions that clients give: RE2, so that no pattern takes more than linear time."""

import re
from collections.abc import Callable

import re2


def compiled(pattern: str) -> Callable[[str], object]:
    """A function that is true for the texts that match whole; raises ``re2.error``."""
    options = re2.Options()
    options.log_errors = False
    re2.compile(pattern, options)  # its errors say what is wrong, a set's do not
    # A set of one answers without the offsets of a match, five times faster.
    matcher = re2.Set.FullMatchSet(options)
    matcher.Add(pattern)
    matcher.Compile()
    return matcher.Match  # type: ignore[no-any-return]


def flaw(pattern: str) -> str | None:
    """What is wrong with a pattern; None if nothing is."""
    try:
        compiled(pattern)
    except re2.error as error:
        reason = error.args[0] if error.args else "it cannot be compiled"
        return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
    except UnicodeEncodeError:
        return "it is not valid Unicode"
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
    r"""The same pattern for the regular expressions of Rust, where RE2's and theirs have one meaning; else None.

    Rust's ``\d``, ``\w`` and ``\s`` are Unicode's, RE2's are ASCII's; they escape, nest and intersect otherwise.
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
