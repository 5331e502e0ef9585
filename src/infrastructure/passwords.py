"""Passwords that are easy to guess, by the estimator and the list of zxcvbn.

See https://github.com/dwolfhub/zxcvbn-python. Its data takes a while to load, so the first new password loads it.
"""

import re
import string
from collections.abc import Sequence
from threading import Lock

from src.domain.values import InvalidValue, fold

_SYMBOLS = frozenset(string.punctuation)
_DIGITS = frozenset(string.digits)
# zxcvbn tries every combination of the letters that symbols and digits can stand for: a password of 72 characters can
# take it 8 seconds. Within these bounds the worst one takes about 50 ms, which is what an Argon2 hash takes.
_MAX_CHARACTERS = 24
_MAX_SYMBOLS = 3
_MAX_DIGITS_WITH_MORE_SYMBOLS = 1
_GUESSABLE_SCORE = 1

_lock = Lock()  # zxcvbn keeps the user's names in a dictionary that all calls share


def find_weakness(password: str, names: Sequence[str]) -> InvalidValue | None:
    """Return what makes a password easy to guess, or None. Implements FindWeakness.

    The code is ``common`` for one of the 30 000 most used passwords of public breaches, and ``weak`` when the first 24
    characters have a score of 0 or 1 of 4: a million guesses find them. A password that mixes more than three
    different symbols with several different digits gets no score.
    """
    from zxcvbn import zxcvbn
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    if fold(password) in FREQUENCY_LISTS["passwords"]:
        return InvalidValue("common", "This is one of the most used passwords; choose another.")
    characters = set(password)
    if len(characters & _SYMBOLS) > _MAX_SYMBOLS and len(characters & _DIGITS) > _MAX_DIGITS_WITH_MORE_SYMBOLS:
        return None
    words = [word for name in names for word in (name, *re.split(r"[\W_]+", name)) if word]
    with _lock:
        estimate = zxcvbn(password[:_MAX_CHARACTERS], user_inputs=words)
    if estimate["score"] > _GUESSABLE_SCORE:
        return None
    reason = estimate["feedback"]["warning"] or "This password is easy to guess."
    return InvalidValue("weak", f"{reason} Add a word or two that are not common.")
