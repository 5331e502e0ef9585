"""Killed at any step, the service loses nothing that it has acknowledged, and leaves nothing half done.

The process gets SIGKILL before and after every commit to the store and every call of the identity provider. Then
another process reconciles once.
"""

import itertools
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from src.domain.users import Claim, State
from tests.e2e.firebase import PASSWORD, Firebase, new_address
from tests.e2e.mortal import Mortal, Place, Request, told
from tests.e2e.wiring import Client

OTHER_PASSWORD = "another password"


@pytest.fixture
def firebase(place: Place, auth_emulator: str) -> Firebase:
    return Firebase(auth_emulator, place.auth_project)


def test_a_killed_registration_is_complete_or_absent(
    mortal: Mortal, place: Place, client: Client, firebase: Firebase
) -> None:
    for die_at in itertools.count(1):
        name, address = _new_name(), new_address()
        body = {"username": name, "email": address, "password": PASSWORD}
        outcome = mortal.carry_out(place, Request(method="POST", path="/register", body=body), die_at)
        with told(outcome.steps):
            _reconcile(client)
            # When no response was sent, the user exists only if everything was stored.
            exists = len(outcome.steps) == 6
            _assert_logins(client, firebase, name, address, PASSWORD, exists)
            again = client.register(name, address, OTHER_PASSWORD)
            assert again.status_code == (409 if exists else 201), again.text
            _assert_logins(client, firebase, name, address, PASSWORD if exists else OTHER_PASSWORD, True)
        if outcome.status is not None:
            assert outcome.status == 201
            assert outcome.steps == _steps("commit", "create", "commit")
            return


@pytest.mark.parametrize("also_username", [False, True], ids=["address", "address and username"])
def test_a_killed_change_of_address_is_complete_or_absent(
    mortal: Mortal, place: Place, client: Client, firebase: Firebase, also_username: bool
) -> None:
    for die_at in itertools.count(1):
        old_name, old_address, new_address_ = _new_name(), new_address(), new_address()
        new_name = _new_name() if also_username else old_name
        token = _joined(client, old_name, old_address)
        body = {"email": new_address_} | ({"username": new_name} if also_username else {})
        outcome = mortal.carry_out(place, Request(method="PUT", path="/user", token=token, body=body), die_at)
        with told(outcome.steps):
            _reconcile(client)
            changed = len(outcome.steps) == 6
            names = [(old_name, old_address), (new_name, new_address_)]
            (free_name, free_address), (name, address) = names if changed else reversed(names)
            _assert_logins(client, firebase, name, address, PASSWORD, True)
            assert client.call("GET", "/user", token).get_json()["email"] == address
            assert client.log_in(free_address, PASSWORD) is None
            assert firebase.sign_in(free_address) is None
            if not also_username:
                free_name = _new_name()
            assert client.register(free_name, free_address, OTHER_PASSWORD).status_code == 201
            _assert_logins(client, firebase, free_name, free_address, OTHER_PASSWORD, True)
        if outcome.status is not None:
            assert outcome.status == 200
            assert outcome.steps == _steps("commit", "set_email", "commit")
            return


def test_a_killed_deletion_is_complete_or_absent(
    mortal: Mortal, place: Place, client: Client, firebase: Firebase
) -> None:
    for die_at in itertools.count(1):
        name, address = _new_name(), new_address()
        token = _joined(client, name, address)
        id = client.call("GET", "/user", token).get_json()["id"]
        assert client.call("POST", "/tasks", token, title="Water the plants").status_code == 201
        outcome = mortal.carry_out(place, Request(method="DELETE", path="/user", token=token, body={}), die_at)
        with told(outcome.steps):
            _reconcile(client)
            # A deletion that has begun is completed.
            exists = len(outcome.steps) == 1
            assert client.call("GET", "/user", token).status_code == (200 if exists else 401)
            assert (firebase.account(id) is not None) == exists
            _assert_logins(client, firebase, name, address, PASSWORD, exists)
            assert len(client.services.tasks.tasks.list_for_user(id).items) == exists
            again = client.register(name, address, OTHER_PASSWORD)
            assert again.status_code == (409 if exists else 201), again.text
            assert exists or again.get_json()["id"] != id
        if outcome.status is not None:
            assert outcome.status == 204
            # The last four steps remove the user's tasks, sessions and last sign-in, and the details of its events.
            assert outcome.steps == _steps("commit", "delete", "commit", "commit", "commit", "commit", "commit")
            return


def test_a_killed_change_of_password_leaves_exactly_one_password(
    mortal: Mortal, place: Place, client: Client, firebase: Firebase
) -> None:
    for die_at in itertools.count(1):
        name, address = _new_name(), new_address()
        token = _joined(client, name, address)
        other = client.log_in(name, PASSWORD)
        body = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
        outcome = mortal.carry_out(place, Request(method="PUT", path="/user/password", token=token, body=body), die_at)
        with told(outcome.steps):
            _reconcile(client)
            changed = "after set_password" in outcome.steps
            _assert_logins(client, firebase, name, address, OTHER_PASSWORD if changed else PASSWORD, True)
            # No other session outlives the change of the password, at whichever step the process stopped.
            ended = "after commit" in outcome.steps
            assert client.call("GET", "/user", other).status_code == (401 if ended else 200)
            assert client.call("GET", "/user", token).status_code == 200
            assert ended or not changed
        if outcome.status is not None:
            assert outcome.status == 204
            return


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/register", {"username": "", "email": "", "password": PASSWORD}),
        ("PUT", "/user", {"email": ""}),
        ("DELETE", "/user", {}),
    ],
    ids=["register", "change", "delete"],
)
def test_a_killed_reconciliation_can_be_repeated(
    mortal: Mortal,
    place: Place,
    client: Client,
    firebase: Firebase,
    method: str,
    path: str,
    body: dict[str, str],
) -> None:
    for die_at in itertools.count(1):
        name, address = _new_name(), new_address()
        token = None if path == "/register" else _joined(client, name, address)
        fresh = {"username": name, "email": address if token is None else new_address()}
        filled = {field: value or fresh[field] for field, value in body.items()}
        # The provider has changed and the store has not: this leaves the most to reconcile.
        left = mortal.carry_out(place, Request(method=method, path=path, token=token, body=filled), die_at=4)
        assert left.status is None
        outcome = mortal.carry_out(place, Request(body={}), die_at)
        with told([*left.steps, "then, while settling,", *outcome.steps]):
            _reconcile(client)
            exists = method == "PUT"
            _assert_logins(client, firebase, name, address, PASSWORD, exists)
            if exists:
                assert client.register(_new_name(), filled["email"], OTHER_PASSWORD).status_code == 201
            else:
                assert client.register(name, address, OTHER_PASSWORD).status_code == 201
        if outcome.status is not None:
            return


def _steps(*calls: str) -> list[str]:
    return [f"{moment} {call}" for call in calls for moment in ("before", "after")]


def _new_name() -> str:
    return f"u{uuid4().hex[:20]}"


def _joined(client: Client, name: str, address: str) -> str:
    """Register a user and return an access token."""
    assert client.register(name, address, PASSWORD).status_code == 201
    token = client.log_in(name, PASSWORD)
    assert token
    return token


def _reconcile(client: Client) -> None:
    """Reconcile once, and assert that no user is left to reconcile."""
    accounts = client.services.accounts.accounts
    accounts.reconcile(timedelta(0))
    assert accounts.users.to_reconcile(datetime.now(UTC)).items == []


def _assert_logins(client: Client, firebase: Firebase, name: str, address: str, password: str, exists: bool) -> None:
    """Assert that the user can log in by name, by address and at Firebase itself, or that there is no such user."""
    users = client.services.accounts.accounts.users
    holders = [users.by_claim(Claim(kind, key)) for kind, key in (("username", name), ("email", address))]
    tokens = [client.log_in(login, password) for login in (name, address)]
    signed_in = firebase.sign_in(address, password)
    if exists:
        holder = holders[0]
        assert holder
        assert holders[1] == holder
        assert (holder.state, holder.claims) == (State.ACTIVE, holder.settled().claims)
        assert all(tokens)
        assert signed_in
        assert signed_in.uid == holder.id
    else:
        assert holders == [None, None]
        assert tokens == [None, None]
        assert signed_in is None
