"""The operator's commands, on a database in a file, beside a running application."""

import json
import logging
import os
import pty
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSCTTY
from threading import Timer
from typing import Any

import jwt
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from src import main
from src.bootstrap.servers.gunicorn import Server
from src.infrastructure.tokens.signing_keys import SigningKey, parse_keys, write_keys
from src.settings import Settings

PASSWORD, OTHER_PASSWORD = "correct zebra battery", "another zebra battery"
ENVIRONMENT = {
    "ARGON2_TIME_COST": "1",
    "ARGON2_MEMORY_KIB": "8",
    "ARGON2_PARALLELISM": "1",
}
PRODUCTION = {"APP_ENV": "production", "ARGON2_TIME_COST": "2", "ARGON2_MEMORY_KIB": "19456"}


@dataclass(frozen=True)
class Outcome:
    """The exit code and the output of a command."""

    code: int
    out: str
    err: str


Portero = Callable[..., Outcome]


@pytest.fixture
def portero(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Portero]:
    """The command line, in an empty folder and with its own environment.

    The background tasks of the applications that a test makes end with the test.
    """
    apps: list[Flask] = []
    create_app = main.create_app

    def create_and_note() -> Flask:
        apps.append(create_app())
        return apps[-1]

    monkeypatch.setattr(main, "create_app", create_and_note)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, input: str | bytes = "") -> Outcome:
        monkeypatch.setattr(sys, "argv", ["portero", *arguments])
        with CliRunner().isolation(input) as (out, err, _):
            with pytest.raises(SystemExit) as ended:
                main.main()
            sys.stdout.flush()
            sys.stderr.flush()
            return Outcome(int(ended.value.code or 0), out.getvalue().decode(), err.getvalue().decode())

    yield run
    for app in apps:
        app.extensions["portero.stop"]()


@pytest.fixture
def prepared(portero: Portero, prepared_data: Path) -> Portero:
    """The command line after `portero prepare`. It runs once; each test gets a copy of the data that it wrote."""
    if prepared_data.exists():
        shutil.copytree(prepared_data, "data")
    else:
        assert portero("prepare") == Outcome(0, "ready to serve\n", "")
        shutil.copytree("data", prepared_data)
    return portero


@pytest.fixture
def client(prepared: Portero) -> FlaskClient:
    """Return a client of an application that runs beside the commands."""
    return main.create_app().test_client()


def _register(client: FlaskClient, name: str = "anna") -> None:
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    assert client.post("/register", json=body).status_code == 201


def _log_in(client: FlaskClient, name: str = "anna", password: str = PASSWORD) -> str | None:
    """Return a token, or None when the login is refused."""
    answer = client.post("/login", json={"username": name, "password": password})
    return answer.json["access_token"] if answer.status_code == 200 and answer.json else None


def _see(client: FlaskClient, token: str | None) -> int:
    return client.get("/user", headers={"Authorization": f"Bearer {token}"}).status_code


# prepare


@pytest.mark.parametrize(
    ("file", "setting"), [("signing-keys.json", "SIGNING_KEYS: "), ("data-keys.txt", "DATA_KEYS: ")]
)
def test_production_refuses_keys_that_others_can_read(
    portero: Portero, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, setting: str
) -> None:
    portero("prepare")
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    assert main.create_app()
    (tmp_path / "data" / file).chmod(0o640)
    outcome = portero("serve")
    assert outcome.code == 2
    assert outcome.err.startswith(setting)
    assert "chmod 600" in outcome.err


def test_prepare_makes_what_is_missing_and_nothing_twice(portero: Portero, tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert portero("prepare").code == 0
    files = [data / "signing-keys.json", data / "data-keys.txt"]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    keys = [file.read_bytes() for file in files]
    _register(main.create_app().test_client())
    assert portero("prepare") == Outcome(0, "ready to serve\n", "")
    assert [file.read_bytes() for file in files] == keys
    assert _log_in(main.create_app().test_client())


def test_prepare_makes_the_first_admin_once_and_never_resets_it(
    portero: Portero, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADMIN_EMAIL", "root@example.com")
    for password in (PASSWORD, "another zebra battery"):
        monkeypatch.setenv("ADMIN_PASSWORD", password)
        assert portero("prepare").code == 0
    client = main.create_app().test_client()
    credentials = {"email": "root@example.com", "password": PASSWORD}
    user = client.post("/api/v1/auth/login", json=credentials).json["user"]  # type: ignore[index]
    assert (user["username"], user["role"]) == ("admin", "admin")
    assert len(portero("users", "list").out.splitlines()) == 1


def test_a_store_that_production_has_prepared_has_no_user_unless_an_admin_is_named(
    portero: Portero, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    assert portero("prepare").code == 0
    assert portero("users", "list").out == ""
    with sqlite3.connect("data/portero.db") as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM service_accounts").fetchone() == (0,)
    connection.close()
    monkeypatch.setenv("ADMIN_EMAIL", "root@example.com")
    monkeypatch.setenv("ADMIN_PASSWORD", PASSWORD)
    assert portero("prepare").code == 0
    assert len(portero("users", "list").out.splitlines()) == 1


def test_prepare_makes_the_first_admin_although_a_user_has_the_name_admin(
    prepared: Portero, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _register(client, "admin")
    monkeypatch.setenv("ADMIN_EMAIL", "root@example.com")
    monkeypatch.setenv("ADMIN_PASSWORD", PASSWORD)
    assert prepared("prepare").code == 0
    assert client.post("/login", json={"email": "root@example.com", "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize(
    ("email", "password", "setting"),
    [
        ("anna@example.com", PASSWORD, "ADMIN_EMAIL"),
        ("root", PASSWORD, "ADMIN_EMAIL"),
        ("root@example.com", "short", "ADMIN_PASSWORD"),
        ("r@example.com", "password1", "ADMIN_PASSWORD"),
    ],
)
def test_prepare_refuses_an_admin_that_cannot_be(
    prepared: Portero, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, email: str, password: str, setting: str
) -> None:
    _register(client)
    monkeypatch.setenv("ADMIN_EMAIL", email)
    monkeypatch.setenv("ADMIN_PASSWORD", password)
    outcome = prepared("prepare")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"{setting}: ")
    assert password not in outcome.err


NOT_USABLE = [
    ({"AI_URL": "https://ai.example/v1?x", "AI_MODEL": "m"}, "AI_URL, AI_KEY: "),
    (
        {"SMTP_URL": "http://a", "MAIL_FROM": "a@example.com", "PUBLIC_URL": "https://a.example"},
        "SMTP_URL, MAIL_FROM: ",
    ),
    ({"ADMIN_EMAIL": "root@example.com", "ADMIN_PASSWORD": "password1"}, "ADMIN_PASSWORD: "),
]
"""Settings that are refused when the services are built with them, and the setting that is named."""


@pytest.mark.parametrize("store", ["", "memory://"])
@pytest.mark.parametrize(("environment", "said"), NOT_USABLE)
def test_prepare_and_check_fail_over_what_would_stop_a_worker(
    prepared: Portero, monkeypatch: pytest.MonkeyPatch, store: str, environment: dict[str, str], said: str
) -> None:
    for name, value in {**environment, "STORE_URL": store}.items():
        monkeypatch.setenv(name, value)
    outcome = prepared("prepare")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(said)
    checked = prepared("check")
    assert checked.code == 1
    assert f"wrong  settings: {said}" in checked.out


@pytest.mark.parametrize(("environment", "said"), NOT_USABLE)
def test_a_start_in_production_is_refused_before_there_are_workers(
    prepared: Portero, tmp_path: Path, environment: dict[str, str], said: str
) -> None:
    started = subprocess.run(
        [sys.executable, "-m", "src", "serve"],
        env={**os.environ, **PRODUCTION, **environment, "PYTHONPATH": str(Path(main.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert started.returncode == 2
    assert started.stderr.startswith(said)
    assert started.stderr.count("\n") == 1


def test_a_removed_database_is_503_until_prepare_makes_it_again(
    prepared: Portero, client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("src.infrastructure.stores.sqlite.connections.CHECK_SECONDS", 0)
    _register(client, "anna")
    for file in (tmp_path / "data").glob("portero.db*"):
        file.unlink()
    body = {"username": "ben", "email": "ben@example.com", "password": PASSWORD}
    assert client.post("/register", json=body).status_code == 503
    assert client.get("/ready").status_code == 503
    assert client.get("/health").status_code == 200
    assert prepared("prepare").code == 0
    assert client.get("/ready").status_code == 200
    _register(client, "ben")


# users


def test_users_are_listed_by_name(prepared: Portero, client: FlaskClient) -> None:
    for name in ("zoe", "Anna", "ben"):
        _register(client, name)
    prepared("users", "disable", "ben")
    rows = [line.split("\t") for line in prepared("users", "list").out.splitlines()]
    assert [row[1:] for row in rows] == [
        ["Anna", "Anna@example.com", "user"],
        ["ben", "ben@example.com", "user", "disabled"],
        ["zoe", "zoe@example.com", "user"],
    ]
    assert all(re.fullmatch("[0-9a-f]{32}", row[0]) for row in rows)


def test_all_pages_of_users_are_listed(prepared: Portero, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATE_LIMIT", "off")
    client = main.create_app().test_client()
    names = [f"anna{number:03}" for number in range(101)]
    for name in names:
        _register(client, name)
    assert [line.split("\t")[1] for line in prepared("users", "list").out.splitlines()] == names


@pytest.mark.parametrize("login", ["anna", "ANNA", "anna@example.com", "Anna@EXAMPLE.com"])
def test_a_disabled_user_is_refused_at_once_until_enabled(prepared: Portero, client: FlaskClient, login: str) -> None:
    _register(client)
    token = _log_in(client)
    assert prepared("users", "disable", login) == Outcome(0, f"disabled {login}\n", "")
    assert _see(client, token) == 401
    assert _log_in(client) is None
    assert prepared("users", "enable", login) == Outcome(0, f"enabled {login}\n", "")
    assert _see(client, token) == 401
    assert _see(client, _log_in(client)) == 200


@pytest.mark.parametrize("login", ["anna", "ANNA", "Anna@EXAMPLE.com"])
@pytest.mark.parametrize(
    "end", ["\n", "\r\n", "", f"\n{PASSWORD}\n"], ids=["line", "crlf", "bare", "first of two lines"]
)
def test_a_password_is_reset_from_standard_input(prepared: Portero, client: FlaskClient, login: str, end: str) -> None:
    _register(client)
    token = _log_in(client)
    outcome = prepared("users", "password", login, input=OTHER_PASSWORD + end)
    assert outcome == Outcome(0, f"reset the password of {login}\n", "")
    assert _see(client, token) == 401
    assert _log_in(client) is None
    assert _see(client, _log_in(client, password=OTHER_PASSWORD)) == 200


def test_a_password_is_asked_for_twice_without_echo(prepared: Portero, client: FlaskClient) -> None:
    _register(client)
    said = _on_a_terminal(["users", "password", "anna"], [OTHER_PASSWORD, PASSWORD, OTHER_PASSWORD, OTHER_PASSWORD])
    assert said.count("New password: ") == said.count("Repeat for confirmation: ") == 2
    assert "do not match" in said
    assert said.rstrip().endswith("reset the password of anna")
    assert OTHER_PASSWORD not in said
    assert _log_in(client) is None
    assert _log_in(client, password=OTHER_PASSWORD)


def _on_a_terminal(command: list[str], answers: list[str], code: int = 0) -> str:
    """Run a command on a terminal, type an answer to each question, and return its output."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    terminal, end = pty.openpty()
    with (
        os.fdopen(terminal, "r+b", buffering=0) as screen,
        subprocess.Popen(
            [sys.executable, "-m", "src", *command],
            stdin=end,
            stdout=end,
            stderr=end,
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: ioctl(0, TIOCSCTTY, 0),  # Ctrl-C works, and passwords are asked for here
        ) as process,
    ):
        os.close(end)
        watchdog = Timer(60, process.kill)  # in case the command asks for something else
        watchdog.start()
        said = b""
        for answer in answers:
            while not said.endswith((b"password: ", b"confirmation: ")):
                said += screen.read(1)
            screen.write(os.fsencode(f"{answer}\n"))
            said += screen.read(1)
        process.wait()
        watchdog.cancel()
        said += os.read(screen.fileno(), 4096)
    assert process.returncode == code, said
    return said.decode()


@pytest.mark.parametrize(
    ("login", "given", "said"),
    [
        ("anna", "short", "at least 8"),
        ("anna", "x" * 129, "at most 128"),
        ("anna", "password1", "most used"),
        ("anna", "ANNA@example.com", "e-mail address"),
        ("anna_long_name", "Anna_Long_Name", "username"),
        ("anna", b"correct \xff battery", "UTF-8"),
        ("nobody", OTHER_PASSWORD, "There is no such user."),
    ],
)
def test_a_password_that_is_refused_changes_nothing(
    prepared: Portero, client: FlaskClient, login: str, given: str | bytes, said: str
) -> None:
    for name in ("anna", "anna_long_name"):
        _register(client, name)
    token = _log_in(client)
    outcome = prepared("users", "password", login, input=given)
    assert outcome.code != 0
    assert outcome.out == ""
    assert said in outcome.err
    assert "Traceback" not in outcome.err
    assert _see(client, token) == 200
    assert _log_in(client)


def test_events_are_listed_with_the_newest_first(prepared: Portero) -> None:
    id = prepared(*_admin("root")).out.split()[-1]
    prepared("users", "disable", "root")  # the last admin, which is refused
    prepared("users", "password", "root", input=OTHER_PASSWORD)
    lines = [line.split("\t")[1:] for line in prepared("events").out.splitlines()]
    assert lines == [
        ["sessions-ended", id, "operator", "-", "reason=password-reset"],
        ["user-added", id, "operator", "-", "role=admin"],
    ]
    [newest] = json.loads(prepared("events", "--json", "--limit", "1").out)
    assert (newest["type"], newest["actor"]) == ("sessions-ended", {"kind": "operator", "id": None})


def test_what_the_operator_does_to_accounts_is_audited(prepared: Portero, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="portero.audit"):
        id = prepared(*_admin("root")).out.split()[-1]
        prepared("admin", "create", "--username", "other", "--email", "o@example.com", "--password", PASSWORD)
        prepared("users", "disable", "root")
        prepared("users", "password", "root", input=OTHER_PASSWORD)
    events = [vars(entry) for entry in caplog.records if entry.name == "portero.audit"]
    mine = [event for event in events if event["user_id"] == id]
    assert [(event["msg"], event.get("role"), event.get("reason")) for event in mine] == [
        ("user-added", "admin", None),
        ("role-changed", "admin", None),
        ("sessions-ended", None, "password-reset"),
    ]
    assert not any(PASSWORD in str(event) or OTHER_PASSWORD in str(event) for event in events)


# admin


def _admin(username: str, email: str = "root@example.com", password: str = PASSWORD) -> list[str]:
    return ["admin", "create", "--username", username, "--email", email, "--password", password]


@pytest.mark.parametrize("asked", [True, False], ids=["asked", "given"])
def test_an_admin_is_made(prepared: Portero, client: FlaskClient, asked: bool) -> None:
    command = ["admin", "create", "--username", "Root", "--email", "root@example.com"]
    given = () if asked else ("--password", PASSWORD)
    outcome = prepared(*command, *given, input=f"{PASSWORD}\n{PASSWORD}\n" if asked else "")
    assert outcome.code == 0
    assert "made admin Root with id " in outcome.out
    assert PASSWORD not in outcome.out + outcome.err
    answer: Any = client.post("/api/v1/auth/login", json={"username": "root", "password": PASSWORD}).json
    assert answer["user"]["role"] == "admin"
    assert outcome.out.strip().endswith(answer["user"]["id"])


# keys


def test_after_a_rotation_old_tokens_are_good_and_new_ones_have_the_new_key(
    prepared: Portero, client: FlaskClient, tmp_path: Path
) -> None:
    _register(client)
    old = _log_in(client) or ""
    path = tmp_path / "data" / "signing-keys.json"
    kids = [jwt.get_unverified_header(old)["kid"]]
    for _ in range(2):
        outcome = prepared("keys", "rotate")
        new, *others = _published(client)
        assert others == kids
        assert outcome.out.startswith(f"published {new}, which signs from 20")
        assert jwt.get_unverified_header(_log_in(client) or "")["kid"] == kids[0]
        assert prepared("keys", "rotate") == outcome, "it still waits"
        _let_time_pass(path)
        assert jwt.get_unverified_header(_log_in(client) or "")["kid"] == new
        assert _see(client, old) == 200
        kids.insert(0, new)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert prepared("keys", "rotate", "--keep", "1").code == 0
    assert _see(client, old) == 401


def _published(client: FlaskClient) -> list[str]:
    answer: Any = client.get("/.well-known/jwks.json").json
    return [key["kid"] for key in answer["keys"]]


def _let_time_pass(path: Path) -> None:
    """Date the keys in a file back by six minutes."""
    keys = parse_keys(path.read_text())
    write_keys(path, [replace(key, not_before=max(0, key.not_before - 361)) for key in keys], replace=True)


def test_a_new_key_is_printed_and_changes_nothing(prepared: Portero, tmp_path: Path) -> None:
    path = tmp_path / "data" / "signing-keys.json"
    before = path.read_bytes()
    outcomes = [prepared("keys", "new") for _ in range(2)]
    [one], [two] = (parse_keys(outcome.out) for outcome in outcomes)
    assert one.kid != two.kid
    assert path.read_bytes() == before


def test_keys_in_the_environment_are_rotated_by_hand(prepared: Portero, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNING_KEYS", json.dumps(SigningKey.generate().private_jwk()))
    outcome = prepared("keys", "rotate")
    assert outcome.code == 2
    assert outcome.err.startswith("SIGNING_KEYS: ")


def test_keys_in_a_file_of_choice_are_rotated_there(
    prepared: Portero, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "chosen.json"
    path.write_text(prepared("keys", "new").out)
    monkeypatch.setenv("SIGNING_KEYS", f"@{path}")
    assert prepared("keys", "rotate").code == 0
    assert len(parse_keys(path.read_text())) == 2


# check


def test_check_finds_nothing_wrong(prepared: Portero) -> None:
    outcome = prepared("check")
    assert outcome.code == 0
    assert all(line.startswith("ok ") for line in outcome.out.splitlines())
    assert len(outcome.out.splitlines()) == 8


@pytest.mark.parametrize(
    ("environment", "wrong"),
    [
        ({"SIGNING_KEYS": "secret-sauce"}, ["signing keys"]),
        ({"SIGNING_KEYS": "@nowhere.json"}, ["signing keys"]),
        ({"DATA_KEYS": "secret-sauce"}, ["data keys"]),
        ({"DATA_KEYS": "@nowhere.txt"}, ["data keys"]),
        ({"STORE_URL": "sqlite:///other.db"}, ["tables", "store"]),
        ({"STORE_URL": "sqlite:////nowhere/x.db"}, ["tables", "store"]),
        ({"STORE_URL": "sqlite:////nowhere/x.db", "SIGNING_KEYS": "x"}, ["signing keys", "tables", "store"]),
        ({"STORE_URL": "memory://"}, []),
    ],
)
def test_check_names_what_is_wrong(
    prepared: Portero, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], wrong: list[str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    outcome = prepared("check")
    assert outcome.code == (1 if wrong else 0)
    said = [line.partition("wrong  ")[2] for line in outcome.out.splitlines() if line.startswith("wrong")]
    assert len(said) == len(wrong)
    assert all(line.startswith(name) for line, name in zip(said, wrong, strict=True))
    assert "secret-sauce" not in outcome.out + outcome.err
    assert outcome.err == ""


def test_the_report_of_a_dataset_says_what_was_passed_over(prepared: Portero) -> None:
    assert prepared(*_admin("root"), input=PASSWORD).code == 0
    Path("ventas.csv").write_text("Ventas de marzo;;\nEdad;Ciudad;Fecha\n31;Vigo;14/03/2024\n28;Lugo;15/03/2024\n")
    schema = '{"edad": "integer", "Ciudad": "string", "Fecha": "date"}'
    outcome = prepared("datasets", "add", "ventas.csv", "--name", "Ventas", "--schema", schema)
    assert outcome.code == 0, outcome.err
    notes = [line.split(maxsplit=2) for line in outcome.out.partition("text or column\n")[2].splitlines()]
    assert notes == [["title", "1", "Ventas de marzo"], ["matched", "2", "Edad = edad"]]


# Every mistake is explained, and exits with 2


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["nonsense"], "No such command"),
        (["users", "disable"], "Missing argument"),
        (["users", "disable", "nobody"], "There is no such user."),
        (["users", "enable", "nobody@example.com"], "There is no such user."),
        (["datasets", "add", __file__, "--name", "Dogs", "--owner", "nobody"], "There is no such user."),
        (["users", "password"], "Missing argument"),
        (["users", "password", "anna"], "no password on standard input"),
        (["users", "disable", "x"], "LOGIN: Use 3 to 32 characters."),
        (["users", "role", "not an@address", "admin"], "LOGIN: "),
        (["users", "show", "x"], "LOGIN: "),
        (["users", "delete", "x", "--yes"], "LOGIN: "),
        (["users", "sessions", "x"], "LOGIN: "),
        (["users", "password", "x"], "LOGIN: "),
        (["datasets", "add", __file__, "--name", "Dogs", "--owner", "x"], "--owner: Use 3 to 32 characters."),
        (["datasets", "add", __file__, "--name", "x" * 300], "--name: "),
        (["admin", "create", "--username", "root"], "--email"),
        (_admin("x"), "--username: Use 3 to 32 characters."),
        (_admin("a b"), "--username: "),
        (_admin("r\u043eot"), "one script"),
        (_admin("root", email="r"), "--email: "),
        (_admin("root", password="x"), "--password: Use at least 8"),
        (_admin("root.root", password="ROOT.root"), "username"),
        (_admin("anna", email="anna@example.com"), "taken: username, email"),
        (["keys", "rotate", "--keep", "0"], "--keep"),
        (["keys", "rotate", "--keep", "x"], "--keep"),
        (["reconcile", "--older-than", "-1"], "--older-than"),
    ],
)
def test_wrong_input_is_explained(prepared: Portero, client: FlaskClient, command: list[str], said: str) -> None:
    _register(client)
    outcome = prepared(*command)
    assert outcome.code == 2
    assert outcome.out == ""
    assert said in outcome.err
    assert "Traceback" not in outcome.err
    assert PASSWORD not in outcome.err


@pytest.mark.parametrize(
    ("command", "environment", "said"),
    [
        (["users", "list"], {}, "prepare"),
        (["check"], {"PORT": "x"}, "PORT: "),
        (["prepare"], {"STORE_URL": "nonsense"}, "STORE_URL: "),
        (["prepare"], {"STORE_URL": "sqlite:////nowhere/x.db"}, "STORE_URL: "),
        (["prepare"], {"DATA_DIR": f"{sys.executable}/x"}, "DATA_DIR: "),
        (["serve"], {"IDENTITY": "firebase"}, "FIREBASE_WEB_API_KEY: "),
        (["serve"], PRODUCTION, "run `./portero prepare`, or set APP_ENV=development"),
        (["serve"], {**PRODUCTION, "STORE_URL": "memory://"}, "STORE_URL: "),
        (["keys", "rotate"], {}, "SIGNING_KEYS: "),
        (["users", "list"], {"SIGNING_KEYS": "secret-sauce"}, "SIGNING_KEYS: "),
    ],
)
def test_a_missing_or_wrong_setting_is_named(
    portero: Portero, monkeypatch: pytest.MonkeyPatch, command: list[str], environment: dict[str, str], said: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    outcome = portero(*command)
    assert outcome.code == 2
    assert said in outcome.err
    assert outcome.err.count("\n") <= 2
    assert "Traceback" not in outcome.err
    assert "secret-sauce" not in outcome.err


def test_help_needs_no_settings(portero: Portero, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "nonsense")
    for command in ([], ["users"], ["users", "password"], ["admin", "create"], ["keys", "rotate"], ["serve"]):
        outcome = portero(*command, "-h")
        assert outcome.code == 0
        assert outcome.out.startswith("Usage: portero")


def test_reconcile_prints_how_much_it_has_reconciled(prepared: Portero) -> None:
    assert prepared("reconcile") == Outcome(0, "reconciled 0\n", "")


@pytest.mark.parametrize(("store_url", "workers"), [("", 3), ("memory://", 1)])
def test_serve_prepares_and_runs_the_web_server(
    portero: Portero, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, store_url: str, workers: int
) -> None:
    servers: list[Server] = []
    monkeypatch.setattr(Server, "run", lambda server: servers.append(server))
    monkeypatch.setenv("PORT", "1234")
    monkeypatch.setenv("STORE_URL", store_url)
    if not store_url:
        monkeypatch.setenv("WEB_CONCURRENCY", str(workers))
    outcome = portero("serve")
    assert (outcome.code, outcome.err) == (0, "Portero: http://localhost:1234/docs\n")
    assert (tmp_path / "data" / "signing-keys.json").exists()
    [server] = servers
    assert (server.cfg.bind, server.cfg.workers) == (["127.0.0.1:1234"], workers)


def test_the_shell_completes_commands() -> None:
    environ = {**os.environ, "_PORTERO_COMPLETE": "bash_complete", "COMP_WORDS": "portero users ro", "COMP_CWORD": "2"}
    command = Path(__file__).parents[2] / "portero"
    ran = subprocess.run([command], env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.stdout, ran.stderr) == ("plain,role\n", "")
