"""Seeing and ending sessions."""

from dataclasses import dataclass

from src.application.ports import (
    Audit,
    Clock,
    IdentityProvider,
)
from src.application.sessions.callers import Caller, caller_must_exist
from src.domain.errors import NotFound
from src.domain.sessions import Session, SessionRepository
from src.domain.users import User, UserRepository
from src.domain.values import Page


@dataclass(frozen=True, slots=True)
class LogOut:
    """End the session of the token."""

    sessions: SessionRepository
    audit: Audit

    def __call__(self, caller: Caller) -> None:
        """Raises Forbidden for a caller without a session."""
        self.sessions.remove(caller.own_session.id)
        fields = {"user_id": caller.user.id, "session_id": caller.own_session.id, "reason": "logout"}
        self.audit("session-ended", fields)


@dataclass(frozen=True, slots=True)
class LogOutEverywhere:
    """End every session, this one too."""

    users: UserRepository
    identity: IdentityProvider
    audit: Audit
    clock: Clock

    def __call__(self, user: User) -> None:
        """The identity provider's own tokens from before are refused as well."""
        now = self.clock()
        with caller_must_exist():
            self.users.update(user.id, lambda stored: stored.without_sessions(now))
        self.audit("sessions-ended", {"user_id": user.id, "reason": "logout-all"})
        self.identity.sessions_ended()


@dataclass(frozen=True, slots=True)
class ListSessions:
    """Your sessions that have not ended, the newest first."""

    sessions: SessionRepository
    clock: Clock

    def __call__(self, user: User, cursor: str | None, limit: int) -> Page[Session]:
        """One page; those that have ended are left out of it."""
        now = self.clock()
        page = self.sessions.of(user.id, cursor, limit)
        return Page([session for session in page.items if session.alive(user, now)], page.next)


@dataclass(frozen=True, slots=True)
class EndSession:
    """End one of your sessions."""

    sessions: SessionRepository
    audit: Audit
    clock: Clock

    def __call__(self, user: User, id: str) -> None:
        """Raises NotFound, also for a session of somebody else."""
        session = self.sessions.get(id)
        if session is None or not session.alive(user, self.clock()):
            raise NotFound("You have no such session.")
        self.sessions.remove(id)
        self.audit("session-ended", {"user_id": user.id, "session_id": id, "reason": "ended-by-owner"})
