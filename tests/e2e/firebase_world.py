"""Portero with Firebase Auth and Firestore, and users who reach it with the Firebase JavaScript SDK."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from firebase_admin import auth
from werkzeug.test import TestResponse

from src.bootstrap import adapters, prepare
from src.interfaces.services import Services
from tests.e2e.firebase import Firebase, new_address, wait_for_the_next_second
from tests.e2e.wiring import Client, firebase_settings, wire
from tests.support.firebase_sdk import PASSWORD, Device, Node, admin_sdk, node


@dataclass
class World:
    """The service, the two SDKs, and a clock that tests can set forward."""

    services: Services
    node: Node
    admin: auth.Client
    firebase: Firebase
    later: timedelta = field(default_factory=timedelta)

    def __post_init__(self) -> None:
        self.client = Client(self.services)

    def device(self) -> Device:
        return self.node.device()

    def call(self, method: str, path: str, token: str | None = None, **body: Any) -> TestResponse:
        return self.client.call(method, path, token, **body)

    def user(self, token: str) -> dict[str, Any]:
        """Return the caller's user. The token must be good."""
        answer = self.call("GET", "/user", token)
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())

    def status(self, token: str) -> int:
        return self.call("GET", "/user", token).status_code

    def exchange(self, id_token: str) -> dict[str, str]:
        """Trade an ID token for the tokens of a session."""
        answer = self.call("POST", "/auth/firebase", id_token=id_token)
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())

    def link_password(self, device: Device, address: str) -> None:
        """Give an anonymous account a password.

        The emulator notes the time of the new sign-in, and a moment later the time up to which sign-ins have ended. If
        a second ends between the two, the new ID token has ended too. At the beginning of a second this cannot happen.
        """
        wait_for_the_next_second()
        device.linkPassword(address, PASSWORD)

    def refresh(self, tokens: dict[str, str]) -> TestResponse:
        return self.call("POST", "/auth/refresh", refresh_token=tokens["refresh_token"])


@pytest.fixture(scope="module")
def sdk(auth_emulator: str, auth_project: str) -> Iterator[Node]:
    with node(auth_emulator, auth_project) as running:
        yield running


@pytest.fixture(params=[300])
def world(
    request: pytest.FixtureRequest,
    sdk: Node,
    auth_emulator: str,
    auth_project: str,
    firestore_emulator: str,
    firestore_project: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    """Yield a service whose checks of ID tokens count for 300 seconds, or for another number as parameter."""
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", auth_emulator)
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator)
    settings = firebase_settings(
        tmp_path, "firestore", firestore_project=firestore_project, auth_project=auth_project
    ).model_copy(update={"firebase_check_seconds": request.param})
    prepare.prepare(settings)
    store = adapters.make_store(settings)
    services = wire(settings, store=store, clock=lambda: datetime.now(UTC) + running.later)
    running: World = World(services, sdk, admin_sdk(auth_project), Firebase(auth_emulator, auth_project))
    yield running
    store.close()


@pytest.fixture
def dora(world: World) -> Device:
    """A user who has signed up at Firebase with an address and a password."""
    device = world.device()
    device.signUp(new_address(), PASSWORD)
    return device
