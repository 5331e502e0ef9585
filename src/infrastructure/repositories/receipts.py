"""Receipts, over the store driver."""

from contextlib import suppress
from datetime import datetime

from src.domain.receipts import Receipt, Repeated
from src.infrastructure.repositories.documents import Documents
from src.infrastructure.repositories.packing import packed, unpacked
from src.infrastructure.stores.base import Delete, Fields, Key, PreconditionFailed, Store, Write
from src.infrastructure.stores.schema import RECEIPTS


class Receipts(Documents[Receipt]):
    """See ReceiptRepository."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, RECEIPTS, Receipt, answer=unpacked)

    def _fields(self, entity: Receipt) -> Fields:
        return {**super()._fields(entity), "answer": None if entity.answer is None else packed(entity.answer)}

    def unexpired(self, id: str, now: datetime) -> Receipt | None:
        """See ReceiptRepository."""
        receipt = self.get(id)
        return receipt if receipt and now < receipt.expires_at else None

    def remove_of(self, user_id: str) -> None:
        """See ReceiptRepository."""
        self._remove_all("expires_at", equal={"user_id": user_id})

    def key(self, id: str) -> Key:
        """Where a receipt is, for a commit with others."""
        return self._key(id)

    def commit(self, receipt: Receipt | None, *writes: Write) -> dict[Key, str]:
        """Commit ``writes`` and a receipt, whole or not at all. Raises PreconditionFailed for those, and Repeated."""
        if receipt is None:
            return self._store.commit(*writes)
        if receipt.revision:
            return self._store.commit(*writes, self.at(receipt, receipt.revision))
        while True:
            try:
                return self._store.commit(*writes, self.insert(receipt))
            except PreconditionFailed as failed:
                if self._key(receipt.id) not in failed.keys:
                    raise
                stored = self.get(receipt.id)
                if stored and receipt.made_at < stored.expires_at:
                    raise Repeated from None
                if stored:
                    with suppress(PreconditionFailed):
                        self._store.commit(Delete(self._key(stored.id), stored.revision))
