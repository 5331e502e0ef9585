"""Sends mails to an SMTP server (RFC 5321), with the standard library, also to addresses of RFC 6531."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from threading import Timer
from urllib.parse import unquote, urlsplit

from src.application.ports import Clock, Message
from src.domain.errors import AttemptFailed, Postponed
from src.domain.messages import Translatable
from src.infrastructure.tracing import span

_STEP_SECONDS = 10.0
_TOTAL_SECONDS = 30.0
_RETRY_SECONDS = 30.0
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class SmtpMailer:
    """Sends each mail over a connection of its own. Implements Mailer."""

    def __init__(self, url: str, sender: str, clock: Clock, *, require_tls: bool = False) -> None:
        """Use the server at ``smtp://USER:PASSWORD@HOST:PORT`` (STARTTLS) or ``smtps://…`` (TLS from the beginning).

        A server that does not offer STARTTLS is only used on this machine, or without a password unless ``require_tls``
        is set. ``sender`` is the From header. Raises ValueError for any other URL.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("use smtp://USER:PASSWORD@HOST:PORT, or smtps://… for TLS from the beginning")
        name, address = parseaddr(sender)
        if "@" not in address:
            raise ValueError("MAIL_FROM needs an address, such as Portero <accounts@example.com>")
        self._host, self._tls = parts.hostname, parts.scheme == "smtps"
        self._port = parts.port or (465 if self._tls else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = Address(name, addr_spec=_with_ascii_domain(address))
        self._clock = clock
        self._require_tls = require_tls

    def send(self, message: Message) -> None:
        recipient = _with_ascii_domain(message.to.address)
        try:
            mail = self._mail(message, recipient)
        except (ValueError, LookupError, MessageError) as error:
            problem = Translatable("The mail cannot be written: {error}", error=error)
            raise AttemptFailed(problem, final=True) from error
        with span("call", "CLIENT", {"peer.service": "The mail server"}), self._connection() as server:
            server.send_message(mail, self._sender.addr_spec, [recipient])

    def check(self) -> None:
        """Connect to the server and log in, without sending a mail."""
        with self._connection():
            pass

    def _mail(self, message: Message, recipient: str) -> EmailMessage:
        """Return the mail as a MIME message. The library encodes non-ASCII text, and refuses a line break in a header.

        Raises ValueError for a recipient that the header would decode to another address (RFC 2047), and MessageError.
        """
        mail = EmailMessage(SMTP)
        mail["From"] = self._sender
        mail["To"] = recipient
        if [each.addr_spec for each in mail["To"].addresses] != [recipient]:
            raise ValueError("its header would name another recipient.")
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(self._clock())
        mail["Message-ID"] = f"<{message.id}@{self._sender.domain}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody answers with a vacation notice
        mail.set_content(message.text)
        mail.add_alternative(message.html, subtype="html")
        return mail

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        """Yield a secure, logged-in connection.

        Raises Postponed and AttemptFailed, also for SMTP errors in the block.
        """
        try:
            with self._open() as server:
                yield server
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            raise _refusal(code, text) from None
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error) from None
        except smtplib.SMTPNotSupportedError as error:  # such as SMTPUTF8 for an address that is not in ASCII
            raise AttemptFailed(
                Translatable("The mail server cannot send the mail: {error}", error=Translatable(str(error))),
                final=True,
            ) from None
        except (OSError, smtplib.SMTPException) as error:  # an SMTPException is an OSError, except by its name
            problem = Translatable("The mail server does not answer: {error}.", error=type(error).__name__)
            raise Postponed(problem, _RETRY_SECONDS) from error

    @contextmanager
    def _open(self) -> Iterator[smtplib.SMTP]:
        """Yield a secure, logged-in connection, which is shut down after ``_TOTAL_SECONDS``."""
        context = ssl.create_default_context()
        if self._tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=_STEP_SECONDS, context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=_STEP_SECONDS)
        with closing(server):
            timer = Timer(_TOTAL_SECONDS, _cut, [server])
            timer.daemon = True
            timer.start()
            try:
                server.ehlo_or_helo_if_needed()
                if not self._tls and server.has_extn("starttls"):
                    server.starttls(context=context)
                elif not self._tls and (self._user or self._require_tls) and self._host not in _LOOPBACK:
                    problem = "The mail server of SMTP_URL offers no encryption (STARTTLS), so it gets no {thing}."
                    thing = Translatable("password" if self._user else "mail in production")
                    raise AttemptFailed(Translatable(problem, thing=thing), final=True)
                if self._user:
                    server.login(self._user, self._password)
                yield server
                with suppress(OSError):  # the server has the mail already, whatever it answers to this
                    server.quit()
            finally:
                timer.cancel()


def _with_ascii_domain(address: str) -> str:
    """Return an address with its domain in ASCII (IDNA 2008), such as ana@xn--mnchen-3ya.example.

    An address that cannot be encoded is returned unchanged, for the mail server to refuse.
    """
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    from email_validator import EmailNotValidError, validate_email  # slow to load

    try:
        checked = validate_email(f"local@{domain}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return address
    return f"{local}@{checked.ascii_domain}"


def _cut(server: smtplib.SMTP) -> None:
    """Shut the connection down. Without this limit, a server could hold it open by sending one byte at a time."""
    with suppress(OSError):  # the mail may be sent by now
        if server.sock:
            # SSLSocket.shutdown would turn it into a plain socket while another thread writes to it.
            socket.socket.shutdown(server.sock, socket.SHUT_RDWR)


def _refusal(code: int, text: bytes | str) -> AttemptFailed:
    """Return the error of a negative reply: 5xx is final, 4xx can be tried again (RFC 5321 section 4.2.1)."""
    said = text.decode(errors="replace") if isinstance(text, bytes) else text
    problem = Translatable("The mail server refused the mail: {code} {said}", code=code, said=said)
    return AttemptFailed(problem, final=code >= 500)
