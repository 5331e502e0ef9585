"""The ports for tokens, and for the component that keeps and verifies passwords: a hasher or an identity provider."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from src.domain.sessions import Method, Proof, Session
from src.domain.users import User
from src.domain.values import Email

KEYS_MAX_AGE = timedelta(minutes=5)
"""The time for which other services may cache the public keys, so that they soon distrust a removed key."""


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
    """A signed access token, its lifetime in seconds, and a refresh token or None.

    A session of the console has a cookie instead: ``access`` is then empty, and the lifetime is the lifetime of the
    cookie.
    """

    access: str
    expires_in: int
    refresh: str | None
    cookie: str | None = None


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """The claims of a verified access token of this service.

    ``proof`` is the proof of identity that the token states, or None in tokens of earlier versions.
    """

    user_id: str
    session_id: str
    proof: Proof | None


@dataclass(frozen=True, slots=True)
class CustomToken:
    """A token with which a client signs in at the identity provider, and its lifetime in seconds."""

    value: str
    expires_in: int


class TokenIssuer(Protocol):
    """Signs and verifies the access tokens of this service."""

    def issue(self, user: User, session: Session, proof: Proof, refresh: RefreshToken | None = None) -> Tokens:
        """Return an access token and ``refresh``. The access token expires no later than the session.

        ``proof`` is the proof of identity that the access token states.
        """

    def recognises(self, token: str) -> bool:
        """Return whether the token claims to be issued by this service. The claim is not verified."""

    def verify(self, token: str) -> TokenClaims:
        """Return the claims of a token of this service. Raises InvalidToken for a forged or expired token."""

    def claims(self, token: str) -> Mapping[str, Any]:
        """Return all claims of a token of this service, keyed by their names in RFC 9068.

        Raises InvalidToken for a forged or expired token.
        """

    def public_keys(self) -> Mapping[str, Any]:
        """Return the public keys that verify the tokens, as a JWK set (RFC 7517)."""


class RefreshTokens(Protocol):
    """Makes and parses refresh tokens, or the values of cookies, which have the same parts."""

    def first(self, session_id: str, user_id: str) -> RefreshToken:
        """Return a new random token, the first token of a session."""

    def parse(self, value: str) -> RefreshToken:
        """Return the refresh token that a client has sent as ``value``. Raises InvalidToken for a malformed value."""

    def successors(self, spent: RefreshToken, generation: int) -> Sequence[RefreshToken]:
        """Return the possible successors of the spent token: one for each signing key, the newest key first.

        ``generation`` is the number of tokens of the session that were spent before it. Equal arguments and equal keys
        always give the same successors.
        """


@dataclass(frozen=True, slots=True)
class ExternalIdentity:
    """The claims of a verified token of the identity provider, about the user who has sent it."""

    uid: str
    authenticated_at: datetime
    second_factor: str | None = None
    """The kind of second factor that the user has given, such as "phone", or None."""
    claims: TokenClaims | None = None
    """The session of this service from which the user has signed in with a custom token, or None."""

    @property
    def methods(self) -> tuple[Method, ...]:
        """The authentication methods that the token shows: two factors if the provider asked for a second one."""
        return (Method.CODE, Method.TWO_FACTORS) if self.second_factor else ()

    @property
    def proof(self) -> Proof:
        """The sign-in at the provider."""
        return Proof(self.methods, self.authenticated_at)


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
    custom_claims: Mapping[str, Any] = field(default_factory=dict)
    """The claims that ID tokens of the account carry beside those of the provider."""


class PasswordHasher(Protocol):
    """Hashes the passwords that this service keeps. Implementations apply ``normalise_password`` to every password."""

    def hash_password(self, password: str) -> str:
        """Return the hash of a new password, to be stored with the user. Raises Unavailable."""

    def verify(self, hash: str | None, password: str) -> bool:
        """Return whether the password has this hash. A call without a hash takes as long, and returns False.

        Raises Unavailable.
        """

    def needs_rehash(self, hash: str) -> bool:
        """Return whether a stored hash was made with other parameters than the current ones."""


class RemoteAccounts(Protocol):
    """The accounts at an identity provider, which keeps and verifies the passwords.

    Implementations apply ``normalise_password`` to every password. Every call is bounded in time, and raises
    Unavailable when the provider cannot be reached or its answer is malformed. Every call can be repeated.
    """

    project: str
    """The project of the provider that the accounts are in."""

    def verify_password(self, user: User | None, password: str) -> bool:
        """Return whether the password is right. A call without a user takes as long as one with a user."""

    def sign_in(self, email: Email, password: str) -> ExternalIdentity | None:
        """Return the owner of the account that has this address and password, or None."""

    def create(self, user: User, password: str | None) -> None:
        """Create an account with the id of ``user``. Nobody can log in to an account without a password.

        If there is such an account already, give it the address and the password. Raises Taken when another account
        has the address, and Invalid when the address is refused.
        """

    def set_email(self, user: User) -> None:
        """Give the account the address of ``user``. Raises Taken, Invalid, and NotFound without an account."""

    def set_password(
        self,
        user: User,
        password: str,
        *,
        remove_other_sign_ins: bool = False,
        remove_second_factors: bool = False,
    ) -> None:
        """Change the password of the account.

        With ``remove_other_sign_ins``, remove every other way to sign in to it. With ``remove_second_factors``, remove
        its second factors, so that a sign-in with the password needs nothing else.
        """

    def wait_for_revocation(self) -> None:
        """Wait until new tokens of the provider are dated later than the tokens that were just revoked."""

    def set_claims(self, id: str, claims: Mapping[str, Any]) -> None:
        """Replace the custom claims of the account. Raises NotFound without an account."""

    def delete(self, id: str) -> None:
        """Delete the account, if it exists."""

    def get(self, id: str) -> ProviderAccount | None:
        """Return the account, or None if there is none."""

    def verify_id_token(self, token: str) -> ExternalIdentity:
        """Return the user of a token that the provider issued. Raises InvalidToken."""

    def revoke(self, id: str, valid_since: datetime) -> None:
        """Revoke all sign-ins from before ``valid_since``, which is a whole second. Raises NotFound."""

    def custom_token(self, claims: TokenClaims, user: User) -> CustomToken:
        """Return a token with which the user of a session signs in at the provider.

        The tokens that the provider issues then carry the claims of the session, and the user's role and custom claims.
        """
