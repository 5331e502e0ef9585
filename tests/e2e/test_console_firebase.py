"""The console when Firebase keeps the passwords, on the stores that people use with it."""

import json
from datetime import timedelta
from typing import Any

from src.application.sessions.browsers import CHECK_AFTER
from src.interfaces.app import create_app
from tests.e2e.firebase import PASSWORD, Firebase, new_address
from tests.e2e.test_firebase_accounts import OTHER_PASSWORD, client, firebase, new_name
from tests.e2e.wiring import Client
from tests.web.surfer import Surfer

__all__ = ["client", "firebase"]  # fixtures

ACCOUNT = "/console/account"


def account_of(surfer: Surfer) -> dict[str, Any]:
    """Return the user of the browser."""
    user: dict[str, Any] = json.loads(surfer.open(f"{ACCOUNT}/export").data)["user"]
    return user


def test_a_person_lives_with_an_account_at_firebase(client: Client, firebase: Firebase) -> None:
    surfer, name, address = Surfer(create_app(client.services, "0")), new_name(), new_address()
    assert surfer.send("/console/guest", "/console/signin").status_code == 303
    assert surfer.send("/console/register", username=name, email=address, password=PASSWORD).status_code == 303
    assert firebase.account(account_of(surfer)["id"])
    wrong = surfer.send("/console/account/password", current_password="wrong", new_password=OTHER_PASSWORD)
    assert wrong.status_code == 403
    done = surfer.send("/console/account/password", current_password=PASSWORD, new_password=OTHER_PASSWORD)
    assert (done.status_code, surfer.open(ACCOUNT).status_code) == (303, 200)
    other = Surfer(surfer.app)
    assert other.sign_in(address, PASSWORD).status_code == 401
    assert other.sign_in(address, OTHER_PASSWORD).status_code == 303
    id = account_of(other)["id"]
    assert other.send("/console/account/delete", confirm=name).status_code == 303
    assert firebase.account(id) is None
    assert surfer.open(ACCOUNT).status_code == 303


def test_who_is_disabled_at_firebase_is_out_at_the_next_check(client: Client, firebase: Firebase) -> None:
    surfer = Surfer(create_app(client.services, "0"))
    assert (
        surfer.send("/console/register", username=new_name(), email=new_address(), password=PASSWORD).status_code == 303
    )
    user = account_of(surfer)
    firebase.update(user["id"], disableUser=True)
    assert surfer.open(ACCOUNT).status_code == 200
    sessions = client.services.sessions.sessions
    [session] = sessions.list_for_user(user["id"]).items
    stored = client.services.accounts.users.get(user["id"])
    assert stored
    sessions.update_with_user(
        session, stored, lambda old, _: old.used(old.last_used_at - CHECK_AFTER, timedelta(days=1))
    )
    assert surfer.open(ACCOUNT).status_code == 303
