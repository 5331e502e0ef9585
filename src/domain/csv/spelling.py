"""Compares texts of a CSV file without regard to how they are spelled."""

import unicodedata

_MAX_LENGTH = 200


def match_key(text: str) -> str:
    """Return a key that different spellings of a text share: the text without case, accents and surplus blanks.

    A long text is returned unchanged: the time to sort its combining marks grows with the square of their number.
    """
    if len(text) > _MAX_LENGTH:
        return text
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())
