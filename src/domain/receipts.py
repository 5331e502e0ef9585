"""Receipts make creates idempotent.

A receipt stores the answer to a create, and repetitions of the request get it again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from src.domain.values import Page

LIFETIME = timedelta(hours=24)
"""The time for which a receipt is valid. A client that repeats a request later creates a second object."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A record of the request that first used an idempotency key, and of the answer to this request.

    ``revision`` identifies this version in the store, and is empty until the receipt is stored.
    """

    id: str
    """A hash of the user's id and the key. The key itself is not stored."""
    user_id: str
    expires_at: datetime
    fingerprint: str | None = None
    """A digest of the request, or None while the request is in progress."""
    answer: Mapping[str, Any] | None = None
    """The answer in a form that the interface chooses, or None while the request is in progress."""
    revision: str = ""

    @property
    def made_at(self) -> datetime:
        """The time at which the key was first used."""
        return self.expires_at - LIFETIME


@dataclass(frozen=True, slots=True)
class IdempotentCreate(Generic[T]):
    """A create that takes effect once, however often the client sends it.

    ``answer`` is a function of the created object. It returns the fingerprint of the request and the answer.
    """

    receipt: Receipt
    answer: Callable[[T], tuple[str, Mapping[str, Any]]]

    def receipt_for(self, created: T) -> Receipt:
        """Return the receipt to store in the commit that creates the object."""
        fingerprint, answer = self.answer(created)
        return replace(self.receipt, fingerprint=fingerprint, answer=answer)


class Repeated(Exception):
    """Nothing was created, because the idempotency key has been used before."""


class ReceiptRepository(Protocol):
    """Stores receipts."""

    def unexpired(self, id: str, now: datetime) -> Receipt | None:
        """Return the receipt with this id, or None when there is none or it has expired."""

    def list_for_user(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[Receipt]:
        """Return a page of a user's receipts, the oldest first."""

    def remove(self, id: str) -> None:
        """Remove a receipt, if it exists."""

    def delete_for_user(self, user_id: str) -> None:
        """Remove every receipt of a user."""
