"""Imports of the exports of other systems: every hash logs in, and entries that cannot be imported are named."""

import sqlite3
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from src import main
from src.application.importing import NotImportable, service
from src.infrastructure.identity.foreign_hashes import accept, parse_hash, verify
from src.interfaces.user_files import SYSTEMS, read_users
from tests.support import exports
from tests.support.clock import Stopwatch
from tests.unit.test_cli import Portero, _log_in, portero, prepared

__all__ = ["portero", "prepared"]  # fixtures

EVERY_SYSTEM = pytest.mark.parametrize("system", exports.SYSTEMS)
USERS = 25


def run(prepared: Portero, system: str, file: str, *options: str) -> Any:
    return prepared("users", "import", "--from", system, file, *exports.OPTIONS.get(system, ()), *options)


def stored() -> list[dict[str, Any]]:
    with closing(sqlite3.connect("data/portero.db")) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute("SELECT * FROM users ORDER BY email")]


def test_every_system_has_a_generator_of_exports() -> None:
    assert {*exports.SYSTEMS} == {*SYSTEMS}


@EVERY_SYSTEM
def test_an_import_that_stops_in_the_middle_continues_and_every_hash_logs_in(
    prepared: Portero, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    file, run_whole = (
        exports.write(system, Path("export"), [*exports.users(system, USERS)]),
        service.ImportService.run,
    )
    with monkeypatch.context() as context:
        context.setattr(service, "BATCH", 10)
        context.setattr(service.ImportService, "run", lambda *arguments: islice(run_whole(*arguments), 1))
        run(prepared, system, file)
    assert len(stored()) == 10
    outcome = run(prepared, system, file)
    assert (outcome.code, outcome.out.splitlines()[-1]) == (0, f"imported {USERS - 10}, already there 10, refused 0")
    found = stored()
    assert [user["email"] for user in found] == sorted(f"user{at}@example.com" for at in range(USERS))
    assert {(user["role"], user["disabled"]) for user in found} == {("user", 0)}
    kinds = len(exports.hashes(system))
    client = main.create_app().test_client()
    for at in range(kinds):
        if system == "cognito":
            assert found[0]["password_hash"] is None
        else:
            assert _log_in(client, f"user{at}@example.com", exports.PASSWORD)
            assert not _log_in(client, f"user{at}@example.com", "wrong password")
    assert all(verify(user["password_hash"], exports.PASSWORD) for user in found[kinds:] if system != "cognito")


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ("auth0", {"email_verified": 1}),
        ("cognito", {"id": str(UUID(int=1 << 100)), "username": "user0", "name": "Ana"}),
        ("django", {"username": "user0", "last_name": "Ruiz", "created_at": "2023-07-31 15:19:07.415000"}),
        ("firebase", {"id": "0" * 28, "name": "Ana", "email_verified": 1}),
        ("flask-security", {"username": "user0", "email_verified": 1}),
        ("keycloak", {"username": "user0", "last_name": "Ruiz", "created_at": "2023-11-13 12:00:00.000000"}),
        ("supabase", {"email_verified": 1, "created_at": "2024-05-06 07:08:09.000000"}),
    ],
)
def test_an_import_keeps_what_the_export_says(prepared: Portero, system: str, expected: dict[str, Any]) -> None:
    assert run(prepared, system, exports.write(system, Path("export"), [*exports.users(system, 1)])).code == 0
    [user] = stored()
    assert {name: user[name] for name in expected} == expected


BROKEN: dict[str, dict[str, Any]] = {
    "auth0": {"identifiers": 7},
    "cognito": {"Attributes": [7]},
    "django": {"password": 7.5},
    "firebase": {"providerUserInfo": [7]},
    "flask-security": {"fs_uniquifier": None, "active": "maybe"},
    "keycloak": {"credentials": [{"type": "password", "secretData": "{", "credentialData": "{}"}]},
    "supabase": {"banned_until": "never"},
}


@EVERY_SYSTEM
def test_an_entry_of_another_form_is_refused_alone(prepared: Portero, system: str) -> None:
    entries = [*exports.users(system, 3)]
    broken = entries[1].get("fields", entries[1])
    broken.update(BROKEN[system])
    outcome = run(prepared, system, exports.write(system, Path("export"), entries), "--skip")
    assert outcome.out.endswith("imported 2, already there 0, refused 1\n")
    other = next(each for each in exports.SYSTEMS if each not in (system, "django", "keycloak"))
    foreign = exports.write(system, Path("export"), [*exports.users(system, 1)])
    assert f"this is not a user as {other} exports it." in run(prepared, other, foreign).err


LEFT: dict[str, tuple[dict[str, Any], list[str]]] = {
    "auth0": (
        {"identities": [{"provider": "google-oauth2"}], "multifactor": ["guardian"]},
        ["sign-in with another provider", "second factor"],
    ),
    "cognito": ({"UserMFASettingList": ["SOFTWARE_TOKEN_MFA"]}, ["second factor"]),
    "django": ({"is_superuser": True}, ["rights"]),
    "firebase": (
        {"phoneNumber": "+34600000000", "mfaInfo": [{"phoneInfo": "+34600000000"}], "customAttributes": '{"a":1}'},
        ["phone number", "second factor", "rights"],
    ),
    "flask-security": ({"roles": ["admin"], "tf_primary_method": "authenticator"}, ["rights", "second factor"]),
    "keycloak": ({"federatedIdentities": [{"identityProvider": "github"}]}, ["sign-in with another provider"]),
    "supabase": ({"phone": "34600000000", "is_super_admin": "t"}, ["phone number", "rights"]),
}


@EVERY_SYSTEM
def test_a_dry_run_shows_in_a_table_what_would_happen_and_stores_nothing(prepared: Portero, system: str) -> None:
    entries, (fields, left) = [*exports.users(system, 4)], LEFT[system]
    assert run(prepared, system, exports.write(system, Path("first"), entries[3:])).code == 0
    entries[0].get("fields", entries[0]).update(fields)
    entries.append(entries[0])
    outcome = run(prepared, system, exports.write(system, Path("export"), entries), "--dry-run")
    assert outcome.code == 1
    table = dict(line.rsplit(None, 1) for line in outcome.out.splitlines()[:-1])
    assert table["would be imported"] == "3"
    assert table["would be imported without a password"] == ("3" if system == "cognito" else "0")
    for reason in left:
        assert any(name.startswith(f"  not taken, {reason}") for name in table), reason
        assert f"1: not taken: {reason}" in outcome.err or f"line 2: not taken: {reason}" in outcome.err
    assert int(table["already there"]) + int(table["would be refused"]) == 2
    assert len(stored()) == 1


BCRYPT = "$2b$31$" + "." * 53
HOSTILE: dict[str, list[Any]] = {
    "auth0": [BCRYPT, "$2b$99$" + "." * 53],
    "django": [
        f"pbkdf2_sha256$999999999$salt${'a' * 43}=",
        f"argon2$argon2id$v=19$m=4194304,t=9,p=1${'a' * 22}${'a' * 43}",
    ],
    "firebase": [{"passwordHash": "a" * 88, "salt": "a" * 4000}],
    "flask-security": [BCRYPT, f"$scrypt$ln=30,r=8,p=1${'a' * 22}${'a' * 43}"],
    "keycloak": [
        exports.keycloak_credential("pbkdf2-sha512", 10**9, b"x" * 64),
        exports.keycloak_credential("pbkdf2-sha512", 10**4000, b"x" * 64),
        exports.keycloak_credential(
            "argon2", 5, b"x" * 32, memory="99999999", type="id", version="1.3", parallelism="1"
        ),
        exports.keycloak_credential(
            "argon2", 10**9, b"x" * 32, memory="7168", type="id", version="1.3", parallelism="1"
        ),
        exports.keycloak_credential(
            "argon2", 5, b"x" * 32, memory="7168", type="id", version="1.3", parallelism="99999"
        ),
    ],
    "supabase": [
        BCRYPT,
        f"$argon2i$v=19$m=2147483647,t=3,p=4${'a' * 22}${'a' * 43}",
        f"$fbscrypt$v=1,n=30,r=8,p=1,ss=Bw==,sk={exports.SIGNER_KEY}$aaaa${'a' * 86}==",
    ],
}


@pytest.mark.parametrize("system", HOSTILE)
def test_a_hostile_hash_is_refused_at_the_import_and_at_the_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    options = dict.fromkeys(("signer_key", "salt_separator", "flask_security_salt"), "")
    options |= {"rounds": "8", "mem_cost": "14", **({"signer_key": exports.SIGNER_KEY} if system == "firebase" else {})}
    monkeypatch.setattr(exports, "hashes", lambda _: HOSTILE[system])
    watch, file = Stopwatch(), tmp_path / "export"
    exports.write(system, file, [*exports.users(system, len(HOSTILE[system]))])
    records, refused = read_users(file.read_bytes(), system)
    assert (len(records), refused) == (len(HOSTILE[system]), [])
    for record in records:
        assert record.password_hash
        with pytest.raises(NotImportable):
            parse_hash(record.password_hash, record.salt, options)
        assert not verify(record.password_hash, exports.PASSWORD)
    assert watch.seconds < 20  # a check of PBKDF2 with these rounds takes minutes


def test_hashes_that_other_systems_have_published_are_checked_as_they_are_there() -> None:
    supabase = (
        "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=ou9tdYTGyYm8kuR6Dt0Bp0kDuAYoXrK16mbZO4yGwAn3oLspjnN0/c41v8xZnO1n14J3Mj"
        "Kj1b2g6AUCAlFwMw==$C0sHCg9ek77hsg==$zKVTMvnWVw5BBOZNUdnsalx4c4c7y/w7IS5p6Ut2+CfEFFlz37J9huyQfov4iizN8dbjvEJlM"
        "5tQaJP84+hfTw=="
    )
    assert verify(accept(supabase), "mytestpassword")
    assert not verify(accept(supabase), "another password")
