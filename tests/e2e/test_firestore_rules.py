"""Users who have logged in here sign in at Firebase, and Firestore rules let them read until their session ends."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import jwt
import pytest
import requests
from google.cloud import firestore

from src.bootstrap import adapters, prepare
from src.bootstrap.adapters import now
from src.domain.users import User
from src.interfaces.services import Services
from tests.e2e.firebase import PASSWORD, Firebase, new_address
from tests.e2e.firebase_world import sdk
from tests.e2e.wiring import Client, firebase_settings, wire
from tests.support.authenticator import Authenticator
from tests.support.firebase_sdk import Device, Node, SdkError
from tests.support.markdown import ROOT
from tests.support.passkeys import enrol

__all__ = ["sdk"]  # fixtures
[_, RULES] = re.findall(r"```text\n(.*?)```", (ROOT / "docs/how-to/firestore-rules.md").read_text("utf-8"), re.DOTALL)


@dataclass
class World:
    """The service, which stores its users in the database of the rules, and devices with the SDK."""

    services: Services
    node: Node
    database: firestore.Client
    emulator: str
    firebase: Firebase

    def __post_init__(self) -> None:
        self.client = Client(self.services)

    def join(self) -> tuple[User, str]:
        """Register a user with a document in each of the collections of the rules. Return an access token too."""
        name, address = f"u{uuid4().hex[:20]}", new_address()
        answer = self.client.call("POST", "/api/v1/auth/signup", username=name, email=address, password=PASSWORD)
        user = self.services.accounts.users.get(answer.get_json()["id"])
        assert user
        for collection in ("notes", "secrets"):
            self.database.document(collection, user.id).set({"text": "mine"})
        return user, str(answer.get_json()["access_token"])

    def sign_in(self, token: str) -> Device:
        """Return a device that has signed in with a custom token."""
        answer = self.client.call("POST", "/auth/firebase/token", token)
        assert answer.status_code == 200, answer.text
        assert answer.get_json()["expires_in"] == 300
        device = self.node.device()
        device.signInWithToken(answer.get_json()["custom_token"])
        return device

    def can_read(self, device: Device, path: str) -> bool:
        """Return whether the rules let the device read a document."""
        try:
            return bool(device.read(self.emulator, path) == {"text": "mine"})
        except SdkError as error:
            if str(error) == "permission-denied":
                return False
            raise

    def log_in_with_passkey(self, user: User) -> str:
        """Give a user a passkey and log in with it. Return the access token."""
        passkey = Authenticator()
        enrol(self.services, user.id, passkey)
        options = self.client.call("POST", "/auth/passkey/options").get_json()
        return str(self.client.call("POST", "/auth/passkey", passkey=passkey.get(options)).get_json()["access_token"])


@pytest.fixture
def world(
    sdk: Node,
    auth_emulator: str,
    auth_project: str,
    firestore_emulator: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", auth_emulator)
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator)
    # The SDK knows one project, for Auth and for Firestore.
    url = f"http://{firestore_emulator}/emulator/v1/projects/{auth_project}:securityRules"
    requests.put(url, json={"rules": {"files": [{"content": RULES}]}}, timeout=60).raise_for_status()
    settings = firebase_settings(
        tmp_path, "firestore", firestore_project=auth_project, auth_project=auth_project
    ).model_copy(update={"firebase_tokens": True})
    prepare.prepare(settings)
    store = adapters.make_store(settings)
    database = firestore.Client(auth_project)
    services = wire(settings, store=store)
    yield World(services, sdk, database, firestore_emulator, Firebase(auth_emulator, auth_project))
    database.close()  # type: ignore[no-untyped-call]
    store.close()


def test_a_user_reads_by_uid_and_claim_what_the_rules_allow(world: World) -> None:
    anna, token = world.join()
    ben, _ = world.join()
    device = world.sign_in(token)
    assert world.can_read(device, f"notes/{anna.id}")
    for path in (f"notes/{ben.id}", f"secrets/{anna.id}", f"users/{anna.id}"):
        assert not world.can_read(device, path)
    assert world.can_read(world.sign_in(world.log_in_with_passkey(anna)), f"secrets/{anna.id}")
    firebase_only = world.node.device()
    firebase_only.signIn(anna.email.address if anna.email else "", PASSWORD)
    assert not world.can_read(firebase_only, f"notes/{anna.id}")


def log_out_everywhere(world: World, user: User, token: str) -> None:
    assert world.client.call("POST", "/auth/logout-all", token).status_code == 204


def log_out(world: World, user: User, token: str) -> None:
    assert world.client.call("POST", "/auth/logout", token).status_code == 204


def reset_password(world: World, user: User, token: str) -> None:
    assert user.email
    claim = world.services.rules.parse_login(user.email.address)
    world.services.administration.reset_password(claim, "another zebra battery")


def disable(world: World, user: User, token: str) -> None:
    world.services.accounts.accounts.change(user.id, lambda stored: stored.changed({"disabled": True}, now()))


def delete(world: World, user: User, token: str) -> None:
    assert world.client.call("DELETE", "/user", token).status_code == 204


@pytest.mark.parametrize("end", [log_out_everywhere, log_out, reset_password, disable, delete])
def test_the_rules_refuse_and_the_service_too_once_the_session_has_ended(
    world: World, end: Callable[[World, User, str], None]
) -> None:
    user, token = world.join()
    device = world.sign_in(token)
    id_token = device.id_token
    assert world.client.call("GET", "/user", id_token).get_json()["id"] == user.id
    assert world.can_read(device, f"notes/{user.id}")
    end(world, user, token)
    assert not world.can_read(device, f"notes/{user.id}")
    assert world.client.call("GET", "/user", id_token).status_code == 401


def test_all_sign_ins_are_revoked_at_firebase_with_the_sessions(world: World) -> None:
    user, token = world.join()
    device = world.sign_in(token)
    signed_in_at = jwt.decode(device.id_token, options={"verify_signature": False})["auth_time"]
    log_out_everywhere(world, user, token)
    account = world.firebase.account(user.id)
    assert account
    assert int(account["validSince"]) > signed_in_at
