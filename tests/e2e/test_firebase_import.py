"""Users of a Firebase Auth emulator move to a service that keeps its passwords itself."""

import json
from pathlib import Path

import requests

from src import main
from tests.e2e.firebase import PASSWORD, Firebase, new_address
from tests.unit.conftest import prepared_data
from tests.unit.test_cli import Portero, portero, prepared

__all__ = ["portero", "prepared", "prepared_data"]  # fixtures


def export(firebase: Firebase, *uids: str) -> bytes:
    """Return these users as `firebase auth:export` and `emulators:export` write them, from the same API call."""
    place = f"identitytoolkit.googleapis.com/v1/projects/{firebase.project}/accounts:batchGet"
    headers = {"Authorization": "Bearer owner"}
    found, page = [], "first"
    while page:
        parameters = {"maxResults": "1000", **({"nextPageToken": page} if page != "first" else {})}
        url = f"http://{firebase.host}/{place}"
        answer = requests.get(url, headers=headers, params=parameters, timeout=60).json()
        found += [user for user in answer["users"] if user["localId"] in uids]
        page = answer.get("nextPageToken", "")
    assert len(found) == len(uids)
    return json.dumps({"users": found}).encode()


def test_users_of_the_emulator_log_in_with_their_passwords(
    prepared: Portero, auth_emulator: str, auth_project: str
) -> None:
    firebase = Firebase(auth_emulator, auth_project)
    address, other, anonymous = new_address(), new_address(), firebase.sign_up()
    user, disabled = firebase.sign_up(address), firebase.sign_up(other)
    firebase.update(user.uid, displayName="Ana", emailVerified=True)
    firebase.update(disabled.uid, disableUser=True)
    Path("users.json").write_bytes(export(firebase, user.uid, disabled.uid, anonymous.uid))

    outcome = prepared("users", "import", "users.json", "--skip")
    assert outcome.code == 0
    assert "It has neither a username nor an e-mail address." in outcome.err  # the anonymous user

    client = main.create_app().test_client()
    answer = client.post("/login", json={"email": address, "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.json
    found = client.get("/user", headers={"Authorization": f"Bearer {answer.json['access_token']}"}).json
    assert found
    assert (found["id"], found["email"], found["name"], found["email_verified"]) == (user.uid, address, "Ana", True)
    assert client.post("/login", json={"email": address, "password": "wrong"}).status_code == 401
    assert client.post("/login", json={"email": other, "password": PASSWORD}).status_code == 401
    again = prepared("users", "import", "users.json", "--skip").out
    assert "imported 0, already there " in again
