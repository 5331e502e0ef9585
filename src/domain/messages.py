"""Messages to people, in a form that an interface can translate."""

from collections.abc import Callable
from functools import reduce
from typing import Self

MAX_VALUE = 100
"""The maximum number of characters of a value that is shown in a message. A client may have chosen the value."""


class Translatable(str):
    """A message in English that was made of a template and values, and remembers both.

    The template is the id of the message in the catalogues of translations. A value that is translatable itself is
    translated too. Any other value may come from a client: it is clipped, and never looked up anywhere.
    """

    template: str
    values: dict[str, "Translatable | str"]

    def __new__(cls, template: str, /, **values: object) -> Self:
        """Fill values in a template, such as "Use at least {n} characters.".

        Without values the template is the whole message, whatever braces it has. A message is returned unchanged.
        """
        if isinstance(template, cls) and not values:
            return template
        shown = {
            name: value if isinstance(value, Translatable) else clipped(str(value)) for name, value in values.items()
        }
        message = super().__new__(cls, template.format_map(shown) if shown else template)
        message.template, message.values = str(template), shown
        return message

    def in_words_of(self, translate: Callable[[str], str]) -> str:
        """Return the message with its template, and the templates in its values, translated by ``translate``."""
        template = translate(self.template)
        values = {
            name: value.in_words_of(translate) if isinstance(value, Translatable) else value
            for name, value in self.values.items()
        }
        return template.format_map(values) if values else template


def clipped(text: str, most: int = MAX_VALUE) -> str:
    """Return a text of at most ``most`` characters. An ellipsis stands for the rest of a longer one."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def alternatives(*texts: str) -> str:
    """Return texts joined by "or"."""
    return reduce(lambda first, other: Translatable("{first} or {other}", first=first, other=other), texts)
