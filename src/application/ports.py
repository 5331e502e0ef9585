"""The ports other than repositories: what the use cases need from adapters."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from src.domain.sessions import Session
from src.domain.tables import Row
from src.domain.users import User
from src.domain.values import Email, Username

Clock = Callable[[], datetime]
"""Return the current time in UTC, with its time zone."""

Fingerprints = Callable[[bytes], Sequence[str]]
"""Return the digests of some bytes, one for each signing key, the newest key first.

Store the first digest. Compare a stored digest with all of them, because it may have been made with an older key.
"""

EmailParser = Callable[[str], Email]
"""Validate and normalise an e-mail address. Raises InvalidValue."""

UsernameParser = Callable[[str], Username]
"""Validate a new username, which more rules apply to than to existing ones. Raises InvalidValue."""


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """An opaque token for a single use (RFC 6749 section 1.5). Only its hash is stored.

    ``genuine`` says whether one of the signing keys proves that this service made it.
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
        """Return the same access token with another refresh token."""
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
        """Return whether the token claims to be issued by this service. Verifies nothing."""

    def verify(self, token: str) -> TokenClaims:
        """Return the claims of a token of this service. Raises InvalidToken when it is forged, malformed or expired."""

    def public_keys(self) -> Mapping[str, Any]:
        """Return the public keys that verify the tokens, as a JWK set (RFC 7517)."""


class RefreshTokens(Protocol):
    """Makes and parses refresh tokens."""

    def first(self, session_id: str, user_id: str) -> RefreshToken:
        """Return the first token of a session. It is random."""

    def parse(self, value: str) -> RefreshToken:
        """Return the token that a client sent. Raises InvalidToken for a malformed one."""

    def successors(self, spent: RefreshToken, generation: int) -> Sequence[RefreshToken]:
        """Return the tokens that may follow ``spent``, one for each signing key, the newest key first.

        The same token and key always give the same successor.
        """


@dataclass(frozen=True, slots=True)
class ExternalIdentity:
    """A user of the identity provider, with the claims of the verified token that the user has sent."""

    uid: str
    email: Email | None
    email_verified: bool
    name: str | None
    authenticated_at: datetime


class IdentityProvider(Protocol):
    """Keeps and verifies passwords, here or at a remote service.

    Implementations apply ``normalise_password`` to every password. Every call is bounded in time, and raises
    Unavailable when the remote service cannot be reached or its answer is malformed. Every call can be repeated.
    """

    remote: bool
    """Whether accounts also exist at a remote service, so that the store and the service must be kept in step."""

    def keep(self, password: str) -> str | None:
        """Return the hash to store for a new password, or None when the remote service keeps passwords."""

    def verify(self, user: User | None, password: str) -> bool:
        """Return whether the password is right. Takes as long without a user, so that the time reveals nothing."""

    def outdated(self, user: User) -> bool:
        """Return whether the stored hash was made with other parameters than the current ones."""

    def create(self, user: User, password: str | None) -> None:
        """Create the remote account with the id of ``user``. Without a password nobody can log in.

        Raises Taken when another remote account has the address, and Invalid when the address is refused.
        """

    def set_email(self, user: User) -> None:
        """Give the remote account the address of ``user``. Raises Taken, Invalid; NotFound without an account."""

    def set_password(self, user: User, password: str) -> None:
        """Change the password of the remote account."""

    def sessions_ended(self) -> None:
        """Wait until the remote service dates new tokens later than those that have just been revoked."""

    def delete(self, id: str) -> None:
        """Delete the remote account, if it exists."""

    def exists(self, id: str) -> bool:
        """Return whether the remote account exists."""

    def identify(self, token: str) -> ExternalIdentity:
        """Return the user of a token that the remote service issued. Raises InvalidToken."""


class BlobStore(Protocol):
    """Stores objects of any size under keys that the caller chooses. Every method raises Unavailable."""

    def put(self, key: str, chunks: Iterable[bytes]) -> None:
        """Store an object completely or not at all, in bounded memory.

        Raises what iterating over ``chunks`` raises; then nothing is stored.
        """

    def read(self, key: str) -> Iterator[bytes]:
        """Return the content of an object in chunks. Raises NotFound before the first chunk is asked for."""

    def delete(self, key: str) -> None:
        """Remove an object, if it exists."""

    def uri(self, key: str) -> str:
        """Return the URI of an object, to show to users: ``s3://BUCKET/KEY``, ``gs://BUCKET/KEY`` or ``file:KEY``."""


Run = Callable[[str], float | None]
"""Run the job with this id; return the seconds after which it must run again, or None."""


class JobQueue(Protocol):
    """Tells workers that jobs are due. It may lose a message, because jobs are sent again until they have ended."""

    def send(self, job_id: str, delay: float = 0) -> None:
        """Send the id of a job, to be run in ``delay`` seconds. Raises Unavailable."""

    def notify(self, job_id: str) -> None:
        """Send the id of a job to be run now. Return at once, and ignore a failure."""

    def close(self, timeout: float) -> bool:
        """Start no more jobs and wait up to ``timeout`` seconds; return whether the running jobs have ended."""


class PictureSource(Protocol):
    """The service from which pictures of dogs are fetched."""

    def fetch(self) -> str:
        """Return the URL of a picture, which passes ``check``. Raises AttemptFailed."""

    def check(self, url: str) -> str:
        """Return ``url`` if it is an https URL with an allowed host. Raises InvalidValue."""


@dataclass(frozen=True, slots=True)
class RelayAnswer:
    """The answer of the other service to a file: the HTTP status, and the body as JSON or as shortened text."""

    status: int
    answer: Any


class FileRelay(Protocol):
    """Sends files on to another service."""

    def send(self, job_id: str, filename: str, content_type: str, size: int, chunks: Iterable[bytes]) -> RelayAnswer:
        """Send a file. ``job_id`` lets the other service recognise a repetition. Raises AttemptFailed."""


class RowStore(Protocol):
    """Stores the rows of tables in sets, whose ids the caller chooses. Every method raises Unavailable."""

    def append(self, set_id: str, rows: Sequence[Row]) -> None:
        """Append rows, which come in the order of their lines, to a set. Takes bounded memory."""

    def page(self, set_id: str, *, valid: bool | None = None, after: int = 0, limit: int = 100) -> list[Row]:
        """Return rows after the line ``after``, in order of their lines: all, the valid ones or the invalid ones."""

    def remove(self, set_id: str) -> None:
        """Remove a set, if it exists, in several commits."""


class StoreMaintenance(Protocol):
    """Maintenance of the store, in the background and for health checks."""

    def ping(self) -> None:
        """Raise Unavailable when the store cannot be read."""

    def remove_expired(self, now: datetime) -> int:
        """Remove expired documents; return how many. Returns 0 for a store that removes them itself."""
