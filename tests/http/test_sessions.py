"""The list of sessions, and every operation that ends sessions, with effect on the next request."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from flask import Flask

from src.application.sessions import AuthenticationService, Caller
from src.domain.users import Claim
from tests.support.working import Watch
from tests.support.world import (
    PASSWORD,
    Answer,
    Client,
    Person,
    build,
    client_of,
    join,
    logged_in,
    registration,
    services_of,
)

OTHER_PASSWORD = "a stapled battery"


@pytest.fixture
def watch() -> Watch:
    """A clock that stands still, so that all events happen within one second."""
    return Watch()


@pytest.fixture
def app(watch: Watch) -> Flask:
    app = build(clock=watch)
    join(client_of(app), role="admin")
    return app


@pytest.fixture
def root(client: Client) -> Person:
    return join(client, role="admin")


def _alive(client: Client, person: Person) -> bool:
    """Return whether the session accepts its access token; if not, assert that its refresh token is refused too."""
    seen = client.get("/user", headers=person.headers).status_code == 200
    if not seen and person.refresh:
        assert client.post("/auth/refresh", json={"refresh_token": person.refresh}).status_code == 401
    return seen


def _list(client: Client, person: Person, **query: Any) -> list[dict[str, Any]]:
    sessions: list[dict[str, Any]] = client.get("/auth/sessions", headers=person.headers, query_string=query).json
    return sessions


# Listing


def test_a_session_has_the_address_and_user_agent_of_its_login(client: Client, watch: Watch) -> None:
    body = registration()
    client.post("/register", json=body)
    agent = {"User-Agent": "a browser/1.0"}
    token = client.post(
        "/login",
        json={"username": body["username"], "password": PASSWORD},
        headers=agent,
        environ_overrides={"REMOTE_ADDR": "192.0.2.7"},
    ).json["access_token"]
    [session] = _list(client, Person({}, token))
    at = watch().isoformat().replace("+00:00", "Z")
    assert session == {
        "id": Person({}, token).session,
        "created_at": at,
        "last_used_at": at,
        "user_agent": "a browser/1.0",
        "ip": "192.0.2.7",
        "amr": ["pwd"],
        "second_factor": None,
        "current": True,
    }


def test_sessions_are_listed_newest_first_and_one_is_current(client: Client, watch: Watch, anna: Person) -> None:
    join(client)  # sessions of other users are not in the list
    people = [anna]
    for _ in range(4):
        watch.forward(1)
        people.append(logged_in(client, anna))
    sessions = _list(client, people[1])
    assert [session["id"] for session in sessions] == [person.session for person in reversed(people)]
    assert [session["id"] for session in sessions if session["current"]] == [people[1].session]
    watch.forward(1)
    client.post("/auth/refresh", json={"refresh_token": people[2].refresh})
    client.post("/auth/renew", headers=people[3].headers)
    used = {session["id"]: session["last_used_at"] > session["created_at"] for session in _list(client, anna)}
    assert used == {person.session: person is people[2] for person in people}


def test_a_user_can_end_single_sessions_of_its_own_only(client: Client, anna: Person) -> None:
    other, ben = logged_in(client, anna), join(client)
    for id in (ben.session, "0" * 32, "x", anna.user["id"]):
        assert client.delete(f"/auth/sessions/{id}", headers=anna.headers).status_code == 404
    assert _alive(client, ben)
    assert client.delete(f"/auth/sessions/{other.session}", headers=anna.headers).status_code == 204
    assert client.delete(f"/auth/sessions/{other.session}", headers=anna.headers).status_code == 404
    assert not _alive(client, other)
    assert [session["id"] for session in _list(client, anna)] == [anna.session]
    assert client.delete(f"/auth/sessions/{anna.session}", headers=anna.headers).status_code == 204
    assert not _alive(client, anna)


def test_admins_cannot_end_sessions_of_others(client: Client, root: Person, anna: Person) -> None:
    assert client.delete(f"/auth/sessions/{anna.session}", headers=root.headers).status_code == 404
    assert _alive(client, anna)


# Operations that end sessions: (request, caller's session remains, other sessions remain)

End = Callable[[Client, Person, Person], Answer]


def _by_password(client: Client, anna: Person, _: Person) -> Answer:
    body = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    return client.put("/user/password", json=body, headers=anna.headers)


ENDS: dict[str, tuple[End, bool, bool]] = {
    "logout": (lambda client, anna, _: client.post("/auth/logout", headers=anna.headers), False, True),
    "logout-all": (lambda client, anna, _: client.post("/auth/logout-all", headers=anna.headers), False, False),
    "password": (_by_password, True, False),
    "delete": (lambda client, anna, _: client.delete("/user", headers=anna.headers), False, False),
    "delete at users": (
        lambda client, anna, _: client.delete(anna.at("/users/{id}"), headers=anna.headers),
        False,
        False,
    ),
    "delete by admin": (
        lambda client, anna, root: client.delete(anna.at("/users/{id}"), headers=root.headers),
        False,
        False,
    ),
    "disable": (
        lambda client, anna, root: client.put(anna.at("/users/{id}"), json={"disabled": True}, headers=root.headers),
        False,
        False,
    ),
    "role": (
        lambda client, anna, root: client.put(anna.at("/users/{id}"), json={"role": "uploader"}, headers=root.headers),
        True,
        True,
    ),
    "profile": (lambda client, anna, _: client.put("/user", json={"name": "x"}, headers=anna.headers), True, True),
}


@pytest.mark.parametrize("name", ENDS)
def test_sessions_end_within_the_same_second(client: Client, root: Person, name: str) -> None:
    end, own, others = ENDS[name]
    anna, ben = join(client), join(client)
    other, late = logged_in(client, anna), logged_in(client, anna)
    assert end(client, anna, root).status_code in (200, 204)
    assert [_alive(client, person) for person in (anna, other, late)] == [own, others, others]
    assert _alive(client, ben)


@pytest.mark.parametrize("name", ["logout-all", "password"])
def test_a_login_in_the_same_second_as_the_end_is_valid(client: Client, root: Person, anna: Person, name: str) -> None:
    ENDS[name][0](client, anna, root)
    assert _alive(client, logged_in(client, anna, OTHER_PASSWORD if name == "password" else PASSWORD))
    assert len(_list(client, logged_in(client, anna, OTHER_PASSWORD if name == "password" else PASSWORD))) >= 2


def test_a_password_does_not_expire(client: Client, anna: Person, watch: Watch) -> None:
    watch.forward(10 * 365 * 86_400)
    assert _alive(client, logged_in(client, anna))


def test_enabling_a_user_restores_no_earlier_session(client: Client, root: Person, anna: Person) -> None:
    for disabled in (True, False):
        client.put(anna.at("/users/{id}"), json={"disabled": disabled}, headers=root.headers)
    assert not _alive(client, anna)
    assert _alive(client, logged_in(client, anna))


def test_a_changed_role_applies_to_the_next_request(client: Client, root: Person, anna: Person) -> None:
    search = {"q": "a"}
    for role, status in (("admin", 200), ("uploader", 403), ("user", 403), ("admin", 200)):
        client.put(anna.at("/users/{id}"), json={"role": role}, headers=root.headers)
        assert client.get("/users", query_string=search, headers=anna.headers).status_code == status


# Changes between authentication and the use case


class _Meanwhile:
    """An AuthenticationService that calls ``then`` after each authentication, before the use case."""

    def __init__(self, authentication: AuthenticationService) -> None:
        self._authentication = authentication
        self.clock = authentication.clock
        self.then: Callable[[], object] = lambda: None

    def authenticate(self, token: str) -> Caller:
        caller = self._authentication.authenticate(token)
        happens, self.then = self.then, lambda: None
        happens()
        return caller


@pytest.mark.parametrize("happens", ["disabled", "deleted"])
@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/user", {"name": "x"}, {401}),
        ("PUT", "/users/{id}", {"name": "x"}, {401, 404}),
        ("PUT", "/user/password", {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}, {401}),
        ("DELETE", "/user", None, {204, 401}),
        ("POST", "/auth/logout-all", None, {204, 401}),
        ("POST", "/auth/logout", None, {204}),
    ],
)
def test_a_request_in_flight_does_not_restore_a_removed_account(
    happens: str, method: str, path: str, body: dict[str, Any] | None, status: set[int]
) -> None:
    app = build()
    services = services_of(app)
    meanwhile = _Meanwhile(services.authentication)
    app.extensions["portero"] = replace(services, authentication=cast(AuthenticationService, meanwhile))
    client = client_of(app)
    join(client, role="admin")
    anna = join(client)
    if happens == "deleted":
        meanwhile.then = lambda: services.accounts.accounts.delete(anna.user["id"])
    else:
        meanwhile.then = lambda: services.administration.set_disabled(Claim("email", anna.user["email"]), True)
    answer = client.open(anna.at(path), method=method, json=body, headers=anna.headers)
    assert answer.status_code in status
    assert not _alive(client, anna)
    for password in (PASSWORD, OTHER_PASSWORD):
        login = {"email": anna.user["email"], "password": password}
        assert client.post("/login", json=login).status_code == 401
