"""The command that previews mails, and its messages about templates with a mistake."""

from pathlib import Path

import pytest

from src.domain.mails import MailKind
from tests.support.emulators import free_port
from tests.unit.test_cli import Portero, portero, prepared

__all__ = ["portero", "prepared"]  # fixtures


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder for templates in English."""
    folder = tmp_path / "templates"
    (folder / "en").mkdir(parents=True)
    return folder


def test_every_mail_is_shown_in_both_languages_without_a_store(portero: Portero) -> None:
    shown = portero("mails", "preview")
    assert shown.code == 0
    for kind in MailKind:
        assert f"en/{kind}.txt: " in shown.out
        assert f"es/{kind}.txt: " in shown.out
    assert not Path("data").exists()


def test_one_mail_is_shown_in_one_language_with_sample_values(
    portero: Portero, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://app.example.com")
    shown = portero("mails", "preview", "login", "--language", "es").out
    assert shown.startswith("es/login.txt: Tu enlace para entrar\n\n")
    assert "ana@example.com" in shown
    assert "https://app.example.com/auth/email/login?token=SAMPLE" in shown
    assert "123456" in shown
    assert shown.count(".txt: ") == 1
    html = portero("mails", "preview", "login", "--language", "es", "--html").out
    assert html.startswith('<!doctype html>\n<html lang="es">')


def test_templates_of_a_folder_are_shown(portero: Portero, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "en/reset.txt").write_text("For {{ address }}\n\nOurs: {{ link }}\n")
    command = ("mails", "preview", "reset", "--language", "en")
    shown = portero(*command, "--templates", str(folder)).out
    assert shown.startswith(
        "en/reset.txt: For ana@example.com\n\nOurs: http://localhost:8000/auth/password/reset?token="
    )
    assert portero(*command).out.startswith("en/reset.txt: Set a new password")
    monkeypatch.setenv("MAIL_TEMPLATES", str(folder))
    assert portero(*command).out == shown


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        (b"Hello\n\n{% if %}", "in line 3: Expected an expression"),
        (b"Hello {{ nmae }}\n\nText", "'nmae' is undefined"),
        (b"Hello {{ 1 / 0 }}\n\nText", "division by zero"),
        (b"\n\nText", "its first line is the subject, and it is empty"),
        (b"Contrase\xf1a\n\nText", "can't decode byte 0xf1"),
    ],
)
def test_a_mistake_in_a_template_is_named_by_preview_and_check(
    prepared: Portero, folder: Path, monkeypatch: pytest.MonkeyPatch, template: bytes, reason: str
) -> None:
    (folder / "en/login.txt").write_bytes(template)
    shown = prepared("mails", "preview", "login", "--templates", str(folder))
    assert shown.code == 2
    assert shown.err.startswith("The template en/login.txt is wrong")
    assert reason in shown.err
    monkeypatch.setenv("MAIL_TEMPLATES", str(folder))
    checked = prepared("check")
    assert checked.code == 1
    assert f"wrong  mail templates in {folder}: {shown.err}" in checked.out


def test_check_connects_to_the_mail_server(prepared: Portero, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"smtp://127.0.0.1:{free_port()}"
    settings = {"SMTP_URL": url, "MAIL_FROM": "a@example.com", "PUBLIC_URL": "http://localhost"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    checked = prepared("check")
    assert checked.code == 1
    assert "wrong  mail server: The mail server does not answer: ConnectionRefusedError." in checked.out


def test_a_folder_of_templates_that_does_not_exist_is_named(
    prepared: Portero, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MAIL_TEMPLATES", str(tmp_path / "nowhere"))
    for command in (("mails", "preview"), ("sweep",)):
        outcome = prepared(*command)
        assert (outcome.code, outcome.err) == (2, f"MAIL_TEMPLATES: there is no folder {tmp_path}/nowhere\n")
