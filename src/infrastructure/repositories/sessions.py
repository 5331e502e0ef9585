"""Sessions."""

from src.domain.sessions import Client, Session
from src.domain.users import User
from src.domain.values import Page
from src.infrastructure.repositories.documents import Documents
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.base import Document, Fields, Key, Store
from src.infrastructure.stores.schema import SESSIONS, USERS


class Sessions(Documents[Session]):
    """Stores sessions. Implements SessionRepository."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, SESSIONS, Session)
        self._users = Users(store)

    def add(self, session: Session) -> Session:
        """Store a new session; one commit."""
        return self.with_revision(session, self._store.commit(self.insert_write(session)))

    def with_user(self, id: str, user_id: str) -> tuple[Session | None, User | None]:
        """Return a session and a user; one read of two documents."""
        session, user = self._store.get(self._key(id), Key(USERS, user_id))
        return (self.entity(session) if session else None), (self._users.entity(user) if user else None)

    def remove_of(self, user_id: str) -> None:
        self._remove_all("created_at", equal={"user_id": user_id}, descending=True)

    def of(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[Session]:
        return self._page("created_at", equal={"user_id": user_id}, descending=True, cursor=cursor, limit=limit)

    def entity(self, document: Document) -> Session:
        fields = dict(document.fields)
        client = Client(user_agent=fields.pop("user_agent"), ip=fields.pop("ip"))
        return Session(id=document.key.id, client=client, revision=document.revision, **fields)

    def _fields(self, entity: Session) -> Fields:
        return self._attributes(entity, user_agent=entity.client.user_agent, ip=entity.client.ip)
