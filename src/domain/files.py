"""The file: bytes in object storage, and the record without which they are nothing."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, Self

from src.domain.stored_objects import ObjectState, StoredObjectRepository


@dataclass(frozen=True, slots=True)
class File:
    """A file. ``revision`` is the store's mark of this version, empty until stored."""

    id: str
    user_id: str
    filename: str
    content_type: str
    created_at: datetime
    job_id: str
    """The job that sends it on."""
    receipt_id: str | None = None
    """The receipt of the request that is storing it."""
    size: int = 0
    sha256: str = ""
    state: ObjectState = ObjectState.PENDING
    reconcile_since: datetime | None = None
    """Since when somebody is storing or deleting it; None when nobody is."""
    revision: str = ""

    @property
    def key(self) -> str:
        """The key of the object."""
        return f"files/{self.id}"

    @property
    def whole(self) -> bool:
        """Whether it is there."""
        return self.state is ObjectState.STORED

    def stored(self, size: int, sha256: str) -> "File":
        """Whole: from now on its owner sees it."""
        return replace(self, size=size, sha256=sha256, state=ObjectState.STORED, receipt_id=None, reconcile_since=None)

    def deleting(self, now: datetime) -> Self:
        """About to go: nobody sees it any more."""
        return replace(self, state=ObjectState.DELETING, reconcile_since=now)


class FileRepository(StoredObjectRepository[File], Protocol):
    """Keeps the records of files."""
