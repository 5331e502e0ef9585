"""Translates what clients read. The code writes English; the catalogue ``es.po`` has the Spanish of every message.

Errors carry whole English sentences, so that no layer but the interface knows of languages. A sentence is looked up as
it is, or by the message of the catalogue that it was made from: "Use at least 8 characters." is the message "Use at
least {n} characters." with a value.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

LANGUAGES = ("en", "es")
"""The tags of the languages. The first one is the default."""

_VALUE = re.compile(r"\\{(\w+)\\}")


class Messages(GNUTranslations):
    """A catalogue that also translates sentences with values in them."""

    def sentence(self, text: str) -> str | None:
        """Return the translation of a sentence, or None if the catalogue has no message that it can be made from.

        Values that are messages themselves are translated too.
        """
        if text in self._by_message:
            return self._by_message[text]
        for pattern, translation in self._patterns:
            if found := pattern.fullmatch(text):
                values = {name: self.sentence(value) or value for name, value in found.groupdict().items()}
                return translation.format_map(values)
        return None

    @classmethod
    def read(cls, catalogue: Path) -> "Messages":
        """Read a catalogue in the format of gettext's PO files."""
        from babel.messages.mofile import write_mo  # only a client that asks for another language needs babel
        from babel.messages.pofile import read_po

        with catalogue.open("rb") as file:
            read = read_po(file, abort_invalid=True)
        compiled = BytesIO()
        write_mo(compiled, read)
        compiled.seek(0)
        messages = cls(compiled)
        messages._index({each.id: str(each.string) for each in read if isinstance(each.id, str) and each.id})
        return messages

    def _index(self, by_message: Mapping[str, str]) -> None:
        self._by_message = by_message
        # A message with more text of its own is the more exact one.
        with_values = sorted((each for each in by_message if "{" in each), key=_own_text, reverse=True)
        self._patterns = [(_pattern(message), by_message[message]) for message in with_values]


def _own_text(message: str) -> int:
    return len(re.sub(r"\{\w+\}", "", message))


def _pattern(message: str) -> re.Pattern[str]:
    return re.compile(_VALUE.sub(r"(?P<\1>.+)", re.escape(message)), re.DOTALL)


@cache
def catalogue(language: str) -> Messages:
    """Return the catalogue of a language other than English."""
    return Messages.read(Path(__file__).with_name(f"{language}.po"))


def translations(language: str) -> NullTranslations:
    """Return the translations into a language for gettext; those into English change nothing."""
    return catalogue(language) if language != "en" else NullTranslations()


@lru_cache(maxsize=1_000)  # one answer may repeat a sentence thousands of times, each of which tries every pattern
def translated(text: str, language: str) -> str:
    """Return a sentence in a language, or as it is if the catalogue does not have it."""
    return text if language == "en" else catalogue(language).sentence(text) or text
