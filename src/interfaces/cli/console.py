"""The port between the commands of the operator and the composition root."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Protocol, TypeVar

from src.application.ports import Message
from src.domain.mails import MailKind
from src.domain.values import Page, pages
from src.interfaces.services import Services

T = TypeVar("T")


class Tally(Protocol):
    """The number of items in a collection, and their checksum."""

    @property
    def count(self) -> int:
        """The number of items."""

    @property
    def checksum(self) -> str:
        """The checksum in hexadecimal."""


class RunningCopy(Protocol):
    """A copy of one store to another one, in steps."""

    @property
    def copied(self) -> int:
        """The number of items that ``copy`` has yielded."""

    def copy(self) -> Iterator[str]:
        """Copy what the target lacks. Yield the name of the collection of each item."""

    def compare(self) -> Iterator[str]:
        """Read both stores. Yield the name of the collection of each item."""

    def results(self) -> Sequence[tuple[str, Tally, Tally]]:
        """Return the result of ``compare`` for each collection: its name, and the tallies of source and target."""


@dataclass(frozen=True, slots=True)
class Console:
    """The functions that the composition root provides to the commands.

    No settings are read and no connections are made until a function is called.
    """

    version: str
    services: Callable[[], Services]
    prepare: Callable[[], None]
    serve: Callable[[], None]
    work: Callable[[], None]
    check: Callable[[], Iterable[tuple[str, str | None]]]
    """Yield the name of each check, and the problem that the check has found, or None."""
    copy: Callable[[str, str], AbstractContextManager[RunningCopy]]
    """Open the stores at two URLs, to copy the first one to the second one."""
    demo: Callable[[], Iterable[str]]
    """Fill a fresh development store with data to look at, and return the lines to print."""
    preview_mail: Callable[[MailKind, str, Path | None], Message]
    """Return a mail in a language with sample values, from the templates in a folder or in MAIL_TEMPLATES."""
    rotate_keys: Callable[[int], tuple[str, datetime]]
    """Make a new signing key, and return its id and the time from which it signs.

    The argument is the number of old keys that still verify tokens.
    """
    reencrypt: Callable[[], int]
    """Encrypt the secrets of factors and webhooks with another data key, and return their number."""
    new_keys: Callable[[], str]
    """Return a new JWK set as text."""
    migration_secret: Callable[[], str]
    """Return the secret that verifies the questions to MIGRATE_LOGIN_URL."""
    compile_passwords: Callable[[Path, Path, Callable[[int], None]], int]
    """Compile the list of leaked passwords in a file to another file, and return the number of passwords.

    The last argument is called with the size of each part of the list that has been read.
    """


def all_items(list_page: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """Return the items of every page. ``list_page`` returns the page at a cursor."""
    return chain.from_iterable(pages(list_page))
