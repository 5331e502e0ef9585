"""Authenticates callers by their bearer tokens."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from src.application.ports import Clock, ExternalIdentity, IdentityProvider, TokenIssuer
from src.domain.errors import Forbidden, InvalidToken, NotFound, Taken
from src.domain.sessions import Session, SessionRepository
from src.domain.users import User, UserRepository
from src.domain.values import Username


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated user. ``session`` is None if the user has sent a token of the identity provider."""

    user: User
    session: Session | None

    def require_session(self) -> Session:
        """Return the session. Raises Forbidden for a caller without one."""
        if self.session is None:
            raise Forbidden("A token of the identity provider has no session here; log in to get one.")
        return self.session


@contextmanager
def caller_must_exist() -> Iterator[None]:
    """Raise InvalidToken if the block raises NotFound, which means that the caller has just been removed."""
    try:
        yield
    except NotFound:
        raise InvalidToken from None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationService:
    """Finds the user of a bearer token."""

    users: UserRepository
    sessions: SessionRepository
    identity: IdentityProvider
    tokens: TokenIssuer
    clock: Clock

    def authenticate(self, token: str) -> Caller:
        """Return the caller of a bearer token, with one read of the store for the session and the user together.

        Raises InvalidToken, Unavailable, and Taken on the first visit of a user of the identity provider.
        """
        try:
            claims = self.tokens.verify(token)
        except InvalidToken:
            if self.tokens.recognises(token):
                raise
            return Caller(self.profile_of(self.identity.identify(token)), None)
        session, user = self.sessions.with_user(claims.session_id, claims.user_id)
        if session is None or user is None or not session.is_valid(user, self.clock()):
            raise InvalidToken
        return Caller(user, session)

    def profile_of(self, identity: ExternalIdentity) -> User:
        """Return the profile of a user of the identity provider. The first visit creates it.

        A profile is found by the provider's uid only, never by e-mail address. A new profile is refused if another user
        has its address. Raises InvalidToken, Taken, Unavailable.
        """
        user = self.users.get(identity.uid) or self._first_visit(identity)
        ended = user.sessions_ended_at
        # The provider counts in whole seconds: a token from within the second of the change is refused.
        if not user.can_log_in or (ended and identity.authenticated_at <= ended.replace(microsecond=0)):
            raise InvalidToken
        return user

    def public_keys(self) -> Mapping[str, Any]:
        """Return the public keys that verify access tokens, as a JWK set (RFC 7517)."""
        return self.tokens.public_keys()

    def _first_visit(self, identity: ExternalIdentity) -> User:
        user = User.new(now=self.clock(), id=identity.uid, username=Username.random(), email=identity.email)
        verified = identity.email_verified and identity.email is not None
        try:
            return self.users.add(replace(user, email_verified=verified, name=identity.name))
        except Taken:
            # Of two first visits at once the other one may have made the profile.
            existing = self.users.get(identity.uid)
            if existing is None:
                raise
            return existing
