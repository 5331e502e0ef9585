"""The dog: a name that is unique, an owner, and a picture that comes later."""

import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypedDict

from src.domain.jobs import Job
from src.domain.receipts import Receipt
from src.domain.values import InvalidValue, Page, fold


class PictureStatus(StrEnum):
    """Whether there is a picture."""

    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


_MAX_NAME = 64
_RESERVED = {fold("is_adopted"), ".", ".."}


def parse_dog_name(text: str) -> str:
    """The name of a dog after NFC: 1 to 64 characters in one line, without ``/``, that can stand in a path.

    Raises InvalidValue.
    """
    name = unicodedata.normalize("NFC", text) if len(text) <= 4 * _MAX_NAME else ""
    if not 1 <= len(name) <= _MAX_NAME or not name.strip():
        raise InvalidValue("length", f"Use 1 to {_MAX_NAME} characters.")
    if "/" in name or any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in name):
        raise InvalidValue("characters", "Use one line, without a slash.")
    if fold(name) in _RESERVED:
        raise InvalidValue("reserved", "This name has another meaning here; choose another.")
    return name


class DogChange(TypedDict, total=False):
    """What a dog can be given; a field that is absent stays."""

    name: str
    is_adopted: bool
    picture: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Dog:
    """A dog. ``revision`` is the store's mark of this version, empty until stored."""

    id: str
    user_id: str
    name: str
    created_at: datetime
    job_id: str
    """The job that fetches the picture."""
    is_adopted: bool = False
    picture: str | None = None
    picture_status: PictureStatus = PictureStatus.PENDING
    revision: str = ""

    @property
    def name_key(self) -> str:
        """The form in which the name is unique."""
        return fold(self.name)

    def changed(self, change: DogChange) -> "Dog":
        """This dog with other content; a picture that was given is not fetched any more."""
        changed = replace(self, **change)
        return replace(changed, picture_status=PictureStatus.READY) if "picture" in change else changed

    def pictured(self, url: str) -> "Dog":
        """With the picture that was fetched, unless it has one by now."""
        return self if self.picture else self.changed({"picture": url})

    def unpictured(self) -> "Dog":
        """Given up to fetch a picture."""
        return self if self.picture else replace(self, picture_status=PictureStatus.FAILED)

    def waiting(self) -> "Dog":
        """About to be fetched a picture, again."""
        return self if self.picture else replace(self, picture_status=PictureStatus.PENDING)


class DogRepository(Protocol):
    """Keeps dogs. Which of several gets a name is decided by the write."""

    def add(self, dog: Dog, job: Job, receipt: Receipt | None = None) -> Dog:
        """Store a new dog with the job that it waits for, and the receipt. Raises Taken, Repeated."""

    def get(self, id: str) -> Dog | None:
        """The dog with this id."""

    def by_name(self, name: str) -> Dog | None:
        """The dog with this name, in any case."""

    def update(self, id: str, change: Callable[[Dog], Dog], *, revisions: Collection[str] | None = None) -> Dog:
        """Apply the pure function ``change`` to one revision.

        Raises NotFound, Stale, Taken, and what ``change`` raises.
        """

    def remove(self, id: str) -> None:
        """Remove a dog, if it is there; its name is free."""

    def remove_of(self, user_id: str) -> None:
        """Remove every dog of a user."""

    def find(
        self,
        *,
        user_id: str | None = None,
        adopted: bool = False,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Dog]:
        """Dogs by name: all, those of a user, or the ``adopted`` ones."""
