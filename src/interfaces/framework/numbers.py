"""Formats numbers for people, in their language."""

from src.application.summaries import grouped
from src.interfaces.languages import translations

_UNITS = ("B", "kB", "MB", "GB", "TB")


def shown_number(number: float, language: str) -> str:
    """Return a number with the separators of the language, without decimals that are zero."""
    whole = int(number) if isinstance(number, float) and number.is_integer() and abs(number) < 1e15 else number
    return grouped(whole, translations(language))


def shown_size(size: int, language: str) -> str:
    """Return a number of bytes in a unit that keeps it short, such as "3.6 kB"."""
    number, unit = float(size), 0
    while number >= 999.5 and unit < len(_UNITS) - 1:
        number, unit = number / 1000, unit + 1
    rounded = round(number, 1) if unit and number < 99.95 else round(number)
    return f"{shown_number(rounded, language)}\u00a0{_UNITS[unit]}"
