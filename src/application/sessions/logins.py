"""Logging in: by password, as a guest, or by a token of the identity provider."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from src.application.limits import FAILED_LOGINS, FAILED_LOGINS_BY_NAME, GUESTS, Count, RateLimiter, network
from src.application.ports import (
    AddressParser,
    Audit,
    Clock,
    IdentityProvider,
    RefreshTokens,
    TokenIssuer,
    Tokens,
)
from src.application.sessions.callers import FindProfile
from src.domain.errors import InvalidCredentials, PorteroError
from src.domain.sessions import Client, Session, SessionRepository
from src.domain.users import Claim, User, UserRepository
from src.domain.values import InvalidValue, Role, Username, fold, new_id

_LONGEST = 254
"""Characters of a name or an address; folding a longer text costs too much."""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a session lasts unused, and at most."""

    idle: timedelta
    absolute: timedelta
    guest: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class StartSession:
    """Give somebody who has proved who they are a session and its tokens."""

    sessions: SessionRepository
    tokens: TokenIssuer
    refresh_tokens: RefreshTokens
    lifetimes: Lifetimes
    clock: Clock

    def __call__(self, user: User, client: Client) -> Tokens:
        """Guests get no refresh token: theirs ends with them."""
        now, id = self.clock(), new_id()
        if user.expires_at:
            idle = ends = user.expires_at
            refresh = None
        else:
            ends = now + self.lifetimes.absolute
            idle = min(now + self.lifetimes.idle, ends)
            refresh = self.refresh_tokens.first(id)
        session = Session(
            id=id,
            user_id=user.id,
            epoch=user.session_epoch,
            created_at=now,
            last_used_at=now,
            expires_at=idle,
            ends_at=ends,
            client=client,
            current_hash=refresh.hash if refresh else None,
        )
        self.sessions.add(session)
        return self.tokens.issue(user, session).with_refresh(refresh)


@dataclass(frozen=True, slots=True)
class LogIn:
    """Trade a username or e-mail address and a password for tokens.

    A wrong password, an unknown user and a disabled account get the same answer, in the same time.
    """

    users: UserRepository
    identity: IdentityProvider
    start: StartSession
    addresses: AddressParser
    limiter: RateLimiter
    audit: Audit

    def __call__(self, login: str, password: str, client: Client) -> tuple[User, Tokens]:
        """``login`` is a username or an address. Raises InvalidCredentials, TooManyRequests, Unavailable."""
        claim, address = self._claim(login), network(client)
        # By name and address, so that nobody locks the owner out of another place.
        failure = (
            Count(FAILED_LOGINS_BY_NAME, f"{address} {claim.key if claim else fold(login[:_LONGEST])}"),
            Count(FAILED_LOGINS, address),
        )
        self.limiter.check(*failure)
        user = self.users.by_claim(claim) if claim else None
        if user and not user.usable:
            user = None
        if not self.identity.verify(user, password) or user is None:
            self.audit("login-failed", {"user_id": user.id if user else None})
            self.limiter.hit(*failure)
            raise InvalidCredentials
        self.audit("login-succeeded", {"user_id": user.id})
        if self.identity.outdated(user):
            self._rehash(user, password)
        return user, self.start(user, client)

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
class BecomeGuest:
    """Get tokens without an account: a guest, who lives a day at most and becomes a user by registering."""

    users: UserRepository
    start: StartSession
    lifetimes: Lifetimes
    limiter: RateLimiter
    clock: Clock

    def __call__(self, client: Client) -> Tokens:
        """The tokens of a new guest. Raises TooManyRequests, Unavailable."""
        self.limiter.hit(Count(GUESTS, network(client)))
        now = self.clock()
        guest = User.new(now=now, username=None, email=None, role=Role.GUEST)
        return self.start(self.users.add(replace(guest, expires_at=now + self.lifetimes.guest)), client)


@dataclass(frozen=True, slots=True)
class ExchangeToken:
    """Trade a Firebase ID token for tokens of ours; the first time makes the profile."""

    identity: IdentityProvider
    profiles: FindProfile
    start: StartSession
    audit: Audit

    def __call__(self, id_token: str, client: Client) -> tuple[User, Tokens]:
        """Raises InvalidToken, Taken, Unavailable."""
        user = self.profiles(self.identity.identify(id_token))
        self.audit("login-succeeded", {"user_id": user.id})
        return user, self.start(user, client)
