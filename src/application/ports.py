"""What use cases need from outside that is not a repository."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from src.domain.sessions import Session
from src.domain.tables import Row
from src.domain.users import User
from src.domain.values import Email, Role, Username

Clock = Callable[[], datetime]
"""The current time, aware, in UTC."""

Fingerprints = Callable[[bytes], Sequence[str]]
"""Keyed digests: one for each key in use, today's first. That is the one to keep; all are to be compared with."""

EmailParser = Callable[[str], Email]
"""Validate and normalise an e-mail address. Raises InvalidValue."""

UsernameParser = Callable[[str], Username]
"""Validates a username that a user wants to have from now on; raises InvalidValue."""


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

    def public_keys(self) -> Mapping[str, Any]:
        """Return the public keys that verify the tokens, as a JWK set (RFC 7517)."""


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

    Passwords are compared after ``normalise_password``: every password passes a provider, and each one applies it.
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


class BlobStore(Protocol):
    """Keeps objects, of any size, under keys that we make. Every method raises Unavailable."""

    def put(self, key: str, chunks: Iterable[bytes]) -> None:
        """Store an object, as durable as the store promises; it is there whole or not at all.

        Memory stays bounded whatever its size. What iterating raises is raised, and then nothing is stored.
        """

    def read(self, key: str) -> Iterator[bytes]:
        """The bytes of an object, in chunks; raises NotFound at once when there is none."""

    def delete(self, key: str) -> None:
        """Remove an object, if there is one."""

    def uri(self, key: str) -> str:
        """Where an object is, for people: ``s3://BUCKET/KEY``, ``gs://BUCKET/KEY`` or ``file:KEY``."""


Run = Callable[[str], float | None]
"""Runs the job with this id. Returns the seconds after which it must run again, or None."""


class JobQueue(Protocol):
    """Tells a worker that a job is due. What it loses is sent again from the store: it is a doorbell, no memory."""

    def send(self, job_id: str, delay: float = 0) -> None:
        """Have the job run in ``delay`` seconds; raises Unavailable when that cannot be promised."""

    def notify(self, job_id: str) -> None:
        """Send it without waiting, and without a word when that fails."""

    def close(self, timeout: float) -> bool:
        """Take no more, and wait for what is in hand; returns whether nothing is left."""


class PictureSource(Protocol):
    """Where pictures of dogs come from."""

    def fetch(self) -> str:
        """The URL of a picture, checked. Raises AttemptFailed."""

    def check(self, url: str) -> str:
        """``url``, when it is https on a host that pictures may come from; raises InvalidValue."""


@dataclass(frozen=True, slots=True)
class RelayAnswer:
    """What the other service said to a file: the HTTP status, and its answer, as JSON or as text, cut to size."""

    status: int
    answer: Any


class FileRelay(Protocol):
    """Sends files on to another service."""

    def send(self, job_id: str, filename: str, content_type: str, size: int, chunks: Iterable[bytes]) -> RelayAnswer:
        """Post a file as multipart; ``job_id`` goes along as the Idempotency-Key. Raises AttemptFailed."""


class RowStore(Protocol):
    """Keeps the rows of tables, in sets whose ids we make. Every method raises Unavailable."""

    def append(self, set_id: str, rows: Sequence[Row]) -> None:
        """Add rows that come after those that the set has, by line; in bounded memory, durable when it returns."""

    def page(self, set_id: str, *, valid: bool | None = None, after: int = 0, limit: int = 100) -> list[Row]:
        """The rows after the line ``after``, by line: all, or those that are ``valid``, or those that are not."""

    def remove(self, set_id: str) -> None:
        """Remove a set, if there is one, some rows at a time."""


class StoreMaintenance(Protocol):
    """What the store needs from time to time."""

    def ping(self) -> None:
        """Raise Unavailable when the store cannot be read."""

    def remove_expired(self, now: datetime) -> int:
        """Remove documents that have expired; return how many. A store that does so by itself returns 0."""
