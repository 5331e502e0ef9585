"""Receipts of requests with an idempotency key."""

from contextlib import suppress
from datetime import datetime

from src.domain.receipts import Receipt, Repeated
from src.infrastructure.repositories.documents import Documents
from src.infrastructure.stores.base import Delete, Fields, Key, PreconditionFailed, Store, Write
from src.infrastructure.stores.packing import pack_value, unpack
from src.infrastructure.stores.schema import RECEIPTS


class Receipts(Documents[Receipt]):
    """Stores receipts. Implements ReceiptRepository."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, RECEIPTS, Receipt, answer=lambda text: text and unpack(text))

    def unexpired(self, id: str, now: datetime) -> Receipt | None:
        receipt = self.get(id)
        return receipt if receipt and now < receipt.expires_at else None

    def remove_of(self, user_id: str) -> None:
        self._remove_all("expires_at", equal={"user_id": user_id})

    def delete_write(self, id: str) -> Delete:
        """Return the write that removes a receipt, to be committed with others."""
        return Delete(self._key(id))

    def commit(self, receipt: Receipt | None, *writes: Write) -> dict[Key, str]:
        """Commit ``writes`` together with a receipt, all or nothing; return the new revisions.

        Raises Repeated when an unexpired receipt with this id is stored, and PreconditionFailed when one of
        ``writes`` is refused.
        """
        if receipt is None:
            return self._store.commit(*writes)
        if receipt.revision:
            return self._store.commit(*writes, self.update_write(receipt, receipt.revision))
        while True:
            try:
                return self._store.commit(*writes, self.insert_write(receipt))
            except PreconditionFailed as failed:
                if self._key(receipt.id) not in failed.keys:
                    raise
                stored = self.get(receipt.id)
                if stored and receipt.made_at < stored.expires_at:
                    raise Repeated from None
                if stored:  # it has expired, and the store has not removed it yet
                    with suppress(PreconditionFailed):
                        self._store.commit(Delete(self._key(stored.id), stored.revision))

    def _fields(self, entity: Receipt) -> Fields:
        return self._attributes(entity, answer=None if entity.answer is None else pack_value(entity.answer))
