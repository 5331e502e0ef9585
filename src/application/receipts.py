"""Idempotent creates: a client that repeats a create with the same idempotency key gets the first answer again."""

import hashlib
from dataclasses import dataclass

from src.application.ports import Clock, Fingerprints
from src.domain.errors import InProgress, KeyReused
from src.domain.receipts import LIFETIME, Receipt, ReceiptRepository
from src.domain.users import User


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptService:
    """Makes the receipts of creates, and finds the receipt of an earlier request with the same key."""

    receipts: ReceiptRepository
    fingerprints: Fingerprints
    clock: Clock

    def begin(self, user: User, key: str) -> Receipt:
        """Return a new receipt for a request, which may be the first with its key."""
        id = hashlib.sha256(f"{user.id}:{key}".encode()).hexdigest()  # the user's id cannot be guessed
        return Receipt(id, user.id, self.clock() + LIFETIME)

    def first(self, receipt: Receipt) -> Receipt | None:
        """Return the receipt of the first request with this key, None if there was none. Raises InProgress."""
        first = self.receipts.unexpired(receipt.id, self.clock())
        if first and first.answer is None:
            raise InProgress
        return first

    def fingerprint(self, request: bytes) -> str:
        """Return the digest by which another request with the same key is recognised."""
        return self.fingerprints(request)[0]

    def require_same(self, first: Receipt, request: bytes) -> None:
        """Raise KeyReused when the first request with this key was another one."""
        if first.fingerprint not in self.fingerprints(request):
            raise KeyReused
