"""The events of an account, as its user and admins see them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from src.application.ports import ProviderAccount
from src.domain.events import SYSTEM, Event, EventType
from src.domain.sessions import NO_CLIENT, Login, Method
from src.domain.sessions import Client as Device
from src.domain.values import Email, new_id
from src.interfaces.event_texts import sentence
from tests.support.authenticator import Authenticator
from tests.support.clock import until
from tests.support.mailing import MailWorld
from tests.support.passkeys import enrol
from tests.support.second_steps import give_phone
from tests.support.world import (
    PASSWORD,
    Client,
    Person,
    Provider,
    build,
    client_of,
    join,
    log_in,
    logged_in,
    registration,
    services_of,
)

PHONE = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "X-Request-Id": "r-1"}


def history(client: Client, person: Person, **headers: str) -> list[dict[str, Any]]:
    answer = client.get("/user/events", headers=person.headers | headers)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json
    return found


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def eventually(found: Callable[[], int], number: int) -> None:
    until(lambda: found() == number, f"{number} are found")


def test_a_login_by_each_way_and_with_each_method_is_an_event() -> None:
    provider, world = Provider(), MailWorld()
    uid = new_id()
    provider.known[uid] = ProviderAccount(Email(f"{uid}@example.com"))
    elsewhere = client_of(build(remote=provider))
    assert elsewhere.post("/auth/firebase", json={"id_token": uid}).status_code == 200
    anna, client = join(world.client), world.client
    world.prove(anna)
    log_in(client, anna)
    for way in ("link", "code"):
        world.ask("/auth/email/login", anna.user["email"])
        body = {"token": world.token} if way == "link" else {"email": anna.user["email"], "code": world.code}
        assert world.confirm(**body).status_code == 200
    phone = give_phone(world.app, anna.user["id"])
    for kind in ("code", "recovery_code"):
        ticket = log_in(client, anna).json["mfa_token"]
        assert client.post("/auth/mfa", json={"mfa_token": ticket, **phone.answer(kind)}).status_code == 200
    device = Authenticator(counter=1)
    enrol(services_of(world.app), anna.user["id"], device)
    device.counter += 1
    shown = client.post("/auth/passkey/options").json
    assert client.post("/auth/passkey", json={"passkey": device.get(shown)}).status_code == 200
    logins: set[Any] = set()
    methods: set[str] = set()
    for app, user_id in ((world.app, anna.user["id"]), (elsewhere.application, uid)):
        services = services_of(app)
        for event in services.events.events.find(user_id=user_id, type=EventType.LOGIN_SUCCEEDED).items:
            session = services.sessions.sessions.get(event.session_id or "")
            assert session
            logins.add(event.data["method"])
            methods |= {*session.methods}
    assert logins == {*Login}
    assert methods == {*Method}


@pytest.mark.parametrize(
    ("type", "data", "english", "spanish"),
    [
        (EventType.KEY_REMOVED, {"key_id": "1", "scope": "read"}, "A key was removed.", "Se eliminó una clave."),
        (EventType.KEY_REMOVED, {"key_ids": ["1"]}, "Several keys were removed.", "Se eliminaron varias claves."),
        (
            *(EventType.FACTOR_REMOVED, {"kinds": ["totp"]}),
            *("Several second factors were removed.", "Se eliminaron varios segundos factores."),
        ),
    ],
)
def test_several_credentials_removed_at_once_are_described_in_the_plural(
    type: EventType, data: dict[str, Any], english: str, spanish: str
) -> None:
    event = NO_CLIENT.event(type, "ada", SYSTEM, datetime.now(UTC), **data)
    assert (sentence(event, "en"), sentence(event, "es")) == (english, spanish)


def test_users_see_their_own_history_with_the_newest_first_and_in_words(client: Client) -> None:
    anna, _ = join(client), join(client)
    body = {"username": anna.user["username"], "password": PASSWORD}
    client.post("/login", json=body, headers=PHONE)
    newest, *older = history(client, anna)
    assert types([newest, *older]) == ["login-succeeded", "login-succeeded", "user-registered"]
    assert newest["text"] == "Signed in with a password from Firefox 128 · Linux."
    assert {name: newest[name] for name in ("user_id", "actor", "ip", "user_agent", "request_id", "data")} == {
        "user_id": anna.user["id"],
        "actor": {"kind": "user", "id": anna.user["id"]},
        "ip": "127.0.0.1",
        "user_agent": PHONE["User-Agent"],
        "request_id": "r-1",
        "data": {"method": "password"},
    }
    spanish = history(client, anna, **{"Accept-Language": "es"})
    assert [spanish[0]["text"], spanish[2]["text"][:12]] == [
        "Entró con contraseña desde Firefox 128 · Linux.",
        "Se registró ",
    ]


def test_a_history_names_no_other_people(client: Client) -> None:
    root, anna = join(client, role="admin"), join(client)
    client.put(anna.at("/users/{id}"), json={"role": "uploader"}, headers=root.headers | PHONE)
    event = history(client, anna)[0]
    assert (event["type"], event["actor"]) == ("role-changed", {"kind": "admin", "id": None})
    assert [event[name] for name in ("ip", "user_agent", "session_id", "request_id")] == [None] * 4
    [full] = client.get(anna.at("/events?type=role-changed&user_id={id}"), headers=root.headers).json
    assert (full["actor"], full["ip"]) == ({"kind": "admin", "id": root.user["id"]}, "127.0.0.1")
    assert client.get("/events", headers=anna.headers).status_code == 403


def test_admins_filter_events_and_page_through_them(client: Client) -> None:
    root, anna = join(client, role="admin"), join(client)
    for _ in range(5):
        logged_in(client, anna)

    def search(query: str) -> list[dict[str, Any]]:
        answer = client.get(f"/events?{query}", headers=root.headers)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json
        return found

    mine = search(f"user_id={anna.user['id']}&type=login-succeeded")
    assert len(mine) == 6
    assert search(f"user_id={anna.user['id']}&from={mine[2]['at'].replace('+', '%2B')}") == mine[:3]
    assert (
        search(f"until={mine[4]['at'].replace('+', '%2B')}&user_id={anna.user['id']}&type=login-succeeded") == mine[4:]
    )
    found, url = [], anna.at("/events?limit=4&user_id={id}")
    while url:
        page = client.get(url, headers=root.headers)
        found += page.json
        url = page.headers["Link"].split(">")[0][1:] if "Link" in page.headers else ""
    assert found == search(f"limit=500&user_id={anna.user['id']}")
    assert [event["at"] for event in found] == sorted((event["at"] for event in found), reverse=True)
    for wrong in (
        "from=yesterday",
        "type=sneeze",
        "until=0001-01-01T00:00:00%2B14:00",
        "from=2026-01-01&from=2026-01-02",
    ):
        assert client.get(f"/events?{wrong}", headers=root.headers).status_code == 422


def test_failed_logins_of_known_users_are_stored_ten_times_in_five_minutes() -> None:
    now = [datetime(2026, 11, 23, 12, tzinfo=UTC)]
    client = client_of(build(clock=lambda: now[0]))
    root, anna = join(client, role="admin"), join(client)

    def stored() -> int:
        return len(client.get("/events?type=login-failed", headers=root.headers).json)

    for _ in range(15):
        assert log_in(client, anna, "wrong").status_code == 401
        client.post("/login", json={"username": "nobody", "password": "wrong"})
    eventually(stored, 10)
    now[0] += timedelta(minutes=5, seconds=1)
    for _ in range(15):
        log_in(client, anna, "wrong")
    eventually(stored, 20)
    assert history(client, anna)[0]["text"] == "A sign-in failed from Werkzeug."


def test_refused_requests_are_not_stored(client: Client) -> None:
    root = join(client, role="admin")
    before = client.get("/events", headers=root.headers).json
    for _ in range(3):
        client.get("/user")
    assert client.get("/events", headers=root.headers).json == before


def test_the_events_of_a_deleted_user_keep_only_ids(client: Client) -> None:
    root, anna = join(client, role="admin"), join(client)
    client.delete("/user", headers=anna.headers)
    found = client.get(f"/events?user_id={anna.user['id']}", headers=root.headers).json
    assert types(found) == ["user-deleted", "login-succeeded", "user-registered"]
    assert {(event["ip"], event["user_agent"], event["actor"]["id"]) for event in found} == {
        (None, None, anna.user["id"])
    }


def test_without_days_nothing_is_stored() -> None:
    client = client_of(build(settings={"events_days": 0}))
    assert history(client, join(client)) == []


def test_an_export_has_the_history_and_is_part_of_it(client: Client) -> None:
    anna = join(client)
    exported = client.get("/user/export", headers=anna.headers).json["events"]
    assert types(exported) == ["user-exported", "login-succeeded", "user-registered"]


@pytest.mark.parametrize("login", ["mail-link", "mail-code", "firebase", "passkey", "password"])
def test_every_way_to_log_in_is_described(app: Flask, login: str) -> None:
    client = client_of(app)
    anna = join(client)
    event = Device().event(EventType.LOGIN_SUCCEEDED, anna.user["id"], SYSTEM, datetime.now(UTC), method=login)
    services_of(app).events.events.add(event)
    assert history(client, anna)[0]["text"].startswith("Signed in with ")


def test_every_type_of_event_is_described(app: Flask) -> None:
    client = client_of(app)
    anna = join(client)
    for type in EventType:
        services_of(app).events.events.add(Event(new_id(), type, datetime.now(UTC), anna.user["id"], SYSTEM))
        text = history(client, anna, **{"Accept-Language": "en"})[0]["text"]
        assert text[0].isupper()
        assert text.endswith(".")


def test_a_registration_by_a_guest_is_in_the_history_of_the_same_account(client: Client) -> None:
    guest = join(client, role="guest")
    body = registration()
    client.post("/register", json=body, headers=guest.headers)
    tokens = client.post("/login", json={"username": body["username"], "password": PASSWORD}).json
    found = history(client, Person({}, tokens["access_token"]))
    assert types(found) == ["login-succeeded", "user-registered", "guest-registered"]
