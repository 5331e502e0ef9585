"""What repositories have in common whose records stand for something outside the store."""

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

H = TypeVar("H", bound=StoredObject)


class StoredObjectDocuments(Documents[H]):
    """See StoredObjectRepository."""

    def __init__(
        self, store: Store, collection: declarations.Collection, make: Callable[..., H], **parsers: Callable[[Any], Any]
    ) -> None:
        super().__init__(store, collection, make, **parsers)
        self._jobs, self._receipts = Jobs(store), Receipts(store)

    def begin(self, item: H, receipt: Receipt | None) -> tuple[H, Receipt | None]:
        """Store a pending one; one commit and no read."""
        revisions = self._receipts.commit(receipt, self.insert(item))
        return self.stored(item, revisions), receipt and self._receipts.stored(receipt, revisions)

    def finish(self, item: H, job: Job | None, receipt: Receipt | None) -> H:
        """Store a whole one; one commit and no read."""
        writes: list[Write] = [self.at(item, item.revision), *self._beside(item)]
        writes += [self._jobs.insert(job)] if job else []
        try:
            return self.stored(item, self._receipts.commit(receipt, *writes))
        except PreconditionFailed:
            raise NotFound from None

    def remove(self, item: H) -> None:  # type: ignore[override]
        """Remove one; one commit, so that no receipt of a request that is gone stays in progress."""
        receipt = [Delete(self._receipts.key(item.receipt_id))] if item.receipt_id else []
        with suppress(PreconditionFailed):
            self._store.commit(Delete(self._key(item.id), item.revision), *self._leaving(item), *receipt)

    def of(self, user_id: str | None, cursor: str | None = None, limit: int = 100) -> Page[H]:
        """Those stored of a user, or of everybody, the newest first."""
        equal = {"state": ObjectState.STORED.value} | ({"user_id": user_id} if user_id else {})
        return self._page("created_at", equal=equal, descending=True, cursor=cursor, limit=limit)

    def all_of(self, user_id: str, limit: int = 100) -> Page[H]:
        """Those of a user in any state."""
        return self._page("created_at", equal={"user_id": user_id}, descending=True, limit=limit)

    def to_reconcile(self, before: datetime, limit: int = 100) -> Page[H]:
        """Those left half stored or half deleted before ``before``."""
        return self._page("reconcile_since", until=before, limit=limit)

    def _beside(self, item: H) -> Sequence[Write]:
        """What is written with a whole one, in other documents."""
        return ()

    def _leaving(self, item: H) -> Sequence[Write]:
        """What is removed with it, in other documents."""
        return ()
