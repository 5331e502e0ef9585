"""The ServiceAccount entity: an account without a login, with which a service of the operator calls this one."""

import hmac
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from src.domain.errors import TooManyRequests
from src.domain.events import Recorded
from src.domain.keys import SECRET_PREFIX, credential_hash, new_credential
from src.domain.receipts import Receipt
from src.domain.repositories import RecordedRepository
from src.domain.users import State, User
from src.domain.values import Page, Role, new_id

OLD_SECRET = timedelta(hours=24)
"""The time for which a secret works after it was replaced."""
MAX_OLD_SECRETS = 25
"""The most replaced secrets that work at the same time."""
ROLES = (Role.USER, Role.UPLOADER, Role.ADMIN)
"""The roles that a service account can have."""


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A service account. ``revision`` identifies this version in the store, and is empty until it is stored.

    A user with the same id and the state SERVICE is the user of its tokens, and owns the objects that the service
    makes.
    """

    id: str
    name: str
    role: Role
    secret_hash: str
    created_at: datetime
    old_secrets: Mapping[str, datetime] = field(default_factory=dict)
    """The times at which replaced secrets end, by the hashes of the secrets. Those that have ended may be left out."""
    revision: str = ""

    @classmethod
    def new(cls, name: str, role: Role, now: datetime) -> tuple["ServiceAccount", str]:
        """Return a service account that is not stored yet, and its secret."""
        id = new_id()
        secret = new_credential(SECRET_PREFIX, id)
        return cls(id, name, role, credential_hash(secret), now), secret

    @property
    def user(self) -> User:
        """The new user of the service account."""
        return User(self.id, self.created_at, self.created_at, role=self.role, state=State.SERVICE)

    def with_secret(self, secret: str, now: datetime) -> "ServiceAccount":
        """Return the service account with a new secret. The present one works for another day, as do earlier ones.

        Raises TooManyRequests while MAX_OLD_SECRETS replaced secrets still work.
        """
        kept = {hash: end for hash, end in self.old_secrets.items() if now < end}
        if len(kept) >= MAX_OLD_SECRETS:
            raise TooManyRequests(math.ceil((min(kept.values()) - now).total_seconds()))
        old_secrets = {**kept, self.secret_hash: now + OLD_SECRET}
        return replace(self, secret_hash=credential_hash(secret), old_secrets=old_secrets)

    def accepts(self, secret: str, now: datetime) -> bool:
        """Return whether ``secret`` is the current secret, or a replaced one within its last day."""
        hash, old = credential_hash(secret), [each for each, end in self.old_secrets.items() if now < end]
        return any(hmac.compare_digest(hash, each) for each in (self.secret_hash, *old))


class ServiceAccountRepository(RecordedRepository[ServiceAccount], Protocol):
    """Stores service accounts with their users."""

    def add(self, account: ServiceAccount, events: Recorded[User], receipt: Receipt | None = None) -> ServiceAccount:
        """Store a new service account, its user, the events and the receipt in one commit.

        Raises Repeated, and Taken for an id that is or was in use.
        """

    def remove_with_user(
        self, id: str, revision: str | None, bury: Callable[[User], User], events: Recorded[User]
    ) -> User:
        """Remove a service account, change its user and store the events in one commit. Return the user.

        Raises the errors of ``bury``, and Stale if ``revision`` is given and is not the stored revision of the account.
        """

    def with_user(self, id: str) -> tuple[ServiceAccount | None, User | None]:
        """Return a service account and its user, read in one round trip."""

    def list(self, cursor: str | None = None, limit: int = 100) -> Page[ServiceAccount]:
        """Return a page of the service accounts, the newest first."""
