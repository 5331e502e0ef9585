"""The ServiceAccount entity: an account without a login, with which a service of the operator calls this one."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from src.domain.events import Recorded
from src.domain.keys import SECRET_PREFIX, credential_hash, new_credential
from src.domain.old_secrets import OldSecrets, valid_secrets, with_old_secret
from src.domain.receipts import Receipt
from src.domain.repositories import RecordedRepository
from src.domain.users import State, User
from src.domain.values import Page, Role, new_id

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
    old_secrets: OldSecrets = field(default_factory=dict)
    """The hashes of replaced secrets."""
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
        old_secrets = with_old_secret(self.old_secrets, self.secret_hash, now)
        return replace(self, secret_hash=credential_hash(secret), old_secrets=old_secrets)

    def accepts(self, secret: str, now: datetime) -> bool:
        """Return whether ``secret`` is the current secret, or a replaced one within its last day."""
        hash, old = credential_hash(secret), valid_secrets(self.old_secrets, now)
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
