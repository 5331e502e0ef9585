"""The commands for service accounts, and for the keys of users."""

import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from src import main
from tests.unit.test_cli import Portero, _log_in, _register, portero, prepared

__all__ = ["portero", "prepared"]  # fixtures


def grant(client: FlaskClient, id: str, secret: str) -> int:
    """Return the status of a request for an access token with the secret of a service."""
    return client.post("/auth/token", data={"grant_type": "client_credentials"}, auth=(id, secret)).status_code


def test_the_operator_makes_lists_and_deletes_a_service(prepared: Portero) -> None:
    id, secret = prepared("services", "add", "Billing", "--role", "uploader").out.split()
    [listed] = json.loads(prepared("services", "list", "--json").out)
    assert (listed["id"], listed["name"], listed["role"]) == (id, "Billing", "uploader")
    renewed = prepared("services", "secret", id).out.strip()
    client = main.create_app().test_client()
    assert [grant(client, id, each) for each in (secret, renewed, f"{renewed}x")] == [200, 200, 401]
    assert prepared("services", "delete", id, input="n\n").code == 1
    assert prepared("services", "delete", id, "--yes").out == f"deleted {id}\n"
    assert grant(client, id, renewed) == 401
    assert prepared("services", "list").out == ""


def test_an_exported_service_goes_on_elsewhere_with_its_id_and_both_secrets(
    prepared: Portero, monkeypatch: pytest.MonkeyPatch
) -> None:
    id, secret = prepared("services", "add", "Billing", "--role", "uploader").out.split()
    renewed = prepared("services", "secret", id).out.strip()
    exported = prepared("services", "export").out
    assert not {secret, renewed} & {*exported.split('"')}
    Path("services.jsonl").write_text(exported)
    assert prepared("services", "import", "services.jsonl").out == "imported 0, already there 1\n"
    Path("elsewhere").mkdir()
    monkeypatch.setenv("DATA_DIR", "elsewhere")
    assert prepared("prepare").code == 0
    assert prepared("services", "import", "services.jsonl").out == "imported 1, already there 0\n"
    client = main.create_app().test_client()
    assert [grant(client, id, each) for each in (secret, renewed)] == [200, 200]
    assert prepared("services", "export").out == exported
    assert prepared("services", "delete", id, "--yes").code == 0
    other = json.loads(exported) | {"id": "another-id-of-a-service"}
    Path("services.jsonl").write_text(f"{json.dumps(other)}\n{exported}")
    stopped = prepared("services", "import", "services.jsonl")
    assert (stopped.code, stopped.out) == (1, "imported 1, already there 0\n")
    assert f"{id}: another account had this id" in stopped.err


@pytest.mark.parametrize(
    "change",
    [
        {"id": "short"},
        {"name": " "},
        {"role": "auditor"},
        {"secret_hash": "secret"},
        {"created_at": "2026-11-23T12:00:00"},
        {"created_at": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_a_line_that_is_no_exported_service_is_named_and_nothing_is_imported(
    prepared: Portero, change: dict[str, object]
) -> None:
    good = {
        "id": "3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f",
        "name": "Billing",
        "role": "user",
        "secret_hash": "a" * 64,
        "created_at": "2026-11-23T12:00:00Z",
    }
    Path("services.jsonl").write_text("\n".join(map(json.dumps, (good, {**good, **change}))))
    refused = prepared("services", "import", "services.jsonl")
    assert (refused.code == 0, f"line 2: {next(iter(change))}" in refused.err) == (False, True)
    assert prepared("services", "list").out == ""


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("add", " ", "--role", "user"), "NAME"),
        (("add", "Billing", "--role", "auditor"), "--role"),
        (("secret", "unknown"), "no such service"),
        (("delete", "unknown", "--yes"), "no such service"),
    ],
)
def test_a_wrong_argument_of_a_service_is_named(prepared: Portero, arguments: tuple[str, ...], named: str) -> None:
    refused = prepared("services", *arguments)
    assert (refused.code, named in refused.err) == (2, True)


def test_the_operator_sees_and_removes_the_keys_of_a_user(prepared: Portero) -> None:
    client = main.create_app().test_client()
    _register(client)
    body = {"name": "Nightly report", "scope": "read", "expires_in_days": 90}
    made = client.post("/user/keys", json=body, headers={"Authorization": f"Bearer {_log_in(client)}"}).get_json()
    bearer = {"Authorization": f"Bearer {made['key']}"}
    assert client.get("/tasks", headers=bearer).status_code == 200
    [listed] = json.loads(prepared("users", "keys", "anna", "--json").out)
    assert (listed["id"], listed["scope"], listed["prefix"]) == (made["id"], "read", made["prefix"])
    assert prepared("users", "remove-keys", "anna").out == "removed the keys of anna\n"
    assert client.get("/tasks", headers=bearer).status_code == 401
    assert prepared("users", "keys", "anna").out == ""
