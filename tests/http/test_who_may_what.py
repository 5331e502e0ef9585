"""The status of every route for every role and for every kind of token."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from src.application.ports import ProviderAccount
from src.bootstrap.adapters import now
from src.domain.values import Email, Role
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, as_jwk_set
from src.interfaces.app import FEATURES
from src.interfaces.http.framework.authentication import Access
from tests.support.world import (
    CSV,
    OPERATIONS,
    PASSWORD,
    Answer,
    Client,
    Person,
    Provider,
    build,
    client_of,
    join,
    place,
    registration,
)

ROLES = ["nobody", *Role]
METRICS_TOKEN = "a token for Prometheus"

# The status without a token, for a guest, a user, an uploader and an admin: for own entities and for others'.
SAME_FOR_ALL = {
    "GET /health": [200] * 5,
    "GET /ready": [200] * 5,
    "GET /.well-known/jwks.json": [200] * 5,
    "GET /.well-known/oauth-authorization-server": [200] * 5,
    "GET /.well-known/openid-configuration": [200] * 5,
    "GET /problems": [200] * 5,
    "GET /problems/{code}": [200] * 5,
    "GET /openapi.json": [200] * 5,
    "GET /metrics": [401] * 5,
    "POST /register": [201] * 5,
    "POST /users": [201] * 5,
    "POST /api/v1/auth/signup": [201] * 5,
    "POST /login": [200] * 5,
    "POST /api/v1/auth/login": [200] * 5,
    "POST /auth/token": [200] * 5,
    "POST /auth/anonymous": [201] * 5,
    "POST /session": [200] * 5,
    "POST /auth/refresh": [200] * 5,
    "POST /api/v1/token/refresh": [200] * 5,
    "POST /auth/passkey/options": [200] * 5,
    "POST /auth/passkey": [401] * 5,
    "POST /auth/firebase": [401] * 5,
    "POST /auth/introspect": [401] * 5,
    "POST /auth/revoke": [200] * 5,
    "POST /auth/email/login": [202] * 5,
    "POST /auth/email/login/confirm": [401] * 5,
    "POST /auth/email/verify": [401, 422, 202, 202, 202],
    "POST /auth/password/forgot": [202] * 5,
    "POST /auth/password/reset": [401] * 5,
    "GET /user": [401, 200, 200, 200, 200],
    "GET /user/export": [401, 200, 200, 200, 200],
    "POST /api/v1/auth/whoami": [401, 200, 200, 200, 200],
    "PUT /user": [401, 403, 200, 200, 200],
    "PUT /user/password": [401, 403, 204, 204, 204],
    "DELETE /user": [401, 204, 204, 204, 204],
    "POST /auth/renew": [401, 200, 200, 200, 200],
    "POST /auth/logout": [401, 204, 204, 204, 204],
    "POST /auth/logout-all": [401, 204, 204, 204, 204],
    "GET /auth/sessions": [401, 200, 200, 200, 200],
    "GET /users": [401, 403, 200, 200, 200],
    "POST /api/users": [401, 403, 403, 403, 201],
    "GET /tasks": [401, 200, 200, 200, 200],
    "POST /tasks": [401, 201, 201, 201, 201],
    "GET /api/dogs": [200] * 5,
    "GET /api/dogs/is_adopted": [200] * 5,
    "POST /api/dogs/{name}": [401, 403, 201, 201, 201],
    "GET /api/files": [401, 403, 200, 200, 200],
    "POST /api/files": [401, 403, 202, 202, 202],
    "GET /datasets": [401, 403, 403, 200, 200],
    "POST /datasets": [401, 403, 403, 201, 201],
}
OWN = {
    "DELETE /auth/sessions/{id}": [401, 204, 204, 204, 204],
    "GET /users/{id}": [401, 403, 200, 200, 200],
    "PUT /users/{id}": [401, 403, 200, 200, 200],
    "DELETE /users/{id}": [401, 403, 204, 204, 204],
    "GET /users/{id}/dogs": [401, 403, 200, 200, 200],
    "GET /tasks/{id}": [401, 200, 200, 200, 200],
    "PUT /tasks/{id}": [401, 200, 200, 200, 200],
    "DELETE /tasks/{id}": [401, 204, 204, 204, 204],
    "GET /api/dogs/{name}": [200] * 5,
    "PUT /api/dogs/{name}": [401, 403, 200, 200, 200],
    "DELETE /api/dogs/{name}": [401, 403, 204, 204, 204],
    "GET /api/files/{id}": [401, 403, 200, 200, 200],
    "GET /api/files/{id}/content": [401, 403, 200, 200, 200],
    "DELETE /api/files/{id}": [401, 403, 204, 204, 204],
    "GET /jobs/{id}": [401, 403, 200, 200, 200],
    "DELETE /jobs/{id}": [401, 403, 204, 204, 204],
    "GET /datasets/{id}": [401, 403, 403, 200, 200],
    "GET /datasets/{id}/rows": [401, 403, 403, 200, 200],
    "GET /datasets/{id}/file": [401, 403, 403, 200, 200],
    "POST /datasets/{id}/summary": [401, 403, 403, 200, 200],
    "DELETE /datasets/{id}": [401, 403, 403, 204, 204],
}
OTHERS = {
    "DELETE /auth/sessions/{id}": [401, 404, 404, 404, 404],
    "GET /users/{id}": [401, 403, 200, 200, 200],
    "PUT /users/{id}": [401, 403, 403, 403, 200],
    "DELETE /users/{id}": [401, 403, 403, 403, 204],
    "GET /users/{id}/dogs": [401, 403, 200, 200, 200],
    "GET /tasks/{id}": [401, 404, 404, 404, 404],
    "PUT /tasks/{id}": [401, 404, 404, 404, 404],
    "DELETE /tasks/{id}": [401, 404, 404, 404, 404],
    "GET /api/dogs/{name}": [200] * 5,
    "PUT /api/dogs/{name}": [401, 403, 403, 403, 200],
    "DELETE /api/dogs/{name}": [401, 403, 403, 403, 204],
    "GET /api/files/{id}": [401, 403, 404, 404, 200],
    "GET /api/files/{id}/content": [401, 403, 404, 404, 200],
    "DELETE /api/files/{id}": [401, 403, 404, 404, 204],
    "GET /jobs/{id}": [401, 403, 404, 404, 200],
    "DELETE /jobs/{id}": [401, 403, 404, 404, 204],
    "GET /datasets/{id}": [401, 403, 403, 404, 200],
    "GET /datasets/{id}/rows": [401, 403, 403, 404, 200],
    "GET /datasets/{id}/file": [401, 403, 403, 404, 200],
    "POST /datasets/{id}/summary": [401, 403, 403, 404, 200],
    "DELETE /datasets/{id}": [401, 403, 403, 404, 204],
}


def _row(method: str, path: str) -> str:
    """Return the row of an operation. PATCH has the row of PUT, and an alias that of its canonical path."""
    canonical = OPERATIONS[method, path].get("x-alias-of", path)
    same = canonical in ("/register", "/login", "/auth/anonymous", "/auth/refresh", "/user")
    own_row = f"{method} {path}" in SAME_FOR_ALL
    return f"{'PUT' if method == 'PATCH' else method} {path if same and own_row else canonical}"


def _tables(method: str, path: str) -> dict[str, dict[str, list[int]]]:
    """Return the tables of an operation by the owner of the entity."""
    return {"own": OWN, "other's": OTHERS} if _row(method, path) in OWN else {"no": SAME_FOR_ALL}


def _cells() -> Iterator[tuple[str, str, str, str, int]]:
    for method, path in sorted(OPERATIONS):
        row = _row(method, path)
        for owner, table in _tables(method, path).items():
            for role, status in zip(ROLES, table.get(row, [0] * 5), strict=True):  # 0: no row, so the cell fails
                yield method, path, role, owner, status


def _body(method: str, path: str, person: Person | None, free: str) -> dict[str, Any]:
    """Return a valid body for the operation."""
    match _row(method, path).split():
        case _, "/register" | "/users" | "/api/v1/auth/signup" if "{id}" not in path:
            return registration()
        case "POST", "/api/users":
            return {"name": "Ann", "last_name": "Ruiz", "email": registration()["email"]}
        case _, "/user/password":
            return {"current_password": PASSWORD, "new_password": "a stapled battery"}
        case _, "/auth/token":
            return {"grant_type": "password", "username": free, "password": PASSWORD}
        case _, "/login" | "/api/v1/auth/login" | "/session":
            return {"username": free, "password": PASSWORD}
        case _, "/auth/refresh" | "/api/v1/token/refresh":
            return {"refresh_token": person.refresh if person else ""}
        case _, "/auth/email/login" | "/auth/password/forgot":
            return {"email": "somebody@example.com"}
        case _, "/auth/email/login/confirm" | "/auth/introspect" | "/auth/revoke":
            return {"token": "unknown"}
        case _, "/auth/password/reset":
            return {"token": "unknown", "new_password": "a stapled battery"}
        case _, "/auth/passkey":
            return {"passkey": {}}
        case _, "/auth/firebase":
            return {"id_token": "unknown"}
        case _, "/tasks" | "/tasks/{id}":
            return {"title": "Walk the dog"}
        case _, "/api/dogs/{name}":
            return {"is_adopted": True}
        case _, "/api/files":
            return {"file": (io.BytesIO(b"content"), "a.txt")}
        case _, "/datasets":
            return {"name": "Customers", "file": (io.BytesIO(CSV), "a.csv")}
    return {"name": "Ann"}


def _ask(client: Client, method: str, path: str, url: str, body: dict[str, Any], token: str | None) -> Answer:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if "requestBody" not in OPERATIONS[method, path]:
        return client.open(url, method=method, headers=headers)
    media = "json" if "application/json" in OPERATIONS[method, path]["requestBody"]["content"] else "data"
    return client.open(url, method=method, headers=headers, **{media: body})


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
    body = _body(method, path, refreshing, bystander.user["username"])
    url = place(client, target, method, path).replace("{code}", "taken")
    before = _seen(client, path, url, bystander)
    answer = _ask(client, method, path, url, body, person.token if person else None)
    assert answer.status_code == status
    if status in (401, 403, 404) and method in ("PUT", "PATCH", "DELETE"):
        assert client.get("/user", headers=bystander.headers).json == bystander.user
        assert target is not bystander or _seen(client, path, url, bystander) == before


def _seen(client: Client, path: str, url: str, person: Person) -> object:
    """Return the entity as ``person`` sees it, or None if the path has no GET."""
    return client.get(url, headers=person.headers).json if ("GET", path) in OPERATIONS and "{" in path else None


def test_the_tables_have_no_row_without_a_route() -> None:
    rows = {_row(method, path) for method, path in OPERATIONS}
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
    token, row, access = KINDS[kind], _row(method, path), ACCESS[method, path]
    *_, table = _tables(method, path).values()
    if path == "/metrics":
        return 200 if kind == "metrics" else 401
    if row in ("POST /auth/refresh", "POST /api/v1/token/refresh"):
        return 200 if kind == "refresh" else 401
    if access is Access.PUBLIC:
        return table[row][0]
    if not token.believed:
        return 401 if access.needs_token or kind != "none" else table[row][0]
    if row in ("POST /auth/renew", "POST /auth/logout") and not token.session:
        return 403
    return table[row][ROLES.index(token.role)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("method", "path"), sorted(OPERATIONS))
def test_every_kind_of_token_at_every_route(vouching: Flask, method: str, path: str, kind: str) -> None:
    client = client_of(vouching)
    bystander = join(client)
    token = KINDS[kind].make(client)
    body = _body(method, path, None, bystander.user["username"])
    url = place(client, bystander, method, path).replace("{code}", "taken")
    answer = _ask(client, method, path, url, body, token)
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
