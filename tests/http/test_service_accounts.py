"""Accounts of services: how they authenticate, what they may do, and where they are left out."""

import base64
from typing import Any

import jwt
import pytest

from src.domain.old_secrets import MAX_OLD_SECRETS
from src.domain.sessions import NO_CLIENT
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.schema import SERVICE_ACCOUNTS
from tests.support.mailing import MailWorld
from tests.support.proofs import LONG_AGO, TWO, give_factor, with_proof
from tests.support.world import ACCESS_FIELDS, Answer, Client, Person, build, client_of, join, services_of

GRANT = {"grant_type": "client_credentials"}


def add(client: Client, admin: Person, role: str = "user") -> Any:
    made = client.post("/services", json={"name": "Billing", "role": role}, headers=admin.headers)
    assert made.status_code == 201
    return made.json


def grant(client: Client, service: Any, secret: str = "", **headers: str) -> Answer:
    body = {**GRANT, "client_id": service["client_id"], "client_secret": secret or service["client_secret"]}
    return client.post("/auth/token", data=body, headers=headers)


def token_of(client: Client, service: Any) -> Person:
    return Person({"id": service["id"]}, grant(client, service).json["access_token"])


def status(client: Client, person: Person, path: str = "/user") -> int:
    return client.get(path, headers=person.headers).status_code


@pytest.fixture
def world() -> MailWorld:
    return MailWorld()


@pytest.fixture
def admin(world: MailWorld) -> Person:
    return join(world.client, "admin")


def test_a_service_trades_its_secret_for_an_access_token(world: MailWorld, admin: Person) -> None:
    service = add(world.client, admin, "uploader")
    assert service["client_id"] == service["id"]
    by_form = grant(world.client, service)
    assert (by_form.status_code, {*by_form.json}) == (200, ACCESS_FIELDS)
    assert by_form.json["expires_in"] == 900
    text = base64.b64encode(f"{service['client_id']}:{service['client_secret']}".encode()).decode()
    by_basic = world.client.post("/auth/token", data=GRANT, headers={"Authorization": f"Basic {text}"})
    token = by_basic.json["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["client_id"], claims["role"]) == (service["id"], service["id"], "uploader")
    shown = world.client.get("/user", headers=Person({}, token).headers).json
    assert (shown["id"], shown["username"], shown["email"], shown["role"]) == (service["id"], None, None, "uploader")
    seen = world.client.get(f"/services/{service['id']}", headers=admin.headers)
    assert seen.json == {name: service[name] for name in ("id", "name", "role", "created_at")}
    assert world.client.get("/services", headers=admin.headers).json == [seen.json]


@pytest.mark.parametrize("change", ["secret", "id", "none", "other service's"])
def test_a_wrong_secret_is_an_oauth_error(world: MailWorld, admin: Person, change: str) -> None:
    service, other = add(world.client, admin), add(world.client, admin)
    secret = service["client_secret"]
    sent: dict[str, Any] = {
        "secret": {"client_id": service["id"], "client_secret": secret[:-1] + ("A" if secret[-1] != "A" else "B")},
        "id": {"client_id": "unknown", "client_secret": secret},
        "none": {},
        "other service's": {"client_id": other["id"], "client_secret": secret},
    }[change]
    refused = world.client.post("/auth/token", data={**GRANT, **sent})
    assert (refused.status_code, refused.json["error"]) == (401, "invalid_client")
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")


def test_wrong_secrets_are_limited() -> None:
    store = MemoryStore()
    world = MailWorld(store=store)
    world = MailWorld(store=store, limiter=StoreLimiter(store, world.watch))
    service = add(world.client, join(world.client, "admin"))
    answers = [grant(world.client, service, "wrong").status_code for _ in range(12)]
    assert (answers[0], answers[-1]) == (401, 429)
    assert grant(world.client, service).status_code == 429


def test_the_old_secret_works_for_a_day(world: MailWorld, admin: Person) -> None:
    service = add(world.client, admin)
    fresh = world.client.post(f"/services/{service['id']}/secret", headers=admin.headers)
    assert (fresh.status_code, {*fresh.json}) == (201, {"client_secret"})
    for hours, old in ((0, 200), (24, 401)):
        world.watch.forward(3600 * hours)
        assert grant(world.client, service, fresh.json["client_secret"]).status_code == 200
        assert grant(world.client, service).status_code == old


def test_every_replaced_secret_works_for_its_own_day(world: MailWorld, admin: Person) -> None:
    service = add(world.client, admin)
    secrets, accounts = [service["client_secret"]], services_of(world.app).service_accounts
    for _ in range(2):
        secrets.append(accounts.rotate_secret(None, service["id"], NO_CLIENT))
        world.watch.forward(3600 * 10)
    assert [grant(world.client, service, each).status_code for each in secrets] == [200, 200, 200]
    world.watch.forward(3600 * 4)
    assert [grant(world.client, service, each).status_code for each in secrets] == [401, 200, 200]
    world.watch.forward(3600 * 10)
    assert [grant(world.client, service, each).status_code for each in secrets] == [401, 401, 200]


def test_a_secret_is_not_replaced_while_many_replaced_ones_work(world: MailWorld, admin: Person) -> None:
    service = add(world.client, admin)
    url = f"/services/{service['id']}/secret"
    answers = [world.client.post(url, headers=admin.headers) for _ in range(MAX_OLD_SECRETS + 1)]
    assert [answer.status_code for answer in answers] == [201] * MAX_OLD_SECRETS + [429]
    assert answers[-1].headers["Retry-After"] == f"{24 * 3600}"
    assert grant(world.client, service).status_code == 200
    world.watch.forward(24 * 3600)
    services_of(world.app).service_accounts.rotate_secret(None, service["id"], NO_CLIENT)
    [stored] = services_of(world.app).service_accounts.list(None, None, 2).items
    assert len(stored.old_secrets) == 1


def test_a_removed_service_is_out_on_its_next_request_with_what_it_owned(world: MailWorld, admin: Person) -> None:
    service = add(world.client, admin)
    holder = token_of(world.client, service)
    assert world.client.post("/tasks", json={"title": "Count"}, headers=holder.headers).status_code == 201
    url = f"/services/{service['id']}"
    etag = world.client.get(url, headers=admin.headers).headers["ETag"]
    stale = {**admin.headers, "If-Match": '"another"'}
    assert world.client.delete(url, headers=stale).status_code == 412
    assert world.client.delete(url, headers={**admin.headers, "If-Match": etag}).status_code == 204
    assert status(world.client, holder) == 401
    assert grant(world.client, service).status_code == 401
    assert world.client.delete(url, headers=admin.headers).status_code == 404
    assert services_of(world.app).tasks.tasks.list_for_user(service["id"], None).items == []
    changed = world.client.get("/events?type=service-changed", headers=admin.headers).json
    assert {each["data"]["action"] for each in changed} == {"removed", "added"}
    assert {each["data"]["service_id"] for each in changed} == {service["id"]}


@pytest.mark.parametrize(("method", "path", "expected"), [("POST", "/secret", 204), ("DELETE", "", 404)])
def test_a_removal_without_a_condition_is_not_stale(method: str, path: str, expected: int) -> None:
    store = MemoryStore()
    client = client_of(build(store))
    admin = join(client, "admin")
    service = add(client, admin)
    url, get = f"/services/{service['id']}", store.get

    def get_before_another_admin_comes_first(*keys: Any) -> Any:
        found = get(*keys)
        if keys[0].collection is SERVICE_ACCOUNTS:
            store.get = get  # type: ignore[method-assign]
            assert client.open(url + path, method=method, headers=admin.headers).status_code < 300
        return found

    store.get = get_before_another_admin_comes_first  # type: ignore[method-assign]
    assert client.delete(url, headers=admin.headers).status_code == expected
    assert grant(client, service).status_code == 401


def test_a_service_is_in_no_list_of_users_and_never_the_last_admin(world: MailWorld, admin: Person) -> None:
    service = add(world.client, admin, "admin")
    holder = token_of(world.client, service)
    listed = world.client.get("/users", headers=holder.headers)
    assert [each["id"] for each in listed.json] == [admin.user["id"]]
    assert world.client.get(f"/users/{service['id']}", headers=admin.headers).status_code == 404
    assert world.client.delete(admin.at("/users/{id}"), headers=holder.headers).status_code == 409
    assert world.client.put(admin.at("/users/{id}"), json={"role": "user"}, headers=holder.headers).status_code == 409
    eve = join(world.client)
    assert world.client.put(eve.at("/users/{id}"), json={"disabled": True}, headers=holder.headers).status_code == 200
    [event] = world.client.get("/events?type=role-changed", headers=admin.headers).json
    assert event["actor"] == {"kind": "service", "id": service["id"]}


def test_a_service_has_no_credentials_of_people() -> None:
    client = client_of(build(settings={"mfa_roles": "admin"}))
    admin = with_proof(client, join(client, "admin"), TWO)
    holder = token_of(client, add(client, admin, "admin"))
    assert status(client, holder, "/events") == 200
    for method, path, body in [
        ("POST", "/user/keys", {"name": "A", "scope": "read"}),
        ("POST", "/user/factors/totp", None),
        ("PUT", "/user", {"username": "billing"}),
        ("PUT", f"/users/{holder.user['id']}", {"username": "billing"}),
        ("DELETE", f"/users/{holder.user['id']}", None),
        ("DELETE", "/user", None),
        ("POST", "/auth/renew", None),
        ("POST", "/services", {"name": "Another", "role": "admin"}),
        ("POST", "/api/users", {"name": "E", "last_name": "F", "email": "eve@example.com", "role": "admin"}),
        ("POST", "/invitations", {"email": "eve@example.com", "role": "auditor"}),
        ("PUT", f"/users/{admin.user['id']}", {"role": "auditor"}),
    ]:
        answer = client.open(path, method=method, json=body, headers=holder.headers)
        assert (path, answer.status_code) == (path, 403)


def test_making_a_service_needs_a_recent_proof_of_an_admin_with_factors() -> None:
    client = client_of(build())
    admin = join(client, "admin")
    give_factor(client, admin)
    body = {"name": "Billing", "role": "user"}
    for caller, expected in (
        (admin, 401),
        (with_proof(client, admin, TWO, LONG_AGO), 401),
        (with_proof(client, admin, TWO), 201),
    ):
        assert client.post("/services", json=body, headers=caller.headers).status_code == expected


def test_a_service_introspects_access_tokens_and_keys(world: MailWorld, admin: Person) -> None:
    service, eve = add(world.client, admin), join(world.client)
    credential = {name: service[name] for name in ("client_id", "client_secret")}
    made = world.client.post("/user/keys", json={"name": "A", "scope": "read"}, headers=eve.headers).json
    for token, scope in ((eve.token, None), (made["key"], "read")):
        state = world.client.post("/auth/introspect", data={"token": token, **credential}).json
        assert (state["active"], state["sub"], state.get("scope")) == (True, eve.user["id"], scope)
    assert world.client.delete(f"/user/keys/{made['id']}", headers=eve.headers).status_code == 204
    state = world.client.post("/auth/introspect", data={"token": made["key"], **credential}).json
    assert state == {"active": False}
