"""The receipt of a create with an Idempotency-Key: what was answered, so that a repetition gets the same.

See https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

LIFETIME = timedelta(hours=24)
"""How long a receipt is valid."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a key of a user was used for. ``revision`` is the store's mark of this version, empty until stored."""

    id: str
    """Made from the user and the key, which is not kept itself."""
    user_id: str
    expires_at: datetime
    fingerprint: str | None = None
    """Of the request; None while it is still being read."""
    answer: Mapping[str, Any] | None = None
    """What was answered, for the way in that made it; None while the request is in progress."""
    revision: str = ""

    @property
    def made_at(self) -> datetime:
        """When the key was used first."""
        return self.expires_at - LIFETIME


@dataclass(frozen=True, slots=True)
class Once(Generic[T]):
    """How to create something once: its receipt, and the fingerprint and answer to keep in it for what was made."""

    receipt: Receipt
    answer: Callable[[T], tuple[str, Mapping[str, Any]]]

    def answered(self, created: T) -> Receipt:
        """The receipt to be stored in the commit that creates it."""
        fingerprint, answer = self.answer(created)
        return replace(self.receipt, fingerprint=fingerprint, answer=answer)


class Repeated(Exception):
    """Nothing was created: this key has been used before."""


class ReceiptRepository(Protocol):
    """Keeps receipts. What has expired is treated as gone."""

    def unexpired(self, id: str, now: datetime) -> Receipt | None:
        """The receipt with this id."""

    def remove(self, id: str) -> None:
        """Remove a receipt, if it is there."""

    def remove_of(self, user_id: str) -> None:
        """Remove every receipt of a user."""
