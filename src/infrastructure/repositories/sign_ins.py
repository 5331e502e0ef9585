"""The repository of the last sign-ins of users."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from src.domain.sign_ins import NEVER, LastSignIn, Repaired, day_of
from src.domain.users import User
from src.domain.values import Page, batches
from src.infrastructure.repositories.documents import Documents
from src.infrastructure.repositories.entities import READ_DOCUMENTS, Entities
from src.infrastructure.stores.driver import Delete, Document, Insert, Key, PreconditionFailed, Query, Update, Write
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import SESSIONS, SIGN_INS, USERS
from src.infrastructure.stores.schema.types import Collection

_REMEMBERED = 10_000
"""The users whose sign-ins of a day a process remembers."""


class SignIns(Documents[LastSignIn]):
    """Stores the last sign-in of each user. Implements SignInRepository."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, SIGN_INS, LastSignIn)
        self._remembered: dict[str, datetime] = {}

    def write_day(self, user_id: str, time: datetime) -> Update:
        """Return the write that makes the day of ``time`` the last sign-in of a user, whatever is stored."""
        return Update(self._key(user_id), {"day": day_of(time)})

    def write_login(self, login: LastSignIn | None) -> list[Update]:
        """Return the write of a login, or no write if this process has written a login of the user on the same day.

        The write has no precondition, so that a login reads nothing before its commit.
        """
        if login is None or self._remembered.get(login.id) == login.day:
            return []
        return [self.write_day(login.id, login.day)]

    def remember_login(self, login: LastSignIn | None) -> None:
        """Remember a login whose commit has succeeded."""
        if login is None:
            return
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.clear()
        self._remembered[login.id] = login.day

    def find(self, first: datetime, last: datetime, cursor: str | None = None, limit: int = 100) -> Page[LastSignIn]:
        return self._page("day", start=first, until=last, cursor=cursor, limit=limit)

    def days(self, ids: Iterable[str]) -> dict[str, datetime]:
        return {each.id: each.day for each in self.get_many(*ids) if each and each.day != NEVER}

    def list_for_user(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[LastSignIn]:
        found = self.get(user_id)
        return Page([found] if found and found.day != NEVER else [])

    def delete_for_user(self, user_id: str) -> None:
        self.remove(user_id)


class StoredLastSignInRepair:
    """Repairs the records of a store. Implements LastSignInRepair."""

    def __init__(self, store: Store, users: Entities[User]) -> None:
        self._store, self._users, self._sign_ins = store, users, SignIns(store)

    def run(self) -> Iterator[Repaired]:
        for page in self._scan(USERS):
            users = [self._users.entity(document) for document in page]
            ids = [user.id for user in users if user.keeps_last_sign_in]
            missing = [id for id, known in zip(ids, self._sign_ins.get_many(*ids), strict=True) if known is None]
            inserts = [Insert(Key(SIGN_INS, id), {"day": self._newest_session(id)}) for id in missing]
            yield Repaired(recorded=self._commit(inserts))
        for page in self._scan(SIGN_INS):
            owners = self._users.get_many(*(document.key.id for document in page))
            pairs = zip(page, owners, strict=True)
            left = [document for document, owner in pairs if not (owner and owner.keeps_last_sign_in)]
            yield Repaired(removed=self._commit([Delete(each.key, each.revision) for each in left]))

    def _scan(self, collection: Collection) -> Iterator[list[Document]]:
        after = None
        while page := self._store.scan(collection, after, limit=READ_DOCUMENTS):
            yield page
            after = page[-1].key.id

    def _commit(self, writes: Sequence[Write]) -> int:
        """Commit writes, several at once, and without those whose document has changed meanwhile.

        Return the number of writes that succeeded.
        """
        return sum(map(self._commit_together, batches(writes, self._store.commit_writes)))

    def _commit_together(self, writes: Sequence[Write]) -> int:
        try:
            self._store.commit(*writes)
        except PreconditionFailed:
            return sum(self._commit_together([write]) for write in writes) if len(writes) > 1 else 0
        return len(writes)

    def _newest_session(self, user_id: str) -> datetime:
        query = Query(SESSIONS, "created_at", {"user_id": user_id}, limit=1, descending=True)
        return next((day_of(each.fields["created_at"]) for each in self._store.find(query).items), NEVER)
