"""The texts of mails: every kind in both languages, and the templates of an operator."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from src.domain.errors import AttemptFailed
from src.domain.mails import EXAMPLES, Mail, MailKind
from src.domain.values import Email
from src.infrastructure.mails.writer import TemplateWriter
from src.interfaces.web.links import LINK_PATHS
from tests.support.working import NOON

MAIL = Mail.new(MailKind.RESET, Email("ana@example.com"), "en", NOON)


@pytest.mark.parametrize("kind", MailKind)
def test_a_mail_of_every_kind_differs_between_the_languages(kind: MailKind) -> None:
    writer, token = TemplateWriter("https://app.example.com/", LINK_PATHS), "t0ken" if kind.has_token else ""
    english, spanish = (
        writer.write(replace(MAIL, kind=kind, language=language, details=EXAMPLES.get(kind, {})), token, "123456")
        for language in ("en", "es")
    )
    assert english.subject != spanish.subject
    for message, language in ((english, "en"), (spanish, "es")):
        assert f'<html lang="{language}">' in message.html
        assert ("https://app.example.com/auth/" in message.text) is kind.has_token
        assert ("?token=t0ken" in message.text) is kind.has_token


def test_templates_of_an_operator_replace_those_of_the_same_name_only(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "reset.txt").write_text("A new password for {{ address }}\n\nHere:\n\n{{ link }}\n")
    writer = TemplateWriter("https://app.example.com", LINK_PATHS, tmp_path)
    written = writer.write(MAIL, "t0ken", "")
    assert written.subject == "A new password for ana@example.com"
    assert written.text == "Here:\n\nhttps://app.example.com/auth/password/reset?token=t0ken\n"
    assert '<a href="https://app.example.com/auth/password/reset?token=t0ken">' in written.html
    assert writer.write(replace(MAIL, language="es"), "t0ken", "").subject == "Elige una contraseña nueva"


def test_facts_that_a_stranger_writes_are_escaped_in_html() -> None:
    details = {"device": "<a href='https://evil.example'>Click</a>"}
    notice = replace(MAIL, kind=MailKind.NEW_DEVICE, details=details)
    assert "<a " not in TemplateWriter("https://app.example.com", LINK_PATHS).write(notice, "", "").html


def test_a_corrected_template_is_used_by_the_next_attempt(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    template, writer = tmp_path / "en/reset.txt", TemplateWriter("https://app.example.com", LINK_PATHS, tmp_path)
    template.write_text("Subject\n\n{{ linc }}")
    with pytest.raises(AttemptFailed, match="'linc' is undefined") as failed:
        writer.write(MAIL, "t0ken", "")
    assert not failed.value.final
    template.write_text("Subject\n\n{{ link }} ")
    os.utime(template, (1, 1))  # an edit of the same second may leave the time of the file as it was
    assert "t0ken" in writer.write(MAIL, "t0ken", "").text
