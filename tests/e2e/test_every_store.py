"""One journey through sessions, roles and the directory, on every store and with both identity providers."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from src.bootstrap import wiring
from src.domain.errors import InvalidToken, Unavailable
from src.domain.sessions import Client as SessionClient
from src.domain.users import Profile, State
from src.domain.values import Role, Username
from src.infrastructure.limits.off import NoLimits
from src.infrastructure.stores.portable import Store
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, as_jwk_set
from src.interfaces.cli.commands import cli
from src.settings import Settings
from tests.contract.conftest import (
    STORES,
    database,
    dynamodb,
    firestore,
    memory,
    migrated_file,
    postgresql,
    sqlite,
)
from tests.e2e.wiring import Client
from tests.support.databases import migrated_database
from tests.support.passwords import accepted
from tests.support.races import at_once
from tests.support.working import RecordingQueue, run_now

__all__ = ["database", "dynamodb", "firestore", "memory", "migrated_file", "postgresql", "sqlite"]  # fixtures

PASSWORD, OTHER_PASSWORD = "correct horse battery", "a better horse battery"


@pytest.fixture(scope="session")
def migrated_template(postgres_server: str) -> str:
    """Return the URL of a migrated PostgreSQL database that enforces references, as that of a service does."""
    return migrated_database(postgres_server)


@pytest.fixture(params=["local", "firebase"])
def client(
    request: pytest.FixtureRequest,
    store: Store,
    auth_emulator: str,
    auth_project: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Client:
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", auth_emulator)
    settings = Settings(
        data_dir=tmp_path,
        store_url="memory://",
        identity=request.param,
        firebase_web_api_key=SecretStr("any"),
        google_cloud_project=auth_project,
        argon2_time_cost=1,
        argon2_memory_kib=8,
    )
    keys = KeyRing(as_jwk_set([SigningKey.generate()]))
    services = wiring.wire(settings, store=store, keys=keys, limiter=NoLimits(), queue=RecordingQueue(), later=run_now)
    return Client(services)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    store: Store = request.getfixturevalue(request.param)()
    yield store
    store.close()


def names(beginning: str) -> tuple[str, str]:
    """Return a unique username and address."""
    name = f"{beginning}{uuid4().hex[:12]}"
    return name, f"{name}@example.com"


def join(client: Client, beginning: str) -> tuple[str, dict[str, Any]]:
    """Register a user; return the username and the tokens."""
    name, address = names(beginning)
    assert client.register(name, address, PASSWORD).status_code == 201
    answer = client.call("POST", "/api/v1/auth/login", username=name, password=PASSWORD)
    return name, answer.get_json()


def test_a_user_goes_through_every_feature(client: Client) -> None:
    # A guest becomes a user.
    guest = client.call("POST", "/auth/anonymous").get_json()
    assert "refresh_token" not in guest
    id = client.call("GET", "/user", guest["access_token"]).get_json()["id"]
    assert client.call("GET", "/users", guest["access_token"]).status_code == 403
    name, address = names("anna")
    registration = {"username": name, "email": address, "password": PASSWORD}
    registered = client.call("POST", "/register", guest["access_token"], **registration)
    assert (registered.status_code, registered.get_json()["id"]) == (201, id)
    assert client.call("GET", "/user", guest["access_token"]).status_code == 401

    # A refresh token works once, except for a simultaneous second refresh.
    first = client.call("POST", "/login", username=name, password=PASSWORD).get_json()
    second = client.call("POST", "/auth/refresh", refresh_token=first["refresh_token"]).get_json()
    again = client.call("POST", "/auth/refresh", refreshToken=first["refresh_token"]).get_json()
    assert again.get("refresh_token") == second["refresh_token"], again
    renewed = client.call("POST", "/auth/renew", second["access_token"]).get_json()["access_token"]
    third = client.call("POST", "/auth/refresh", refresh_token=second["refresh_token"]).get_json()
    assert client.call("POST", "/auth/refresh", refresh_token=first["refresh_token"]).status_code == 401
    for ended in (first, second, third):
        assert client.call("GET", "/user", ended["access_token"]).status_code == 401
    assert client.call("GET", "/user", renewed).status_code == 401

    # An export holds what is stored about the user and nothing of the other user.
    _, other = join(client, "other")
    client.call("POST", "/tasks", other["access_token"], title="Hers")
    token = client.log_in(name, PASSWORD)
    client.call("POST", "/tasks", token, title="Mine")
    export = client.call("GET", "/user/export", token).get_json()
    assert export["user"]["username"] == name
    assert [task["title"] for task in export["tasks"]] == ["Mine"]
    assert any(session["current"] for session in export["sessions"])
    assert client.call("POST", "/auth/logout-all", token).status_code == 204

    # Sessions are listed and ended one by one; a new password keeps only its own.
    tokens = [client.log_in(name, PASSWORD) for _ in range(3)]
    sessions = client.call("GET", "/auth/sessions", tokens[0]).get_json()
    assert [session["current"] for session in sessions] == [False, False, True]
    assert client.call("DELETE", f"/auth/sessions/{sessions[0]['id']}", tokens[0]).status_code == 204
    assert [client.call("GET", "/user", token).status_code for token in tokens] == [200, 200, 401]
    passwords = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    assert client.call("PUT", "/user/password", tokens[0], **passwords).status_code == 204
    assert [client.call("GET", "/user", token).status_code for token in tokens] == [200, 401, 401]
    assert client.call("POST", "/auth/logout", tokens[0]).status_code == 204
    assert client.call("GET", "/user", tokens[0]).status_code == 401


def test_an_admin_manages_the_directory(client: Client) -> None:
    root, root_address = names("root")
    profile = Profile(
        username=Username.parse(root), email=client.services.rules.parse_email(root_address), role=Role.ADMIN
    )
    client.services.directory.add(profile, accepted(PASSWORD))
    admin = client.log_in(root, PASSWORD)
    (ben, ben_tokens), (cleo, _) = join(client, "ben"), join(client, "cleo")

    # Pages contain every user once.
    found, path = [], "/users?limit=1"
    while path:
        page = client.call("GET", path, admin)
        found += [user["username"] for user in page.get_json()]
        path = page.headers["Link"].partition(">")[0][1:] if "Link" in page.headers else ""
    assert found == sorted([root, ben, cleo])
    assert [user["username"] for user in client.call("GET", "/users?q=BEN", admin).get_json()] == [ben]
    assert [user["role"] for user in client.call("GET", "/users?role=admin", admin).get_json()] == ["admin"]
    assert [user["id"] for user in client.call("GET", f"/users?email={cleo.upper()}@EXAMPLE.com", admin).get_json()]

    # A changed role applies to the next request, and the last admin cannot be demoted.
    ben_path, ben_token = f"/users/{ben_tokens['user']['id']}", ben_tokens["access_token"]
    assert (
        client.call(
            "PUT", "/users/" + client.call("GET", "/user", admin).get_json()["id"], admin, role="user"
        ).status_code
        == 409
    )
    assert client.call("POST", "/api/users", ben_token).status_code == 403
    assert client.call("PATCH", ben_path, admin, role="admin").get_json()["role"] == "admin"
    assert client.call("POST", "/api/users", ben_token).status_code == 422
    assert client.call("DELETE", "/user", admin).status_code == 204
    assert client.call("DELETE", "/user", ben_token).status_code == 409

    # A disabled user is refused at once; of a deleted user only the id remains.
    cleo_id = client.call("GET", "/users?q=cleo", ben_token).get_json()[0]["id"]
    cleo_token = client.log_in(cleo, PASSWORD)
    assert client.call("PUT", f"/users/{cleo_id}", ben_token, disabled=True).get_json()["disabled"] is True
    assert client.call("GET", "/user", cleo_token).status_code == 401
    assert client.log_in(cleo, PASSWORD) is None
    assert client.call("DELETE", f"/users/{cleo_id}", ben_token).status_code == 204
    assert client.call("GET", f"/users/{cleo_id}", ben_token).status_code == 404
    assert client.services.sessions.sessions.list_for_user(cleo_id).items == []
    assert client.register(cleo, f"{cleo}@example.com", PASSWORD).status_code == 201


def test_the_operator_resets_a_forgotten_password(client: Client) -> None:
    name, tokens = join(client, "emil")
    console = SimpleNamespace(services=lambda: client.services)
    outcome = CliRunner().invoke(cli, ["users", "password", name], input=f"{OTHER_PASSWORD}\n", obj=console)
    assert (outcome.exit_code, outcome.output) == (0, f"reset the password of {name}\n")
    assert client.call("GET", "/user", tokens["access_token"]).status_code == 401
    assert client.call("POST", "/auth/refresh", refresh_token=tokens["refresh_token"]).status_code == 401
    assert client.log_in(name, PASSWORD) is None
    assert client.call("GET", "/user", client.log_in(name, OTHER_PASSWORD)).status_code == 200


def test_mails_prove_an_address_and_let_its_owner_in_once(client: Client) -> None:
    name, tokens = join(client, "mara")
    address, caught = f"{name}@example.com", client.services.caught_mails
    queue = client.services.jobs.queue
    assert caught
    assert isinstance(queue, RecordingQueue)

    def ask(path: str, token: str | None = None, **body: str) -> dict[str, str]:
        """Ask for a mail; return its token, or its address and code."""
        assert client.call("POST", path, token, **body).status_code == 202
        client.services.jobs.runner.run(queue.sent.pop())
        text = next(iter(caught())).text
        secrets = {"token": re.findall(r"token=(\w+)", text), "code": re.findall(r"\b\d{6}\b", text)}
        return {kind: found[0] for kind, found in secrets.items() if found}

    def spend(path: str, **body: str) -> list[int]:
        """Use a token or a code twice, and return both statuses."""
        return [client.call("POST", path, **body).status_code for _ in range(2)]

    proof = ask("/auth/email/verify", tokens["access_token"])
    assert spend("/auth/email/verify", **proof) == [204, 401]
    assert client.call("GET", "/user", tokens["access_token"]).status_code == 401, "it may be a stranger's"
    assert client.log_in(name, PASSWORD) is None
    assert spend("/auth/password/reset", **proof, new_password=PASSWORD) == [204, 401]
    tokens = {**tokens, "access_token": client.log_in(name, PASSWORD)}
    link = ask("/auth/email/login", email=address)
    assert spend("/auth/email/login/confirm", token=link["token"]) == [200, 401]
    code = ask("/auth/email/login", email=address)["code"]
    assert spend("/auth/email/login/confirm", email=address, code=code) == [200, 401]
    user = client.call("GET", "/user", client.log_in(name, PASSWORD)).get_json()
    assert (user["id"], user["email_verified"]) == (tokens["user"]["id"], True)

    token = ask("/auth/password/forgot", email=address)["token"]
    for email in (f"new-{address}", address):
        assert client.call("PUT", "/user", tokens["access_token"], email=email).status_code == 200
    assert spend("/auth/password/reset", token=token, new_password=OTHER_PASSWORD) == [401, 401]

    token = ask("/auth/password/forgot", email=address)["token"]
    passwords = [f"{OTHER_PASSWORD} {number}" for number in range(20)]
    mails, device = client.services.mails, SessionClient()
    outcomes = at_once(lambda password: mails.reset_password(token, password, device), passwords)
    [won] = [password for password, outcome in zip(passwords, outcomes, strict=True) if outcome is None]
    assert {type(outcome) for outcome in outcomes} == {type(None), InvalidToken}
    assert client.call("GET", "/user", tokens["access_token"]).status_code == 401
    assert client.log_in(name, PASSWORD) is None
    assert client.log_in(name, won)
    assert all(client.log_in(name, password) is None for password in passwords[:3] if password != won)


def test_an_interrupted_deletion_is_finished(client: Client) -> None:
    """The names are free and the sessions are refused at once, whatever else fails. Reconciliation removes the rest."""
    name, tokens = join(client, "dora")
    id, accounts = tokens["user"]["id"], client.services.accounts.accounts

    def fail(_: str) -> None:
        raise Unavailable

    replace(accounts, owned=[fail]).delete(id)
    assert client.call("GET", "/user", tokens["access_token"]).status_code == 401
    assert client.services.sessions.sessions.list_for_user(id).items
    assert client.register(name, f"{name}@example.com", OTHER_PASSWORD).status_code == 201
    late = datetime.now(UTC) + timedelta(minutes=2)
    assert replace(accounts, clock=lambda: late).reconcile() == 1
    assert client.services.sessions.sessions.list_for_user(id).items == []
    tombstone = accounts.users.get(id)
    assert tombstone
    assert (tombstone.state, tombstone.pending) == (State.DELETED, None)
