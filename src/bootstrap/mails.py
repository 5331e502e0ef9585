"""Builds what sends mails."""

from src.application.jobs import JobHandler
from src.application.limits import RateLimiter
from src.application.mails import MailTokens, SendMail
from src.application.outbox import MAIL, Notices, Outbox
from src.application.ports import Clock, JobQueue, Mailer
from src.domain.mails import MailRepository
from src.domain.sessions import SessionRepository
from src.domain.users import UserRepository
from src.infrastructure.mail.writer import TemplateWriter
from src.settings import Settings


def mail_handlers(
    settings: Settings,
    mailer: Mailer | None,
    mails: MailRepository,
    users: UserRepository,
    tokens: MailTokens,
    clock: Clock,
) -> dict[str, JobHandler]:
    """Return the handler of the jobs that send mails, or none without a mailer."""
    if mailer is None:
        return {}
    writer = TemplateWriter(settings.links_url, settings.mail_templates)
    return {MAIL: SendMail(mails=mails, users=users, mailer=mailer, writer=writer, tokens=tokens, clock=clock)}


def make_notices(
    settings: Settings,
    mails: MailRepository,
    sessions: SessionRepository,
    queue: JobQueue,
    limiter: RateLimiter,
    clock: Clock,
) -> Notices:
    """Return the notices about changes of accounts, which are sent only if there is a mail server."""
    outbox = Outbox(mails=mails, queue=queue, clock=clock)
    return Notices(
        outbox=outbox,
        limiter=limiter,
        sessions=sessions,
        enabled=settings.smtp_url is not None,
        new_devices=settings.login_notices,
    )
