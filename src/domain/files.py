"""The file: bytes in object storage, and the record without which they are nothing.

    pending ──> stored ──> deleting ──> gone
       └─────────────────────^

The record is there before the object and after it, so that no object is ever without one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, Self

from src.domain.custody import HeldState
from src.domain.jobs import Job
from src.domain.receipts import Receipt
from src.domain.values import Page


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
    state: HeldState = HeldState.PENDING
    unsettled_since: datetime | None = None
    """Since when somebody is storing or deleting it; None when nobody is."""
    revision: str = ""

    @property
    def key(self) -> str:
        """The key of the object."""
        return f"files/{self.id}"

    @property
    def whole(self) -> bool:
        """Whether it is there."""
        return self.state is HeldState.STORED

    def stored(self, size: int, sha256: str) -> "File":
        """Whole: from now on its owner sees it."""
        return replace(self, size=size, sha256=sha256, state=HeldState.STORED, receipt_id=None, unsettled_since=None)

    def deleting(self, now: datetime) -> Self:
        """About to go: nobody sees it any more."""
        return replace(self, state=HeldState.DELETING, unsettled_since=now)


class FileRepository(Protocol):
    """Keeps the records of files."""

    def begin(self, file: File, receipt: Receipt | None) -> tuple[File, Receipt | None]:
        """Store the record of a pending file, and the receipt of a request in progress. Raises Repeated."""

    def finish(self, file: File, job: Job, receipt: Receipt | None) -> File:
        """Store the record of a file that is whole, with its job and what was answered, at their revisions.

        Raises NotFound when somebody has given the file up meanwhile.
        """

    def get(self, id: str) -> File | None:
        """The file with this id, in whatever state."""

    def update(self, id: str, change: Callable[[File], File]) -> File:
        """Apply the pure function ``change`` to one revision. Raises NotFound, and what ``change`` raises."""

    def remove(self, file: File) -> None:
        """Remove the record, and the receipt of a request that did not come to its end.

        Nothing when it is not at its revision any more: then it is gone, or somebody else is at it.
        """

    def of(self, user_id: str | None, cursor: str | None = None, limit: int = 100) -> Page[File]:
        """The stored files of a user, or of everybody, the newest first."""

    def all_of(self, user_id: str, limit: int = 100) -> Page[File]:
        """The files of a user in any state."""

    def unsettled(self, before: datetime, limit: int = 100) -> Page[File]:
        """Files that somebody left half stored or half deleted before ``before``."""
