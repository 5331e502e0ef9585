"""The Session entity: one login on one device, and the chain of its refresh tokens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from src.domain.events import Actor, Event, EventType
from src.domain.factors import NO_EVIDENCE, Evidence
from src.domain.repositories import Repository
from src.domain.sign_ins import LastSignIn
from src.domain.users import User
from src.domain.values import Page, new_id

GRACE_PERIOD = timedelta(seconds=10)
"""The time for which a spent refresh token still yields its successor, because two browser tabs may refresh at once."""

_WHOLE_SECOND = timedelta(microseconds=999_999)
"""The most by which a sign-in may be later than the identity provider says, because it counts in whole seconds."""

_CLOCK_SKEW = timedelta(seconds=10)
"""The most by which the clock of the identity provider may be ahead of the clock of this service."""


class Method(StrEnum):
    """The methods of authentication, by their names in RFC 8176 if they have one there."""

    PASSWORD = "pwd"  # noqa: S105 - not a password
    EMAIL = "email"
    """The link or the code of a mail."""
    CODE = "otp"
    """A code that is used once, from an app or a message to a phone."""
    RECOVERY = "recovery"
    """A recovery code."""
    KEY = "pop"
    """A key that a device keeps, such as a passkey."""
    VERIFIED_BY_DEVICE = "user"
    """The device has verified the user, for example by a fingerprint."""
    TWO_FACTORS = "mfa"
    """Two of the other ways, of different kinds."""


class Login(StrEnum):
    """The ways to log in, by their names in events."""

    PASSWORD = "password"  # noqa: S105 - not a password
    MAIL_LINK = "mail-link"
    MAIL_CODE = "mail-code"
    FIREBASE = "firebase"
    PASSKEY = "passkey"


class Level(StrEnum):
    """The authentication assurance level of a proof of identity (NIST SP 800-63B, section 2)."""

    ONE_FACTOR = "aal1"
    TWO_FACTORS = "aal2"


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof of identity: the methods and the time of a login, or of a step-up of its session."""

    methods: tuple[str, ...]
    """The methods of the proof. Empty if this service does not know them."""
    at: datetime

    @property
    def level(self) -> Level:
        """The assurance level of the methods together."""
        return Level.TWO_FACTORS if Method.TWO_FACTORS in self.methods else Level.ONE_FACTOR


@dataclass(frozen=True, slots=True)
class Client:
    """The device that sent a request. Only its user agent and its IP address are stored."""

    user_agent: str | None = None
    ip: str | None = None
    language: str = "en"
    """The preferred language."""
    uses_cookie: bool = False
    """Whether a session that the client starts is kept in a cookie of the console, and has no tokens."""
    request_id: str | None = None
    """The id of the request, for its events."""

    def event(
        self, type: EventType, user_id: str | None, by: Actor, at: datetime, session_id: str | None = None, **data: Any
    ) -> Event:
        """Return a new event that a request of this device has caused."""
        origin = session_id, self.ip, self.user_agent, self.request_id
        return Event(new_id(), type, at, user_id, by, *origin, data)


NO_CLIENT = Client()
"""The client of what the operator or the service itself does."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session. ``revision`` identifies this version in the store, and is empty until the session is stored."""

    id: str
    user_id: str
    epoch: int
    """The ``session_epoch`` of the user when the session began."""
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    """The time at which the session ends unless it is refreshed. It is never later than ``ends_at``."""
    ends_at: datetime
    """The time at which the session ends even if it is refreshed."""
    client: Client
    generation: int = 0
    """The number of refresh tokens that have been spent."""
    current_hash: str | None = None
    """The hash of the current refresh token or of the current cookie, or None for a session without either."""
    spent_hash: str | None = None
    """The hash of the refresh token before the current one."""
    spent_at: datetime | None = None
    signed_in_at: datetime | None = None
    """The time of the sign-in at the identity provider from which the session was started, or None for a login here."""
    second_factor: str | None = None
    """The kind of second factor that the identity provider asked for, such as "phone", or None."""
    methods: tuple[str, ...] = ()
    """The methods of the login and of step-ups. Empty for guests, and if this service does not know them."""
    stepped_up_at: datetime | None = None
    """The time of the last step-up, or None if the user has only logged in."""
    revision: str = ""

    @property
    def logged_in_at(self) -> datetime:
        """The time at which the user logged in."""
        return self.signed_in_at or self.created_at

    @property
    def proof(self) -> Proof:
        """The last step-up, or the login if there was none."""
        return Proof(self.methods, self.stepped_up_at or self.logged_in_at)

    def is_valid(self, user: User, now: datetime) -> bool:
        """Return whether the session belongs to ``user``, has not ended, and the user can log in."""
        current = self.epoch == user.session_epoch or self.id == user.kept_session
        return user.can_log_in and self.user_id == user.id and current and now < self.expires_at

    def is_revoked(self, user: User) -> bool:
        """Return whether the identity provider has revoked the sign-ins of ``user`` since the session began.

        A session that was kept through a change of the password is not revoked by that change. For an account without
        an identity provider the result is False: its sessions end by their epoch alone.
        """
        began = self.signed_in_at + _WHOLE_SECOND if self.signed_in_at else self.created_at + _CLOCK_SKEW
        ended = user.sessions_ended_at
        return bool(user.provider and ended and began <= ended and self.id != user.kept_session)

    def rotated(self, successor_hash: str, now: datetime, idle: timedelta) -> "Session":
        """Return the session with its refresh token spent and replaced, and ``expires_at`` moved to ``idle`` from now.

        ``ends_at`` does not move.
        """
        return replace(
            self,
            generation=self.generation + 1,
            current_hash=successor_hash,
            spent_hash=self.current_hash,
            spent_at=now,
            last_used_at=now,
            expires_at=min(now + idle, self.ends_at),
        )

    def used(self, now: datetime, idle: timedelta) -> "Session":
        """Return the session with ``expires_at`` moved to ``idle`` from now. ``ends_at`` does not move."""
        return replace(self, last_used_at=now, expires_at=min(now + idle, self.ends_at))

    def stepped_up(self, methods: Sequence[str], now: datetime) -> "Session":
        """Return the session after a further proof of identity, whose methods are added to the methods of the login."""
        return replace(self, methods=tuple(dict.fromkeys([*self.methods, *methods])), stepped_up_at=now)

    def in_grace_period(self, token_hash: str, now: datetime) -> bool:
        """Return whether the token is the last spent token, and was spent at most GRACE_PERIOD ago."""
        return token_hash == self.spent_hash and self.spent_at is not None and abs(now - self.spent_at) <= GRACE_PERIOD


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to log in that is counted before its outcome is known. A login that succeeds subtracts it again."""

    id: str
    """The id of the counter."""
    limit: int
    """The most attempts that the counter allows."""
    count: int
    """The attempts that the counter has had, this one included."""
    ends: int = 0
    """The end of the counter's window, in microseconds since 1970."""
    revision: str = ""
    """The version of the counter in the store of the sessions, or empty if it is elsewhere."""


class SessionRepository(Repository[Session], Protocol):
    """Stores sessions. A session that has expired may be missing."""

    def add_for_login(
        self,
        attempts: Sequence[Attempt],
        session: Session,
        evidence: Evidence = NO_EVIDENCE,
        events: Sequence[Event] = (),
        last_sign_in: LastSignIn | None = None,
    ) -> Sequence[Attempt]:
        """Store a new session with the evidence, the events and the last sign-in, and give back the attempts.

        Takes one round trip.

        Returns the attempts that could not be given back, because other attempts were counted meanwhile or the counters
        are not in the store. Raises AlreadyUsed if the evidence is no longer current.
        """

    def with_user(self, id: str, user_id: str) -> tuple[Session | None, User | None]:
        """Return a session and a user, read in one round trip."""

    def update_with_user(
        self,
        session: Session,
        user: User,
        change: Callable[[Session, User], Session],
        evidence: Evidence = NO_EVIDENCE,
    ) -> tuple[Session, User]:
        """Apply ``change``, a pure function of a session and its user, and return the new session and the user.

        The evidence is written in the same commit. ``session`` and ``user`` are as they were read. If the session has
        been changed since, both are read again. Raises NotFound if the session or the user no longer exists,
        AlreadyUsed if the evidence is no longer current, and the errors of ``change``.
        """

    def remove(self, id: str, *, events: Sequence[Event] = ()) -> None:
        """Remove a session, if it exists, and store the events."""

    def delete_for_user(self, user_id: str) -> None:
        """Remove every session of a user."""

    def list_for_user(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[Session]:
        """Return a page of a user's sessions, the newest first."""
