"""The life of an account whose password Firebase keeps, over HTTP, on the official emulators."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
import requests

from src.bootstrap import adapters, prepare
from src.domain.users import Claim
from tests.e2e.firebase import PASSWORD, Firebase, firebase, new_address, wait_for_the_next_second
from tests.e2e.service import portero
from tests.e2e.wiring import Client, firebase_settings, wire

__all__ = ["firebase"]  # a fixture
OTHER_PASSWORD = "another password"


@pytest.fixture(params=["memory", "sqlite", "firestore"])
def client(
    request: pytest.FixtureRequest,
    firebase: Firebase,
    tmp_path: Path,
    firestore_emulator: str,
    firestore_project: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Client]:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator)
    settings = firebase_settings(
        tmp_path, request.param, firestore_project=firestore_project, auth_project=firebase.project
    )
    prepare.prepare(settings)
    store = adapters.make_store(settings)
    yield Client(wire(settings, store=store))
    store.close()


def new_name() -> str:
    return f"u{uuid4().hex[:20]}"


def joined(client: Client) -> tuple[str, str, str, str]:
    """Register a user; return the id, the name, the address and the access token."""
    name, address = new_name(), new_address()
    answer = client.register(name, address, PASSWORD)
    assert answer.status_code == 201, answer.text
    token = client.log_in(name, PASSWORD)
    assert token
    return answer.get_json()["id"], name, address, token


def sign_in(firebase: Firebase, address: str, password: str = PASSWORD) -> str:
    signed_in = firebase.sign_in(address, password)
    assert signed_in
    return signed_in.id_token


def status(client: Client, token: str) -> int:
    return client.call("GET", "/user", token).status_code


def test_a_registered_user_logs_in_by_either_name_and_at_firebase(client: Client, firebase: Firebase) -> None:
    id, name, address, token = joined(client)
    assert client.log_in(name.upper(), PASSWORD)
    assert client.log_in(address, PASSWORD)
    assert client.log_in(name, OTHER_PASSWORD) is None
    for each in (token, sign_in(firebase, address)):
        user = client.call("GET", "/user", each).get_json()
        assert (user["id"], user["username"], user["email"]) == (id, name, address)
    account = firebase.account(id)
    assert account
    assert account["email"] == address


def test_names_taken_in_the_store_or_at_firebase_return_409(client: Client, firebase: Firebase) -> None:
    _, name, address, token = joined(client)
    elsewhere = new_address()
    firebase.sign_up(elsewhere)
    for names, fields in (
        ((name, address), ["username", "email"]),
        ((name.upper(), new_address()), ["username"]),
        ((new_name(), address.upper()), ["email"]),
        ((new_name(), elsewhere), ["email"]),  # an address that is taken at Firebase only
    ):
        answer = client.register(*names, PASSWORD)
        assert answer.status_code == 409, answer.text
        assert [error["field"] for error in answer.get_json()["errors"]] == fields
    free = new_name()
    assert client.register(free, elsewhere, PASSWORD).status_code == 409
    assert client.register(free, new_address(), PASSWORD).status_code == 201

    answer = client.call("PUT", "/user", token, email=elsewhere)
    assert answer.status_code == 409
    assert client.call("PUT", "/user", token, email=new_address()).status_code == 200


def test_a_new_address_replaces_the_old_one_everywhere(client: Client, firebase: Firebase) -> None:
    id, name, old, token = joined(client)
    firebase.update(id, emailVerified=True)
    new = new_address()
    answer = client.call("PUT", "/user", token, email=new)
    assert answer.status_code == 200
    assert (answer.get_json()["email"], answer.get_json()["email_verified"]) == (new, False)
    assert client.log_in(old, PASSWORD) is None
    assert firebase.sign_in(old) is None
    assert client.log_in(new, PASSWORD)
    assert client.log_in(name, PASSWORD)
    assert status(client, sign_in(firebase, new)) == 200
    account = firebase.account(id)
    assert account
    assert account["emailVerified"] is False
    assert client.register(new_name(), old, PASSWORD).status_code == 201


def test_a_new_password_ends_all_other_sessions(client: Client, firebase: Firebase) -> None:
    _, name, address, token = joined(client)
    id_token = sign_in(firebase, address)
    exchanged = client.call("POST", "/auth/firebase", id_token=id_token).get_json()["access_token"]
    wrong = client.call("PUT", "/user/password", token, current_password="wrong", new_password=OTHER_PASSWORD)
    assert wrong.status_code == 403
    assert [status(client, each) for each in (token, exchanged, id_token)] == [200, 200, 200]

    body = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    assert client.call("PUT", "/user/password", token, **body).status_code == 204
    # A sign-in within the same second counts, although Firebase dates it in whole seconds.
    assert status(client, sign_in(firebase, address, OTHER_PASSWORD)) == 200
    assert [status(client, each) for each in (token, exchanged, id_token)] == [200, 401, 401]
    assert client.call("POST", "/auth/firebase", id_token=id_token).status_code == 401
    assert firebase.sign_in(address, PASSWORD) is None
    assert client.log_in(name, PASSWORD) is None
    assert client.log_in(name, OTHER_PASSWORD)


def test_a_reset_password_ends_all_sessions(client: Client, firebase: Firebase) -> None:
    _, name, address, token = joined(client)
    id_token = sign_in(firebase, address)
    client.services.administration.reset_password(Claim("email", address), OTHER_PASSWORD)
    assert status(client, sign_in(firebase, address, OTHER_PASSWORD)) == 200
    assert [status(client, each) for each in (token, id_token)] == [401, 401]
    assert firebase.sign_in(address, PASSWORD) is None
    assert client.log_in(name, PASSWORD) is None
    assert client.log_in(name, OTHER_PASSWORD)


def test_a_deleted_user_is_gone_everywhere_and_cannot_return(client: Client, firebase: Firebase) -> None:
    id, name, address, token = joined(client)
    client.call("PUT", "/user", token, name="Ada", last_name="Lovelace")
    id_token = sign_in(firebase, address)
    assert client.call("DELETE", "/user", token).status_code == 204
    assert client.log_in(name, PASSWORD) is None
    assert firebase.account(id) is None
    # A custom token recreates the account at Firebase; the service still refuses its id.
    revived = firebase.sign_in_as(id).id_token
    for each in (token, id_token, revived):
        assert status(client, each) == 401
    for each in (id_token, revived):
        assert client.call("POST", "/auth/firebase", id_token=each).status_code == 401

    again = client.register(name, address, OTHER_PASSWORD)
    assert again.status_code == 201, again.text
    user = again.get_json()
    assert user["id"] != id
    assert (user["name"], user["last_name"]) == (None, None)
    assert client.log_in(name, PASSWORD) is None
    assert client.log_in(name, OTHER_PASSWORD)
    for each in (token, id_token, revived):
        assert status(client, each) == 401


def test_the_first_visit_of_a_firebase_user_makes_a_profile(client: Client, firebase: Firebase) -> None:
    address = new_address()
    visitor = firebase.sign_up(address)
    user = client.call("GET", "/user", visitor.id_token).get_json()
    assert (user["id"], user["email"], user["role"]) == (visitor.uid, address, "user")
    assert user["username"].startswith("user-")
    tokens = client.call("POST", "/auth/firebase", id_token=visitor.id_token).get_json()
    assert client.call("GET", "/user", tokens["access_token"]).get_json() == user
    # The account then behaves like any other.
    assert client.log_in(user["username"], PASSWORD)
    assert client.log_in(address, PASSWORD)
    assert client.call("PUT", "/user", visitor.id_token, username=new_name()).status_code == 200


def test_a_firebase_user_is_never_linked_by_address(client: Client, firebase: Firebase) -> None:
    """The owner changes the address at Firebase, unseen by the service; then a stranger takes the old address."""
    id, name, address, _ = joined(client)
    firebase.update(id, email=new_address())
    stranger = firebase.sign_up(address)
    firebase.update(stranger.uid, emailVerified=True)
    id_token = sign_in(firebase, address)
    assert status(client, id_token) == 409
    answer = client.call("POST", "/auth/firebase", id_token=id_token)
    assert answer.status_code == 409
    assert [error["field"] for error in answer.get_json()["errors"]] == ["email"]
    # The stranger's password does not open the account that has the address in the store.
    for login in (name, address):
        assert client.log_in(login, PASSWORD) is None


def test_an_anonymous_firebase_user_has_no_address(client: Client, firebase: Firebase) -> None:
    visitor = firebase.sign_up()
    assert client.call("GET", "/user", visitor.id_token).get_json()["email"] is None


def test_twenty_simultaneous_first_visits_create_one_profile(client: Client, firebase: Firebase) -> None:
    visitor = firebase.sign_up(new_address())
    clients = [Client(client.services) for _ in range(20)]
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda each: each.call("GET", "/user", visitor.id_token), clients))
    assert Counter(answer.status_code for answer in answers) == {200: 20}
    assert len({answer.get_json()["username"] for answer in answers}) == 1
    assert len(client.services.administration.list_users().items) == 1


def test_of_many_registrations_of_one_name_one_succeeds(client: Client, firebase: Firebase) -> None:
    name, address = new_name(), new_address()
    clients = [Client(client.services) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda each: each.register(name, address, PASSWORD), clients))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 7}
    assert client.log_in(name, PASSWORD)
    assert sign_in(firebase, address)


def test_an_account_without_an_address_can_get_one(client: Client, firebase: Firebase) -> None:
    name, address = new_name(), new_address()
    made = client.register(name, None, PASSWORD)
    assert made.status_code == 201, made.text
    assert made.get_json()["email"] is None
    token = client.log_in(name, PASSWORD)
    assert token
    hidden = f"{made.get_json()['id']}@portero.invalid"
    assert client.call("GET", "/user", sign_in(firebase, hidden)).get_json()["email"] is None
    assert client.call("PUT", "/user", token, email=address).status_code == 200
    assert client.log_in(address, PASSWORD)
    assert firebase.sign_in(hidden) is None
    assert client.call("DELETE", "/user", token).status_code == 204
    assert client.register(name, None, PASSWORD).status_code == 201


def test_a_disabled_user_is_locked_out_at_once_also_with_old_tokens(client: Client, firebase: Firebase) -> None:
    _, name, address, token = joined(client)
    id_token = sign_in(firebase, address)
    claim = Claim("username", name)
    client.services.administration.set_disabled(claim, True)
    for each in (token, id_token, sign_in(firebase, address)):
        assert status(client, each) == 401
    assert client.call("POST", "/auth/firebase", id_token=id_token).status_code == 401
    assert client.log_in(name, PASSWORD) is None
    client.services.administration.set_disabled(claim, False)
    assert [status(client, each) for each in (token, id_token)] == [401, 401]
    assert client.log_in(name, PASSWORD)
    wait_for_the_next_second()
    assert status(client, sign_in(firebase, address)) == 200


def test_the_real_service_keeps_accounts_at_firebase(
    firebase: Firebase, firestore_emulator: str, firestore_project: str, tmp_path: Path
) -> None:
    settings = {
        "IDENTITY": "firebase",
        "STORE_URL": f"firestore://{firestore_project}",
        "GOOGLE_CLOUD_PROJECT": firebase.project,
        "FIREBASE_WEB_API_KEY": "any",
        "FIREBASE_AUTH_EMULATOR_HOST": firebase.host,
        "FIRESTORE_EMULATOR_HOST": firestore_emulator,
    }
    name, old, new = new_name(), new_address(), new_address()
    with portero(tmp_path, settings) as address, requests.Session() as session:
        url = f"http://{address}"
        body = {"username": name, "email": old, "password": PASSWORD}
        assert session.post(f"{url}/register", json=body, timeout=20).status_code == 201
        tokens = session.post(f"{url}/login", json={"username": name, "password": PASSWORD}, timeout=20).json()
        session.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        assert session.put(f"{url}/user", json={"email": new}, timeout=20).json()["email"] == new
        passwords = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
        assert session.put(f"{url}/user/password", json=passwords, timeout=20).status_code == 204
        assert session.get(f"{url}/user", timeout=20).status_code == 200
        session.headers["Authorization"] = f"Bearer {sign_in(firebase, new, OTHER_PASSWORD)}"
        assert session.get(f"{url}/user", timeout=20).json()["username"] == name
        assert session.delete(f"{url}/user", timeout=20).status_code == 204
        assert session.get(f"{url}/user", timeout=20).status_code == 401
        assert firebase.sign_in(new, OTHER_PASSWORD) is None
