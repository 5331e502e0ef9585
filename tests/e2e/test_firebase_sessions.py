"""Sessions and guests when Firebase keeps the passwords."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from src.domain.errors import Unavailable
from src.domain.users import Profile, User
from src.domain.values import Role, Username
from src.infrastructure.identity.firebase import FirebaseAccounts
from tests.e2e.firebase import PASSWORD, Firebase, new_address
from tests.e2e.test_firebase_accounts import OTHER_PASSWORD, client, firebase, joined, new_name, sign_in, status
from tests.e2e.wiring import Client
from tests.support.passwords import accepted

__all__ = ["client", "firebase"]  # fixtures


def guest(client: Client) -> tuple[str, str]:
    """Create a guest; return its id and its token."""
    token = client.call("POST", "/auth/anonymous").get_json()["access_token"]
    return client.call("GET", "/user", token).get_json()["id"], token


def test_a_guest_that_registers_keeps_its_id_and_has_an_account_at_firebase(client: Client, firebase: Firebase) -> None:
    id, token = guest(client)
    assert firebase.account(id) is None
    name, address = new_name(), new_address()
    answer = client.call("POST", "/register", token, username=name, email=address, password=PASSWORD)
    assert answer.status_code == 201
    assert (answer.get_json()["id"], answer.get_json()["role"]) == (id, "user")
    assert status(client, token) == 401
    assert client.log_in(name, PASSWORD)
    signed_in = firebase.sign_in(address)
    assert signed_in
    assert signed_in.uid == id


def test_a_guest_that_cannot_register_remains_a_guest(client: Client, firebase: Firebase) -> None:
    """The address is free in the store, but an account at Firebase has it."""
    address = new_address()
    firebase.sign_up(address)
    id, token = guest(client)
    answer = client.call("POST", "/register", token, username=new_name(), email=address, password=PASSWORD)
    assert answer.status_code == 409
    assert [error["field"] for error in answer.get_json()["errors"]] == ["email"]
    assert client.call("GET", "/user", token).get_json()["role"] == "guest"
    again = client.call("POST", "/register", token, username=new_name(), email=new_address(), password=PASSWORD)
    assert again.get_json()["id"] == id


def test_an_interrupted_registration_of_a_guest_is_reconciled(
    client: Client, firebase: Firebase, monkeypatch: pytest.MonkeyPatch
) -> None:
    id, token = guest(client)
    name, address = new_name(), new_address()
    with monkeypatch.context() as broken:
        broken.setattr(FirebaseAccounts, "create", _unavailable)
        broken.setattr(FirebaseAccounts, "delete", _unavailable)
        answer = client.call("POST", "/register", token, username=name, email=address, password=PASSWORD)
    assert answer.status_code == 503
    client.services.accounts.accounts.reconcile(timedelta(0))
    user = client.services.accounts.accounts.users.get(id)
    assert user
    assert (user.role, user.pending) == ("guest", None)
    answer = client.call("POST", "/register", token, username=name, email=address, password=PASSWORD)
    assert (answer.status_code, answer.get_json()["id"]) == (201, id)


def _unavailable(*_: object) -> None:
    raise Unavailable


def test_guests_are_purged_after_a_day(client: Client) -> None:
    id, token = guest(client)
    registered_id, registered = guest(client)
    client.call("POST", "/register", registered, username=new_name(), email=new_address(), password=PASSWORD)
    late = datetime.now(UTC) + timedelta(hours=25)
    users, sessions = client.services.accounts.accounts.users, client.services.sessions.sessions
    replace(client.services.accounts.accounts, clock=lambda: late).purge_guests()
    assert users.get(id) is None
    assert not sessions.list_for_user(id).items
    assert status(client, token) == 401
    assert users.get(registered_id)


def test_a_firebase_token_has_no_session_to_renew_or_end(client: Client, firebase: Firebase) -> None:
    token = firebase.sign_up(new_address()).id_token
    assert status(client, token) == 200
    assert client.call("POST", "/auth/renew", token).status_code == 403
    assert client.call("POST", "/auth/logout", token).status_code == 403
    assert client.call("GET", "/auth/sessions", token).get_json() == []


def test_logging_out_everywhere_refuses_firebase_tokens_from_before(client: Client, firebase: Firebase) -> None:
    _, _, address, token = joined(client)
    before = sign_in(firebase, address)
    assert client.call("POST", "/auth/logout-all", token).status_code == 204
    assert [status(client, each) for each in (token, before)] == [401, 401]
    assert client.call("POST", "/auth/firebase", id_token=before).status_code == 401
    # A sign-in within the same second counts, although Firebase dates it in whole seconds.
    assert status(client, sign_in(firebase, address)) == 200


@pytest.mark.parametrize("client", ["memory"], indirect=True)
@pytest.mark.parametrize("change", ["logout-all", "password"])
def test_a_key_ends_with_a_reset_at_firebase_whatever_is_changed_here_before_the_next_check(
    client: Client, firebase: Firebase, change: str
) -> None:
    id, _, _, token = joined(client)
    key = client.call("POST", "/user/keys", token, name="Report", scope="read").get_json()["key"]
    assert status(client, key) == 200
    client.services.accounts.accounts.wait_for_revocation()  # Firebase dates resets in whole seconds
    firebase.update(id, password=OTHER_PASSWORD)
    assert status(client, key) == 200  # Firebase is asked only every few minutes
    if change == "logout-all":
        assert client.call("POST", "/auth/logout-all", token).status_code == 204
    else:
        body = {"current_password": OTHER_PASSWORD, "new_password": PASSWORD}
        assert client.call("PUT", "/user/password", token, **body).status_code == 204
    assert status(client, key) == 401


def test_a_login_with_the_old_password_does_not_survive_the_change(
    client: Client, firebase: Firebase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that knows the old password logs in while it is being changed."""
    _, name, address, token = joined(client)
    stolen: list[str] = []
    original = FirebaseAccounts.set_password

    def slow(self: FirebaseAccounts, user: User, password: str, **removals: bool) -> None:
        stolen.append(client.log_in(name, PASSWORD) or "")
        stolen.append(sign_in(firebase, address))
        original(self, user, password, **removals)

    monkeypatch.setattr(FirebaseAccounts, "set_password", slow)
    body = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    assert client.call("PUT", "/user/password", token, **body).status_code == 204
    assert all(stolen)
    assert [status(client, each) for each in stolen] == [401, 401]
    assert status(client, token) == 200


def test_a_person_without_a_password_logs_in_when_one_is_set(client: Client, firebase: Firebase) -> None:
    profile = Profile(
        username=Username.parse(new_name()), email=client.services.rules.parse_email(new_address()), role=Role.ADMIN
    )
    admin = client.services.directory.add(profile, accepted(PASSWORD))
    assert admin.username
    token = client.log_in(admin.username.display, PASSWORD)
    address = new_address()
    person = client.call("POST", "/api/users", token, name="Ada", last_name="Lovelace", email=address)
    assert person.status_code == 201
    assert client.log_in(address, PASSWORD) is None
    firebase.update(person.get_json()["id"], password=PASSWORD)
    assert client.log_in(address, PASSWORD)
