"""Records of data that is kept outside the store, such as an object in a bucket.

    pending ──> stored ──> deleting ──> removed
       └─────────────────────^

The record is written before the data and removed after it, so that no data is ever without a record.
"""

from dataclasses import KW_ONLY, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol, Self, TypeVar

from src.domain.jobs import Job
from src.domain.receipts import Receipt
from src.domain.repositories import Repository
from src.domain.values import Page


class ObjectState(StrEnum):
    """The state of the data that a record owns."""

    PENDING = "pending"  # a request is storing the data
    STORED = "stored"  # the data is complete, and its owner sees the record
    DELETING = "deleting"  # the data is being removed, and users no longer see the record


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A record that owns data outside the store. The base class of File and Dataset."""

    id: str
    user_id: str
    """The id of the owner."""
    created_at: datetime
    _: KW_ONLY
    job_id: str | None = None
    """The job that works on the object, or None."""
    receipt_id: str | None = None
    """The id of the receipt of the request that is storing the data, or None once the data is stored."""
    state: ObjectState = ObjectState.PENDING
    reconcile_since: datetime | None = None
    """The time when a process began to store or delete the data, or last reported progress. None if no process does."""
    revision: str = ""
    """The identifier of this version of the record in the store. It is empty until the record is stored."""

    @property
    def is_stored(self) -> bool:
        """Whether the data is complete and is not being deleted."""
        return self.state is ObjectState.STORED

    @property
    def is_large(self) -> bool:
        """Whether removing the data takes too long for a request."""
        return False

    def stored(self) -> Self:
        """Return the record as stored, after all of its data has been stored."""
        return replace(self, state=ObjectState.STORED, receipt_id=None, reconcile_since=None)

    def deleting(self, now: datetime) -> Self:
        """Return the record as being deleted since ``now``."""
        return replace(self, state=ObjectState.DELETING, reconcile_since=now)


T = TypeVar("T", bound=StoredObject)


class StoredObjectRepository(Repository[T], Protocol[T]):
    """Stores the records of one kind of object."""

    def begin(self, item: T, receipt: Receipt | None) -> tuple[T, Receipt | None]:
        """Store a pending record and the receipt of its unfinished request in one commit.

        Return both with their new revisions. Raises Repeated.
        """

    def finish(self, item: T, job: Job | None, receipt: Receipt | None) -> T:
        """Store the record of a complete object, its new job, and the receipt with the answer, in one commit.

        Raises NotFound when the stored record or receipt has changed since ``begin``.
        """

    def remove(self, item: T) -> None:
        """Remove a record, and the receipt of its request if the request is unfinished.

        Does nothing if the record has been changed since it was read.
        """

    def list_for_user(self, user_id: str | None, cursor: str | None = None, limit: int = 100) -> Page[T]:
        """Return a page of the stored objects of a user, or of all users if ``user_id`` is None, the newest first."""

    def list_all_for_user(self, user_id: str, limit: int = 100) -> Page[T]:
        """Return at most ``limit`` records of a user. The records may be in any ``ObjectState``."""

    def to_reconcile(self, before: datetime, limit: int = 100) -> Page[T]:
        """Return records with a ``reconcile_since`` before this time, the oldest first."""
