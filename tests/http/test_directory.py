"""Guests, the list of users, and changes that admins make to other users."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from src.domain.errors import Forbidden
from src.infrastructure.stores.memory import MemoryStore
from tests.support.working import Watch, caller_of, person
from tests.support.world import (
    ACCESS_FIELDS,
    PASSWORD,
    USER_FIELDS,
    Answer,
    Client,
    Person,
    build,
    client_of,
    errors_of,
    join,
    log_in,
    logged_in,
    registration,
    services_of,
)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def app(watch: Watch, store: MemoryStore) -> Flask:
    return build(store, clock=watch)


@pytest.fixture
def root(client: Client) -> Person:
    return join(client, role="admin", username="root")


# Guests


@pytest.mark.parametrize("path", ["/auth/anonymous", "/session"])
def test_a_guest_gets_an_access_token_only(client: Client, path: str) -> None:
    answer = client.post(path)
    assert answer.status_code == 201
    assert set(answer.json) == ACCESS_FIELDS
    assert answer.json["expires_in"] == 900
    guest = client.get("/user", headers=Person({}, answer.json["access_token"]).headers).json
    assert (guest["role"], guest["username"], guest["email"]) == ("guest", None, None)


@pytest.mark.parametrize("body", [{}, {"x": 1}])
def test_post_session_without_credentials_creates_a_guest(client: Client, body: dict[str, Any]) -> None:
    assert client.post("/session", json=body).status_code == 201


def test_post_session_with_credentials_logs_in(client: Client, anna: Person) -> None:
    for name in ("username", "email"):
        answer = client.post("/session", json={name: anna.user[name], "password": PASSWORD})
        assert answer.status_code == 200
        assert set(answer.json) == ACCESS_FIELDS | {"refresh_token"}
    assert client.post("/session", json={"username": "anna", "password": "wrong"}).status_code == 401


@pytest.mark.parametrize("body", [{"username": "anna"}, {"password": "x"}, {"email": "", "password": "x"}])
def test_post_session_with_incomplete_credentials_returns_422(client: Client, body: dict[str, str]) -> None:
    assert client.post("/session", json=body).status_code == 422


def test_a_guest_renews_for_at_most_a_day_and_is_then_purged(client: Client, watch: Watch, app: Flask) -> None:
    guest = join(client, "guest")
    person = guest
    for _ in range(96):
        watch.forward(899)
        answer = client.post("/auth/renew", headers=person.headers)
        assert answer.status_code == 200
        person = Person(guest.user, answer.json["access_token"])
    assert answer.json["expires_in"] == 24 * 3600 - 96 * 899
    assert services_of(app).accounts.accounts.purge_guests() == 0
    watch.forward(answer.json["expires_in"])
    assert client.get("/user", headers=person.headers).status_code == 401
    assert services_of(app).accounts.accounts.purge_guests() == 0  # the last request of the guest may still be running
    watch.forward(60)
    kept, young = join(client), join(client, "guest")
    assert services_of(app).accounts.accounts.purge_guests() == 1
    assert services_of(app).accounts.accounts.purge_guests() == 0
    for each in (kept, young):
        assert client.get("/user", headers=each.headers).status_code == 200


def test_purging_a_guest_removes_everything_stored_about_it(
    store: MemoryStore, client: Client, watch: Watch, app: Flask
) -> None:
    guest = join(client, "guest")
    watch.forward(24 * 3600 + 60)
    services_of(app).accounts.accounts.purge_guests()
    left = {name for (name, _), document in store.documents.items() if guest.user["id"] in repr(document)}
    assert left == {"events"}  # only ids are kept in the events
    assert guest.session not in repr(store.documents)


def test_deleting_a_user_removes_the_last_sign_in(store: MemoryStore, client: Client) -> None:
    user = join(client)
    assert ("sign_ins", user.user["id"]) in store.documents
    assert client.delete("/user", headers=user.headers).status_code == 204
    assert ("sign_ins", user.user["id"]) not in store.documents


def test_a_guest_that_registers_keeps_its_id_and_loses_its_sessions(client: Client, watch: Watch, app: Flask) -> None:
    guest = join(client, "guest")
    body = registration(name="Anna")
    answer = client.post("/register", json=body, headers=guest.headers)
    assert (answer.status_code, answer.json["id"], answer.json["role"]) == (201, guest.user["id"], "user")
    assert client.get("/user", headers=guest.headers).status_code == 401
    assert client.post("/register", json=registration(), headers=guest.headers).status_code == 401
    watch.forward(48 * 3600)
    assert services_of(app).accounts.accounts.purge_guests() == 0
    anna = logged_in(client, Person(answer.json, ""))
    assert client.get("/user", headers=anna.headers).json == answer.json


def test_a_guest_that_registers_a_taken_name_remains_a_guest(client: Client, anna: Person) -> None:
    guest = join(client, "guest")
    body = registration(username=anna.user["username"], email=anna.user["email"])
    answer = client.post("/register", json=body, headers=guest.headers)
    assert answer.status_code == 409
    assert errors_of(answer) == {("username", "taken"), ("email", "taken")}
    assert client.get("/user", headers=guest.headers).json == guest.user


def test_the_etag_of_another_user_does_not_depend_on_hidden_fields(client: Client, root: Person) -> None:
    anna, ben = join(client), join(client)
    url = anna.at("/users/{id}")

    def seen(by: Person) -> str:
        return client.get(url, headers=by.headers).headers["ETag"]

    of_ben, of_anna, of_root = seen(ben), seen(anna), seen(root)
    assert of_anna == of_root != of_ben
    client.put("/user", json={"name": "Anna"}, headers=anna.headers)
    assert (seen(ben), seen(anna) == of_anna, seen(root) == of_root) == (of_ben, False, False)
    client.put("/user", json={"username": f"{anna.user['username']}x"}, headers=anna.headers)
    assert seen(ben) != of_ben


# The list


def _list(client: Client, person: Person, **query: Any) -> Answer:
    return client.get("/users", headers=person.headers, query_string=query)


def _names(answer: Answer) -> list[str]:
    return [user["username"] for user in answer.json]


def _next(answer: Answer) -> str:
    link = answer.headers.get("Link", "")
    assert not link or link.endswith('>; rel="next"')
    return str(link.partition(">")[0].lstrip("<"))


def test_users_are_listed_by_name_without_guests(client: Client, root: Person) -> None:
    for name in ("zoe", "Ben", "anna", "Émile"):
        join(client, username=name)
    join(client, "guest")
    anna = join(client, username="carl")
    gone = join(client, username="gone")
    client.delete("/user", headers=gone.headers)
    expected = ["anna", "Ben", "carl", "root", "zoe", "Émile"]
    for path in ("/users", "/api/users", "/api/v1/users"):
        seen = client.get(path, headers=anna.headers)
        assert _names(seen) == expected
        assert {frozenset(user) for user in seen.json} == {frozenset({"id", "username"})}
        whole = client.get(path, headers=root.headers)
        assert _names(whole) == expected
        assert {frozenset(user) for user in whole.json} == {frozenset(USER_FIELDS)}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"q": "an"}, ["anna", "ANNE"]),
        ({"q": "ANN"}, ["anna", "ANNE"]),
        ({"q": "\uff21nna"}, ["anna"]),
        ({"q": "nna"}, []),
        ({"q": "%"}, []),
        ({"q": "\U0010ffff"}, []),
        ({"email": "anna@example.com"}, ["anna"]),
        ({"email": "ANNA@Example.com"}, ["anna"]),
        ({"email": "anna@"}, []),
        ({"email": "nobody@example.com"}, []),
        ({"role": "uploader"}, ["ANNE"]),
        ({"role": "admin"}, ["root"]),
        ({"role": "guest"}, []),
        ({"q": "an", "role": "uploader"}, ["ANNE"]),
        ({"q": "b", "email": "anna@example.com"}, []),
        ({"email": "anna@example.com", "role": "admin"}, []),
        ({"email": "anna@example.com", "role": "user", "q": "a"}, ["anna"]),
        ({"q": ""}, ["anna", "ANNE", "root"]),
    ],
)
def test_only_admins_can_filter_users(client: Client, root: Person, query: dict[str, str], names: list[str]) -> None:
    anna = join(client, username="anna", email="anna@example.com")
    join(client, username="ANNE", role="uploader")
    answer = _list(client, root, **query)
    assert answer.status_code == 200
    assert _names(answer) == names
    assert _list(client, anna, **query).status_code == 403


@pytest.mark.parametrize("query", [{"role": "root"}, {"role": ["user", "user"]}, {"limit": ["1", "2"], "role": "root"}])
def test_a_list_refuses_a_bad_role(client: Client, root: Person, query: dict[str, str | list[str]]) -> None:
    answer = _list(client, root, **query)
    assert answer.status_code == 422
    assert {field for field, _ in errors_of(answer)} == set(query)
    for field, code in errors_of(answer):
        assert (code == "repeated") is isinstance(query[field], list)


def test_pages_skip_and_repeat_nothing_while_users_come_and_go(client: Client, root: Person) -> None:
    people = {name: join(client, username=name) for name in ("bbb", "ddd", "fff", "hhh", "jjj")}
    first = _list(client, root, limit=2)
    assert _names(first) == ["bbb", "ddd"]
    for gone in ("ddd", "hhh"):  # the user of the cursor, and one after it
        client.delete("/user", headers=people[gone].headers)
    for come in ("aaa", "eee"):  # one before and one after the cursor
        join(client, username=come)
    second = client.get(_next(first), headers=root.headers)
    assert _names(second) == ["eee", "fff"]
    third = client.get(_next(second), headers=root.headers)
    assert _names(third) == ["jjj", "root"]
    assert not _next(third)


def test_a_cursor_is_valid_for_its_own_list_only(client: Client, root: Person) -> None:
    anna = join(client, username="anna")
    for _ in range(2):
        for owner in (root, anna):
            client.post("/tasks", json={"title": "x", "completed": True}, headers=owner.headers)
            client.post("/tasks", json={"title": "x"}, headers=owner.headers)
    lists = ["/tasks?", "/tasks?completed=true&", "/tasks?completed=false&", "/users?", "/users?q=a&"]
    lists += ["/users?role=user&", "/users?role=admin&"]
    join(client, username="ann"), join(client, username="ben", role="admin")
    cursors = {}
    for owner in (root, anna):
        for url in lists[: None if owner is root else 3]:
            page = client.get(f"{url}limit=1", headers=owner.headers)
            cursors[owner.user["id"], url] = _next(page).partition("cursor=")[2]
    for url in lists:
        for of, cursor in cursors.items():
            answer = client.get(f"{url}limit=500&cursor={cursor}", headers=root.headers)
            assert answer.status_code == (200 if of == (root.user["id"], url) else 422), (url, of)


# What admins do


PERSON = {"name": "Ann", "last_name": "Ruiz"}


def test_a_user_created_without_a_password_cannot_log_in(client: Client, root: Person) -> None:
    body = {**PERSON, "email": registration()["email"]}
    answer = client.post("/api/users", json=body, headers=root.headers)
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/users/{answer.json['id']}"
    assert answer.json["username"].startswith("user-")
    for password in ("", "None", "null", PASSWORD, "nobody"):
        login = {"email": body["email"], "password": password}
        assert client.post("/login", json=login).status_code == 401


@pytest.mark.parametrize("role", ["user", "uploader", "admin"])
def test_an_admin_can_create_a_user_with_every_field(client: Client, root: Person, role: str) -> None:
    body = {**PERSON, **registration(), "role": role}
    answer = client.post("/api/users", json=body, headers=root.headers)
    assert (answer.json["role"], answer.json["username"]) == (role, body["username"])
    assert log_in(client, Person(answer.json, "")).status_code == 200


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {("name", "required"), ("last_name", "required"), ("email", "required")}),
        ({**PERSON, "email": "a@example.com", "role": "guest"}, {("role", "role")}),
        ({**PERSON, "email": "a@example.com", "role": "root"}, {("role", "role")}),
        ({**PERSON, "email": "a@example.com", "role": 1}, {("role", "type")}),
        ({**PERSON, "email": "x", "password": "x"}, {("email", "email"), ("password", "too_short")}),
    ],
)
def test_an_admin_creating_an_invalid_user_gets_422(
    client: Client, root: Person, body: dict[str, Any], errors: set[tuple[str, str]]
) -> None:
    answer = client.post("/api/users", json=body, headers=root.headers)
    assert (answer.status_code, errors_of(answer)) == (422, errors)


@pytest.mark.parametrize(
    "body", [{"role": "guest"}, {"role": "root"}, {"role": None}, {"disabled": "true"}, {"disabled": 1}]
)
def test_an_invalid_role_or_disabled_flag_returns_422(
    client: Client, root: Person, anna: Person, body: dict[str, Any]
) -> None:
    assert client.put(anna.at("/users/{id}"), json=body, headers=root.headers).status_code == 422


def test_only_admins_set_role_and_disabled(client: Client, root: Person, anna: Person) -> None:
    rule = {"role": "admin", "disabled": True}
    url = anna.at("/users/{id}")
    assert client.put(url, json=rule, headers=anna.headers).status_code == 422
    changed = client.patch(url, json={**rule, "name": "Ann"}, headers=anna.headers).json
    assert (changed["name"], changed["role"], changed["disabled"]) == ("Ann", "user", False)
    assert client.put("/user", json={**rule, "name": "Ann"}, headers=root.headers).json["disabled"] is False
    changed = client.put(url, json=rule, headers=root.headers).json
    assert (changed["role"], changed["disabled"]) == ("admin", True)


def test_guests_and_deleted_users_return_404(client: Client, root: Person, anna: Person) -> None:
    guest = join(client, "guest")
    client.delete("/user", headers=anna.headers)
    for url in (guest.at("/users/{id}"), anna.at("/users/{id}"), "/users/" + "0" * 32, "/users/x"):
        assert client.get(url, headers=root.headers).status_code == 404
        assert client.put(url, json={"name": "x"}, headers=root.headers).status_code == 404
        if url != guest.at("/users/{id}"):
            assert client.delete(url, headers=root.headers).status_code == 404


# The last admin


LAST = {
    "demote": ("PUT", "/users/{id}", {"role": "user"}),
    "disable": ("PATCH", "/users/{id}", {"disabled": True}),
    "delete": ("DELETE", "/users/{id}", None),
    "delete yourself": ("DELETE", "/user", None),
}


@pytest.mark.parametrize("name", LAST)
def test_the_last_admin_cannot_be_removed(client: Client, root: Person, name: str) -> None:
    method, path, body = LAST[name]
    locked = join(client, role="admin")
    client.put(locked.at("/users/{id}"), json={"disabled": True}, headers=root.headers)  # disabled ones do not count
    answer = client.open(root.at(path), method=method, json=body, headers=root.headers)
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/last-admin")
    assert _list(client, root, role="admin").status_code == 200
    join(client, role="admin")
    assert client.open(root.at(path), method=method, json=body, headers=root.headers).status_code in (200, 204)


@pytest.mark.parametrize("name", ["demote", "disable", "delete"])
def test_when_two_admins_remove_each_other_one_remains(name: str) -> None:
    method, path, body = LAST[name]
    for _ in range(5):
        app = build()
        one, two = (join(client_of(app), role="admin") for _ in range(2))

        def remove(pair: tuple[Person, Person], app: Flask = app) -> int:
            by, whom = pair
            return client_of(app).open(whom.at(path), method=method, json=body, headers=by.headers).status_code

        with ThreadPoolExecutor(2) as pool:
            statuses = sorted(pool.map(remove, [(one, two), (two, one)]))
        assert statuses[0] in (200, 204)
        assert statuses[1] in (401, 403, 409)
        left = [user for user in services_of(app).administration.list_users().items if user.is_active_admin]
        assert len(left) == 1


def test_a_user_is_not_told_when_others_signed_in_last(app: Flask) -> None:
    """The page of users in the console asks for the days, and is itself for auditors and admins only."""
    with pytest.raises(Forbidden):
        services_of(app).directory.last_sign_ins(caller_of(person()), [])
