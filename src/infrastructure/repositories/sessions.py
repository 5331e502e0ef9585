"""The repository of sessions."""

from collections.abc import Callable, Sequence
from typing import Any

from src.domain.errors import AlreadyUsed, NotFound
from src.domain.events import Event
from src.domain.factors import NO_EVIDENCE, Evidence
from src.domain.sessions import Attempt, Client, Session
from src.domain.sign_ins import LastSignIn
from src.domain.users import User
from src.infrastructure.conflicts import retry_conflicts
from src.infrastructure.limits.counters import without_attempt
from src.infrastructure.repositories.documents import OwnedDocuments
from src.infrastructure.repositories.factors import Factors
from src.infrastructure.repositories.recorder import Recorder
from src.infrastructure.repositories.sign_ins import SignIns
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.driver import Delete, Key, PreconditionFailed, Write
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import SESSIONS, USERS


class Sessions(OwnedDocuments[Session]):
    """Stores sessions. Implements SessionRepository."""

    def __init__(self, store: Store, recorder: Recorder | None = None) -> None:
        super().__init__(store, SESSIONS, Session, recorder)
        self._users = Users(store)
        self._factors, self._sign_ins = Factors(store), SignIns(store)

    def add_for_login(
        self,
        attempts: Sequence[Attempt],
        session: Session,
        evidence: Evidence = NO_EVIDENCE,
        events: Sequence[Event] = (),
        last_sign_in: LastSignIn | None = None,
    ) -> Sequence[Attempt]:
        """Store a new session and the last sign-in, and subtract ``attempts`` from the counters of failed logins.

        Return the attempts that are still counted. Takes one commit, or two if other attempts were counted meanwhile.
        """
        given_back = [without_attempt(attempt) for attempt in attempts if attempt.revision]
        evidence_writes, event_writes = self._factors.evidence_writes(evidence), self._recorder.writes(events)
        writes = [self.write(session), *evidence_writes, *event_writes, *self._sign_ins.write_login(last_sign_in)]
        left = [attempt for attempt in attempts if not attempt.revision]  # counted outside the store
        try:
            self._store.commit(*writes, *given_back)
        except PreconditionFailed:
            self._commit_with_evidence(*writes)
            left = [*attempts]
        self._sign_ins.remember_login(last_sign_in)
        self._recorder.log(events)
        return left

    def remove(self, id: str, *, events: Sequence[Event] = ()) -> None:  # type: ignore[override]
        """Remove a session, if it exists, and store the events. Takes one commit."""
        self._store.commit(Delete(self._key(id)), *self._recorder.writes(events))
        self._recorder.log(events)

    def with_user(self, id: str, user_id: str) -> tuple[Session | None, User | None]:
        """Return a session and a user. Takes one read of two documents."""
        session, user = self._store.get(self._key(id), Key(USERS, user_id))
        return (self.entity(session) if session else None), (self._users.entity(user) if user else None)

    def update_with_user(
        self,
        session: Session,
        user: User,
        change: Callable[[Session, User], Session],
        evidence: Evidence = NO_EVIDENCE,
    ) -> tuple[Session, User]:
        """Change a session. Takes one commit, and after each conflict a read and another commit."""
        already_read: list[tuple[Session | None, User | None]] = [(session, user)]  # for the first attempt

        def attempt() -> tuple[Session, User]:
            old, owner = already_read.pop() if already_read else self.with_user(session.id, user.id)
            if old is None or owner is None:
                raise NotFound
            new = change(old, owner)
            writes = self._factors.evidence_writes(evidence)
            return (self._save(old, new, None, *writes) if writes or new != old else old), owner

        return retry_conflicts(attempt)

    def delete_for_user(self, user_id: str) -> None:
        self._remove_all("created_at", equal={"user_id": user_id}, descending=True)

    def _commit_with_evidence(self, *writes: Write) -> None:
        try:
            self._store.commit(*writes)
        except PreconditionFailed:
            raise AlreadyUsed from None

    def _refusal(self, failed: PreconditionFailed, new: Session) -> Exception:
        return AlreadyUsed()

    def _attributes(self, fields: dict[str, Any]) -> dict[str, Any]:
        fields["methods"] = tuple(fields["methods"] or ())
        fields["client"] = Client(fields.pop("user_agent"), fields.pop("ip"))
        return fields

    def _special_fields(self, entity: Session) -> dict[str, Any]:
        return {"user_agent": entity.client.user_agent, "ip": entity.client.ip, "methods": list(entity.methods) or None}
