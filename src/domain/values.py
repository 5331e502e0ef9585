"""Small values, parsed once and trusted afterwards."""

import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class InvalidValue(ValueError):
    """A text that is not such a value; ``code`` is stable, the message is a sentence to act on."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def new_id() -> str:
    """A URL-safe id with 128 random bits, as 32 hexadecimal digits."""
    return secrets.token_hex(16)


class Role(StrEnum):
    """What a user may do, from least to most."""

    GUEST = "guest"
    USER = "user"
    UPLOADER = "uploader"
    ADMIN = "admin"


# Letters and marks that Unicode itself says to show as nothing (Default_Ignorable_Code_Point): two names
# that differ only in these look the same, so none of them may be in a name.
_INVISIBLE = frozenset(
    map(
        chr,
        [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0]
        + [*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)],
    )
)


@dataclass(frozen=True, slots=True)
class Username:
    """A username: ``display`` as its owner spelled it, ``key`` the form in which it is unique."""

    display: str
    key: str

    MIN = 3
    MAX = 32
    _MAX_TYPED = 4 * MAX  # no character is made of more by NFKC's composition; longer texts cost too much to normalise

    @classmethod
    def parse(cls, text: str) -> "Username":
        """Check ``text`` after NFKC and fold it.

        Letters and digits of any script, combining marks after a letter, and ``. _ -``; beginning with a
        letter or a digit; 3 to 32 characters. Raises InvalidValue.
        """
        name = unicodedata.normalize("NFKC", text) if len(text) <= cls._MAX_TYPED else ""
        if not cls.MIN <= len(name) <= cls.MAX:
            raise InvalidValue("length", f"Use {cls.MIN} to {cls.MAX} characters.")
        after_letter = False
        for position, character in enumerate(name):
            category = unicodedata.category(character)
            letter = category[0] == "L"
            if category[0] == "M" and after_letter and character not in _INVISIBLE:
                continue
            after_letter = letter
            if (letter and character not in _INVISIBLE) or category == "Nd":
                continue
            if position == 0:
                raise InvalidValue("start", "Begin with a letter or a digit.")
            if character not in "._-":
                raise InvalidValue("characters", "Use letters, digits, and the characters . _ - only.")
        return cls(display=text, key=fold(name))

    @classmethod
    def random(cls) -> "Username":
        """A name for an account made without one, which its owner can change."""
        name = f"user-{secrets.token_hex(13)}"
        return cls(display=name, key=name)


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail address, validated and normalised by whoever made it; ``key`` ignores case."""

    address: str

    @property
    def key(self) -> str:
        """The form in which an address is unique."""
        return fold(self.address)


MAX_NAME = 200

_BREAKS = {"Cc", "Zl", "Zp"}
"""The categories of control characters and of what ends a line or a paragraph."""


def parse_name(text: str) -> str:
    """A first or last name, as it is. Raises InvalidValue."""
    if len(text) > MAX_NAME or any(unicodedata.category(character) in _BREAKS for character in text):
        raise InvalidValue("name", f"Use at most {MAX_NAME} characters, in one line.")
    return text


def fold(text: str) -> str:
    """``text`` without differences of case and Unicode form (Unicode 3.13, compatibility caseless)."""
    folded = unicodedata.normalize("NFD", text).casefold()
    folded = unicodedata.normalize("NFKD", folded).casefold()
    return unicodedata.normalize("NFKC", folded)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list in its order, and the opaque cursor of the next page, if there is one."""

    items: Sequence[T]
    next: str | None = None
