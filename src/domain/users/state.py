"""The state of an account here and at the identity provider, and the unique values that the account holds."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """The state of an account. The account has a record in the store, and another one at a remote identity provider."""

    PENDING = "pending"  # its names are claimed, and the identity provider does not have the account yet
    ACTIVE = "active"
    SERVICE = "service"  # the user of a service account: it has no names, nobody sees it, and only its tokens are used
    DELETING = "deleting"  # it cannot be used, and its names are still claimed
    DELETED = "deleted"  # only the id is left, so that it is never used again


@dataclass(frozen=True, slots=True)
class Claim:
    """A unique value. ``kind`` is the name of its field, such as "email", and ``key`` is the normalised value."""

    kind: str
    key: str

    @property
    def former(self) -> "Claim":
        """The claim that stays when the holder of this value frees it, for a service that remembers former names."""
        return Claim(f"former {self.kind}", self.key)


@dataclass(frozen=True, slots=True)
class ProviderLink:
    """The state of a user's account at the identity provider, as far as this service knows."""

    valid_since: datetime
    """The time before which the provider has revoked all sign-ins, as far as this service knows."""
    project: str | None = None
    """The project of the provider in which the account was last seen; None if an earlier version saw it last."""


@dataclass(frozen=True, slots=True)
class PendingChange:
    """A change of a user on which the store and the identity provider may not agree yet."""

    since: datetime
    """The time since which they may differ. It is also the ticket of the process that works on the user."""
    reserved: tuple[Claim, ...] = ()
    """Claims on new names that the provider has not confirmed yet."""
