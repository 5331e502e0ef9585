"""Repeating a create: the client sends it again with the same Idempotency-Key, and gets the first answer."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from src.application.ports import Clock, Fingerprints
from src.domain.errors import FieldError, InProgress, Invalid
from src.domain.receipts import LIFETIME, Receipt, ReceiptRepository
from src.domain.users import User


@dataclass(frozen=True, slots=True)
class ReceiptService:
    """What the ways in need to answer a repetition."""

    receipts: ReceiptRepository
    fingerprints: Fingerprints
    clock: Clock

    def begin(self, user: User, key: str) -> Receipt:
        """A receipt for a request that may be the first with its key."""
        id = hashlib.sha256(f"{user.id}:{key}".encode()).hexdigest()  # the user's id cannot be guessed
        return Receipt(id, user.id, self.clock() + LIFETIME)

    def fingerprint(self, request: bytes) -> str:
        """What tells this request from others with the same key."""
        return self.fingerprints(request)[0]

    def answer(self, receipt: Receipt, request: Callable[[], bytes]) -> Mapping[str, Any] | None:
        """The answer to the first ``request`` with this key, with its ``revision``; None when there was none.

        Raises InProgress, and Invalid when the first request was another one.
        """
        first = self.receipts.unexpired(receipt.id, self.clock())
        if first is None:
            return None
        if first.answer is None:
            raise InProgress
        if first.fingerprint not in self.fingerprints(request()):
            raise Invalid(FieldError("Idempotency-Key", "reused", "It was used for another request; use a new one."))
        return {**first.answer, "revision": first.revision}
