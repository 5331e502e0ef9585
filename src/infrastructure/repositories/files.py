"""The records of files, over the store driver."""

from contextlib import suppress
from datetime import datetime

from src.domain.custody import HeldState
from src.domain.errors import NotFound
from src.domain.files import File
from src.domain.jobs import Job
from src.domain.receipts import Receipt
from src.domain.values import Page
from src.infrastructure.repositories.documents import Documents
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.repositories.receipts import Receipts
from src.infrastructure.stores.base import Delete, PreconditionFailed, Store
from src.infrastructure.stores.schema import FILES


class Files(Documents[File]):
    """See FileRepository."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, FILES, File, state=HeldState)
        self._jobs, self._receipts = Jobs(store), Receipts(store)

    def begin(self, file: File, receipt: Receipt | None) -> tuple[File, Receipt | None]:
        """See FileRepository; one commit and no read."""
        revisions = self._receipts.commit(receipt, self.insert(file))
        return self.stored(file, revisions), receipt and self._receipts.stored(receipt, revisions)

    def finish(self, file: File, job: Job, receipt: Receipt | None) -> File:
        """See FileRepository; one commit and no read."""
        try:
            revisions = self._receipts.commit(receipt, self.at(file, file.revision), self._jobs.insert(job))
        except PreconditionFailed:
            raise NotFound from None
        return self.stored(file, revisions)

    def remove(self, file: File) -> None:  # type: ignore[override]
        """See FileRepository; one commit, so that no receipt of a request that is gone stays in progress."""
        receipt = [Delete(self._receipts.key(file.receipt_id))] if file.receipt_id else []
        with suppress(PreconditionFailed):
            self._store.commit(Delete(self._key(file.id), file.revision), *receipt)

    def of(self, user_id: str | None, cursor: str | None = None, limit: int = 100) -> Page[File]:
        """See FileRepository."""
        equal = {"state": HeldState.STORED.value} | ({"user_id": user_id} if user_id else {})
        return self._page("created_at", equal=equal, descending=True, cursor=cursor, limit=limit)

    def all_of(self, user_id: str, limit: int = 100) -> Page[File]:
        """See FileRepository."""
        return self._page("created_at", equal={"user_id": user_id}, descending=True, limit=limit)

    def unsettled(self, before: datetime, limit: int = 100) -> Page[File]:
        """See FileRepository."""
        return self._page("unsettled_since", until=before, limit=limit)
