"""Sessions, over the store driver."""

from collections.abc import Callable
from dataclasses import replace

from src.domain.sessions import Client, Session
from src.domain.users import User
from src.domain.values import Page
from src.infrastructure.repositories.updates import Overtaken, optimistically
from src.infrastructure.repositories.users import user_of
from src.infrastructure.stores.base import (
    Delete,
    Document,
    Fields,
    Insert,
    Key,
    PreconditionFailed,
    Query,
    Store,
    Update,
)
from src.infrastructure.stores.schema import SESSIONS, USERS

_AT_ONCE = 200


class Sessions:
    """See SessionRepository."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, session: Session) -> Session:
        """See SessionRepository; one commit."""
        key = Key(SESSIONS, session.id)
        return replace(session, revision=self._store.commit(Insert(key, _fields(session)))[key])

    def with_user(self, id: str, user_id: str) -> tuple[Session | None, User | None]:
        """See SessionRepository; one read of two documents."""
        session, user = self._store.get(Key(SESSIONS, id), Key(USERS, user_id))
        return (_session(session) if session else None), (user_of(user) if user else None)

    def get(self, id: str) -> Session | None:
        """See SessionRepository."""
        [document] = self._store.get(Key(SESSIONS, id))
        return _session(document) if document else None

    def update(self, id: str, change: Callable[[Session], Session]) -> Session:
        """See SessionRepository."""
        key = Key(SESSIONS, id)

        def write(old: Session) -> Session:
            new = change(old)
            if new == old:
                return old
            try:
                return replace(new, revision=self._store.commit(Update(key, _fields(new), old.revision))[key])
            except PreconditionFailed:
                raise Overtaken from None

        return optimistically(lambda: self.get(id), write)

    def remove(self, id: str) -> None:
        """See SessionRepository."""
        self._store.commit(Delete(Key(SESSIONS, id)))

    def remove_of(self, user_id: str) -> None:
        """See SessionRepository; some at a time, each time whole."""
        while sessions := self.of(user_id, limit=_AT_ONCE).items:
            self._store.commit(*(Delete(Key(SESSIONS, session.id)) for session in sessions))

    def of(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[Session]:
        """See SessionRepository."""
        query = Query(SESSIONS, "created_at", {"user_id": user_id}, descending=True, cursor=cursor, limit=limit)
        page = self._store.find(query)
        return Page([_session(document) for document in page.items], page.next)


def _fields(session: Session) -> Fields:
    return {
        "user_id": session.user_id,
        "epoch": session.epoch,
        "created_at": session.created_at,
        "last_used_at": session.last_used_at,
        "expires_at": session.expires_at,
        "ends_at": session.ends_at,
        "user_agent": session.client.user_agent,
        "ip": session.client.ip,
        "generation": session.generation,
        "current_hash": session.current_hash,
        "spent_hash": session.spent_hash,
        "spent_at": session.spent_at,
    }


def _session(document: Document) -> Session:
    stored = dict(document.fields)
    client = Client(stored.pop("user_agent"), stored.pop("ip"))
    return Session(id=document.key.id, client=client, revision=document.revision, **stored)
