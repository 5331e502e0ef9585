"""Sessions, over the store driver."""

from src.domain.sessions import Client, Session
from src.domain.users import User
from src.domain.values import Page
from src.infrastructure.repositories.documents import Documents
from src.infrastructure.repositories.users import user_of
from src.infrastructure.stores.base import Document, Fields, Key, Store
from src.infrastructure.stores.schema import SESSIONS, USERS


class Sessions(Documents[Session]):
    """See SessionRepository."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, SESSIONS, Session)

    def add(self, session: Session) -> Session:
        """See SessionRepository; one commit."""
        return self.stored(session, self._store.commit(self.insert(session)))

    def with_user(self, id: str, user_id: str) -> tuple[Session | None, User | None]:
        """See SessionRepository; one read of two documents."""
        session, user = self._store.get(self._key(id), Key(USERS, user_id))
        return (self._entity(session) if session else None), (user_of(user) if user else None)

    def remove_of(self, user_id: str) -> None:
        """See SessionRepository."""
        self._remove_all("created_at", equal={"user_id": user_id}, descending=True)

    def of(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[Session]:
        """See SessionRepository."""
        return self._page("created_at", equal={"user_id": user_id}, descending=True, cursor=cursor, limit=limit)

    def _fields(self, entity: Session) -> Fields:
        of_session = {name: getattr(entity, name) for name in SESSIONS.fields if name not in _OF_CLIENT}
        return of_session | {name: getattr(entity.client, name) for name in _OF_CLIENT}

    def _entity(self, document: Document) -> Session:
        stored = dict(document.fields)
        client = Client(**{name: stored.pop(name) for name in _OF_CLIENT})
        return Session(id=document.key.id, client=client, revision=document.revision, **stored)


_OF_CLIENT = ("user_agent", "ip")
