"""Finds passwords that are easy to guess, with zxcvbn (https://github.com/dwolfhub/zxcvbn-python).

zxcvbn takes long to load, and is loaded when the first new password is checked.
"""

import re
import string
from collections.abc import Sequence
from threading import Lock

from src.domain.values import InvalidValue, fold

_SYMBOLS = frozenset(string.punctuation)
_DIGITS = frozenset(string.digits)
# zxcvbn tries every combination of the letters that symbols and digits can stand for. This can take 8 seconds for a
# password of 72 characters. Within these limits it takes at most about 50 ms, as long as an Argon2 hash.
_MAX_CHARACTERS = 24
_MAX_SYMBOLS = 3
_MAX_DIGITS_WITH_MORE_SYMBOLS = 1
_GUESSABLE_SCORE = 1

_lock = Lock()  # zxcvbn stores the user's names in a dictionary that all calls share.


def find_weakness(password: str, names: Sequence[str]) -> InvalidValue | None:
    """Return why a password is easy to guess, or None if it is not. ``names`` are the user's own names.

    The code is ``common`` for one of the 30 000 most used passwords of public breaches. It is ``weak`` if the first 24
    characters have a score of 0 or 1 on the scale to 4, which means that a million guesses find them. A password with
    more than three different symbols and several different digits is not scored. Implements FindWeakness.
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
