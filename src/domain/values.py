"""Value objects. A value is parsed once, where it enters the service, and is valid from then on."""

import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Generic, TypeVar

from src.domain.errors import FieldError, Invalid
from src.domain.messages import Translatable

T = TypeVar("T")


class InvalidValue(ValueError):
    """A text is not a valid value. ``code`` is stable. ``message`` tells users what to change."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, Translatable(message)
        super().__init__(message)


@contextmanager
def as_field_error(field: str) -> Iterator[None]:
    """Raise Invalid for a field of the input if the block raises InvalidValue."""
    try:
        yield
    except InvalidValue as error:
        raise Invalid(FieldError(field, error.code, error.message)) from None


def new_id() -> str:
    """Return a URL-safe id: 128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)


class Role(StrEnum):
    """The roles of users. A user may do all that a guest may do, and the later roles all that a user may do."""

    GUEST = "guest"
    USER = "user"
    UPLOADER = "uploader"
    AUDITOR = "auditor"
    """May see what admins may see, and changes nothing of others."""
    ADMIN = "admin"
    """May do all that the other roles may do."""

    @property
    def sees_everybody(self) -> bool:
        """Whether the role may see the accounts and the jobs of all users."""
        return self in (Role.AUDITOR, Role.ADMIN)


MEMBER_ROLES = tuple(role for role in Role if role is not Role.GUEST)
"""The roles of users who have registered."""


class Scope(StrEnum):
    """The requests that a key allows: READ allows reading only, WRITE allows reading and writing."""

    READ = "read"
    WRITE = "write"


# Letters and marks that are displayed as nothing (the Unicode property Default_Ignorable_Code_Point). Two names that
# differ only in them look the same, so no name may hold one.
_INVISIBLE = frozenset(
    map(
        chr,
        [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0]
        + [*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)],
    )
)


def _kind(character: str) -> str:
    """Return L for a visible letter, M for a visible combining mark, N for a digit, P for ``. _ -``, and else X."""
    category = unicodedata.category(character)
    if category[0] in "LM" and character not in _INVISIBLE:
        return category[0]
    return "N" if category == "Nd" else "P" if character in "._-" else "X"


@dataclass(frozen=True, slots=True)
class Username:
    """A username. ``display`` is the spelling that its owner has chosen. ``key`` is unique among users."""

    display: str
    key: str

    MIN = 3
    MAX = 32
    MAX_KEY = 3 * MAX  # case folding makes at most three code points of one
    _MAX_TYPED = 4 * MAX  # NFKC composes at most four code points into one; normalising a longer text could take long

    @classmethod
    def parse(cls, text: str) -> "Username":
        """Return the username with the spelling ``text``. It is checked in NFKC, and folded into the key.

        A username has 3 to 32 characters: letters and digits of any script, combining marks after a letter, and
        ``. _ -``. It begins with a letter or a digit. Raises InvalidValue.
        """
        name = unicodedata.normalize("NFKC", text) if len(text) <= cls._MAX_TYPED else ""
        if not cls.MIN <= len(name) <= cls.MAX:
            raise InvalidValue("length", Translatable("Use {least} to {most} characters.", least=cls.MIN, most=cls.MAX))
        kinds = "".join(map(_kind, name))
        if kinds[0] not in "LN":
            raise InvalidValue("start", "Begin with a letter or a digit.")
        if not re.fullmatch("(LM*|N|P)+", kinds):
            raise InvalidValue("characters", "Use letters, digits, and the characters . _ - only.")
        return cls(display=text, key=fold(name))

    @classmethod
    def random(cls) -> "Username":
        """Return a random username for an account that is made without a username."""
        name = f"user-{secrets.token_hex(13)}"
        return cls(display=name, key=name)


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail address that an EmailParser has validated and normalised."""

    address: str

    @property
    def key(self) -> str:
        """The case-folded address, which is unique among users."""
        return fold(self.address)

    @property
    def domain(self) -> str:
        """The case-folded domain of the address."""
        return self.key.rpartition("@")[2]


MAX_NAME = 200

_BREAKS = {"Cc", "Zl", "Zp"}
"""The Unicode categories of control characters, line separators and paragraph separators."""


def parse_name(text: str, most: int = MAX_NAME) -> str:
    """Return ``text`` if it is a name of one line with at most ``most`` characters. Raises InvalidValue."""
    if len(text) > most or any(unicodedata.category(character) in _BREAKS for character in text):
        raise InvalidValue("name", Translatable("Use at most {n} characters, in one line.", n=most))
    return text


def fold(text: str) -> str:
    """Return ``text`` without differences of case and Unicode form.

    Two texts with the same result are a compatibility caseless match (The Unicode Standard, section 3.13).
    """
    folded = unicodedata.normalize("NFD", text).casefold()
    folded = unicodedata.normalize("NFKD", folded).casefold()
    return unicodedata.normalize("NFKC", folded)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. ``next`` is the opaque cursor of the next page, or None on the last page."""

    items: Sequence[T]
    next: str | None = None


def rfc3339(time: datetime) -> str:
    """Return a time in UTC as every answer shows it, with ``Z`` (RFC 3339)."""
    return time.isoformat().replace("+00:00", "Z")


def pages(read: Callable[[str | None], Page[T]]) -> Iterator[Sequence[T]]:
    """Yield the items of each page of a list. ``read`` returns the page at a cursor, or the first page for None."""
    page = read(None)
    yield page.items
    while page.next:
        page = read(page.next)
        yield page.items


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the items in consecutive lists of up to ``size`` items."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
