"""Mails to real SMTP servers: working, refusing, dropping the connection, slow, or with a wrong certificate."""

import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Thread
from typing import Any, Literal

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import HttpUrl, SecretStr

from src.application.ports import Message
from src.bootstrap.adapters import make_mailer
from src.domain.errors import AttemptFailed, Postponed
from src.domain.values import Email
from src.infrastructure.mails import smtp
from src.infrastructure.mails.smtp import SmtpMailer
from src.settings import Settings
from tests.support.emulators import free_port
from tests.support.working import NOON

MESSAGE = Message("0" * 32, Email("ana@example.com"), "Contraseña", "Abre el enlace: ñ\n", "<p>Abre el enlace: ñ</p>")
SENDER = "Pórtero <accounts@example.com>"


class Inbox:
    """Keeps the mails that the server receives. The server answers ``reply`` to their content."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.reply = "250 OK"
        self.recipient_reply = "250 OK"
        self.last_reply = "221 Bye"
        self.logins: list[LoginPassword] = []

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, _: Any) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        self.recipients.append(address)
        return self.recipient_reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.reply == "drop":
            assert server.transport
            server.transport.close()
            return ""
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.reply

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return self.last_reply

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.logins.append(data)
        return AuthResult(success=data.password == b"secret/1", handled=False)


Serve = Callable[..., int]


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def serve(inbox: Inbox) -> Iterator[Serve]:
    """Return a function that starts the server on a free port, and returns the port."""
    controllers: list[Controller] = []

    def start(hostname: str = "127.0.0.1", **options: Any) -> int:
        port = free_port()
        controller = Controller(inbox, hostname=hostname, port=port, ready_timeout=60, **options)
        controller.start()
        controllers.append(controller)
        return port

    yield start
    for controller in controllers:
        controller.stop()


def mailer(url: str) -> SmtpMailer:
    return SmtpMailer(url, SENDER, lambda: NOON)


def test_a_mail_arrives_whole_with_the_headers_that_receivers_expect(serve: Serve, inbox: Inbox) -> None:
    mailer(f"smtp://127.0.0.1:{serve()}").send(MESSAGE)
    [mail] = inbox.mails
    assert mail["From"] == SENDER
    assert mail["To"] == "ana@example.com"
    assert mail["Subject"] == "Contraseña"
    assert mail["Date"].datetime == NOON.replace(microsecond=0)
    assert mail["Message-ID"] == f"<{'0' * 32}@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = (mail.get_body([kind]) for kind in ("plain", "html"))
    assert text
    assert html
    assert text.get_content().splitlines() == MESSAGE.text.splitlines()
    assert MESSAGE.html in html.get_content()


def test_the_same_mail_has_the_same_id_when_it_is_sent_again(serve: Serve, inbox: Inbox) -> None:
    sender = mailer(f"smtp://127.0.0.1:{serve()}")
    sender.send(MESSAGE)
    sender.send(MESSAGE)
    first, second = inbox.mails
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize(("reply", "final"), [("451 later", False), ("550 5.1.1 no such box", True)])
@pytest.mark.parametrize("where", ["reply", "recipient_reply"])
def test_a_refusal_is_final_or_not_as_its_code_says(
    serve: Serve, inbox: Inbox, where: str, reply: str, final: bool
) -> None:
    setattr(inbox, where, reply)
    with pytest.raises(AttemptFailed, match=reply) as refused:
        mailer(f"smtp://127.0.0.1:{serve()}").send(MESSAGE)
    assert (refused.value.final, isinstance(refused.value, Postponed)) == (final, False)


def test_a_domain_that_is_not_in_ascii_is_sent_in_its_encoding(serve: Serve, inbox: Inbox) -> None:
    sender = SmtpMailer(f"smtp://127.0.0.1:{serve()}", "Portero <accounts@straße.example>", lambda: NOON)
    sender.send(replace(MESSAGE, to=Email("ana@münchen.example")))
    [mail] = inbox.mails
    assert inbox.recipients == [mail["To"]] == ["ana@xn--mnchen-3ya.example"]
    assert mail["From"] == "Portero <accounts@xn--strae-oqa.example>"
    assert mail["Message-ID"].endswith("@xn--strae-oqa.example>")


def test_an_address_that_is_not_in_ascii_needs_a_server_that_accepts_it(serve: Serve, inbox: Inbox) -> None:
    message = replace(MESSAGE, to=Email("añá@münchen.example"))
    mailer(f"smtp://127.0.0.1:{serve(enable_SMTPUTF8=True)}").send(message)
    assert inbox.recipients == ["añá@xn--mnchen-3ya.example"]
    assert inbox.mails[0]["Subject"] == "Contraseña"
    with pytest.raises(AttemptFailed, match="does not advertise the required SMTPUTF8") as refused:
        mailer(f"smtp://127.0.0.1:{serve(enable_SMTPUTF8=False)}").send(message)
    assert refused.value.final
    assert len(inbox.mails) == 1


def test_a_check_logs_in_and_sends_nothing(serve: Serve, inbox: Inbox) -> None:
    port = serve(authenticator=inbox.authenticate, auth_require_tls=False)
    mailer(f"smtp://ana:secret%2F1@127.0.0.1:{port}").check()
    assert (len(inbox.logins), inbox.mails) == (1, [])
    with pytest.raises(AttemptFailed, match="535"):
        mailer(f"smtp://ana:wrong@127.0.0.1:{port}").check()


def test_a_server_without_logins_is_named_as_the_reason(serve: Serve, inbox: Inbox) -> None:
    with pytest.raises(AttemptFailed, match="AUTH extension not supported") as refused:
        mailer(f"smtp://ana:secret@127.0.0.1:{serve()}").send(MESSAGE)
    assert refused.value.final


def test_a_server_that_drops_the_connection_postpones_the_mail(serve: Serve, inbox: Inbox) -> None:
    inbox.reply = "drop"
    with pytest.raises(Postponed):
        mailer(f"smtp://127.0.0.1:{serve()}").send(MESSAGE)


@pytest.mark.parametrize("reply", ["421 going down", "500 what?"])
def test_a_mail_that_the_server_has_taken_is_sent_however_the_connection_ends(
    serve: Serve, inbox: Inbox, reply: str
) -> None:
    inbox.last_reply = reply
    mailer(f"smtp://127.0.0.1:{serve()}").send(MESSAGE)
    assert len(inbox.mails) == 1


def test_a_server_that_is_down_postpones_the_mail() -> None:
    with pytest.raises(Postponed):
        mailer(f"smtp://127.0.0.1:{free_port()}").send(MESSAGE)


def test_a_server_that_answers_byte_by_byte_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "_TOTAL_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"220 ready\r\n250-")
                while True:
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return
                    time.sleep(0.1)

        Thread(target=drip, daemon=True).start()
        with pytest.raises(Postponed):
            mailer(f"smtp://127.0.0.1:{listener.getsockname()[1]}").send(MESSAGE)


@pytest.mark.parametrize("known", ["127.0.0.1", "127.0.0.9", None])
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_mail_is_sent_to_a_server_with_the_right_certificate_only(
    serve: Serve, inbox: Inbox, tmp_path: Path, scheme: str, known: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -days 1 \
        -addext subjectAltName=IP:{known or '127.0.0.1'} -out {certificate} -keyout {key}"
    subprocess.run(command.split(), check=True, capture_output=True)
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    port = serve(
        **{"tls_context" if scheme == "smtp" else "ssl_context": context},
        require_starttls=scheme == "smtp",
        authenticator=inbox.authenticate,
        auth_require_tls=scheme == "smtp",
    )
    sender = mailer(f"{scheme}://ana:secret%2F1@127.0.0.1:{port}")
    if known == "127.0.0.1":
        sender.send(MESSAGE)
    else:
        with pytest.raises(Postponed):
            sender.send(MESSAGE)
    sent = int(known == "127.0.0.1")
    assert (len(inbox.mails), len(inbox.logins)) == (sent, sent)


def test_a_server_on_another_machine_without_encryption_gets_no_password(serve: Serve, inbox: Inbox) -> None:
    port = serve(hostname="127.0.0.2", authenticator=inbox.authenticate, auth_require_tls=False)
    with pytest.raises(AttemptFailed, match="offers no encryption") as refused:
        mailer(f"smtp://ana:secret%2F1@127.0.0.2:{port}").send(MESSAGE)
    assert (refused.value.final, inbox.logins, inbox.mails) == (True, [], [])


@pytest.mark.parametrize(
    ("app_env", "host", "arrived"),
    [("development", "127.0.0.2", 1), ("production", "127.0.0.2", 0), ("production", "127.0.0.1", 1)],
)
def test_production_sends_no_mail_to_another_machine_without_encryption(
    serve: Serve, inbox: Inbox, app_env: Literal["development", "production"], host: str, arrived: int
) -> None:
    url = SecretStr(f"smtp://{host}:{serve(hostname=host)}")
    settings = Settings(app_env=app_env, smtp_url=url, mail_from=SENDER, public_url=HttpUrl("https://a.example"))
    sender = make_mailer(settings, lambda: NOON)
    assert sender
    with nullcontext() if arrived else pytest.raises(AttemptFailed, match=r"^The mail server of SMTP_URL offers no "):
        sender.send(MESSAGE)
    assert len(inbox.mails) == arrived


def test_a_password_is_sent_with_its_escapes_decoded(serve: Serve, inbox: Inbox) -> None:
    port = serve(authenticator=inbox.authenticate, auth_require_tls=False)
    mailer(f"smtp://ana:secret%2F1@127.0.0.1:{port}").send(MESSAGE)
    assert inbox.logins == [LoginPassword(b"ana", b"secret/1")]
    with pytest.raises(AttemptFailed) as refused:
        mailer(f"smtp://ana:wrong@127.0.0.1:{port}").send(MESSAGE)
    assert refused.value.final


@pytest.mark.parametrize("url", ["http://localhost", "smtp://", "smtp://localhost/path", "smtp://localhost?tls=off"])
def test_a_url_that_names_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="use smtp://"):
        mailer(url)


def test_a_sender_without_an_address_is_refused() -> None:
    with pytest.raises(ValueError, match="MAIL_FROM"):
        SmtpMailer("smtp://localhost", "Portero", lambda: NOON)


def test_a_line_break_in_a_header_is_refused(serve: Serve, inbox: Inbox) -> None:
    message = Message(MESSAGE.id, Email("ana@example.com\r\nBcc: eve@example.com"), "x", "x", "x")
    with pytest.raises(AttemptFailed, match="linefeed or carriage return") as refused:
        mailer(f"smtp://127.0.0.1:{serve()}").send(message)
    assert (refused.value.final, inbox.recipients) == (True, [])


@pytest.mark.parametrize("word", ["v=69ctim", "a=40evil.com=3e", "a=0d=0aBcc=3a", "=20"])
def test_no_mail_is_sent_to_an_address_that_a_header_decodes_to_another(serve: Serve, inbox: Inbox, word: str) -> None:
    message = replace(MESSAGE, to=Email(f"=?utf-8?q?{word}?=@corp.example.com"))
    with pytest.raises(AttemptFailed, match="The mail cannot be written") as refused:
        mailer(f"smtp://127.0.0.1:{serve()}").send(message)
    assert (refused.value.final, inbox.recipients) == (True, [])
