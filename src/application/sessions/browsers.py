"""The service for sessions that a browser keeps in a cookie."""

from dataclasses import dataclass
from datetime import timedelta

from src.application.caller import Caller, caller_must_exist
from src.application.sessions.service import SessionService
from src.domain.errors import InvalidToken
from src.domain.sessions import Session
from src.domain.users import User

CHECK_AFTER = timedelta(minutes=15)
"""The time after which the use of a cookie is stored, and the account checked at the identity provider again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSessionService:
    """Finds the user of a cookie, and replaces cookies."""

    sessions: SessionService

    def authenticate(self, cookie: str) -> Caller:
        """Return the caller whose browser has sent ``cookie``, with one read for the session and the user together.

        A use moves the end of the session as a refresh does, at most every 15 minutes. The account is then checked at
        the identity provider. Raises InvalidToken, Unavailable.
        """
        service = self.sessions
        token, now = service.cookies.parse(cookie), service.clock()
        session, user = service.authentication.session_with_user(token.session_id, token.user_id)
        if token.hash != session.current_hash:
            raise InvalidToken
        if now - session.last_used_at >= CHECK_AFTER:
            session, user = self._used(session, user)
        return service.authentication.caller(user, session, session.proof, session.signed_in_at)

    def _used(self, session: Session, user: User) -> tuple[Session, User]:
        """Store the use of a session. Of simultaneous requests only the first one writes."""
        service = self.sessions
        user, now = service.require_current_sign_in(session, user), service.clock()

        def use(stored: Session, owner: User) -> Session:
            if not stored.is_valid(owner, now):
                raise InvalidToken
            is_stored = now - stored.last_used_at < CHECK_AFTER
            return stored if is_stored else stored.used(now, service.lifetimes.idle)

        with caller_must_exist():
            return service.sessions.update_with_user(session, user, use)
