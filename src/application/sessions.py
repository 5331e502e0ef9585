"""Logging in, and telling from a token who is calling."""

from contextlib import suppress
from dataclasses import dataclass, replace

from src.application.ports import (
    AccessToken,
    AddressParser,
    Clock,
    ExternalIdentity,
    IdentityProvider,
    TokenIssuer,
)
from src.domain.errors import InvalidCredentials, InvalidToken, PorteroError, Taken
from src.domain.users import Claim, User, UserRepository
from src.domain.values import InvalidValue, Username, new_id


@dataclass(frozen=True, slots=True)
class StartSession:
    """Give somebody who has proved who they are an access token."""

    tokens: TokenIssuer

    def __call__(self, user: User) -> AccessToken:
        """A token of a new session."""
        return self.tokens.issue(user, session_id=new_id())


@dataclass(frozen=True, slots=True)
class LogIn:
    """Trade a username or e-mail address and a password for an access token.

    A wrong password, an unknown user and a disabled account get the same answer, in the same time.
    """

    users: UserRepository
    identity: IdentityProvider
    start: StartSession
    addresses: AddressParser

    def __call__(self, login: str, password: str) -> tuple[User, AccessToken]:
        """``login`` is a username or an address. Raises InvalidCredentials, Unavailable."""
        claim = self._claim(login)
        user = self.users.by_claim(claim) if claim else None
        if user and not user.usable:
            user = None
        if not self.identity.verify(user, password) or user is None:
            raise InvalidCredentials
        if self.identity.outdated(user):
            self._rehash(user, password)
        return user, self.start(user)

    def _claim(self, login: str) -> Claim | None:
        try:
            if "@" in login:
                return Claim("email", self.addresses(login).key)
            return Claim("username", Username.parse(login).key)
        except InvalidValue:
            return None

    def _rehash(self, user: User, password: str) -> None:
        """Keep the password under today's parameters, unless it has been changed meanwhile."""
        kept = self.identity.keep(password)

        def change(stored: User) -> User:
            if stored.password_hash != user.password_hash:
                return stored
            return replace(stored, password_hash=kept)

        with suppress(PorteroError):  # the next login tries again
            self.users.update(user.id, change)


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
        void = user.tokens_void_before
        # The provider counts in whole seconds: within the second of the change its token is not believed.
        if not user.usable or (void and identity.authenticated_at <= void.replace(microsecond=0)):
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
class ExchangeToken:
    """Trade a Firebase ID token for an access token of ours; the first time makes the profile."""

    identity: IdentityProvider
    profiles: FindProfile
    start: StartSession

    def __call__(self, id_token: str) -> tuple[User, AccessToken]:
        """Raises InvalidToken, Taken, Unavailable."""
        user = self.profiles(self.identity.identify(id_token))
        return user, self.start(user)


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Who is calling, from the bearer token and from the stored user: one read of the store."""

    users: UserRepository
    identity: IdentityProvider
    tokens: TokenIssuer
    profiles: FindProfile

    def __call__(self, token: str) -> User:
        """Raises InvalidToken, Unavailable; Taken on the first visit of a provider's user."""
        if not self.tokens.recognises(token):
            return self.profiles(self.identity.identify(token))
        claims = self.tokens.verify(token)
        user = self.users.get(claims.user_id)
        if user is None or not user.usable or user.token_generation != claims.generation:
            raise InvalidToken
        return user
