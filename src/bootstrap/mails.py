"""Builds the sender of mails, the services that request mails, and the preview of mails for operators."""

from pathlib import Path

from src.application.invitations import InvitationService
from src.application.jobs import JobHandler
from src.application.mails import AddressProofs, MailRequestService, MailService, SendMail
from src.application.notices import MAIL, Notices, Outbox
from src.application.ports import JobQueue, Message
from src.application.sessions import SessionService
from src.bootstrap.adapters import now
from src.bootstrap.ports import Ports
from src.domain.mails import EXAMPLES, Mail, MailKind
from src.domain.values import Email
from src.infrastructure.mails.writer import TemplateWriter
from src.interfaces.web.links import LINK_PATHS
from src.settings import ConfigurationError, Settings


def mail_handlers(ports: Ports) -> dict[str, JobHandler]:
    """Return the handler of the jobs that send mails, or none without a mailer. Raises ConfigurationError."""
    if ports.mailer is None:
        return {}
    send = SendMail(
        mails=ports.mails,
        users=ports.users,
        mailer=ports.mailer,
        writer=_writer(ports.settings, ports.settings.mail_templates),
        tokens=ports.mail_tokens,
        tickets=ports.tickets,
        clock=ports.clock,
        count=ports.count,
    )
    return {MAIL: send}


def make_notices(ports: Ports, queue: JobQueue) -> Notices:
    """Return the notices about changes of accounts, which are sent only if there is a mail server."""
    return Notices(
        outbox=Outbox(mails=ports.mails, queue=queue, clock=ports.clock),
        limiter=ports.limiter,
        sessions=ports.sessions,
        enabled=ports.settings.smtp_url is not None,
        new_devices=ports.settings.login_notices,
    )


def make_mails(ports: Ports, sessions: SessionService, notices: Notices) -> MailService:
    """Return the service that carries out the actions of the links and codes in mails."""
    proofs = AddressProofs(
        mails=ports.mails,
        users=ports.users,
        notices=notices,
        accounts=sessions.accounts,
        passwords=ports.rules.passwords,
        clock=ports.clock,
    )
    return MailService(
        mails=ports.mails,
        users=ports.users,
        accounts=sessions.accounts,
        proofs=proofs,
        sessions=sessions,
        tokens=ports.mail_tokens,
        passwords=ports.rules.passwords,
        limiter=ports.limiter,
        clock=ports.clock,
    )


def make_mail_requests(ports: Ports, notices: Notices) -> MailRequestService:
    """Return the service with which people request mails."""
    return MailRequestService(outbox=notices.outbox, limiter=ports.limiter, enabled=ports.mailer is not None)


def make_invitations(ports: Ports, notices: Notices) -> InvitationService:
    """Return the service of invitations, which are sent by mail if there is a mailer."""
    page = ports.settings.links_url + LINK_PATHS[MailKind.INVITATION]
    return InvitationService(
        invitations=ports.invitations,
        tickets=ports.tickets,
        outbox=notices.outbox,
        sends_mails=ports.mailer is not None,
        link=lambda token: f"{page}?token={token}",
        clock=ports.clock,
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
