"""Logging in and out, and telling from a token who is calling."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from src.application.limits import FAILED_LOGINS, FAILED_LOGINS_BY_NAME, GUESTS, Count, RateLimiter, network
from src.application.ports import (
    AddressParser,
    Audit,
    Clock,
    ExternalIdentity,
    IdentityProvider,
    RefreshTokens,
    TokenIssuer,
    Tokens,
)
from src.domain.errors import Forbidden, InvalidCredentials, InvalidToken, NotFound, PorteroError, Taken
from src.domain.sessions import Client, Session, SessionRepository
from src.domain.users import Claim, User, UserRepository
from src.domain.values import InvalidValue, Page, Role, Username, fold, new_id


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
def still_there() -> Iterator[None]:
    """Around what callers do to themselves: whoever was removed since they were authenticated is nobody."""
    try:
        yield
    except NotFound:
        raise InvalidToken from None


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
            Count(FAILED_LOGINS_BY_NAME, f"{address} {claim.key if claim else fold(login)}"),
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
class ExchangeToken:
    """Trade a Firebase ID token for tokens of ours; the first time makes the profile."""

    identity: IdentityProvider
    profiles: FindProfile
    start: StartSession

    def __call__(self, id_token: str, client: Client) -> tuple[User, Tokens]:
        """Raises InvalidToken, Taken, Unavailable."""
        user = self.profiles(self.identity.identify(id_token))
        return user, self.start(user, client)


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
        with still_there():
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
