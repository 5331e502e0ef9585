"""The status of every route for every role and for every kind of token."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask

from src.application.ports import ProviderAccount
from src.bootstrap.adapters import now
from src.domain.values import Email, Role
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, as_jwk_set
from src.interfaces.app import FEATURES
from src.interfaces.http.framework.authentication import Access
from tests.support.access import OTHERS, OWN, ROLES, SAME_FOR_ALL, ask, body_for, row_of, status_of, tables_of
from tests.support.world import (
    OPERATIONS,
    Client,
    Person,
    Provider,
    build,
    client_of,
    join,
    place,
    registration,
)

METRICS_TOKEN = "a token for Prometheus"


def _cells() -> Iterator[tuple[str, str, str, str, int]]:
    for method, path in sorted(OPERATIONS):
        row = row_of(method, path)
        for owner, table in tables_of(method, path).items():
            for role in ROLES:
                yield method, path, role, owner, status_of(row, owner, table, role)


# Roles


@pytest.fixture(scope="module")
def guarded() -> Flask:
    app = build(remote=Provider(), metrics_token=METRICS_TOKEN)
    join(client_of(app), role="admin")  # so that no admin of these tests is the last one
    return app


@pytest.mark.parametrize(("method", "path", "role", "owner", "status"), list(_cells()))
def test_every_role_at_every_route(guarded: Flask, method: str, path: str, role: str, owner: str, status: int) -> None:
    client = client_of(guarded)
    bystander = join(client, "uploader")  # a role that can read everything it owns
    person = None if role == "nobody" else join(client, role)
    target = bystander if owner == "other's" or person is None else person
    refreshing = person if person and person.refresh else bystander
    body = body_for(method, path, refreshing, bystander.user["username"])
    url = place(client, target, method, path).replace("{code}", "taken")
    before = _seen(client, path, url, bystander)
    answer = ask(client, method, path, url, body, person.token if person else None)
    assert answer.status_code == status
    if status in (401, 403, 404) and method in ("PUT", "PATCH", "DELETE"):
        assert client.get("/user", headers=bystander.headers).json == bystander.user
        assert target is not bystander or _seen(client, path, url, bystander) == before


def _seen(client: Client, path: str, url: str, person: Person) -> object:
    """Return the entity as ``person`` sees it, or None if the path has no GET."""
    if ("GET", path) not in OPERATIONS or "{" not in path:
        return None
    answer = client.get(url, headers=person.headers)
    return answer.json if answer.status_code == 200 else answer.status_code


def test_the_tables_have_no_row_without_a_route() -> None:
    rows = {row_of(method, path) for method, path in OPERATIONS}
    assert rows == set(SAME_FOR_ALL) | set(OWN)
    assert set(OWN) == set(OTHERS)


def test_every_route_declares_its_access(app: Flask) -> None:
    declared = {
        (route.method, route.path): operation.access
        for feature in FEATURES
        for operation in feature.operations
        for route in operation.routes()
    }
    routes = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if not rule.rule.startswith("/docs") and method not in ("HEAD", "OPTIONS")
        if not rule.endpoint.startswith("web.")  # pages for people
    }
    assert routes == set(declared)
    assert all(isinstance(access, Access) for access in declared.values())


def test_other_users_see_the_id_and_username_only(guarded: Flask) -> None:
    client = client_of(guarded)
    ben = join(client)
    brief = {name: ben.user[name] for name in ("id", "username")}
    for role, seen in (("user", brief), ("uploader", brief), ("admin", ben.user)):
        looking = join(client, role)
        assert client.get(ben.at("/users/{id}"), headers=looking.headers).json == seen
        assert client.get(looking.at("/users/{id}"), headers=looking.headers).json["email"]


# Kinds of tokens


@dataclass(frozen=True)
class Kind:
    """A kind of token, and whether it authenticates its holder."""

    make: Callable[[Client], str | None]
    believed: bool
    role: Role = Role.USER
    session: bool = True


STRANGER = client_of(build(keys=KeyRing(as_jwk_set([SigningKey.generate()]))))
SOLD_ELSEWHERE = client_of(build(settings={"audience": "another service"}))
KINDS = {
    "none": Kind(lambda client: None, False),
    "access": Kind(lambda client: join(client).token, True),
    "guest's": Kind(lambda client: join(client, "guest").token, True, Role.GUEST),
    "admin's": Kind(lambda client: join(client, "admin").token, True, Role.ADMIN),
    "refresh": Kind(lambda client: join(client).refresh, False),
    "Firebase": Kind(lambda client: _vouched_for(client), True, Role.USER, session=False),
    "other service's": Kind(lambda client: join(STRANGER).token, False),
    "other audience's": Kind(lambda client: join(SOLD_ELSEWHERE).token, False),
    "metrics": Kind(lambda client: METRICS_TOKEN, False),
}
PROVIDER = Provider()


def _vouched_for(client: Client) -> str:
    uid = f"uid-{registration()['username']}"
    PROVIDER.known[uid] = ProviderAccount(Email(f"{uid}@example.com"), has_password=True)
    assert client.post("/auth/firebase", json={"id_token": uid}).status_code == 200
    return uid


@pytest.fixture(scope="module")
def vouching() -> Flask:
    app = build(remote=PROVIDER, metrics_token=METRICS_TOKEN)
    join(client_of(app), role="admin")
    return app


ACCESS = {
    (route.method, route.path.replace("<", "{").replace(">", "}")): operation.access
    for feature in FEATURES
    for operation in feature.operations
    for route in operation.routes()
}


def _expected(method: str, path: str, kind: str) -> int:
    """Return the expected status, derived from the properties of the kind of token."""
    token, row, access = KINDS[kind], row_of(method, path), ACCESS[method, path]
    *_, table = tables_of(method, path).values()
    if path == "/metrics":
        return 200 if kind == "metrics" else 401
    if row in ("POST /auth/refresh", "POST /api/v1/token/refresh"):
        return 200 if kind == "refresh" else 401
    if access is Access.PUBLIC:
        return table[row][0]
    if not token.believed:
        return 401 if access.needs_token or kind != "none" else table[row][0]
    if row in ("POST /auth/renew", "POST /auth/logout", "POST /auth/step-up") and not token.session:
        return 403
    status = status_of(row, "", table, token.role)
    return 422 if (row, status) == ("POST /user/factors", 201) else status  # the enrolment is of nobody


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("method", "path"), sorted(OPERATIONS))
def test_every_kind_of_token_at_every_route(vouching: Flask, method: str, path: str, kind: str) -> None:
    client = client_of(vouching)
    bystander = join(client)
    token = KINDS[kind].make(client)
    body = body_for(method, path, None, bystander.user["username"])
    url = place(client, bystander, method, path).replace("{code}", "taken")
    answer = ask(client, method, path, url, body, token)
    if (path, kind) == ("/user/password", "Firebase"):
        assert answer.status_code == 403  # the account has no password at this service
    else:
        assert answer.status_code == _expected(method, path, kind)


def test_a_firebase_token_has_no_session_of_the_service(vouching: Flask) -> None:
    client = client_of(vouching)
    headers = Person({}, _vouched_for(client)).headers
    sessions = client.get("/auth/sessions", headers=headers).json
    assert [session["current"] for session in sessions] == [False]  # the session of the exchanged token
    assert client.delete(f"/auth/sessions/{sessions[0]['id']}", headers=headers).status_code == 204
    assert client.get("/auth/sessions", headers=headers).json == []


def test_a_firebase_token_from_before_logging_out_everywhere_is_refused(vouching: Flask) -> None:
    client = client_of(vouching)
    uid = _vouched_for(client)
    headers, before = Person({}, uid).headers, now()
    assert client.post("/auth/logout-all", headers=headers).status_code == 204
    for moved, status in ((-10, 401), (0, 401), (10, 200)):
        at = before + timedelta(seconds=moved)
        PROVIDER.signed_in_at[uid] = at.replace(microsecond=0)
        assert client.get("/user", headers=headers).status_code == status
        assert client.post("/auth/firebase", json={"id_token": uid}).status_code == status


@pytest.mark.parametrize("path", ["/register", "/auth/register", "/users", "/api/v1/auth/signup"])
def test_registration_uses_the_token_of_a_guest_and_ignores_others(vouching: Flask, path: str) -> None:
    client = client_of(vouching)
    guest, anna = join(client, "guest"), join(client)
    upgraded = client.post(path, json=registration(), headers=guest.headers).json
    assert (upgraded["id"], upgraded["role"]) == (guest.user["id"], "user")
    other = client.post(path, json=registration(), headers=anna.headers).json
    assert other["id"] != anna.user["id"]
    assert client.get("/user", headers=anna.headers).json == anna.user
    assert json.dumps(upgraded).count(guest.user["id"]) == 1
