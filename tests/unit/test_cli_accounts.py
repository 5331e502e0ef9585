"""The commands that manage users, and the messages about broken files."""

import json
import os
import sqlite3
import stat
from base64 import b64encode
from contextlib import closing
from pathlib import Path

import pytest

from src import main
from src.domain.sessions import NO_CLIENT
from src.domain.values import Role
from src.infrastructure.factors.data_keys import as_text, new_data_key
from src.interfaces.cli import commands
from tests.support.second_steps import SECRET, give_phone
from tests.support.working import caller_of
from tests.unit.test_cli import PASSWORD, Outcome, Portero, portero, prepared

__all__ = ["portero", "prepared"]


@pytest.fixture
def people(prepared: Portero) -> Portero:
    for name in ("root", "ben"):
        made = prepared("admin", "create", "--username", name, "--email", f"{name}@example.com", input=f"{PASSWORD}\n")
        assert made.code == 0, made.err
    assert prepared("users", "role", "ben", "user") == Outcome(0, "ben is user\n", "")
    return prepared


def test_lists_are_printed_as_lines_or_json(people: Portero) -> None:
    lines = people("users", "list").out.splitlines()
    assert [line.split("\t")[1:] for line in lines] == [
        ["ben", "ben@example.com", "user"],
        ["root", "root@example.com", "admin"],
    ]
    listed = json.loads(people("users", "list", "--json", "--limit", "1").out)
    assert [(user["username"], user["disabled"]) for user in listed] == [("ben", False)]
    assert json.loads(people("jobs", "list", "--json").out) == []
    assert json.loads(people("users", "sessions", "ben", "--json").out) == []
    assert json.loads(people("users", "show", "ben@example.com").out)["username"] == "ben"


def test_a_user_is_deleted_only_after_a_question(people: Portero) -> None:
    assert people("users", "delete", "ben", input="n\n").code == 1
    assert people("users", "delete", "ben", "--yes") == Outcome(0, "deleted ben\n", "")
    assert people("users", "show", "ben").code == 2


def test_the_last_admin_is_neither_demoted_nor_deleted(people: Portero) -> None:
    for arguments in (("role", "root", "user"), ("delete", "root", "--yes")):
        refused = people("users", *arguments)
        assert (refused.code, refused.err) == (2, "This is the last admin; make another one first.\n")


def test_an_admin_is_not_asked_for_a_password_before_the_store_is_ready(portero: Portero) -> None:
    refused = portero("admin", "create", "--username", "root", "--email", "root@example.com", input=PASSWORD)
    assert refused.code == 2
    assert "Traceback" not in refused.err


def test_broken_files_and_arguments_are_explained(
    people: Portero, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert people("--version").out.startswith("portero ")
    assert people("users", "show", os.fsdecode(b"\xff")) == Outcome(2, "", "argument 3 is not valid UTF-8\n")
    (tmp_path / ".env").write_text("RATE_LIMTI=off\n")
    assert people("users", "list").err == ".env: RATE_LIMTI is no setting; do you mean RATE_LIMIT?\n"
    (tmp_path / ".env").write_bytes(b"\xff=1")
    assert people("users", "list") == Outcome(2, "", ".env: it is not UTF-8; save it in that encoding\n")
    (tmp_path / ".env").unlink()
    monkeypatch.setenv("PORT", "abc")
    assert people("users", "list") == Outcome(2, "", "PORT: use a whole number\n")
    monkeypatch.delenv("PORT")
    (tmp_path / "keys").write_bytes(b"\xff\xfe")
    monkeypatch.setenv("SIGNING_KEYS", f"@{tmp_path}/keys")
    assert "is not UTF-8" in people("users", "list").err
    monkeypatch.delenv("SIGNING_KEYS")
    for file in (tmp_path / "data").glob("portero.db*"):
        file.unlink()
    (tmp_path / "data/portero.db").write_text("no database, whatever its name says " * 100)
    broken = people("users", "list")
    assert (broken.code, "file is not a database" in broken.err) == (2, True)


def test_every_listing_prints_json_and_takes_a_limit() -> None:
    listings = {
        (group.name, command.name): {option for parameter in command.params for option in parameter.opts}
        for group in commands.cli.commands.values()
        for command in getattr(group, "commands", {}).values()
        if (command.help or "").startswith("List ")
    }
    assert {("users", "list"), ("users", "sessions"), ("jobs", "list")} <= listings.keys()
    assert all(options >= {"--json", "--limit"} for options in listings.values())


def test_sessions_are_listed_as_json(people: Portero) -> None:
    client = main.create_app().test_client()
    for agent in ("one", "two"):
        answer = client.post("/login", json={"username": "root", "password": PASSWORD}, headers={"User-Agent": agent})
        assert answer.status_code == 200
    listed = json.loads(people("users", "sessions", "root", "--json").out)
    assert sorted(session["user_agent"] for session in listed) == ["one", "two"]
    assert listed[0].keys() == {"id", "created_at", "last_used_at", "ip", "user_agent"}
    assert len(people("users", "sessions", "root", "--limit", "1").out.splitlines()) == 1


def test_the_operator_sees_and_resets_the_factors_of_a_user(people: Portero) -> None:
    services = main.create_app().extensions["portero"]
    root = next(user for user in services.administration.list_users().items if user.username.display == "root")
    give_phone(services, root.id)
    listed = people("users", "factors", "root").out.splitlines()
    assert sorted(line.split("\t")[1] for line in listed) == ["recovery", "totp"]
    assert people("users", "reset-factors", "root").out == "reset the factors of root\n"
    assert people("users", "factors", "root").out == ""


@pytest.mark.parametrize("source", ["file", "text"])
def test_secrets_are_encrypted_with_another_key_and_stay_readable(
    people: Portero, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    path = Path("data/data-keys.txt")
    old = path.read_text()
    services = main.create_app().extensions["portero"]
    root = next(user for user in services.administration.list_users().items if user.username.display == "root")
    give_phone(services, root.id)
    if source == "text":
        monkeypatch.setenv("DATA_KEYS", f"{as_text([new_data_key()])},{old}")
    assert people("keys", "reencrypt").out == "encrypted 1\n"
    if source == "text":
        assert people("keys", "reencrypt").out == "encrypted 0\n"
    else:
        assert path.read_text().endswith(f"\n{old}")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.write_text(path.read_text().partition("\n")[0])  # without the old key
    proofs = main.create_app().extensions["portero"].sessions.proofs
    app = next(factor for factor in proofs.factors.list_for_user(root.id).items if factor.secret)
    assert proofs.sealer.is_current(app.secret)
    assert proofs.sealer.open(app.secret, root.id) == SECRET


def test_the_secrets_of_webhooks_are_encrypted_with_another_key_and_sign_as_before(people: Portero) -> None:
    path, services = Path("data/data-keys.txt"), main.create_app().extensions["portero"]
    [root] = [user for user in services.administration.list_users().items if user.role is Role.ADMIN]
    by = caller_of(root)
    made, first = services.webhooks.add(by, {"url": "https://example.com/", "events": ("*",)}, NO_CLIENT)
    shown = [first, *(services.webhooks.rotate_secret(by, made.id, NO_CLIENT)[1] for _ in range(2))]
    before = services.webhooks.show(by, made.id)
    assert people("keys", "reencrypt").out == "encrypted 3\n"
    path.write_text(path.read_text().partition("\n")[0])  # without the old key
    webhooks = main.create_app().extensions["portero"].webhooks
    stored = webhooks.show(by, made.id)
    opened = [webhooks.sealer.open(each, made.id) for each in stored.secrets(webhooks.clock())]
    assert [f"whsec_{b64encode(secret).decode()}" for secret in opened] == [shown[2], shown[0], shown[1]]
    assert [*stored.old_secrets.values()] == [*before.old_secrets.values()]


def test_users_of_an_earlier_version_are_recorded_once_in_the_lists_by_last_sign_in(people: Portero) -> None:
    with closing(sqlite3.connect("data/portero.db")) as file, file:
        file.execute("DELETE FROM sign_ins")
    assert people("users", "record-sign-ins") == Outcome(0, "recording\nrecorded 2, removed 0\n", "")
    assert people("users", "record-sign-ins") == Outcome(0, "recording\nrecorded 0, removed 0\n", "")


def test_recording_that_stops_half_way_tells_how_much_it_has_done(people: Portero) -> None:
    with closing(sqlite3.connect("data/portero.db")) as file, file:
        file.execute("DELETE FROM sign_ins")
        file.execute("CREATE TRIGGER full BEFORE DELETE ON sign_ins BEGIN SELECT RAISE(ABORT, 'no'); END")
        file.execute("INSERT INTO sign_ins (id, revision, day) VALUES ('gone', 'x', '2030-01-01 00:00:00.000000')")
    stopped = people("users", "record-sign-ins")
    assert (stopped.code, stopped.out) == (2, "recording\nrecorded 2, removed 0\n")
