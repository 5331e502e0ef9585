"""The repository of keys."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from src.domain.events import NO_EVENTS, Recorded
from src.domain.keys import Key
from src.domain.receipts import Receipt
from src.domain.users import User
from src.domain.values import Scope
from src.infrastructure.repositories.documents import OwnedDocuments
from src.infrastructure.repositories.recorder import Recorder
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores import driver
from src.infrastructure.stores.driver import PreconditionFailed
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import KEYS, USERS


class Keys(OwnedDocuments[Key]):
    """Stores keys. Implements KeyRepository."""

    def __init__(self, store: Store, recorder: Recorder | None = None) -> None:
        super().__init__(store, KEYS, Key, scope=Scope)
        self._users = Users(store, recorder)

    def add(
        self,
        key: Key,
        change: Callable[[User], User],
        events: Recorded[User] = NO_EVENTS,
        receipt: Receipt | None = None,
    ) -> Key:
        """Store a new key and the changed user in one commit.

        The user is read before the commit. After a conflict both the read and the commit are repeated.
        """
        self._users.update_with(key.user_id, change, self.write(key), events=events, receipt=receipt)
        return key

    def with_user(self, id: str, user_id: str) -> tuple[Key | None, User | None]:
        """Return a key and a user. Takes one read of two documents."""
        key, user = self._store.get(self._key(id), driver.Key(USERS, user_id))
        return (self.entity(key) if key else None), (self._users.entity(user) if user else None)

    def store_use(self, key: Key, now: datetime) -> None:
        """Store the time of a use. Takes one commit."""
        with suppress(PreconditionFailed):
            self._store.commit(self.write(replace(key, last_used_at=now)))
