"""The service for idempotent creates: a repeated create with the same idempotency key gets the first answer again."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from src.application.ports import Clock, Fingerprints
from src.domain.errors import InProgress, KeyReused
from src.domain.receipts import LIFETIME, Receipt, ReceiptRepository
from src.domain.users import User


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptService:
    """Makes the receipts of creates, and finds the receipt of the first request with a key."""

    receipts: ReceiptRepository
    fingerprints: Fingerprints
    clock: Clock

    def begin(self, user: User, key: str) -> Receipt:
        """Return a new receipt without an answer, to be stored if this request is the first one with its key."""
        id = hashlib.sha256(f"{user.id}:{key}".encode()).hexdigest()  # the user's id cannot be guessed
        return Receipt(id, user.id, self.clock() + LIFETIME)

    def first(self, receipt: Receipt, request: Callable[[], bytes]) -> Receipt | None:
        """Return the receipt of the first request with the same key, or None if this request is the first.

        ``request`` returns the bytes of the current request. Raises KeyReused if the first request had other bytes, and
        InProgress if it has not been answered yet.
        """
        first = self.receipts.unexpired(receipt.id, self.clock())
        if first is None:
            return None
        if first.answer is None:
            raise InProgress
        if first.fingerprint not in self.fingerprints(request()):
            raise KeyReused
        return first

    def fingerprint(self, request: bytes) -> str:
        """Return the digest of the bytes of a request. Repetitions of the request have the same digest."""
        return self.fingerprints(request)[0]
