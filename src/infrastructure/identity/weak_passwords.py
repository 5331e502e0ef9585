"""Finds passwords that are easy to guess, with zxcvbn (https://github.com/dropbox/zxcvbn)."""

import re
from collections.abc import Sequence

from zxcvbn_rs_py import Entropy, Warning, zxcvbn

from src.domain.messages import Translatable
from src.domain.values import InvalidValue, fold

_MAX_CHARACTERS = 16
"""The characters that are scored. 16 take at most about 10 ms, in which no other thread runs; 24 take 100 ms, and 128
take seconds."""
_GUESSABLE_SCORE = 1
_MOST_USED = 30_000
"""The number of passwords in zxcvbn's list of the most used ones, and the guesses that find the last of them."""
_SERVICE = "portero"
"""The name of the service, which is a guess at each of its accounts."""
_MOST_USED_WARNINGS = (Warning.ThisIsATop10Password, Warning.ThisIsATop100Password, Warning.ThisIsACommonPassword)


def find_weakness(password: str, names: Sequence[str]) -> InvalidValue | None:
    """Return why a password is easy to guess, or None if it is not. ``names`` are the user's own names.

    These names and that of the service are among the first guesses.

    The first 16 characters count. The password is easy to guess if its score on the scale to 4 is 0 or 1, which means
    that a million guesses find it, or if it is one of the 30 000 most used passwords of public breaches, in capital or
    small letters. The code is ``common`` for the most used of them, else ``weak``. Implements FindWeakness.
    """
    words = [word for name in (*names, _SERVICE) for word in (name, *re.split(r"[\W_]+", name)) if word]
    scored = password[:_MAX_CHARACTERS]
    folded = fold(scored)[:_MAX_CHARACTERS]
    estimate = zxcvbn(scored, words)
    folded_estimate = estimate if folded == scored else zxcvbn(folded, words)
    if _warning(folded_estimate) in _MOST_USED_WARNINGS:
        return InvalidValue("common", "This is one of the most used passwords; choose another.")
    if int(estimate.score) > _GUESSABLE_SCORE and folded_estimate.guesses > _MOST_USED:
        return None
    reason = Translatable(str(_warning(estimate) or "This password is easy to guess."))
    return InvalidValue("weak", Translatable("{reason} Add a word or two that are not common.", reason=reason))


def _warning(estimate: Entropy) -> Warning | None:
    return estimate.feedback.warning if estimate.feedback else None
