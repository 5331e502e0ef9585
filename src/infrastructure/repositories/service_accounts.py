"""The repository of service accounts."""

from collections.abc import Callable
from typing import Any

from src.domain.errors import Stale, Taken
from src.domain.events import NO_EVENTS, Recorded
from src.domain.receipts import Receipt
from src.domain.service_accounts import ServiceAccount
from src.domain.users import User
from src.domain.values import Page, Role
from src.infrastructure.repositories.documents import Documents
from src.infrastructure.repositories.old_secrets import old_secret_fields, parse_old_secrets
from src.infrastructure.repositories.recorder import Recorder
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.driver import Delete, Key, PreconditionFailed
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import SERVICE_ACCOUNTS, USERS

_SINGLE = "old_hash", "old_until"


class ServiceAccounts(Documents[ServiceAccount]):
    """Stores service accounts. Implements ServiceAccountRepository."""

    def __init__(self, store: Store, recorder: Recorder | None = None) -> None:
        super().__init__(store, SERVICE_ACCOUNTS, ServiceAccount, recorder, role=Role)
        self._users = Users(store, recorder)

    def add(
        self, account: ServiceAccount, events: Recorded[User] = NO_EVENTS, receipt: Receipt | None = None
    ) -> ServiceAccount:
        """Store a new service account with its user. Takes one commit."""
        user = account.user
        return self._save(None, account, receipt, self._users.write(user), events=events(user, user))

    def remove_with_user(
        self, id: str, revision: str | None, bury: Callable[[User], User], events: Recorded[User] = NO_EVENTS
    ) -> User:
        """Remove a service account and change its user. Takes one read and, without conflicts, one commit."""
        try:
            return self._users.update_with(id, bury, Delete(self._key(id), revision), events=events)
        except PreconditionFailed:
            raise Stale from None

    def with_user(self, id: str) -> tuple[ServiceAccount | None, User | None]:
        """Return a service account and its user. Takes one read of two documents."""
        account, user = self._store.get(self._key(id), Key(USERS, id))
        return (self.entity(account) if account else None), (self._users.entity(user) if user else None)

    def _refusal(self, failed: PreconditionFailed, new: ServiceAccount) -> Exception:
        return Taken("id")

    def _attributes(self, fields: dict[str, Any]) -> dict[str, Any]:
        parse_old_secrets(fields, _SINGLE)
        return super()._attributes(fields)

    def _special_fields(self, entity: ServiceAccount) -> dict[str, Any]:
        return old_secret_fields(entity.old_secrets, _SINGLE)

    def list(self, cursor: str | None = None, limit: int = 100) -> Page[ServiceAccount]:
        return self._page("created_at", descending=True, cursor=cursor, limit=limit)
