"""Firebase accounts under load: simultaneous visits, several devices, and outages of Firebase Auth."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from src.domain.errors import Unavailable
from src.infrastructure.identity.firebase import FirebaseAccounts
from tests.e2e.firebase import new_address
from tests.e2e.firebase_world import World, dora, sdk, world
from tests.e2e.wiring import Client
from tests.support.emulators import free_port
from tests.support.firebase_sdk import PASSWORD, Device, SdkError

__all__ = ["dora", "sdk", "world"]  # fixtures


def test_a_thousand_first_visits_of_a_hundred_users_make_a_hundred_profiles(world: World) -> None:
    tokens = [world.firebase.sign_up(new_address()).id_token for _ in range(100)]
    clients = [Client(world.services) for _ in range(16)]

    def visit(number: int) -> tuple[int, str]:
        answer = clients[number % 16].call("GET", "/user", tokens[number % 100])
        return answer.status_code, answer.get_json().get("username")

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(visit, range(1000)))
    assert Counter(status for status, _ in answers) == {200: 1000}
    assert len({name for _, name in answers}) == 100
    assert len(world.services.administration.list_users(limit=500).items) == 100


def test_two_tabs_that_refresh_at_once_both_stay_logged_in(world: World, dora: Device) -> None:
    tokens = world.exchange(dora.id_token)
    clients = [Client(world.services) for _ in range(2)]
    with ThreadPoolExecutor(2) as tabs:
        body = {"refresh_token": tokens["refresh_token"]}
        answers = list(tabs.map(lambda tab: tab.call("POST", "/auth/refresh", **body), clients))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len({answer.get_json()["refresh_token"] for answer in answers}) == 1


def test_two_devices_lose_their_sessions_together(world: World, dora: Device) -> None:
    phone = world.device()
    uid = phone.signIn(world.user(dora.id_token)["email"], PASSWORD)
    sessions = [world.exchange(device.id_token) for device in (dora, phone)]
    assert [world.refresh(tokens).status_code for tokens in sessions] == [200, 200]
    sessions = [world.exchange(device.id_token) for device in (dora, phone)]
    world.admin.update_user(uid, disabled=True)
    assert world.refresh(sessions[0]).status_code == 401
    assert [world.status(tokens["access_token"]) for tokens in sessions] == [401, 401]


def test_of_simultaneous_visits_of_an_upgraded_guest_one_makes_the_user(world: World) -> None:
    device = world.device()
    device.signInAnonymously()
    name = world.user(device.id_token)["username"]
    world.link_password(device, new_address())
    token, clients = device.id_token, [Client(world.services) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda each: each.call("GET", "/user", token), clients))
    assert Counter(answer.status_code for answer in answers) == {200: 8}
    assert {answer.get_json()["role"] for answer in answers} == {"user"}
    assert len({answer.get_json()["username"] for answer in answers} - {name}) == 1


def test_a_link_and_a_registration_at_once_make_one_user(world: World) -> None:
    """The client links a credential at Firebase while its registration here is on the way."""
    for _ in range(3):
        device, addresses = world.device(), [new_address(), new_address()]
        uid = device.signInAnonymously()
        token = device.id_token
        world.user(token)
        body = {"username": f"u{uid[:20]}".lower(), "email": addresses[0], "password": PASSWORD}
        with ThreadPoolExecutor(2) as threads:
            registered = threads.submit(world.call, "POST", "/register", token, **body)
            threads.submit(_link, device, addresses[1]).result()
            assert registered.result().status_code in (201, 401, 503)
        address = world.admin.get_user(uid).email
        device.signIn(address, PASSWORD)
        user = world.user(device.id_token)
        assert (user["id"], user["role"], user["email"]) == (uid, "user", address)


def _link(device: Device, address: str) -> None:
    with suppress(SdkError):  # the registration came first
        device.linkPassword(address, PASSWORD)


def test_a_deletion_on_both_sides_at_once_leaves_nothing(world: World) -> None:
    for _ in range(3):
        device = world.device()
        uid = device.signUp(new_address(), PASSWORD)
        token = device.id_token
        world.user(token)
        with ThreadPoolExecutor(2) as threads:
            here = threads.submit(world.call, "DELETE", "/user", token)
            threads.submit(world.firebase.delete, uid).result()
            assert here.result().status_code in (204, 401)
        assert world.status(token) == 401
        world.later += timedelta(minutes=2)
        world.services.accounts.accounts.reconcile()
    assert world.services.administration.list_users().items == []


@contextmanager
def outage() -> Iterator[None]:
    """Point the service to a closed port in place of Firebase Auth."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIREBASE_AUTH_EMULATOR_HOST", f"127.0.0.1:{free_port()}")
        yield


def assert_unavailable(answer: TestResponse) -> None:
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_an_outage_of_firebase_is_503_and_ends_nothing(world: World, dora: Device) -> None:
    id_token = dora.id_token
    tokens = world.exchange(id_token)
    assert world.status(id_token) == 200
    with outage():
        for answer in (
            world.refresh(tokens),
            world.call("POST", "/auth/renew", tokens["access_token"]),
            world.call("POST", "/auth/firebase", id_token=id_token),
        ):
            assert_unavailable(answer)
        assert world.status(tokens["access_token"]) == 200
        assert world.status(id_token) == 200  # the token was checked a moment ago
        world.later = timedelta(seconds=301)
        assert world.status(id_token) == 503
    assert world.status(id_token) == 200
    assert world.refresh(tokens).status_code == 200


@pytest.mark.parametrize(
    ("state", "change"),
    [
        ("disabled", {"disabled": True}),
        ("verified", {"email_verified": True}),
        ("deleted", None),
        ("revoked", {"valid_since": 2**31}),
    ],
)
def test_a_change_at_firebase_waits_for_the_end_of_an_outage(
    world: World, dora: Device, state: str, change: dict[str, Any] | None
) -> None:
    tokens = world.exchange(dora.id_token)
    before = world.user(tokens["access_token"])
    if change is None:
        world.admin.delete_user(before["id"])
    else:
        world.admin.update_user(before["id"], **change)
    with outage():
        assert_unavailable(world.refresh(tokens))
        assert_unavailable(world.call("POST", "/auth/firebase", id_token=dora.id_token))
        assert world.user(tokens["access_token"]) == before
    assert world.refresh(tokens).status_code == (200 if state == "verified" else 401)
    users = world.services.administration.list_users().items
    assert [user.email_verified for user in users] == ([] if state == "deleted" else [state == "verified"])


def test_a_newcomer_at_a_deleted_users_address_waits_for_the_end_of_an_outage(
    world: World, dora: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, ask = world.user(dora.id_token), FirebaseAccounts.get
    dora.deleteUser()
    dora.signUp(old["email"], PASSWORD)

    def fail(identity: FirebaseAccounts, id: str) -> Any:
        """Fail after the account of the newcomer was found."""
        return _unavailable() if id == old["id"] else ask(identity, id)

    with outage():
        assert_unavailable(world.call("GET", "/user", dora.id_token))
    with monkeypatch.context() as patch:
        patch.setattr(FirebaseAccounts, "get", fail)
        assert world.call("GET", "/user", dora.id_token).status_code == 503
    assert [user.id for user in world.services.administration.list_users().items] == [old["id"]]
    new = world.user(dora.id_token)
    assert (new["id"] != old["id"], new["email"]) == (True, old["email"])


def test_a_linked_guest_becomes_a_user_after_an_outage(world: World) -> None:
    device, address = world.device(), new_address()
    device.signInAnonymously()
    guest = world.exchange(device.id_token)["access_token"]
    world.link_password(device, address)
    with outage():
        assert_unavailable(world.call("GET", "/user", device.id_token))
        assert world.user(guest)["role"] == "guest"
    user = world.user(device.id_token)
    assert (user["role"], user["email"]) == ("user", address)


def test_a_user_without_a_password_sets_one_after_an_outage(world: World) -> None:
    device, address = world.device(), new_address()
    device.signInWithGoogle({"sub": address, "email": address, "email_verified": True})
    token = world.exchange(device.id_token)["access_token"]
    with outage():
        assert_unavailable(world.call("PUT", "/user/password", token, new_password=PASSWORD))
    assert world.call("PUT", "/user/password", token, new_password=PASSWORD).status_code == 204
    assert world.client.log_in(address, PASSWORD)


@pytest.mark.parametrize("step", ["get", "create"])
def test_a_registration_of_an_anonymous_user_can_be_repeated_after_an_outage(
    world: World, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = world.device()
    uid = device.signInAnonymously()
    token = device.id_token
    world.call("POST", "/tasks", token, title="Look around")
    body = {"username": "dora", "email": new_address(), "password": PASSWORD}
    with monkeypatch.context() as patch:
        patch.setattr(FirebaseAccounts, step, _unavailable)
        assert world.call("POST", "/register", token, **body).status_code == 503
    assert world.admin.get_user(uid)  # the account of the anonymous user is not deleted with the attempt
    world.later = timedelta(minutes=2)
    world.services.accounts.accounts.reconcile()
    world.later = timedelta()
    if step == "create":
        assert world.call("POST", "/register", token, **body).status_code == 201
    device.signIn(body["email"], PASSWORD)
    assert world.user(device.id_token)["id"] == uid
    assert len(world.call("GET", "/tasks", device.id_token).get_json()) == 1


def _unavailable(*_: object) -> None:
    raise Unavailable
