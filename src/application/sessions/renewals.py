"""Getting new tokens for old ones."""

from dataclasses import dataclass

from src.application.ports import (
    Audit,
    Clock,
    RefreshTokens,
    TokenIssuer,
    Tokens,
)
from src.application.sessions.callers import Caller
from src.application.sessions.logins import Lifetimes
from src.domain.errors import InvalidToken, NotFound
from src.domain.sessions import Session, SessionRepository
from src.domain.users import User, UserRepository


@dataclass(frozen=True, slots=True)
class RenewToken:
    """Trade an access token that has not expired for a new one, which does not outlive the session."""

    tokens: TokenIssuer

    def __call__(self, caller: Caller) -> Tokens:
        """Raises Forbidden for a caller without a session."""
        return self.tokens.issue(caller.user, caller.own_session)


class _Reused(Exception):
    """A refresh token that is neither current nor forgiven."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """Trade a refresh token for new tokens; it is spent by that.

    Within ten seconds a spent one yields the same successor, for the tab that lost the race. Any other reuse
    means that somebody has copied it, and ends the session.
    """

    users: UserRepository
    sessions: SessionRepository
    tokens: TokenIssuer
    refresh_tokens: RefreshTokens
    lifetimes: Lifetimes
    audit: Audit
    clock: Clock

    def __call__(self, value: str) -> tuple[User, Tokens]:
        """Raises InvalidToken, Unavailable."""
        token = self.refresh_tokens.parse(value)
        now = self.clock()

        def rotate(session: Session) -> Session:
            if now >= session.expires_at:
                raise InvalidToken
            if token.hash == session.current_hash:
                successor = self.refresh_tokens.successors(token, session.generation)[0]
                return session.rotated(successor.hash, now, self.lifetimes.idle)
            if session.forgives(token.hash, now):
                return session
            raise _Reused

        try:
            session = self.sessions.update(token.session_id, rotate)
        except NotFound:
            raise InvalidToken from None
        except _Reused:
            if token.genuine:
                self.sessions.remove(token.session_id)
                self.audit("session-ended", {"session_id": token.session_id, "reason": "refresh-token-reused"})
            raise InvalidToken from None
        successors = self.refresh_tokens.successors(token, session.generation - 1)
        successor = next((each for each in successors if each.hash == session.current_hash), None)
        user = self.users.get(session.user_id)
        if user is None or successor is None or not session.alive(user, now):
            raise InvalidToken
        return user, self.tokens.issue(user, session).with_refresh(successor)
