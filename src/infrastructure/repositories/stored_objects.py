"""Base repository for records that own data outside the documents, such as an object or a set of rows."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from src.domain.errors import NotFound
from src.domain.jobs import Job
from src.domain.receipts import Receipt
from src.domain.stored_objects import ObjectState, StoredObject
from src.domain.values import Page
from src.infrastructure.repositories.documents import Documents
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.repositories.receipts import Receipts
from src.infrastructure.stores import declarations
from src.infrastructure.stores.base import Delete, PreconditionFailed, Store, Write

S = TypeVar("S", bound=StoredObject)


class StoredObjectDocuments(Documents[S]):
    """Stores such records. Implements StoredObjectRepository."""

    def __init__(
        self, store: Store, collection: declarations.Collection, make: Callable[..., S], **parsers: Callable[[Any], Any]
    ) -> None:
        super().__init__(store, collection, make, **parsers)
        self._jobs, self._receipts = Jobs(store), Receipts(store)

    def begin(self, item: S, receipt: Receipt | None) -> tuple[S, Receipt | None]:
        """Store a pending record; one commit and no read."""
        revisions = self._receipts.commit(receipt, self.insert_write(item))
        return self.with_revision(item, revisions), receipt and self._receipts.with_revision(receipt, revisions)

    def finish(self, item: S, job: Job | None, receipt: Receipt | None) -> S:
        """Store a complete record; one commit and no read."""
        writes: list[Write] = [self.update_write(item, item.revision), *self._related_writes(None, item)]
        writes += [self._jobs.insert_write(job)] if job else []
        try:
            return self.with_revision(item, self._receipts.commit(receipt, *writes))
        except PreconditionFailed:
            raise NotFound from None

    def remove(self, item: S) -> None:  # type: ignore[override]
        """Remove a record and the receipt of its unfinished request; one commit."""
        writes: list[Write] = [Delete(self._key(item.id), item.revision), *self._related_deletes(item)]
        writes += [self._receipts.delete_write(item.receipt_id)] if item.receipt_id else []
        with suppress(PreconditionFailed):
            self._store.commit(*writes)

    def of(self, user_id: str | None, cursor: str | None = None, limit: int = 100) -> Page[S]:
        equal = {"state": ObjectState.STORED.value} | ({"user_id": user_id} if user_id else {})
        return self._page("created_at", equal=equal, descending=True, cursor=cursor, limit=limit)

    def all_of(self, user_id: str, limit: int = 100) -> Page[S]:
        return self._page("created_at", equal={"user_id": user_id}, descending=True, limit=limit)

    def to_reconcile(self, before: datetime, limit: int = 100) -> Page[S]:
        return self._page("reconcile_since", until=before, limit=limit)

    def _related_deletes(self, item: S) -> Sequence[Delete]:
        """Return the deletes of other documents that belong to the record."""
        return ()
