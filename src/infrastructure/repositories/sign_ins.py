"""The repository of the last sign-ins of users."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from src.domain.sign_ins import NEVER, LastSignIn, day_of
from src.domain.users import State
from src.domain.values import Page, Role
from src.infrastructure.repositories.documents import Documents
from src.infrastructure.repositories.entities import READ_DOCUMENTS
from src.infrastructure.stores.driver import Insert, PreconditionFailed, Query, Update
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import SESSIONS, SIGN_INS, USERS

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

    def add_missing(self) -> int:
        count, after = 0, None
        while page := self._store.scan(USERS, after, limit=READ_DOCUMENTS):
            after = page[-1].key.id
            ids = [each.key.id for each in page if _has_sign_ins(State(each.fields["state"]), each.fields["role"])]
            for id, known in zip(ids, self.get_many(*ids), strict=True):
                if known is None:
                    with suppress(PreconditionFailed):  # the user has signed in meanwhile
                        self._store.commit(Insert(self._key(id), {"day": self._newest_session(id)}))
                        count += 1
        return count

    def _newest_session(self, user_id: str) -> datetime:
        query = Query(SESSIONS, "created_at", {"user_id": user_id}, limit=1, descending=True)
        return next((day_of(each.fields["created_at"]) for each in self._store.find(query).items), NEVER)


def _has_sign_ins(state: State, role: str) -> bool:
    return state not in (State.SERVICE, State.DELETED) and role != Role.GUEST
