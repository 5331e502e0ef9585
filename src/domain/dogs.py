"""The Dog entity: a dog has a unique name, an owner, and a picture that a job fetches."""

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypedDict

from src.domain.jobs import Job
from src.domain.messages import Translatable
from src.domain.receipts import Receipt
from src.domain.repositories import OwnedRepository
from src.domain.values import InvalidValue, Page, fold


class PictureStatus(StrEnum):
    """The state of a dog's picture."""

    PENDING = "pending"  # a job will fetch it
    READY = "ready"
    FAILED = "failed"  # it could not be fetched


_MAX_NAME = 64
"""The maximum length of a name. A text of more than four times this length is refused before it is normalised."""
_RESERVED = {fold("is_adopted"), ".", ".."}
"""Folded names that have another meaning where a dog is addressed by its name."""


def parse_dog_name(text: str) -> str:
    """Return a dog's name in NFC. It has 1 to 64 characters in one line, without a slash. Raises InvalidValue."""
    name = unicodedata.normalize("NFC", text) if len(text) <= 4 * _MAX_NAME else ""
    if not 1 <= len(name) <= _MAX_NAME or not name.strip():
        raise InvalidValue("length", Translatable("Use {least} to {most} characters.", least=1, most=_MAX_NAME))
    if "/" in name or any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in name):
        raise InvalidValue("characters", "Use one line, without a slash.")
    if len(fold(name)) > 3 * _MAX_NAME:  # one ligature can stand for 18 letters, and cursors hold the folded name
        raise InvalidValue("length", "Use fewer characters that stand for several letters.")
    if fold(name).strip() in _RESERVED:  # blanks around a name are easy to miss
        raise InvalidValue("reserved", "This name has another meaning here; choose another.")
    return name


class DogChange(TypedDict, total=False):
    """A change of a dog. The fields that are absent keep their values."""

    name: str
    is_adopted: bool
    picture: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Dog:
    """A dog. ``revision`` identifies this version in the store, and is empty until the dog is stored."""

    id: str
    user_id: str
    name: str
    created_at: datetime
    job_id: str
    """The job that fetches the picture."""
    is_adopted: bool = False
    picture: str | None = None
    """The URL of the picture."""
    picture_status: PictureStatus = PictureStatus.PENDING
    revision: str = ""

    @property
    def name_key(self) -> str:
        """The folded name, which is unique among dogs."""
        return fold(self.name)

    def changed(self, change: DogChange) -> "Dog":
        """Return the dog after ``change``. A dog that is given a picture needs no picture from the job."""
        changed = replace(self, **change)
        return replace(changed, picture_status=PictureStatus.READY) if "picture" in change else changed

    def with_fetched_picture(self, url: str) -> "Dog":
        """Return the dog with the picture at ``url``, or unchanged if it has a picture."""
        return self if self.picture else self.changed({"picture": url})

    def with_picture_status(self, status: PictureStatus) -> "Dog":
        """Return the dog with another picture status, or unchanged if it has a picture."""
        return self if self.picture else replace(self, picture_status=status)


class DogRepository(OwnedRepository[Dog], Protocol):
    """Stores dogs. Of several writes that claim the same name at the same time, exactly one succeeds."""

    def add(self, dog: Dog, job: Job, receipt: Receipt | None = None) -> Dog:
        """Store a new dog, the job that fetches its picture, and the receipt atomically.

        Raises Taken if another dog has the name, and Repeated if the idempotency key was used before.
        """

    def by_name(self, name: str) -> Dog | None:
        """Return the dog with this name, ignoring case, or None."""

    def find(
        self, *, user_id: str | None = None, adopted: bool = False, cursor: str | None = None, limit: int = 100
    ) -> Page[Dog]:
        """Return a page of dogs, ordered by name: all dogs, the dogs of a user, or only the adopted dogs.

        ``adopted`` is ignored if ``user_id`` is given.
        """
