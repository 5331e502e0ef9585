"""Tests of the output that commands show only on a terminal: names of columns, and bars for long work."""

from pathlib import Path

import pytest

from tests.unit.test_cli import PASSWORD, Portero, _on_a_terminal, portero, prepared

__all__ = ["portero", "prepared"]  # fixtures


@pytest.fixture(autouse=True)
def root(prepared: Portero) -> None:
    made = prepared("admin", "create", "--username", "root", "--email", "root@example.com", "--password", PASSWORD)
    assert made.code == 0


def test_a_list_begins_with_the_names_of_its_columns() -> None:
    header, row = _on_a_terminal(["users", "list"], []).splitlines()
    assert header.split() == ["ID", "USERNAME", "EMAIL", "ROLE", "DISABLED"]
    assert row.split()[1:] == ["root", "root@example.com", "admin"]


@pytest.mark.parametrize(
    ("command", "labels", "end"),
    [
        (["users", "import", "people"], ["importing"], "3/3"),
        (["datasets", "add", "people", "--name", "People"], ["people"], "100%"),
        (["copy", "--from", "sqlite:///data/portero.db", "--to", "sqlite:///new.db"], ["copying", "comparing"], "100%"),
    ],
)
def test_long_work_shows_a_bar_that_is_full_at_its_end(command: list[str], labels: list[str], end: str) -> None:
    Path("people").write_text("username,email\n" + "".join(f"{name},\n" for name in ("ana", "ben", "cleo")))
    shown = _on_a_terminal(command, [])
    for label in labels:
        assert f"{label}  [" in shown
    assert f"[{'#' * 36}]  {end}" in shown


def test_a_password_is_asked_for_without_echo_when_an_admin_is_made() -> None:
    command = ["admin", "create", "--username", "second", "--email", "second@example.com"]
    shown = _on_a_terminal(command, [PASSWORD, PASSWORD])
    assert PASSWORD not in shown
    assert "made admin second with id " in shown


@pytest.mark.parametrize(
    ("typed", "said"), [("correct \udcff battery", "the password is not UTF-8"), ("\x03", "Aborted!")]
)
def test_odd_bytes_and_an_interrupt_at_the_password_print_no_traceback(typed: str, said: str) -> None:
    shown = _on_a_terminal(["users", "password", "root"], [typed], code=1)
    assert shown.rstrip().endswith(said)
    assert "Traceback" not in shown
