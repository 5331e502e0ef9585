"""The command that copies one store to another one."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from src import main
from tests.support.second_steps import give_phone
from tests.unit.test_cli import PASSWORD, Portero, _log_in, _register, portero, prepared

__all__ = ["portero", "prepared"]  # fixtures

FROM, TO = "sqlite:///data/portero.db", "sqlite:///new.db"


@pytest.fixture
def stocked(prepared: Portero) -> Portero:
    _register(main.create_app().test_client())
    return prepared


def test_a_copy_prints_the_counts_and_checksums_that_agree(stocked: Portero) -> None:
    for _ in range(2):  # the second run finds everything there
        outcome = stocked("copy", "--from", FROM, "--to", TO)
        assert outcome.code == 0
        lines = [line.split() for line in outcome.out.splitlines() if line.startswith(("same", "DIFFERS"))]
        counts = {name: int(count) for verdict, name, count, checksum in lines if verdict == "same"}
        assert (counts["users"], counts["claims"], counts["tasks"], counts["rows"]) == (1, 2, 0, 0)
        assert len(counts) == len(lines)


def test_users_of_the_copy_log_in(stocked: Portero, monkeypatch: pytest.MonkeyPatch) -> None:
    stocked("copy", "--from", FROM, "--to", TO)
    monkeypatch.setenv("STORE_URL", TO)
    assert _log_in(main.create_app().test_client())


def test_factors_of_the_copy_take_the_second_step(stocked: Portero, monkeypatch: pytest.MonkeyPatch) -> None:
    services = main.create_app().extensions["portero"]
    [anna] = services.administration.list_users().items
    phone = give_phone(services, anna.id)
    assert stocked("copy", "--from", FROM, "--to", TO).code == 0
    monkeypatch.setenv("STORE_URL", TO)
    client = main.create_app().test_client()
    for answer in ({"code": phone.code}, {"recovery_code": phone.recovery_codes[0]}):
        asked = client.post("/login", json={"username": "anna", "password": PASSWORD})
        assert asked.status_code == 403
        answered = client.post("/auth/mfa", json={"mfa_token": asked.get_json()["mfa_token"], **answer})
        assert answered.status_code == 200


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        (FROM, "sqlite:///data/../data/portero.db", "--to: this is the store to copy from"),
        (FROM, "sqlite:///other.db", "--to: holds other data, such as users/"),
        (FROM, "memory://", "--to: memory:// is lost with its process; name another store"),
        ("memory://", TO, "--from: memory:// is lost with its process; name another store"),
        ("sqlite:///absent.db", TO, "--from: its tables are missing or old"),
        ("oracle://x", TO, "--from: use "),
        (FROM, "oracle://x", "--to: use "),
    ],
)
def test_a_copy_that_is_not_possible_says_why(
    stocked: Portero, monkeypatch: pytest.MonkeyPatch, source: str, target: str, message: str
) -> None:
    monkeypatch.setenv("STORE_URL", "sqlite:///other.db")
    stocked("prepare")
    _register(main.create_app().test_client(), "eve")
    outcome = stocked("copy", "--from", source, "--to", target)
    assert outcome.code == 2
    assert outcome.err.startswith(message)
    assert "\n" not in outcome.err.strip()


def test_stores_that_differ_at_the_end_exit_with_1(
    stocked: Portero, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from src.infrastructure.copying import StoreCopy

    compare = StoreCopy.compare

    def change_first(copy: StoreCopy) -> object:
        with closing(sqlite3.connect(tmp_path / "data/portero.db")) as source, source:
            source.execute("UPDATE users SET name = 'Changed'")
        return compare(copy)

    monkeypatch.setattr(StoreCopy, "compare", change_first)
    outcome = stocked("copy", "--from", FROM, "--to", TO)
    assert outcome.code == 1
    [line] = [line for line in outcome.out.splitlines() if line.startswith("DIFFERS")]
    assert line.split()[1:3] == ["users", "1"]
    assert outcome.err.startswith("The stores differ.")
