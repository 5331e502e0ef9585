"""The ports for background jobs, and for other services: pictures, files and mails."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from src.domain.mails import Mail
from src.domain.values import Email

Run = Callable[[str], float | None]
"""A function that runs the job with an id, and returns the seconds after which it must run again, or None."""


class JobQueue(Protocol):
    """Tells workers which jobs are due. A message may be lost, because jobs are sent again until they end."""

    def send(self, job_id: str, delay: float = 0) -> None:
        """Send the id of a job, to be run in ``delay`` seconds. Raises Unavailable."""

    def notify(self, job_id: str) -> None:
        """Send the id of a job to be run now. Return at once, and ignore a failure."""

    def check(self) -> None:
        """Raise Unavailable if the broker does not answer. Sends nothing."""

    def close(self, timeout: float) -> bool:
        """Start no more jobs, and wait up to ``timeout`` seconds. Return whether the running jobs have ended."""


class WebhookSender(Protocol):
    """Sends events to the URLs of webhooks."""

    def check(self, url: str) -> None:
        """Raise InvalidValue if events may not be sent to ``url``."""

    def send(self, url: str, id: str, at: datetime, body: str, secrets: Sequence[bytes]) -> int | None:
        """Send an event once, signed with each of ``secrets``. Return the HTTP status, or None without an answer."""


class PictureSource(Protocol):
    """The service from which pictures of dogs are fetched."""

    def fetch(self) -> str:
        """Return the URL of a picture that ``check`` accepts. Raises AttemptFailed."""

    def check(self, url: str) -> str:
        """Return ``url`` if it is an https URL with an allowed host. Raises InvalidValue."""


@dataclass(frozen=True, slots=True)
class KnownUser:
    """A user as another system knows it. None of the values is validated yet."""

    username: str | None = None
    email: str | None = None
    email_verified: bool = False
    details: Mapping[str, str] = field(default_factory=dict)
    """The personal details, by their field of ``PROFILE_PARSERS``."""


class LoginSource(Protocol):
    """The system that knew the users before this service."""

    def ask(self, kind: str, login: str, password: str) -> KnownUser | None:
        """Return the user with a name and a password, or None if there is no such user.

        ``kind`` is "username" or "email". Raises AttemptFailed within seconds if there is no answer.
        """

    def check(self) -> None:
        """Raise AttemptFailed if the system does not answer, or accepts a random name and password."""


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

    def check(self) -> None:
        """Raise Postponed or AttemptFailed if mails cannot be sent. Sends nothing."""


class MailWriter(Protocol):
    """Writes the text of mails."""

    def write(self, mail: Mail, token: str, code: str) -> Message:
        """Return the message of a mail. ``token`` and ``code`` are empty for a mail without a token.

        Raises AttemptFailed for a template with a mistake.
        """
