"""First logins of users of another system, and what that system can and cannot do."""

from collections.abc import Mapping
from typing import Any

import pytest

from src.application.ports import KnownUser
from src.bootstrap.adapters import now
from src.domain.errors import AttemptFailed
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.stores.memory import MemoryStore
from tests.support.races import at_once
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
from tests.web.surfer import Surfer

FORM = "application/x-www-form-urlencoded"


class OldSystem:
    """A system that knows users by their names. The password of each is PASSWORD."""

    def __init__(self, **users: KnownUser) -> None:
        self.users = users
        self.asked: list[tuple[str, str]] = []
        self.is_down = False

    def ask(self, kind: str, login: str, password: str) -> KnownUser | None:
        self.asked.append((kind, login))
        if self.is_down:
            raise AttemptFailed("It took too long.")
        return self.users.get(login.partition("@")[0].lower()) if password == PASSWORD else None

    def check(self) -> None:
        raise NotImplementedError


ANNA = KnownUser("Anna", "Anna@example.com", email_verified=True, details={"name": "Anna", "last_name": "x" * 999})


def world(old: OldSystem, store: MemoryStore | None = None, *, limited: bool = False, **settings: Any) -> Client:
    store = store or MemoryStore()
    limiter = StoreLimiter(store, now) if limited else None
    return client_of(build(store=store, login_source=old, limiter=limiter, settings=settings))


def log_in(client: Client, login: str, password: str = PASSWORD, path: str = "/login") -> Answer:
    return client.post(path, json={"username": login, "password": password})


def user_of(client: Client, answer: Answer) -> Mapping[str, Any]:
    assert answer.status_code == 200
    user: Mapping[str, Any] = client.get("/user", headers=Person({}, answer.json["access_token"]).headers).json
    return user


def test_a_user_takes_thirty_names_in_an_hour_at_most_and_the_owners_of_others_still_come_over() -> None:
    old = OldSystem(anna=ANNA)
    client = world(old, limited=True)
    eve = join(client)
    names = [*(f"victim{number}" for number in range(30)), "anna"]
    statuses = [client.put("/user", json={"username": name}, headers=eve.headers).status_code for name in names]
    assert statuses == [200] * 30 + [429]
    assert client.put("/user", json={"username": "Victim29", "name": "Eve"}, headers=eve.headers).status_code == 429
    assert client.put("/user", json={"username": "victim29", "name": "Eve"}, headers=eve.headers).status_code == 200
    assert log_in(client, "anna").status_code == 200


@pytest.mark.parametrize("path", ["/login", "/auth/login", "/api/v1/auth/login", "/session", "/auth/token"])
def test_an_unknown_user_whom_the_old_system_knows_becomes_a_user_by_every_login(path: str) -> None:
    old = OldSystem(anna=ANNA)
    client = world(old)
    if path == "/auth/token":
        data = {"grant_type": "password", "username": "Anna", "password": PASSWORD}
        answer = client.post(path, data=data, content_type=FORM)
    else:
        answer = log_in(client, "Anna", path=path)
    user = user_of(client, answer)
    assert old.asked == [("username", "Anna")]
    assert (user["username"], user["email"], user["email_verified"]) == ("Anna", "Anna@example.com", True)
    assert (user["name"], user["last_name"], user["role"], user["claims"]) == ("Anna", None, "user", {})
    old.users.clear()
    assert [log_in(client, name).status_code for name in ("anna", "anna@example.com")] == [200, 200]
    assert len(old.asked) == 1
    events = client.get("/user/events", headers=Person({}, answer.json["access_token"]).headers).json
    assert {"user-registered", "login-succeeded"} <= {each["type"] for each in events}


def test_a_sign_in_on_the_pages_makes_a_user_too() -> None:
    client = world(OldSystem(anna=ANNA))
    assert Surfer(client.application).sign_in("anna").status_code == 303
    [user] = services_of(client.application).administration.list_users().items
    assert user.email
    assert user.email.address == "Anna@example.com"


def test_a_login_with_an_address_makes_a_user_with_that_address_and_a_random_name() -> None:
    client = world(OldSystem(anna=KnownUser()))
    user = user_of(client, log_in(client, "anna@example.com"))
    assert (user["email"], user["email_verified"]) == ("anna@example.com", False)
    assert user["username"].startswith("user-")


@pytest.mark.parametrize(
    "old",
    [
        OldSystem(),
        OldSystem(anna=KnownUser("ben")),
        OldSystem(anna=KnownUser(None, "taken@example.com")),
    ],
)
def test_a_no_and_an_answer_about_another_name_are_a_wrong_password(old: OldSystem) -> None:
    client = world(old)
    join(client, email="taken@example.com")
    refused = log_in(client, "anna")
    assert old.asked == [("username", "anna")]
    assert (refused.status_code, refused.json["type"]) == (401, "/problems/invalid-credentials")
    old.is_down = True
    same = log_in(client, "anna")
    assert {**same.json, "instance": ""} == {**refused.json, "instance": ""}


def test_the_old_system_is_never_asked_about_a_name_that_is_or_was_in_use() -> None:
    old = OldSystem(anna=ANNA, annette=ANNA)
    client = world(old)
    anna = join(client, username="annette", email="annette@example.com")
    assert log_in(client, "annette", "wrong password").status_code == 401
    assert client.patch("/user", json={"username": "anna"}, headers=anna.headers).status_code == 200
    assert log_in(client, "annette").status_code == 401
    assert client.delete("/user", headers=anna.headers).status_code == 204
    for name in ("ANNA", "annette", "annette@example.com"):
        assert log_in(client, name).status_code == 401
    assert old.asked == []
    again = registration(username="anna", email="annette@example.com")
    assert client.post("/register", json=again).status_code == 201  # the names can be registered again
    assert client.delete("/user", headers=logged_in(client, Person(again, "")).headers).status_code == 204
    assert log_in(client, "anna").status_code == 401
    assert old.asked == []


def test_a_migrated_user_who_was_deleted_does_not_come_back() -> None:
    old = OldSystem(anna=ANNA)
    client = world(old)
    token = log_in(client, "anna").json["access_token"]
    assert client.delete("/user", headers=Person({}, token).headers).status_code == 204
    assert [log_in(client, name).status_code for name in ("anna", "anna@example.com")] == [401, 401]
    assert len(old.asked) == 1


def test_a_name_that_is_taken_and_freed_while_the_old_system_answers_is_not_migrated() -> None:
    class Slow(OldSystem):
        def ask(self, kind: str, login: str, password: str) -> KnownUser | None:
            person = join(client, username="anna")
            client.delete("/user", headers=person.headers)
            return super().ask(kind, login, password)

    client = world(Slow(anna=ANNA))
    assert log_in(client, "anna").status_code == 401


@pytest.mark.parametrize("mode", ["closed", "invited"])
def test_the_old_system_is_not_asked_while_registration_is_not_open(mode: str) -> None:
    old = OldSystem(anna=ANNA)
    assert log_in(world(old, registration=mode), "anna").status_code == 401
    assert old.asked == []


def test_only_addresses_of_allowed_domains_are_migrated() -> None:
    old = OldSystem(anna=ANNA, ben=KnownUser("ben", "ben@example.org"), cleo=KnownUser("cleo"))
    client = world(old, registration_domains="example.org")
    assert log_in(client, "anna@example.com").status_code == 401
    assert old.asked == []
    assert [log_in(client, name).status_code for name in ("anna", "cleo", "ben")] == [401, 401, 200]


def test_simultaneous_first_logins_make_one_user() -> None:
    old = OldSystem(anna=ANNA)
    client = world(old)
    app = client.application
    answers = at_once(lambda _: log_in(client_of(app), "anna").status_code, range(20))
    assert answers == [200] * 20
    assert len(services_of(app).administration.list_users().items) == 1


def test_questions_of_an_address_are_limited_before_they_are_asked_and_a_yes_is_not_counted() -> None:
    old = OldSystem(anna=ANNA)
    client = world(old, limited=True)
    user_of(client, log_in(client, "anna"))
    answers = at_once(lambda at: log_in(client_of(client.application), f"nobody{at}").status_code, range(120))
    assert set(answers) == {401, 429}
    assert len(old.asked) <= 101
