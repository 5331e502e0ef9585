"""The ports for tokens, and for the provider that keeps and verifies passwords."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from src.domain.sessions import Session
from src.domain.users import User
from src.domain.values import Email


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """An opaque token for a single use (RFC 6749 section 1.5). Only its hash is stored.

    ``genuine`` is true if one of the signing keys proves that this service has issued the token.
    """

    session_id: str
    user_id: str
    value: str
    hash: str
    genuine: bool


@dataclass(frozen=True, slots=True)
class Tokens:
    """A signed access token, its lifetime in seconds, and a refresh token or None."""

    access: str
    expires_in: int
    refresh: str | None = None

    def with_refresh(self, token: RefreshToken | None) -> "Tokens":
        """Return the same access token with ``token`` as the refresh token."""
        return replace(self, refresh=token.value if token else None)


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """The claims of a verified access token of this service."""

    user_id: str
    session_id: str


class TokenIssuer(Protocol):
    """Signs and verifies the access tokens of this service."""

    def issue(self, user: User, session: Session) -> Tokens:
        """Return an access token for ``user`` that expires with the session at the latest."""

    def recognises(self, token: str) -> bool:
        """Return whether the token claims to be issued by this service. The claim is not verified."""

    def verify(self, token: str) -> TokenClaims:
        """Return the claims of a token of this service. Raises InvalidToken for a forged or expired token."""

    def claims(self, token: str) -> Mapping[str, Any]:
        """Return everything that a token of this service says, by the names of RFC 9068. Raises like ``verify``."""

    def public_keys(self) -> Mapping[str, Any]:
        """Return the public keys that verify the tokens, as a JWK set (RFC 7517)."""


class RefreshTokens(Protocol):
    """Makes and parses refresh tokens."""

    def first(self, session_id: str, user_id: str) -> RefreshToken:
        """Return a new random token, the first token of a session."""

    def parse(self, value: str) -> RefreshToken:
        """Return the refresh token that a client has sent as ``value``. Raises InvalidToken for a malformed value."""

    def successors(self, spent: RefreshToken, generation: int) -> Sequence[RefreshToken]:
        """Return the tokens that may follow ``spent``, one for each signing key, the newest key first.

        The same token and key always give the same successor.
        """


@dataclass(frozen=True, slots=True)
class ExternalIdentity:
    """The claims of a verified token of the identity provider, about the user who has sent it."""

    uid: str
    authenticated_at: datetime
    second_factor: str | None = None
    """The kind of second factor that the user has given, such as "phone", or None."""


@dataclass(frozen=True, slots=True)
class ProviderAccount:
    """An account as the identity provider describes it at this moment."""

    email: Email | None = None
    email_verified: bool = False
    name: str | None = None
    disabled: bool = False
    anonymous: bool = False
    """Whether its owner could not sign in to it again: there is no address, no phone number and no other provider."""
    has_password: bool = False
    has_second_factor: bool = False
    """Whether a sign-in at the provider asks for a second factor."""
    valid_since: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    """The time before which all sign-ins are revoked."""


class IdentityProvider(Protocol):
    """Keeps and verifies passwords, in this service or at a remote service.

    Implementations apply ``normalise_password`` to every password. Every call is bounded in time, and raises
    Unavailable when the remote service cannot be reached or its answer is malformed. Every call can be repeated.
    """

    remote: bool
    """Whether accounts also exist at a remote service, which must be kept consistent with the store."""
    project: str
    """The project of the remote service that the accounts are in. Empty without a remote service."""

    def keep(self, password: str) -> str | None:
        """Return the hash of a new password, to be stored with the user; None if the remote service keeps passwords."""

    def verify(self, user: User | None, password: str) -> bool:
        """Return whether the password is right. A call without a user takes as long as one with a user."""

    def sign_in(self, email: Email, password: str) -> ExternalIdentity | None:
        """Return the owner of the remote account that has this address and password, or None."""

    def outdated(self, user: User) -> bool:
        """Return whether the stored hash was made with other parameters than the current ones."""

    def create(self, user: User, password: str | None) -> None:
        """Create a remote account with the id of ``user``. Nobody can log in to an account without a password.

        If there is such an account already, give it the address and the password. Raises Taken when another remote
        account has the address, and Invalid when the address is refused.
        """

    def set_email(self, user: User) -> None:
        """Give the remote account the address of ``user``. Raises Taken, Invalid, and NotFound without an account."""

    def set_password(self, user: User, password: str, *, sole: bool = False) -> None:
        """Change the password of the remote account. With ``sole``, every other way to sign in to it is removed."""

    def sessions_ended(self) -> None:
        """Wait until new tokens of the remote service are dated later than the tokens that were just revoked."""

    def delete(self, id: str) -> None:
        """Delete the remote account, if it exists."""

    def account(self, id: str) -> ProviderAccount | None:
        """Return the remote account, or None if there is none."""

    def identify(self, token: str) -> ExternalIdentity:
        """Return the user of a token that the remote service issued. Raises InvalidToken."""
