"""What is kept outside the store, such as an object, and of which the store has the record.

    pending ──> stored ──> deleting ──> gone
       └─────────────────────^

The record is there before it and after it, so that nothing is ever without one.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Protocol, Self, TypeVar

from src.domain.jobs import Job
from src.domain.receipts import Receipt
from src.domain.values import Page


class ObjectState(StrEnum):
    """Whether it is there."""

    PENDING = "pending"
    STORED = "stored"
    DELETING = "deleting"


class StoredObject(Protocol):
    """A record that stands for something outside the store; a frozen dataclass."""

    @property
    def id(self) -> str:
        """Never used again."""

    @property
    def user_id(self) -> str:
        """Whose it is."""

    @property
    def job_id(self) -> str | None:
        """The job about it."""

    @property
    def receipt_id(self) -> str | None:
        """The receipt of the request that is storing it."""

    @property
    def whole(self) -> bool:
        """Whether all of it is there, and is to stay."""

    @property
    def reconcile_since(self) -> datetime | None:
        """Since when somebody is storing or deleting it."""

    @property
    def revision(self) -> str:
        """The store's mark of this version, empty until stored."""

    def deleting(self, now: datetime) -> Self:
        """The record of what is about to go."""


T = TypeVar("T", bound=StoredObject)


class StoredObjectRepository(Protocol[T]):
    """Keeps such records."""

    def begin(self, item: T, receipt: Receipt | None) -> tuple[T, Receipt | None]:
        """Store a pending record, and the receipt of a request in progress. Raises Repeated."""

    def finish(self, item: T, job: Job | None, receipt: Receipt | None) -> T:
        """Store the record of what is whole, with its job and what was answered, at their revisions.

        Raises NotFound when somebody has given it up meanwhile.
        """

    def get(self, id: str) -> T | None:
        """The one with this id, in whatever state."""

    def update(self, id: str, change: Callable[[T], T]) -> T:
        """Apply the pure function ``change`` to one revision. Raises NotFound, and what ``change`` raises."""

    def remove(self, item: T) -> None:
        """Remove the record, and the receipt of a request that did not come to its end.

        Nothing when it is not at its revision any more: then it is gone, or somebody else is at it.
        """

    def of(self, user_id: str | None, cursor: str | None = None, limit: int = 100) -> Page[T]:
        """Those that are whole, of a user or of everybody, the newest first."""

    def all_of(self, user_id: str, limit: int = 100) -> Page[T]:
        """Those of a user, in any state."""

    def to_reconcile(self, before: datetime, limit: int = 100) -> Page[T]:
        """Those that somebody left half stored or half deleted before ``before``."""
