"""Real processes send mails to a real SMTP server, and are killed while they send."""

import asyncio
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import StringIO
from os import killpg
from pathlib import Path
from typing import Any

import pytest
import requests
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from dotenv import dotenv_values

from tests.e2e.service import PASSWORD, ROOT, redis_server, serving, working
from tests.support.clock import until
from tests.support.emulators import free_port, running
from tests.support.markdown import blocks

NEW_PASSWORD = "another zebra battery"
BEFORE, AFTER, DROPPED = "before@example.com", "after@example.com", "dropped@example.com"


@dataclass
class PostOffice:
    """An SMTP server that refuses or holds up the first mail to some addresses."""

    mails: list[EmailMessage] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)
    """The addresses whose first mail was treated badly."""

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, _: Any) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        if self._is_first(BEFORE, address):
            await asyncio.Event().wait()  # the sender is killed before it sends the mail
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        [address] = envelope.rcpt_tos
        if self._is_first(DROPPED, address):
            assert server.transport
            server.transport.close()
            return ""
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        if self._is_first(AFTER, address):
            await asyncio.Event().wait()  # the sender is killed before it knows that the mail is accepted
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        """Return the mails with a link to this address."""
        return [mail for mail in self.mails if mail["To"] == address and "token=" in text_of(mail)]

    def _is_first(self, treated: str, address: str) -> bool:
        if treated != address or treated in self.reached:
            return False
        self.reached.append(treated)
        return True


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(["plain"])
    assert part
    return str(part.get_content())


@pytest.fixture
def office() -> Iterator[tuple[PostOffice, int]]:
    office, port = PostOffice(), free_port()
    controller = Controller(office, hostname="127.0.0.1", port=port, ready_timeout=30)
    controller.start()
    yield office, port
    controller.stop()


@pytest.mark.parametrize("jobs", ["in the web process", "in a worker"])
def test_no_mail_is_lost_and_at_most_one_is_sent_twice_when_the_sender_is_killed(
    tmp_path: Path, office: tuple[PostOffice, int], jobs: str
) -> None:
    post, smtp = office
    port = free_port()
    settings = {"SMTP_URL": f"smtp://127.0.0.1:{smtp}", "MAIL_FROM": "a@example.com", "PUBLIC_URL": "http://localhost"}

    def post_to(path: str, **body: str) -> int:
        return requests.post(f"http://127.0.0.1:{port}{path}", json=body, timeout=20).status_code

    with ExitStack() as servers:
        if jobs == "in a worker":
            settings["QUEUE_URL"] = servers.enter_context(redis_server(tmp_path))
        sender: subprocess.Popen[bytes] = servers.enter_context(serving(tmp_path, port, settings))
        if jobs == "in a worker":
            sender = servers.enter_context(working(tmp_path, settings))
        for address in (BEFORE, AFTER, DROPPED):
            assert post_to("/register", username=address[:-12], email=address, password=PASSWORD) == 201
            assert post_to("/auth/password/forgot", email=address) == 202
        until(lambda: len(post.reached) == 3, "all three mails on their way")
        killpg(sender.pid, signal.SIGKILL)
        sender.wait(60)

        start = working(tmp_path, settings) if jobs == "in a worker" else serving(tmp_path, port, settings)
        servers.enter_context(start)
        until(lambda: len(post.to(BEFORE)) == len(post.to(DROPPED)) == len(post.to(AFTER)) - 1 == 1, "every mail", 90)
        first, second = post.to(AFTER)
        assert (first["Message-ID"], text_of(first)) == (second["Message-ID"], text_of(second))
        for address in (BEFORE, AFTER, DROPPED):
            [token] = {re.findall(r"token=(\w+)", text_of(mail))[0] for mail in post.to(address)}
            answers = [post_to("/auth/password/reset", token=token, new_password=NEW_PASSWORD) for _ in range(2)]
            assert answers == [204, 401]
            assert post_to("/login", email=address, password=NEW_PASSWORD) == 200
        assert [len(post.to(address)) for address in (BEFORE, AFTER, DROPPED)] == [1, 2, 1]


def test_the_catcher_of_the_guide_prints_the_mails_of_the_service(tmp_path: Path) -> None:
    """The command and the settings are those of docs/how-to/send-mails.md, with ports that are free."""
    page = blocks(ROOT / "docs/how-to/send-mails.md")
    [command] = [text for language, text in page if language == "sh"]
    local, relay = [text for language, text in page if language == "ini"]
    smtp, port = free_port(), free_port()
    catcher = command.replace(".venv/bin/aiosmtpd", f"{shlex.quote(sys.executable)} -m aiosmtpd")
    catcher = catcher.replace("1025", str(smtp))
    settings = {name: value or "" for name, value in dotenv_values(stream=StringIO(local)).items()}
    settings["SMTP_URL"] = settings["SMTP_URL"].replace("1025", str(smtp))
    account = {"username": "ana", "email": "ana@example.com", "password": PASSWORD}
    caught = tmp_path / "caught.txt"
    printing = ["sh", "-c", f"PYTHONUNBUFFERED=1 exec {catcher.strip()} > '{caught}' 2>&1"]
    with running(printing, ready=f"127.0.0.1:{smtp}"), serving(tmp_path / "data", port, settings):
        for path in ("/register", "/auth/password/forgot"):
            body = account if path == "/register" else {"email": account["email"]}
            assert requests.post(f"http://127.0.0.1:{port}{path}", json=body, timeout=20).ok
        until(lambda: "Subject: Set a new password" in caught.read_text(), "the mail")
        assert "From: Portero <accounts@example.com>" in caught.read_text()
    assert dotenv_values(stream=StringIO(relay)).keys() == settings.keys()
