"""The Invitation entity: the permission of an admin to make one account with one e-mail address."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from src.domain.events import Event
from src.domain.jobs import Job
from src.domain.mails import Mail
from src.domain.receipts import Receipt
from src.domain.repositories import OwnedRepository
from src.domain.values import Email, Page, Role, new_id

MAX_DAYS = 30
"""The most days for which an invitation is valid."""
TOKEN_LIFE = timedelta(days=MAX_DAYS)
"""The life of the tokens. An invitation may end earlier."""
RETENTION = timedelta(days=90)
"""The time for which an invitation is kept after its end, so that admins see what became of it."""


class InvitationToken(StrEnum):
    """The purposes of the two tokens of an invitation."""

    LINKED = "invitation"
    """The token of the link that the admin gets, who may pass it on to anybody."""
    MAILED = "mailed invitation"
    """The token in the mail, which proves that its bearer reads the mails of the address."""


class InvitationStatus(StrEnum):
    """The status of an invitation."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation. ``revision`` identifies this version in the store, and is empty until the invitation is stored.

    Its two tokens are not stored: they are signed with a key of this service. Only the repository of users accepts an
    invitation, in the commit that makes the account, so that an invitation makes one account at most.
    """

    id: str
    email: Email
    role: Role
    """The role of the account."""
    made_by: str | None
    """The id of the admin who has made the invitation, or None for the operator."""
    created_at: datetime
    valid_until: datetime
    expires_at: datetime
    """The time at which the invitation may be removed from the store."""
    user_id: str | None = None
    """The user who has accepted the invitation, or None."""
    revision: str = ""

    @classmethod
    def new(cls, email: Email, role: Role, made_by: str | None, now: datetime, days: int) -> "Invitation":
        """Return an invitation that is valid for a number of days and not stored yet."""
        until = now + timedelta(days=days)
        return cls(new_id(), email, role, made_by, now, until, until + RETENTION)

    def status(self, now: datetime) -> InvitationStatus:
        """Return the status at a time."""
        if self.user_id:
            return InvitationStatus.ACCEPTED
        return InvitationStatus.PENDING if now < self.valid_until else InvitationStatus.EXPIRED

    def accepted(self, user_id: str | None) -> "Invitation":
        """Return the invitation as accepted by the user with this id, or as not accepted if ``user_id`` is None."""
        return replace(self, user_id=user_id)


class InvitationRepository(OwnedRepository[Invitation], Protocol):
    """Stores invitations. Each belongs to the user who has accepted it.

    An invitation that is past its ``expires_at`` may be missing.
    """

    def add(
        self, invitation: Invitation, mail: tuple[Mail, Job] | None, event: Event, *, receipt: Receipt | None = None
    ) -> Invitation:
        """Store a new invitation, the mail that brings it, the job that sends the mail, an event and the receipt.

        All of them are stored in one commit. Raises Repeated.
        """

    def list(self, accepted: bool | None, cursor: str | None = None, limit: int = 100) -> Page[Invitation]:
        """Return a page of invitations, the newest first: the accepted ones, the ones not accepted, or all of them."""

    def list_for_user(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[Invitation]:
        """Return a page of the invitations that a user has accepted."""
