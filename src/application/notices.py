"""Accepts the mails that the service sends, and writes the notices about changes of accounts."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from src.application.limits import NOTICES_TO_ADDRESS, NOTICES_TO_UNVERIFIED, Count, RateLimiter
from src.application.ports import Clock, JobQueue
from src.domain.errors import TooManyRequests, Unavailable
from src.domain.jobs import Job
from src.domain.mails import Mail, MailKind, MailRepository
from src.domain.sessions import Client, SessionRepository
from src.domain.users import User
from src.domain.values import Email

_log = logging.getLogger("portero.mails")

MAIL = "mail"
"""The kind of job that sends a mail."""
_NEW_ACCOUNT = timedelta(minutes=10)
"""The age up to which every login of an account is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """Accepts mails to be sent in the background. Nothing is lost if the process dies after it has accepted one."""

    mails: MailRepository
    queue: JobQueue
    clock: Clock

    def add(self, kind: MailKind, address: Email, language: str, **details: str) -> None:
        """Store a mail and the job that sends the mail, in one commit. Raises Unavailable."""
        mail, job = self.compose(kind, address, language, **details)
        self.mails.add(mail, job)
        self.notify(job)

    def compose(self, kind: MailKind, address: Email, language: str, **details: str) -> tuple[Mail, Job]:
        """Return a mail and the job that sends it, which are not stored yet."""
        now = self.clock()
        mail = Mail.new(kind, address, language, now, details)
        return mail, Job.new(kind=MAIL, subject_id=mail.id, user_id=None, now=now)

    def notify(self, job: Job) -> None:
        """Send the job of a mail to the queue, after the mail and the job were stored."""
        self.queue.notify(job.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """Tells users by mail about changes of their accounts.

    A notice that cannot be stored is logged and left out, because the change has happened already. A notice above a
    limit is left out too: whoever registers the address of another person could flood it with notices, and whoever
    changes their own address again and again could send notices to many people.
    """

    outbox: Outbox
    limiter: RateLimiter
    sessions: SessionRepository
    enabled: bool
    new_devices: bool
    """Whether the first login of a device is told too. It costs each login a read."""

    def address_changed(self, before: User, after: User, client: Client) -> None:
        """Send a notice about the new address to the old address.

        If the old address was never verified, the notice leaves out the new one: a stranger may have registered the old
        address, and could put any text into the new one.
        """
        if before.email != after.email:
            new_address = after.email.address if after.email and before.email_verified else ""
            self.send(MailKind.ADDRESS_CHANGED, before, client, new_address=new_address)

    def is_new_device(self, user: User, client: Client) -> bool:
        """Return whether a user is to be told of a login by this device. Call it before the session is stored.

        A device is new if none of the newest sessions of the user, up to a hundred, has its user agent.
        """
        if not (self.enabled and self.new_devices and user.email):
            return False
        if self.outbox.clock() - user.created_at <= _NEW_ACCOUNT:
            return False
        sessions = self.sessions.list_for_user(user.id).items
        return client.user_agent not in [session.client.user_agent for session in sessions]

    def new_device(self, user: User, client: Client) -> None:
        """Send a notice about a login by a new device."""
        # The name is any text, such as one that lures somebody else whose address the user has registered.
        name = client.user_agent if user.email_verified else None
        self.send(MailKind.NEW_DEVICE, user, client, device=f"{name or '?'}, {client.ip or '?'}")

    def send(self, kind: MailKind, user: User, client: Client, **details: str) -> None:
        """Send a notice with these details to the address of a user."""
        if not self.enabled or user.email is None:
            return
        try:
            counts = [Count(NOTICES_TO_ADDRESS, user.email.key)]
            if not user.email_verified:
                counts.append(Count(NOTICES_TO_UNVERIFIED, user.id))
            self.limiter.hit(*counts)
            self.outbox.add(kind, user.email, client.language, **details)
        except (TooManyRequests, Unavailable) as error:
            _log.warning("the notice %s is not sent: %s", kind, error.__cause__ or error)
