"""Base repository for records that own data outside the store, such as a file or a row set."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from src.domain.errors import NotFound
from src.domain.jobs import Job
from src.domain.receipts import Receipt
from src.domain.stored_objects import ObjectState, StoredObject
from src.domain.values import Page
from src.infrastructure.repositories.documents import Documents, Receipts
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.stores.driver import Delete, Key, PreconditionFailed
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import RECEIPTS
from src.infrastructure.stores.schema import types as declarations

S = TypeVar("S", bound=StoredObject)


class StoredObjectDocuments(Documents[S]):
    """Stores records that own data outside the store. Implements StoredObjectRepository."""

    def __init__(
        self, store: Store, collection: declarations.Collection, make: Callable[..., S], **parsers: Callable[[Any], Any]
    ) -> None:
        super().__init__(store, collection, make, None, state=ObjectState, **parsers)
        self._jobs, self._receipts = Jobs(store), Receipts(store)

    def begin(self, item: S, receipt: Receipt | None) -> tuple[S, Receipt | None]:
        """Store a pending record. Takes one commit and no read."""
        revisions = self._receipts.commit(receipt, self.write(item))
        return self.with_revision(item, revisions), receipt and self._receipts.with_revision(receipt, revisions)

    def finish(self, item: S, job: Job | None, receipt: Receipt | None) -> S:
        """Store a complete record. Takes one commit and no read."""
        try:
            return self._save(None, item, receipt, *([self._jobs.write(job)] if job else []))
        except PreconditionFailed:
            raise NotFound from None

    def remove(self, item: S) -> None:  # type: ignore[override]
        """Remove a record and the receipt of its unfinished request. Takes one commit."""
        receipts = [Delete(Key(RECEIPTS, item.receipt_id))] if item.receipt_id else []
        self._remove_unchanged(item, *self._related_deletes(item), *receipts)

    def list_for_user(self, user_id: str | None, cursor: str | None = None, limit: int = 100) -> Page[S]:
        equal = {"state": ObjectState.STORED.value} | ({"user_id": user_id} if user_id else {})
        return self._page("created_at", equal=equal, descending=True, cursor=cursor, limit=limit)

    def list_all_for_user(self, user_id: str, limit: int = 100) -> Page[S]:
        return self._page("created_at", equal={"user_id": user_id}, descending=True, limit=limit)

    def to_reconcile(self, before: datetime, limit: int = 100) -> Page[S]:
        return self._page("reconcile_since", until=before, limit=limit)

    def _related_deletes(self, item: S) -> Sequence[Delete]:
        """Return the deletes of the other documents that belong to the record."""
        return ()
