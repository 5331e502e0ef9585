"""The operator's commands and lists of leaked passwords."""

from pathlib import Path

import pytest

from tests.contract.outgoing.conftest import server, services
from tests.support import outside
from tests.support.emulators import free_port
from tests.support.leaks import LEAKED_PASSWORD, compiled
from tests.unit.test_cli import PASSWORD, Portero, portero, prepared
from tests.unit.test_cli_check import explanation

__all__ = ["portero", "prepared", "server", "services"]  # fixtures


def test_a_list_is_compiled_beside_the_list_and_says_how_to_use_it(portero: Portero, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(f"{LEAKED_PASSWORD}\n123456\n")
    outcome = portero("passwords", "compile", "list.txt")
    assert outcome.code == 0
    path = tmp_path / "list.txt.compiled"
    assert outcome.out.splitlines()[-1] == f"compiled 2 passwords; set PASSWORD_BREACH_URL=file:{path}"
    assert portero("passwords", "compile", "list.txt", "--to", "other").code == 0
    assert (tmp_path / "other").read_bytes() == path.read_bytes()


def test_a_list_that_cannot_be_compiled_ends_with_one_line(portero: Portero, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(f"{'0' * 40}:1\nx\n")
    outcome = portero("passwords", "compile", "list.txt")
    assert (outcome.code, outcome.err) == (2, "list.txt: line 2 is not SHA1:COUNT, as the first line is\n")
    assert not (tmp_path / "list.txt.compiled").exists()


def test_the_commands_refuse_leaked_passwords(
    prepared: Portero, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD_BREACH_URL", f"file:{compiled(tmp_path, LEAKED_PASSWORD)}")
    create = ["admin", "create", "--username", "root", "--email", "root@example.com"]
    refused = prepared(*create, input=f"{LEAKED_PASSWORD}\n")
    assert refused.code == 2
    assert "leaked" in refused.err
    assert prepared(*create, input=f"{PASSWORD}\n").code == 0
    assert "leaked" in prepared("users", "password", "root", input=f"{LEAKED_PASSWORD}\n").err


def test_the_first_admin_gets_no_leaked_password_and_later_starts_do_not_ask(
    portero: Portero, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADMIN_EMAIL", "root@example.com")
    monkeypatch.setenv("ADMIN_PASSWORD", PASSWORD)
    monkeypatch.setenv("PASSWORD_BREACH_URL", f"file:{compiled(tmp_path, PASSWORD)}")
    refused = portero("prepare")
    assert refused.code == 2
    assert refused.err.startswith("ADMIN_PASSWORD: This password has leaked")
    compiled(tmp_path, LEAKED_PASSWORD)
    assert portero("prepare").code == 0
    compiled(tmp_path, PASSWORD)
    assert portero("prepare").code == 0
    assert portero("check").code == 0


@pytest.mark.parametrize("content", [b"", b"0" * 40 + b":1\n"])
def test_a_start_and_a_check_refuse_a_file_that_is_no_compiled_list(
    prepared: Portero, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    (tmp_path / "list").write_bytes(content)
    monkeypatch.setenv("PASSWORD_BREACH_URL", "file:list")
    said = "PASSWORD_BREACH_URL: list is not a compiled list; make it with `./portero passwords compile LIST`"
    assert prepared("prepare").err == f"{said}\n"
    assert explanation(prepared, "leaked passwords") == said


def test_a_check_asks_the_service_of_leaked_passwords(
    prepared: Portero, services: outside.Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD_BREACH_URL", services.ranges.url)
    assert "ok     leaked passwords" in prepared("check").out
    monkeypatch.setenv("PASSWORD_BREACH_URL", f"http://127.0.0.1:{free_port()}/")
    assert explanation(prepared, "leaked passwords") == (
        "The service of leaked passwords cannot be reached. Start the service, or correct PASSWORD_BREACH_URL."
    )
