"""The status of every route for every role and for every kind of token."""

import json
from datetime import timedelta

import pytest
from flask import Flask

from src.bootstrap.adapters import now
from src.interfaces.app import FEATURES
from src.interfaces.http.framework.authentication import Access
from tests.support.access import OTHERS, OWN, SAME_FOR_ALL, row_of
from tests.support.matrix import (
    KINDS,
    PROVIDER,
    check_console,
    check_role,
    check_token,
    console_cells,
    guarded_app,
    role_cells,
    vouched_for,
)
from tests.support.world import OPERATIONS, Person, Provider, client_of, join, registration

# Roles


@pytest.fixture
def guarded() -> Flask:
    return guarded_app(Provider())


@pytest.mark.parametrize(("method", "path"), sorted(OPERATIONS))
def test_every_role_at_every_route(guarded: Flask, method: str, path: str) -> None:
    for cell in role_cells(method, path):
        check_role(guarded, cell)


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
        if not rule.endpoint.startswith("web.")  # without the pages of the console
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


@pytest.fixture(scope="module")
def vouching() -> Flask:
    return guarded_app()


@pytest.mark.parametrize(("method", "path"), sorted(OPERATIONS))
def test_every_kind_of_token_at_every_route(vouching: Flask, method: str, path: str) -> None:
    for kind in KINDS:
        check_token(vouching, method, path, kind)


def test_a_firebase_token_has_no_session_of_the_service(vouching: Flask) -> None:
    client = client_of(vouching)
    headers = Person({}, vouched_for(client)).headers
    sessions = client.get("/auth/sessions", headers=headers).json
    assert [session["current"] for session in sessions] == [False]  # the session of the exchanged token
    assert client.delete(f"/auth/sessions/{sessions[0]['id']}", headers=headers).status_code == 204
    assert client.get("/auth/sessions", headers=headers).json == []


def test_a_firebase_token_from_before_logging_out_everywhere_is_refused(vouching: Flask) -> None:
    client = client_of(vouching)
    uid = vouched_for(client)
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


# The console


def test_every_page_of_the_console_asks_strangers_to_sign_in_and_refuses_wrong_roles(guarded: Flask) -> None:
    cells = [cell for cell in console_cells(guarded) if cell.method == "GET" and cell.role in ("nobody", "guest")]
    assert len(cells) > 50
    for cell in cells:
        check_console(guarded, cell)


def test_every_form_of_the_console_needs_its_token_and_is_for_its_senders_only(guarded: Flask) -> None:
    cells = [cell for cell in console_cells(guarded) if cell.method == "POST"]
    assert len(cells) > 100
    for cell in cells:
        check_console(guarded, cell)
