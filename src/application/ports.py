"""What use cases need from outside that is not a repository."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from src.domain.sessions import Session
from src.domain.users import User
from src.domain.values import Email, Role

Clock = Callable[[], datetime]
"""The current time, aware, in UTC."""

Audit = Callable[[str, Mapping[str, str | bool | None]], None]
"""Records an event that matters to security, under a stable name; its fields hold no secret."""

AddressParser = Callable[[str], Email]
"""Validates and normalises an e-mail address; raises InvalidValue."""


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """An opaque, single-use token (RFC 6749 section 1.5). Only its hash is ever stored.

    ``genuine``: whether we made it, as far as the keys in use can tell.
    """

    session_id: str
    value: str
    hash: str
    genuine: bool


@dataclass(frozen=True, slots=True)
class Tokens:
    """A signed access token, its life in seconds, and the refresh token that comes with it, if one does."""

    access: str
    expires_in: int
    refresh: str | None = None

    def with_refresh(self, token: RefreshToken | None) -> "Tokens":
        """These tokens with another refresh token."""
        return replace(self, refresh=token.value if token else None)


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """What a verified access token of ours says."""

    user_id: str
    role: Role
    session_id: str


class TokenIssuer(Protocol):
    """Signs and verifies our own access tokens."""

    def issue(self, user: User, session: Session) -> Tokens:
        """A token for ``user`` that does not outlive the session."""

    def recognises(self, token: str) -> bool:
        """Whether the token says that it is one of ours; proves nothing."""

    def verify(self, token: str) -> TokenClaims:
        """The claims of a token that is exactly ours and lives; raises InvalidToken."""


class RefreshTokens(Protocol):
    """Makes and reads refresh tokens."""

    def first(self, session_id: str) -> RefreshToken:
        """A random one."""

    def parse(self, value: str) -> RefreshToken:
        """The token that a client sent; raises InvalidToken for what cannot be one."""

    def successors(self, spent: RefreshToken, generation: int) -> Sequence[RefreshToken]:
        """What follows ``spent``: always the same for the same key. One for each key in use, today's first."""


@dataclass(frozen=True, slots=True)
class ExternalIdentity:
    """What a verified token of the identity provider says."""

    uid: str
    email: Email | None
    email_verified: bool
    name: str | None
    authenticated_at: datetime


class IdentityProvider(Protocol):
    """Where passwords are kept and checked.

    Every call is bounded in time and raises Unavailable when the provider cannot be reached or answers
    nonsense. Every writing call can be repeated.
    """

    remote: bool
    """Whether accounts also exist outside the store, so that writing both takes several steps."""

    def keep(self, password: str) -> str | None:
        """What the user record keeps of a new password: a hash, or None if the provider keeps it."""

    def verify(self, user: User | None, password: str) -> bool:
        """Whether it is the user's password. Costs the same for no user, a wrong and a right password."""

    def outdated(self, user: User) -> bool:
        """Whether the kept hash was made with other parameters than today's."""

    def create(self, user: User, password: str | None) -> None:
        """Make the provider's account under our id; raises Taken when the address is in use there.

        Without a password nobody can log in to it.
        """

    def set_email(self, user: User) -> None:
        """Give the provider's account the user's address; raises Taken, or NotFound without an account."""

    def set_password(self, user: User, password: str) -> None:
        """Give the provider's account a new password."""

    def sessions_ended(self) -> None:
        """Return when a token that the provider issues from now on can be told from the earlier ones."""

    def delete(self, id: str) -> None:
        """Remove the provider's account, if there is one."""

    def exists(self, id: str) -> bool:
        """Whether the provider has the account."""

    def identify(self, token: str) -> ExternalIdentity:
        """Whom a token issued by the provider belongs to; raises InvalidToken."""
