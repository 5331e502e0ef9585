"""Translates messages to clients. The code writes English; the catalogue ``es.po`` has the Spanish of every message.

A message is looked up by its exact template. Its values are filled in afterwards, and no text of a client is ever
compared with the catalogue.
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from src.domain.messages import Translatable

LANGUAGES = ("en", "es")
"""The tags of the languages. The first one is the default."""


@cache
def translations(language: str) -> NullTranslations:
    """Return the gettext translations into a language. Translations into English return each message unchanged."""
    if language == "en":
        return NullTranslations()
    from babel.messages.mofile import write_mo  # only a client that asks for another language needs babel
    from babel.messages.pofile import read_po

    with Path(__file__).with_name(f"{language}.po").open("rb") as file:
        catalogue = read_po(file, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def translated(message: str, language: str) -> str:
    """Return a message in a language, or in English if the catalogue does not have it."""
    return Translatable(message).in_words_of(translations(language).gettext) if message else ""
