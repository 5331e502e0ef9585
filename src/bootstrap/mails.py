"""Builds what sends mails, and what shows an operator how they look."""

from pathlib import Path

from src.application.jobs import JobHandler
from src.application.limits import RateLimiter
from src.application.mails import MailTokens, SendMail
from src.application.mails.outbox import MAIL, Notices, Outbox
from src.application.ports import Clock, Count, JobQueue, Mailer, Message
from src.bootstrap.adapters import now
from src.domain.mails import EXAMPLES, Mail, MailKind, MailRepository
from src.domain.sessions import SessionRepository
from src.domain.users import UserRepository
from src.domain.values import Email
from src.infrastructure.mails.writer import TemplateWriter
from src.interfaces.web.links import LINK_PATHS
from src.settings import ConfigurationError, Settings


def mail_handlers(
    settings: Settings,
    mailer: Mailer | None,
    mails: MailRepository,
    users: UserRepository,
    tokens: MailTokens,
    clock: Clock,
    count: Count,
) -> dict[str, JobHandler]:
    """Return the handler of the jobs that send mails, or none without a mailer. Raises ConfigurationError."""
    if mailer is None:
        return {}
    writer = _writer(settings, settings.mail_templates)
    send = SendMail(mails=mails, users=users, mailer=mailer, writer=writer, tokens=tokens, clock=clock, count=count)
    return {MAIL: send}


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


def preview_mail(settings: Settings, kind: MailKind, language: str, folder: Path | None = None) -> Message:
    """Return a mail with sample values, from the templates in ``folder`` or else in MAIL_TEMPLATES.

    Raises ConfigurationError if the folder does not exist, and AttemptFailed for a template with a mistake.
    """
    mail = Mail.new(kind, Email("ana@example.com"), language, now(), EXAMPLES.get(kind))
    token, code = ("SAMPLE", "123456") if kind.has_token else ("", "")
    return _writer(settings, folder or settings.mail_templates).write(mail, token, code)


def _writer(settings: Settings, folder: Path | None) -> TemplateWriter:
    if folder and not folder.is_dir():
        raise ConfigurationError(f"MAIL_TEMPLATES: there is no folder {folder}")
    return TemplateWriter(settings.links_url, LINK_PATHS, folder)
