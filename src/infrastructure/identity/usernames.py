"""Refuses usernames that imitate others (Unicode Technical Standard 39, https://www.unicode.org/reports/tr39/)."""

import unicodedata
from itertools import groupby

from src.domain.messages import Translatable
from src.domain.values import InvalidValue, Username

_MAX_MARKS = 4
"""The maximum number of combining marks on a letter (UTS 39 section 5.4)."""
# For each script, the writing systems that combine it with others: Chinese with Bopomofo, Japanese and Korean (UTS 39
# section 5.1).
_WRITING_SYSTEMS = {
    "Hani": {"Hanb", "Jpan", "Kore"},
    "Bopo": {"Hanb"},
    "Hira": {"Jpan"},
    "Kana": {"Jpan"},
    "Hang": {"Kore"},
}
_COMBINED_WITH_LATIN = {"Hanb", "Jpan", "Kore"}


def parse_new_username(text: str) -> Username:
    """Parse the username of a new user. Raises InvalidValue. Implements UsernameParser.

    Two rules are added to those of ``Username.parse``. A letter has at most four combining marks. All characters are of
    one script, except that Latin may be mixed with the scripts of Chinese, of Japanese or of Korean (restriction level
    "highly restrictive", UTS 39 section 5.2).
    """
    username = Username.parse(text)
    if max(_lengths_of_runs_of_marks(unicodedata.normalize("NFKD", text)), default=0) > _MAX_MARKS:
        raise InvalidValue("marks", Translatable("Use at most {n} combining marks on a letter.", n=_MAX_MARKS))
    if not _is_highly_restrictive(unicodedata.normalize("NFKC", text)):
        raise InvalidValue("script", "Use letters of one script, such as only Latin or only Cyrillic ones.")
    return username


def _lengths_of_runs_of_marks(name: str) -> list[int]:
    runs = groupby(name, key=lambda character: unicodedata.category(character)[0] == "M")
    return [len(list(run)) for are_marks, run in runs if are_marks]


def _is_highly_restrictive(name: str) -> bool:
    if name.isascii():
        return True
    from unicodedataplus import script_extensions

    scripts = [set(script_extensions(character)) - {"Zyyy", "Zinh"} for character in name]
    specific = [each.union(*(_WRITING_SYSTEMS.get(script, ()) for script in each)) for each in scripts if each]
    not_latin = [each for each in specific if "Latn" not in each]
    return not specific or bool(set.intersection(*specific)) or bool(_COMBINED_WITH_LATIN.intersection(*not_latin))
