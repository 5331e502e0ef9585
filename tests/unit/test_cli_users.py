"""The commands that import users of other systems and export users."""

import json
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from src import main
from src.application import importing
from src.domain.factors import NO_EVIDENCE, Factor, Passkey, factor_id
from src.domain.users import PROFILE_PARSERS, FactorKind, User
from src.domain.values import Email, Role, Username
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.sqlite import SqliteStore
from tests.support.children import exit_code
from tests.support.second_steps import Phone, give_phone
from tests.unit.test_cli import Portero, _log_in, _register, portero, prepared
from tests.unit.test_foreign_hashes import DJANGO, FIREBASE, FLASK_SALT, FLASK_SECURITY, PASSLIB, PASSWORD

__all__ = ["portero", "prepared"]  # fixtures

HASH = DJANGO["pbkdf2"]
VECTOR = {
    "passwordHash": "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
    "salt": "42xEC+ixf3L2lw==",
}
FIREBASE_OPTIONS = ("--hash-key", FIREBASE["signer_key"], "--salt-separator", FIREBASE["salt_separator"])


def stored(column: str = "password_hash") -> dict[str, Any]:
    """Return a column of the users in the store, by username."""
    with closing(sqlite3.connect("data/portero.db")) as database:
        return dict(database.execute(f"SELECT username, {column} FROM users").fetchall())


def write(name: str, *lines: object) -> str:
    Path(name).write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return name


def test_users_of_django_log_in_with_their_old_passwords(prepared: Portero) -> None:
    file = write(
        "auth_user.csv",
        "id,password,last_login,is_superuser,username,first_name,last_name,email,is_staff,is_active,date_joined",
        f"1,{HASH},,t,Ana,Ana,Ruiz,Ana@Example.com,t,t,2020-02-03 04:05:06+00",
        f'2,"{DJANGO["argon2"]}",,f,ben,,,,f,true,2021-01-01',
        f"3,{DJANGO['bcrypt']},,f,cleo@example.com,,,,f,f,",
        "4,!unusable,,f,dora,,,,f,1,",
    )
    outcome = prepared("users", "import", file)
    assert (outcome.code, outcome.out.splitlines()[-1]) == (0, "imported 4, already there 0, refused 0")
    client = main.create_app().test_client()
    for login in ("ana", "ana@example.com", "BEN"):
        for _ in range(2):
            token = client.post("/login", json={"username": login, "password": PASSWORD})
            assert token.status_code == 200
        assert _log_in(client, login, "wrong") is None
    assert _log_in(client, "cleo@example.com", PASSWORD) is None  # not active
    assert _log_in(client, "dora", "!unusable") is None
    hashes = stored()
    assert [hashes[name].startswith("$argon2id$") for name in ("Ana", "ben")] == [True, True]
    assert hashes["dora"] is None
    assert stored("created_at")["Ana"] == "2020-02-03 04:05:06.000000"
    assert stored("role")["Ana"] == "user"  # no rights come from another system
    assert stored("last_name")["Ana"] == "Ruiz"
    assert not {"1", "2", "3", "4"} & set(stored("id").values())


def test_users_of_flask_security_log_in_with_their_old_passwords(prepared: Portero) -> None:
    Path("salt").write_text(FLASK_SALT + "\n")
    hash = FLASK_SECURITY["bcrypt, twice"].split("$", 2)[2]
    users = [{"email": "ana@example.com", "password": hash, "active": True, "confirmed_at": "2020-01-01"}]
    assert prepared("users", "import", write("users.json", users), "--flask-security-salt", "@salt").code == 0
    client = main.create_app().test_client()
    assert client.post("/login", json={"email": "ana@example.com", "password": PASSWORD}).status_code == 200
    assert list(stored("email_verified").values()) == [1]


def test_users_of_a_table_of_dynamodb_log_in_with_their_old_passwords_and_keep_their_ids(prepared: Portero) -> None:
    id = "5f0c2f8e-6d3b-4c86-9a51-0d3c1d1f7a10"
    scanned = {
        "Id": {"S": id},
        "Username": {"S": "Ana"},
        "Email": {"S": "ana@example.com"},
        "PasswordHash": {"S": DJANGO["bcrypt"]},
        "CreatedAt": {"S": "2020-02-03T04:05:06Z"},
        "LastName": {"NULL": True},
        "Active": {"BOOL": True},
    }
    scan = {"Items": [scanned], "Count": 1, "ScannedCount": 1, "ConsumedCapacity": None}
    outcome = prepared("users", "import", write("usuarios.json", scan))
    assert (outcome.code, outcome.out.splitlines()[-1]) == (0, "imported 1, already there 0, refused 0")
    client = main.create_app().test_client()
    assert client.post("/login", json={"email": "ana@example.com", "password": PASSWORD}).status_code == 200
    assert [*stored("id").values()] == [id]
    no_users = {"Items": ["Ana", {"Email": "ana"}, {"Email": {}}]}
    assert prepared("users", "import", write("more.json", no_users)).code == 1


def test_users_of_firebase_log_in_with_their_old_passwords_and_keep_their_ids(prepared: Portero) -> None:
    uid = "kYi4EvWQlQTKSfnJ3dRSP6IH3ed2"
    user = {
        "localId": uid,
        "email": "ana@example.com",
        "emailVerified": True,
        "displayName": "Ana",
        "createdAt": "1580702706000",
        **VECTOR,
    }
    google = {"localId": "x" * 28, "email": "ben@example.com", "providerUserInfo": [{"providerId": "google.com"}]}
    file = write("export.json", {"users": [user, google]})
    outcome = prepared("users", "import", file)
    assert outcome.err.startswith("user 1: password: Give the parameters of the Firebase project")
    assert prepared("users", "import", file, *FIREBASE_OPTIONS).code == 0
    client = main.create_app().test_client()
    token = client.post("/login", json={"email": "ana@example.com", "password": "user1password"}).json["access_token"]  # type: ignore[index]
    found = client.get("/user", headers={"Authorization": f"Bearer {token}"}).json
    assert found is not None
    assert (found["id"], found["name"], found["email_verified"]) == (uid, "Ana", True)
    assert found["created_at"] == "2020-02-03T04:05:06Z"


def test_what_cannot_be_imported_is_listed_and_nothing_is_imported(prepared: Portero) -> None:
    _register(main.create_app().test_client())
    file = write(
        "users.csv",
        "username,email,password,role,active,created_at",
        f"good,good@example.com,{HASH},,,",
        f"a b,bad@example.com,{HASH},,,",
        f"GOOD,other@example.com,{HASH},,,",
        f"fine,Good@example.com,{HASH},,,",
        f"anna,new@example.com,{HASH},,,",
        f"new,anna@example.com,{HASH},,,",
        "plain,plain@example.com,secret,,,",
        f",,{HASH},,,",
        f"role,role@example.com,{HASH},owner,,",
        f"flag,flag@example.com,{HASH},,maybe,",
        f"time,time@example.com,{HASH},,,yesterday",
        f"more,more@example.com,{HASH},,,,extra",
        f"mail,not an address,{HASH},,,",
        f'two,"two@example.com\n",{HASH},guest,,',
        f"word,=?utf-8?q?v=69ctim?=@example.com,{HASH},,,",
    )
    outcome = prepared("users", "import", file)
    assert outcome.code == 1
    reasons = dict(line.split(": ", 1) for line in outcome.err.splitlines()[:-1])
    expected = {
        "line 3": "username: Use letters",
        "line 4": "username: line 2 has it too.",
        "line 5": "email: line 2 has it too.",
        "line 6": "username: a user of this service has it.",
        "line 7": "email: a user of this service has it.",
        "line 8": "password: This is not a hash",
        "line 9": "It has neither a username nor",
        "line 10": "role: Use one of user, uploader, auditor, admin.",
        "line 11": "active: use true or false",
        "line 12": "created_at: this is not a time",
        "line 13": "it has more values than the first line",
        "line 14": "email: ",
        "line 15": "email: ",
        "line 17": "email: An e-mail address cannot contain =? here.",
    }
    assert reasons.keys() == expected.keys()
    for place, reason in expected.items():
        assert reasons[place].startswith(reason), place
    assert "Nothing was imported; --skip imports the other 1." in outcome.err
    assert list(stored()) == ["anna"]

    assert prepared("users", "import", file, "--skip", "--dry-run").out.endswith(
        "imported 0, already there 0, refused 14\n"
    )
    assert prepared("users", "import", file, "--skip").out.endswith("imported 1, already there 0, refused 14\n")
    assert sorted(stored()) == ["anna", "good"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff", "it is not UTF-8"),
        (b"name,password\n", "its first line names no column `username` or `email`"),
        (b"", "its first line names no column `username` or `email`"),
        (b'{"username": "ana"}\n{"username": \n', "line 2 is not JSON"),
        (b'username\n"ana\n', "line 2 is not CSV"),
        (b'"username"x,email\n', "line 1 is not CSV"),
    ],
)
def test_a_file_of_another_kind_is_refused(prepared: Portero, content: bytes, message: str) -> None:
    Path("users").write_bytes(content)
    outcome = prepared("users", "import", "users")
    assert outcome.code == 2
    assert message in outcome.err


@pytest.mark.parametrize("column", ["username", "user_name", "login", "email", "email_address"])
def test_one_column_with_a_login_is_enough(prepared: Portero, column: str) -> None:
    outcome = prepared("users", "import", write("users.csv", f"{column},password", f"ana@example.com,{HASH}"))
    assert outcome.out.endswith("imported 1, already there 0, refused 0\n")


def test_a_line_of_json_ends_at_a_line_feed_only(prepared: Portero) -> None:
    Path("users").write_bytes('{"username": "ana", "other": "a\u2028b\x85"}\r\n{"username": "ben"}\n'.encode())
    assert prepared("users", "import", "users").code == 0
    assert sorted(stored()) == ["ana", "ben"]


@pytest.mark.parametrize(
    "value", [None, 1, "text", [], {"username": ["ana"]}, {"username": "a\0b"}, {"username": True}, {"password": HASH}]
)
def test_an_entry_that_is_no_user_is_refused(prepared: Portero, value: object) -> None:
    outcome = prepared("users", "import", write("users.json", [value]))
    assert outcome.code == 1
    assert outcome.err.startswith("user 1: ")


def import_and_die(file: str) -> None:
    """Import users in batches of two, and be killed after the second batch."""
    run = importing.ImportService.run

    def killed(*arguments: Any) -> Iterator[object]:
        yield from islice(run(*arguments), 2)
        os.kill(os.getpid(), signal.SIGKILL)

    sys.argv = ["portero", "users", "import", file]
    with patch("src.application.importing.service.BATCH", 2), patch.object(importing.ImportService, "run", killed):
        main.main()


def test_an_import_that_was_killed_continues(prepared: Portero) -> None:
    users = [
        {
            "username": f"user{at}",
            "email": f"user{at}@example.com",
            "password": HASH,
            "role": "admin" if at == 3 else "",
        }
        for at in range(7)
    ]
    file = write("users.jsonl", *users)
    assert exit_code(import_and_die, file) == -signal.SIGKILL
    assert len(stored()) == 4
    client = main.create_app().test_client()
    assert _log_in(client, "user1", PASSWORD)
    kept = stored()
    outcome = prepared("users", "import", file)
    assert outcome.out.splitlines()[-1] == "imported 3, already there 4, refused 0"
    assert kept.items() <= stored().items()
    assert [_log_in(client, f"user{at}", PASSWORD) is not None for at in range(7)] == [True] * 7
    assert stored("role")["user3"] == "admin"


def test_a_deleted_user_is_not_imported_again(prepared: Portero) -> None:
    file = write("users.jsonl", {"id": "a" * 32, "username": "ana", "password": HASH})
    assert prepared("users", "import", file).code == 0
    client = main.create_app().test_client()
    assert (
        client.delete("/user", headers={"Authorization": f"Bearer {_log_in(client, 'ana', PASSWORD)}"}).status_code
        == 204
    )
    outcome = prepared("users", "import", file)
    assert outcome.err.startswith("line 1: id: a user with this id has been deleted.")


def test_users_without_a_password_get_the_one_in_the_file(prepared: Portero) -> None:
    """A service whose passwords were in Firebase Auth until now has profiles with the same ids."""
    bare = {"id": "a" * 32, "username": "ana", "name": "Ana"}
    assert prepared("users", "import", write("users.jsonl", bare)).code == 0
    file = write("users.jsonl", {**bare, "name": "Other", "password": HASH})
    assert prepared("users", "import", file).out.endswith("imported 1, already there 0, refused 0\n")
    assert stored("name") == {"ana": "Ana"}
    assert _log_in(main.create_app().test_client(), "ana", PASSWORD)
    assert prepared("users", "import", file).out.endswith("imported 0, already there 1, refused 0\n")


def test_a_user_who_is_deleted_during_the_import_gets_no_password(
    prepared: Portero, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = [{"id": letter * 32, "username": f"{letter}na"} for letter in "ab"]
    assert prepared("users", "import", write("users.jsonl", *users)).code == 0
    file, run = write("users.jsonl", *({**user, "password": HASH} for user in users)), importing.ImportService.run

    def delayed(service: importing.ImportService, plan: importing.ImportPlan) -> Any:
        service.users.update(users[0]["id"], lambda user: user.tombstone(service.clock()))
        return run(service, plan)

    monkeypatch.setattr(importing.ImportService, "run", delayed)
    outcome = prepared("users", "import", file)
    assert (outcome.code, outcome.err) == (1, "line 1: the user has just been deleted.\n")
    assert outcome.out.endswith("imported 1, already there 0, refused 1\n")
    assert stored() == {None: None, "bna": HASH}


def test_an_export_is_imported_as_it_was(prepared: Portero) -> None:
    _register(main.create_app().test_client())
    prepared("users", "import", write("users.csv", "username,password,role", f'root,"{PASSLIB["scrypt"]}",admin'))
    prepared("users", "disable", "anna")
    assert "password_hash" not in prepared("users", "export").out
    exported = prepared("users", "export", "--hashes").out
    before = [stored(column) for column in ("id", "email", "role", "disabled", "created_at")]
    Path("export.jsonl").write_text(exported)
    Path("data/portero.db").rename("old.db")
    prepared("prepare")
    assert prepared("users", "import", "export.jsonl").code == 0
    assert [stored(column) for column in ("id", "email", "role", "disabled", "created_at")] == before
    client = main.create_app().test_client()
    assert _log_in(client, "root", PASSWORD)
    prepared("users", "enable", "anna")
    assert _log_in(client)


KEPT_HERE = {"updated_at", "revision", "state", "expires_at", "pending", "provider"} | {
    *("session_epoch", "kept_session", "sessions_ended_at", "address_changes", "invitation_id", "mirrored_claims")
}
"""The fields of a user that no export has: the state of the record, of its sessions and of its provider."""


def test_an_export_followed_by_an_import_keeps_every_field_of_a_user(prepared: Portero) -> None:
    url, then = "sqlite:///data/portero.db", datetime(2030, 1, 2, 12, tzinfo=UTC)
    user = User(
        "a" * 32,
        created_at=then,
        updated_at=then,
        username=Username.parse("Ada"),
        email=Email("Ada@example.com"),
        email_verified=True,
        role=Role.ADMIN,
        disabled=True,
        password_hash=HASH,
        metadata={"theme": "dark", "n": [1, 2.5, None]},
        custom_claims={"plan": "gold"},
    )
    details: dict[str, Any] = {name: f"a {name}" for name in PROFILE_PARSERS}
    user = replace(user, **details)
    exported = [field for field in fields(User) if field.name not in KEPT_HERE]
    assert [field.name for field in exported if getattr(user, field.name) == field.default] == []
    _users(url).add(user)
    Path("export.jsonl").write_text(prepared("users", "export", "--hashes").out)
    for file in Path("data").glob("portero.db*"):
        file.unlink()
    prepared("prepare")
    assert prepared("users", "import", "export.jsonl").code == 0
    found = _users(url).get(user.id)
    assert {field.name: getattr(found, field.name) for field in exported} == {
        field.name: getattr(user, field.name) for field in exported
    }


def _users(url: str) -> Users:
    return Users(SqliteStore.open(url, pool_size=1))


def exported_with_phone(prepared: Portero) -> tuple[dict[str, Any], Phone]:
    """Export a user with an authenticator app, recovery codes and a passkey, and remove the store."""
    _register(main.create_app().test_client())
    services = main.create_app().extensions["portero"]
    [anna] = services.administration.list_users().items
    phone = give_phone(services, anna.id)
    passkey = replace(
        Factor(factor_id(FactorKind.PASSKEY, "Y3I"), anna.id, FactorKind.PASSKEY, anna.created_at, "Key"),
        passkey=Passkey("Y3I", "cHVi", 7, backed_up=True),
    )
    proofs = services.sessions.proofs
    proofs.factors.save(
        [passkey],
        anna.id,
        lambda user: replace(user, factors={**user.factors, passkey.id: passkey.kind}),
        NO_EVIDENCE,
    )
    assert "factors" not in prepared("users", "export").out
    entry = json.loads(prepared("users", "export", "--hashes").out)
    for file in Path("data").glob("portero.db*"):
        file.unlink()
    prepared("prepare")
    return entry, phone


def test_an_export_with_hashes_carries_the_second_factors(prepared: Portero) -> None:
    entry, phone = exported_with_phone(prepared)
    file = write("export.jsonl", entry)
    assert prepared("users", "import", file).out.endswith("imported 1, already there 0, refused 0\n")
    assert json.loads(prepared("users", "export", "--hashes").out)["factors"] == entry["factors"]
    client = main.create_app().test_client()
    for answer in ({"code": phone.code}, {"recovery_code": phone.recovery_codes[0]}):
        asked = client.post("/login", json={"username": "anna", "password": "correct zebra battery"})
        assert asked.status_code == 403
        answered = client.post("/auth/mfa", json={"mfa_token": asked.get_json()["mfa_token"], **answer})
        assert answered.status_code == 200
    assert prepared("users", "import", file).out.endswith("imported 0, already there 1, refused 0\n")
    other = {**entry, "id": "b" * 32, "username": "other", "email": "other@example.com", "factors": entry["factors"]}
    passkey = [each for each in entry["factors"] if each["kind"] == "passkey"]
    outcome = prepared("users", "import", write("other.jsonl", {**other, "factors": passkey}))
    assert "line 1: its name, one of its passkeys or one of its keys is taken." in outcome.err
    assert "other" not in stored()


def test_a_user_whose_recovery_codes_are_all_used_can_be_imported(prepared: Portero) -> None:
    entry, _ = exported_with_phone(prepared)
    for factor in entry["factors"]:
        if factor["kind"] == "recovery":
            factor["code_hashes"] = []
    outcome = prepared("users", "import", write("export.jsonl", entry))
    assert outcome.out.endswith("imported 1, already there 0, refused 0\n")
    assert json.loads(prepared("users", "export", "--hashes").out)["factors"] == entry["factors"]


def exported_with_keys(prepared: Portero) -> tuple[dict[str, Any], list[str]]:
    """Export a user with two keys, and remove the store. Return the line of the user, and the texts of the keys."""
    client = main.create_app().test_client()
    _register(client)
    bearer = {"Authorization": f"Bearer {_log_in(client)}"}
    wanted = {"name": "Report", "scope": "read"}, {"name": "Import", "scope": "write", "expires_in_days": 90}
    texts = [client.post("/user/keys", json=each, headers=bearer).get_json()["key"] for each in wanted]
    assert "keys" not in json.loads(prepared("users", "export").out)
    entry = json.loads(prepared("users", "export", "--hashes").out)
    assert not any(text in json.dumps(entry) for text in texts)
    for file in Path("data").glob("portero.db*"):
        file.unlink()
    prepared("prepare")
    return entry, texts


def test_an_export_with_hashes_carries_the_keys(prepared: Portero) -> None:
    entry, texts = exported_with_keys(prepared)
    file = write("export.jsonl", entry)
    assert prepared("users", "import", file).out.endswith("imported 1, already there 0, refused 0\n")
    assert json.loads(prepared("users", "export", "--hashes").out)["keys"] == entry["keys"]
    client = main.create_app().test_client()
    task = {"title": "Imported"}
    answers = [client.post("/tasks", json=task, headers={"Authorization": f"Bearer {text}"}) for text in texts]
    assert [answer.status_code for answer in answers] == [403, 201]
    assert prepared("users", "import", file).out.endswith("imported 0, already there 1, refused 0\n")
    id = "b" * 32
    taken = [{**each, "user_id": id} for each in entry["keys"]]
    other = {**entry, "id": id, "username": "other", "email": "other@example.com", "keys": taken}
    outcome = prepared("users", "import", write("other.jsonl", other))
    assert "line 1: its name, one of its passkeys or one of its keys is taken." in outcome.err
    assert "other" not in stored()


def test_keys_that_could_not_be_used_here_are_refused(prepared: Portero) -> None:
    entry, _ = exported_with_keys(prepared)
    key = entry["keys"][0]
    ids = [f"{at:032x}" for at in range(26)]
    refusals: dict[str, dict[str, Any]] = {
        "they contain the id of the user, which cannot be kept": {"id": "7"},
        "they contain the id of the user": {"id": "b" * 32},
        "these are not the keys of a user": {"keys": [key, key]},
        "these are not the keys": {"keys": [{**key, "hash": "f" * 64}]},
        "these are not": {"keys": [{**key, "hash": "nonsense"}]},
        "these are": {"keys": [{**key, "prefix": "<script>"}]},
        "a user has at most 25 keys": {"keys": [{**key, "id": id, "hash": id * 2} for id in ids]},
        "a user has at most 25 keys, and a disabled user has none": {"disabled": True},
        "Use at least 1 characters": {"keys": [{**key, "name": " "}]},
        "this is not what `users export --hashes` writes": {"keys": [{**key, "scope": "admin"}]},
        "this is not what `users export": {"keys": [{**key, "created_at": "0001-01-01T00:00:00+14:00"}]},
        "this is not what": {"keys": "all"},
    }
    for reason, changed in refusals.items():
        outcome = prepared("users", "import", write("users.jsonl", {**entry, **changed}))
        assert outcome.err.startswith(f"line 1: keys: {reason}"), reason
    assert stored() == {}


def test_factors_that_could_not_be_used_here_are_refused(prepared: Portero) -> None:
    entry, _ = exported_with_phone(prepared)
    totp, recovery, passkey = (
        next(each for each in entry["factors"] if each["kind"] == kind) for kind in ("totp", "recovery", "passkey")
    )
    many = [{**passkey, "passkey": {**passkey["passkey"], "credential_id": f"{at}"}} for at in range(11)]
    refusals: dict[str, dict[str, Any]] = {
        "these are not the factors of a user": {"factors": [recovery]},
        "these are not the factors": {"factors": [totp, totp]},
        "these are not": {"factors": [{**totp, "secret": None}]},
        "these are": {"factors": [{**passkey, "passkey": {**passkey["passkey"], "counter": 2**70}}]},
        "a user has at most 10 passkeys": {"factors": many},
        "this is not what `users export --hashes` writes": {"factors": [{"kind": "totp"}]},
        "this is not what": {"factors": "all"},
        "the secret was not encrypted with one of DATA_KEYS": {"id": "b" * 32},
        "the secret was not": {"factors": [{**totp, "secret": "nonsense"}]},
        "they belong to the id of the user": {"id": "7"},
    }
    for reason, changed in refusals.items():
        outcome = prepared("users", "import", write("users.jsonl", {**entry, **changed}))
        assert outcome.err.startswith(f"line 1: factors: {reason}"), reason
    assert stored() == {}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"metadata": [1]}, "metadata: this is not a JSON object."),
        ({"metadata": {"a": "x" * 8192}}, "metadata: Use at most 8192 bytes as compact JSON."),
        ({"claims": {"sub": "1"}}, "claims: These names are reserved: sub."),
    ],
)
def test_an_import_refuses_bad_metadata_and_claims(prepared: Portero, fields: dict[str, Any], reason: str) -> None:
    outcome = prepared("users", "import", write("users.jsonl", {"username": "ana", **fields}))
    assert (outcome.code, reason in outcome.err) == (1, True)


def test_claims_are_set_on_the_command_line(prepared: Portero) -> None:
    prepared("users", "import", write("users.jsonl", {"username": "ana"}))
    assert prepared("users", "claims", "ana", '{"plan": "gold"}').out == "ana has plan\n"
    assert '"plan": "gold"' in prepared("users", "show", "ana").out
    for text in ("[1]", "{", '{"a": 1, "a": 2}', '{"exp": 1}'):
        assert prepared("users", "claims", "ana", text).code == 2
    assert prepared("users", "claims", "ana", "{}").out == "ana has no claims\n"


def test_an_import_is_refused_when_firebase_keeps_the_passwords(
    prepared: Portero, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "IDENTITY": "firebase",
        "FIREBASE_WEB_API_KEY": "any",
        "GOOGLE_CLOUD_PROJECT": "demo-x",
    }.items():
        monkeypatch.setenv(name, value)
    outcome = prepared("users", "import", write("users.jsonl", {"username": "ana"}))
    assert outcome.code == 1
    assert outcome.err.startswith(
        "Error: Firebase Auth keeps the passwords: import the file with `firebase auth:import`."
    )
