"""The repository port of users."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from src.domain.events import Event
from src.domain.receipts import Receipt
from src.domain.repositories import RecordedRepository
from src.domain.users.standings import Standing
from src.domain.users.state import Claim
from src.domain.users.user import User
from src.domain.values import Page, Role


class UserRepository(RecordedRepository[User], Protocol):
    """Stores users. Of several writes that claim one value at the same time, exactly one succeeds.

    ``update`` also raises LastAdmin.
    """

    def add(self, user: User, receipt: Receipt | None = None, *, events: Sequence[Event] = ()) -> User:
        """Store a new user, its claims and the events atomically.

        Raises Repeated, and Taken (also for an ``id`` in use).
        """

    def add_with_unused_names(self, user: User, *, events: Sequence[Event] = ()) -> User:
        """Store a new user as ``add`` does, and the former claims of its names.

        Also raises Taken for a name that a user has freed while former names were remembered.
        """

    def add_all(self, users: Sequence[User]) -> set[str]:
        """Store new users and their claims, each user atomically. Return the ids of the users that could not be stored.

        A user cannot be stored if its id or one of its claims is taken.
        """

    def holders(self, claims: Collection[Claim]) -> dict[Claim, str]:
        """Return the id of the holder of each of these claims. Claims that nobody holds are left out."""

    def by_claim(self, claim: Claim) -> User | None:
        """Return the user, in any state, whose username or e-mail address has this key, or None.

        A reserved name does not find the user: the identity provider may still refuse it.
        """

    def remove(self, user: User) -> bool:
        """Remove a user without claims. Return False, and remove nothing, if the user has been changed meanwhile."""

    def has_admin(self) -> bool:
        """Return whether any admin can log in."""

    def expired(self, now: datetime, since: datetime | None = None, limit: int = 100) -> Page[User]:
        """Return guests whose ``expires_at`` has passed, the earliest first, and none that expired before ``since``."""

    def find(
        self, *, only: Role | Standing | None = None, prefix: str = "", cursor: str | None = None, limit: int = 100
    ) -> Page[User]:
        """Return a page of the users in the state ``ACTIVE``, ordered by username.

        ``only`` selects the users with a role or a standing, and ``prefix`` those whose username keys begin with it.
        """

    def to_reconcile(self, before: datetime, limit: int = 100) -> Page[User]:
        """Return users whose pending change began before this time, the oldest first."""
