"""Telling from a token who is calling."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from src.application.ports import (
    Clock,
    ExternalIdentity,
    IdentityProvider,
    TokenIssuer,
)
from src.domain.errors import Forbidden, InvalidToken, NotFound, Taken
from src.domain.sessions import Session, SessionRepository
from src.domain.users import User, UserRepository
from src.domain.values import Username


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling: a user, in a session of ours or, without one, by a token of the identity provider."""

    user: User
    session: Session | None

    @property
    def own_session(self) -> Session:
        """The session; raises Forbidden for a caller who has none."""
        if self.session is None:
            raise Forbidden("A token of the identity provider has no session here; log in to get one.")
        return self.session


@contextmanager
def caller_must_exist() -> Iterator[None]:
    """Around what callers do to themselves: whoever was removed since they were authenticated is nobody."""
    try:
        yield
    except NotFound:
        raise InvalidToken from None


@dataclass(frozen=True, slots=True)
class FindProfile:
    """The profile of somebody the identity provider vouches for, made on their first visit.

    Matched by the provider's uid only, never by e-mail address: an address that is taken here is refused.
    """

    users: UserRepository
    clock: Clock

    def __call__(self, identity: ExternalIdentity) -> User:
        """Raises InvalidToken, Taken, Unavailable."""
        user = self.users.get(identity.uid)
        if user is None:
            user = self._first_visit(identity)
        ended = user.sessions_ended_at
        # The provider counts in whole seconds: within the second of the change its token is not believed.
        if not user.usable or (ended and identity.authenticated_at <= ended.replace(microsecond=0)):
            raise InvalidToken
        return user

    def _first_visit(self, identity: ExternalIdentity) -> User:
        user = User.new(now=self.clock(), id=identity.uid, username=Username.random(), email=identity.email)
        verified = identity.email_verified and identity.email is not None
        try:
            return self.users.add(replace(user, email_verified=verified, name=identity.name))
        except Taken as taken:
            # Two first visits at once: the other one made it.
            existing = self.users.get(identity.uid)
            if existing is None:
                raise taken
            return existing


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Who is calling, from the bearer token, the stored session and the stored user: one read of the store."""

    sessions: SessionRepository
    identity: IdentityProvider
    tokens: TokenIssuer
    profiles: FindProfile
    clock: Clock

    def __call__(self, token: str) -> Caller:
        """Raises InvalidToken, Unavailable; Taken on the first visit of a provider's user."""
        if not self.tokens.recognises(token):
            return Caller(self.profiles(self.identity.identify(token)), None)
        claims = self.tokens.verify(token)
        session, user = self.sessions.with_user(claims.session_id, claims.user_id)
        if session is None or user is None or not session.alive(user, self.clock()):
            raise InvalidToken
        return Caller(user, session)
