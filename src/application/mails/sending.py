"""The job that sends a mail."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

from src.application.jobs import Progress
from src.application.mails.tokens import MailTokens
from src.application.ports import Clock, CountEvent, Mailer, MailWriter, Message, uncounted
from src.application.tickets import Tickets
from src.domain.errors import NotFound, PorteroError
from src.domain.invitations import TOKEN_LIFE, InvitationToken
from src.domain.jobs import Job
from src.domain.mails import MAX_VALID_TOKENS, RETRY_WINDOW, Mail, MailRepository
from src.domain.users import Claim, User, UserRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMail:
    """Makes the token of a stored mail valid, and sends the mail. Implements JobHandler.

    If the process dies after it has sent a mail and before it has recorded that, the next attempt sends the mail again,
    with the same id and token. While the mail server does not answer, sending is tried again for up to a day.
    """

    mails: MailRepository
    users: UserRepository
    mailer: Mailer
    writer: MailWriter
    tokens: MailTokens
    tickets: Tickets
    clock: Clock
    count: CountEvent = uncounted
    waits: ClassVar[tuple[float, float, float]] = (10.0, 60.0, 600.0)
    postponed_until: ClassVar[tuple[float, float, float, float]] = (RETRY_WINDOW.total_seconds(),) * 4

    def run(self, job: Job, progress: Progress) -> Mapping[str, bool]:
        """Send the mail.

        A mail is not sent if its token was spent or is void, or if no user who can log in has its address. Returns
        whether the mail was sent, as ``sent``. Raises AttemptFailed, Postponed, Unavailable.
        """
        mail = self.mails.get(job.subject_id)
        if mail is None:
            return {"sent": False}
        if not mail.kind.opens_account:
            self._send(self.writer.write(mail, self._invitation_token(mail), ""))
            self.mails.remove(mail.id)
            return {"sent": True}
        user = self._recipient(mail)
        try:
            mail = self.mails.update(mail.id, lambda stored: stored.activate_token(user, self.clock()))
        except NotFound:  # spent after a process sent it and died
            return {"sent": False}
        if mail.valid_until is None:
            return {"sent": False}
        for old in self.mails.newest(mail.kind, mail.address, 2 * MAX_VALID_TOKENS)[MAX_VALID_TOKENS:]:
            self.mails.remove(old.id)
        self._send(self.writer.write(mail, self.tokens.token(mail), self.tokens.code(mail)))
        with suppress(NotFound):  # the token is spent already
            self.mails.update(mail.id, Mail.sent)
        return {"sent": True}

    def abandon(self, job: Job) -> None:
        """Do nothing: nobody knows the token of a mail that was not sent, and the store removes the mail later."""

    def resume(self, job: Job) -> None:
        """Do nothing: the next attempt makes the token valid again."""

    def _invitation_token(self, mail: Mail) -> str:
        """Return a token of the invitation that the mail brings, or an empty text for a notice."""
        id = mail.details.get("invitation")
        return self.tickets.issue(InvitationToken.MAILED, TOKEN_LIFE, invitation=id) if id else ""

    def _send(self, message: Message) -> None:
        try:
            self.mailer.send(message)
        except PorteroError:
            self.count("mails", "failed")
            raise
        self.count("mails", "sent")

    def _recipient(self, mail: Mail) -> User | None:
        user = self.users.by_claim(Claim("email", mail.address.key))
        return user if user and user.can_log_in else None
