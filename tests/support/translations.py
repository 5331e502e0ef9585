"""Looks messages up in the Spanish catalogue, with the messages that they contain."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

from babel.messages.pofile import read_po

from src.domain.messages import Translatable
from src.interfaces import languages

with Path(languages.__file__).with_name("es.po").open("rb") as _file:
    CATALOGUE = [each for each in read_po(_file) if each.id]
IDS = {id for each in CATALOGUE for id in ((each.id,) if isinstance(each.id, str) else each.id)}


def untranslated(message: str) -> Iterator[str]:
    """Yield the templates that the catalogue lacks, of a message and of the messages in its values."""
    message = Translatable(message)
    yield from {message.template} - IDS
    for value in message.values.values():
        if isinstance(value, Translatable):
            yield from untranslated(value)


def fields(text: str) -> set[str]:
    """Return the names of the values of a template."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@cache
def is_translated(text: str) -> bool:
    """Return whether a text in an English answer can be a message of the catalogue, with or without a hint."""
    beginnings = (text.removesuffix(f" {id}") for id in IDS if text.endswith(f" {id}"))
    return text in IDS or any(each.fullmatch(text) for each in _patterns()) or any(map(is_translated, beginnings))


@cache
def _patterns() -> list[re.Pattern[str]]:
    with_values = (id for id in IDS if fields(id) and re.sub(r"\{\w+\}", "", id).strip(" :"))
    return [re.compile(re.sub(r"\\{\w+\\}", ".+", re.escape(id)), re.DOTALL) for id in with_values]
