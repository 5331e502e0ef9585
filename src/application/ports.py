"""The ports of the application, other than repositories. Adapters implement them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from src.domain.mails import Mail
from src.domain.sessions import Session
from src.domain.tables import EncodedRow, Row
from src.domain.users import User
from src.domain.values import Email, Username

Clock = Callable[[], datetime]
"""A function that returns the current time in UTC, with its time zone."""

Fingerprints = Callable[[bytes], Sequence[str]]
"""A function that returns the digests of some bytes: one for each signing key, the newest key first.

Store the first digest. Compare a stored digest with all of them, because it may have been made with an older key.
"""

EmailParser = Callable[[str], Email]
"""A function that validates and normalises an e-mail address. Raises InvalidValue."""

UsernameParser = Callable[[str], Username]
"""A function that validates the username of a new user by rules stricter than Username.parse. Raises InvalidValue."""


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
    valid_since: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    """The time before which all sign-ins are revoked."""


class IdentityProvider(Protocol):
    """Keeps and verifies passwords, in this service or at a remote service.

    Implementations apply ``normalise_password`` to every password. Every call is bounded in time, and raises
    Unavailable when the remote service cannot be reached or its answer is malformed. Every call can be repeated.
    """

    remote: bool
    """Whether accounts also exist at a remote service, which must be kept consistent with the store."""

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

    def set_password(self, user: User, password: str) -> None:
        """Change the password of the remote account."""

    def sessions_ended(self) -> None:
        """Wait until new tokens of the remote service are dated later than the tokens that were just revoked."""

    def delete(self, id: str) -> None:
        """Delete the remote account, if it exists."""

    def account(self, id: str) -> ProviderAccount | None:
        """Return the remote account, or None if there is none."""

    def identify(self, token: str) -> ExternalIdentity:
        """Return the user of a token that the remote service issued. Raises InvalidToken."""


ReadFrom = Callable[[int], Iterator[bytes]]
"""A function that returns the content of an object in chunks, from a position on."""


class BlobStore(Protocol):
    """Stores objects of any size under keys that the caller chooses. Every method raises Unavailable."""

    def put(self, key: str, chunks: Iterable[bytes]) -> None:
        """Store an object completely or not at all, in bounded memory.

        Raises the errors of iterating over ``chunks``, and then stores nothing.
        """

    def read(self, key: str, start: int = 0) -> Iterator[bytes]:
        """Return the content of an object in chunks, without its first ``start`` bytes.

        Raises NotFound at once, not at the first chunk.
        """

    def delete(self, key: str) -> None:
        """Remove an object, if it exists."""

    def uri(self, key: str) -> str:
        """Return the URI of an object, to show to users: ``s3://BUCKET/KEY``, ``gs://BUCKET/KEY`` or ``file:KEY``."""


Run = Callable[[str], float | None]
"""A function that runs the job with an id, and returns the seconds after which it must run again, or None."""


class JobQueue(Protocol):
    """Tells workers which jobs are due. A message may be lost, because jobs are sent again until they end."""

    def send(self, job_id: str, delay: float = 0) -> None:
        """Send the id of a job, to be run in ``delay`` seconds. Raises Unavailable."""

    def notify(self, job_id: str) -> None:
        """Send the id of a job to be run now. Return at once, and ignore a failure."""

    def close(self, timeout: float) -> bool:
        """Start no more jobs, and wait up to ``timeout`` seconds. Return whether the running jobs have ended."""


class PictureSource(Protocol):
    """The service from which pictures of dogs are fetched."""

    def fetch(self) -> str:
        """Return the URL of a picture that ``check`` accepts. Raises AttemptFailed."""

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


@dataclass(frozen=True, slots=True)
class Message:
    """A mail to be sent. ``id`` is the same each time it is sent, so that programs recognise a duplicate."""

    id: str
    to: Email
    subject: str
    text: str
    html: str


class Mailer(Protocol):
    """Sends mails."""

    def send(self, message: Message) -> None:
        """Send a mail. Raises Postponed for a server that does not answer, and AttemptFailed for a refusal."""


class MailWriter(Protocol):
    """Writes the text of mails."""

    def write(self, mail: Mail, token: str, code: str) -> Message:
        """Return the message of a mail. ``token`` and ``code`` are empty for a mail without a token."""


class RowStore(Protocol):
    """Stores the rows of tables in row sets, whose ids the caller chooses. Every method raises Unavailable."""

    def append(self, set_id: str, rows: Sequence[EncodedRow]) -> None:
        """Append rows to a row set, in bounded memory. ``rows`` are in the order of their lines."""

    def page(self, set_id: str, *, valid: bool | None = None, after: int = 0, limit: int = 100) -> list[Row]:
        """Return the rows after the line ``after``, in order: all rows, only valid rows or only invalid rows."""

    def remove(self, set_id: str) -> None:
        """Remove a row set, if it exists. Takes several commits."""


class StoreMaintenance(Protocol):
    """Checks the store, and removes expired documents."""

    def ping(self) -> None:
        """Raise Unavailable when the store cannot be read."""

    def remove_expired(self, now: datetime) -> int:
        """Remove expired documents, and return their number. A store that removes them by itself returns 0."""
