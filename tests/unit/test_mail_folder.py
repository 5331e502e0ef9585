"""The folder that keeps mails in development."""

from pathlib import Path

from src.application.ports import Message
from src.domain.values import Email
from src.infrastructure.mails.folder import MailFolder


def test_a_mail_that_another_process_removes_meanwhile_is_left_out(tmp_path: Path) -> None:
    folder = MailFolder(tmp_path)
    folder.send(Message(id="kept", to=Email("anna@example.com"), subject="Hello", text="Hello", html="<p>Hello</p>"))
    (tmp_path / "removed.json").symlink_to(tmp_path / "nowhere")  # is listed, and cannot be read
    assert [mail.id for mail in folder.newest()] == ["kept"]
