"""Compares texts of a CSV file without regard to how they are spelled."""

import unicodedata

_MAX_FOLDED = 200


def fold(text: str) -> str:
    """Return the text without case, accents and surplus blanks, so that different spellings of a text are equal.

    A long text is returned unchanged: the time to sort its combining marks grows with the square of their number.
    """
    if len(text) > _MAX_FOLDED:
        return text
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())
