"""The session: one login on one device, and the chain of its refresh tokens."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from src.domain.users import User
from src.domain.values import Page

GRACE = timedelta(seconds=10)
"""How long a spent refresh token still yields its successor, to the tab that lost the race."""


@dataclass(frozen=True, slots=True)
class Client:
    """Where a login comes from, as far as we are told."""

    user_agent: str | None = None
    ip: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A login that lasts. ``revision`` is the store's mark of this version, empty until stored."""

    id: str
    user_id: str
    epoch: int
    """The user's ``session_epoch`` when it began; it has ended when the user's is another."""
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    """When it ends unless it is refreshed before; never after ``ends_at``."""
    ends_at: datetime
    client: Client
    generation: int = 0
    """How many refresh tokens have been spent."""
    current_hash: str | None = None
    """Of the refresh token that is not spent; None for a session that has none."""
    spent_hash: str | None = None
    """Of the refresh token spent last."""
    spent_at: datetime | None = None
    revision: str = ""

    def alive(self, user: User, now: datetime) -> bool:
        """Whether its tokens count."""
        kept = self.epoch == user.session_epoch or self.id == user.kept_session
        return user.usable and self.user_id == user.id and kept and now < self.expires_at

    def rotated(self, successor_hash: str, now: datetime, idle: timedelta) -> "Session":
        """This session with the refresh token spent and another one current; the end does not move."""
        return replace(
            self,
            generation=self.generation + 1,
            current_hash=successor_hash,
            spent_hash=self.current_hash,
            spent_at=now,
            last_used_at=now,
            expires_at=min(now + idle, self.ends_at),
        )

    def forgives(self, token_hash: str, now: datetime) -> bool:
        """Whether this spent token is the last one, and has only just been spent."""
        return token_hash == self.spent_hash and self.spent_at is not None and now - self.spent_at <= GRACE


class SessionRepository(Protocol):
    """Keeps sessions. One that has expired may be gone."""

    def add(self, session: Session) -> Session:
        """Store a new session."""

    def with_user(self, id: str, user_id: str) -> tuple[Session | None, User | None]:
        """A session and a user, in one round trip."""

    def get(self, id: str) -> Session | None:
        """The session with this id."""

    def update(self, id: str, change: Callable[[Session], Session]) -> Session:
        """Apply the pure function ``change`` to one revision. Raises NotFound, and whatever ``change`` raises."""

    def remove(self, id: str) -> None:
        """End a session, if it is there."""

    def remove_of(self, user_id: str) -> None:
        """Remove every session of a user."""

    def of(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[Session]:
        """The sessions of a user, the newest first."""
