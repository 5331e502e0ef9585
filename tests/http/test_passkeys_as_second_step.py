"""Passkeys in the second step of a login and in a step-up."""

from typing import Any

import jwt
import pytest
from flask import Flask

from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.stores.memory import MemoryStore
from tests.support.authenticator import Authenticator
from tests.support.passkeys import device, enrol
from tests.support.working import Watch
from tests.support.world import Answer, Client, Person, build, join, log_in, services_of

__all__ = ["device"]  # a fixture


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def app(watch: Watch) -> Flask:
    return build(clock=watch, limiter=StoreLimiter(MemoryStore(), watch))


def first_step(client: Client, person: Person) -> str:
    """Log in with the password, and return the token for the second step."""
    asked = log_in(client, person)
    assert (asked.status_code, asked.json["factors"]) == (403, ["passkey"])
    return str(asked.json["mfa_token"])


def options(client: Client, token: str) -> dict[str, Any]:
    shown: dict[str, Any] = client.post("/auth/mfa/options", json={"mfa_token": token}).json
    return shown


def second_step(client: Client, token: str, passkey: dict[str, Any]) -> Answer:
    return client.post("/auth/mfa", json={"mfa_token": token, "passkey": passkey})


def step_up_options(client: Client, person: Person) -> dict[str, Any]:
    shown: dict[str, Any] = client.post("/auth/step-up/options", headers=person.headers).json
    return shown


def step_up(client: Client, person: Person, passkey: dict[str, Any]) -> Answer:
    return client.post("/auth/step-up", json={"passkey": passkey}, headers=person.headers)


def methods(answer: Answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    claims = jwt.decode(answer.json["access_token"], options={"verify_signature": False})
    assert claims["acr"] == "aal2"
    return list(claims["amr"])


def test_a_passkey_takes_the_second_step_after_a_password(client: Client, anna: Person, device: Authenticator) -> None:
    token = first_step(client, anna)
    shown = options(client, token)
    assert [each["id"] for each in shown["publicKey"]["allowCredentials"]] == [device.get(shown)["id"]]
    assert methods(second_step(client, token, device.get(shown))) == ["pwd", "pop", "user", "mfa"]


def test_a_passkey_steps_up(client: Client, anna: Person, device: Authenticator) -> None:
    assert methods(step_up(client, anna, device.get(step_up_options(client, anna)))) == ["pwd", "pop", "user", "mfa"]


def test_some_devices_leave_out_the_user_whom_the_options_have_named(
    client: Client, anna: Person, device: Authenticator
) -> None:
    device.user_handle = None
    assert step_up(client, anna, device.get(step_up_options(client, anna))).status_code == 200


def test_a_challenge_works_once_whatever_it_is_used_for(client: Client, anna: Person, device: Authenticator) -> None:
    answer = device.get(step_up_options(client, anna))
    assert step_up(client, anna, answer).status_code == 200
    assert step_up(client, anna, answer).json["type"] == "/problems/wrong-code"
    assert second_step(client, first_step(client, anna), answer).json["type"] == "/problems/wrong-code"


def test_what_was_signed_for_another_purpose_or_user_proves_nothing(
    client: Client, app: Flask, anna: Person, device: Authenticator
) -> None:
    ben, bens = join(client), Authenticator()
    enrol(services_of(app), ben.user["id"], bens)
    answers: list[dict[str, Any]] = [
        device.get(client.post("/auth/passkey/options").json),
        device.get(step_up_options(client, ben)),
        bens.get(step_up_options(client, anna)),
        bens.get(step_up_options(client, ben)),
        {**bens.get(step_up_options(client, anna)), "id": device.get(step_up_options(client, anna))["id"]},
        {},
        {"id": 1, "rawId": None, "response": []},
    ]
    for passkey in answers:
        refused = step_up(client, anna, passkey)
        assert (refused.status_code, refused.json["type"]) == (403, "/problems/wrong-code")
        refused = second_step(client, first_step(client, anna), passkey)
        assert (refused.status_code, refused.json["type"]) == (403, "/problems/wrong-code")


def test_a_passkey_that_names_another_user_proves_nothing(client: Client, anna: Person, device: Authenticator) -> None:
    device.user_handle = join(client).user["id"].encode()
    refused = step_up(client, anna, device.get(step_up_options(client, anna)))
    assert (refused.status_code, refused.json["type"]) == (403, "/problems/wrong-code")


def test_wrong_answers_of_passkeys_are_not_counted(client: Client, anna: Person, device: Authenticator) -> None:
    token = first_step(client, anna)
    for _ in range(60):
        assert second_step(client, token, {}).status_code == 403
    assert second_step(client, token, device.get(options(client, token))).status_code == 200


def test_the_options_need_a_current_first_step(
    client: Client, anna: Person, device: Authenticator, watch: Watch
) -> None:
    token = first_step(client, anna)
    assert second_step(client, token, device.get(options(client, token))).status_code == 200
    spent = client.post("/auth/mfa/options", json={"mfa_token": token})
    assert (spent.status_code, spent.json["type"]) == (401, "/problems/invalid-token")
    token = first_step(client, anna)
    watch.forward(600)
    assert client.post("/auth/mfa/options", json={"mfa_token": token}).status_code == 401
