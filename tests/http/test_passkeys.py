"""Logins with a passkey, and every case in which a passkey must be refused."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from fido2.cose import ES256
from flask import Flask

from src.application.ports import ProviderAccount
from src.bootstrap.adapters import now
from src.domain.values import Email
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.schema import EVENTS
from tests.support.authenticator import BE, BS, UP, UV, Authenticator
from tests.support.passkeys import enrol
from tests.support.working import Watch
from tests.support.world import (
    TOKEN_FIELDS,
    Answer,
    Client,
    Person,
    Provider,
    build,
    client_of,
    errors_of,
    join,
    services_of,
    without_instance,
)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def app(watch: Watch) -> Flask:
    return build(clock=watch)


@pytest.fixture
def device(app: Flask, anna: Person) -> Authenticator:
    """Return Anna's device with a passkey."""
    device = Authenticator(counter=1)
    enrol(services_of(app), anna.user["id"], device)
    device.counter += 1
    return device


def options(client: Client) -> dict[str, Any]:
    answer: dict[str, Any] = client.post("/auth/passkey/options").json
    return answer


def log_in(client: Client, device: Authenticator) -> Answer:
    return client.post("/auth/passkey", json={"passkey": device.get(options(client))})


def test_a_passkey_logs_in_without_a_name_and_counts_as_two_factors(
    client: Client, anna: Person, device: Authenticator
) -> None:
    shown = options(client)
    assert set(shown["publicKey"]) == {"challenge", "rpId", "userVerification", "timeout"}
    answer = client.post("/auth/passkey", json={"passkey": device.get(shown)})
    assert (answer.status_code, set(answer.json)) == (200, TOKEN_FIELDS)
    claims = jwt.decode(answer.json["access_token"], options={"verify_signature": False})
    assert (claims["sub"], claims["acr"], claims["amr"]) == (anna.user["id"], "aal2", ["pop", "user", "mfa"])
    assert client.post("/auth/refresh", json={"refresh_token": answer.json["refresh_token"]}).status_code == 200
    device.counter += 1
    assert log_in(client, device).status_code == 200


def test_a_device_that_does_not_count_logs_in_again_and_again(client: Client, app: Flask, anna: Person) -> None:
    device = Authenticator(counter=0)
    enrol(services_of(app), anna.user["id"], device)
    assert [log_in(client, device).status_code for _ in range(3)] == [200] * 3


def _of_another_purpose(client: Client, person: Person, device: Authenticator) -> dict[str, Any]:
    services = services_of(client.application)
    user = services.accounts.users.get(person.user["id"])
    assert user
    return device.get(services.passkeys.proof_options(user))


def _of_somebody_else(client: Client, person: Person, device: Authenticator) -> dict[str, Any]:
    device.user_handle = join(client).user["id"].encode()
    return device.get(options(client))


def _without_handle(client: Client, person: Person, device: Authenticator) -> dict[str, Any]:
    device.user_handle = None
    return device.get(options(client))


def _disabled(client: Client, person: Person, device: Authenticator) -> dict[str, Any]:
    accounts = services_of(client.application).accounts.accounts
    accounts.change(person.user["id"], lambda user: user.changed({"disabled": True}, now()))
    return device.get(options(client))


def _used(client: Client, person: Person, device: Authenticator) -> dict[str, Any]:
    answer = device.get(options(client))
    assert client.post("/auth/passkey", json={"passkey": answer}).status_code == 200
    return answer


def _unknown(client: Client, person: Person, device: Authenticator) -> dict[str, Any]:
    return Authenticator(user_handle=device.user_handle).get(options(client))


def _of_nobody(client: Client, person: Person, device: Authenticator) -> dict[str, Any]:
    return Authenticator(user_handle=b"nobody").get(options(client))


REASONS: list[Callable[[Client, Person, Authenticator], dict[str, Any]]] = [
    *(_of_another_purpose, _of_somebody_else, _without_handle, _disabled, _used, _unknown, _of_nobody),
    lambda client, person, device: Authenticator(id=device.id, user_handle=device.user_handle).get(options(client)),
    lambda client, person, device: device.get({"publicKey": {"challenge": "AAAA"}}),
    lambda client, person, device: {},
]


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_for_a_refusal_has_the_same_answer(
    client: Client,
    anna: Person,
    device: Authenticator,
    reason: Callable[[Client, Person, Authenticator], dict[str, Any]],
) -> None:
    refused = client.post("/auth/passkey", json={"passkey": reason(client, anna, device)})
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert without_instance(refused) == without_instance(client.post("/auth/passkey", json={"passkey": {"id": "x"}}))


def test_a_challenge_can_be_signed_for_ten_minutes(client: Client, watch: Watch, device: Authenticator) -> None:
    early, late = device.get(options(client)), device.get(options(client))
    watch.forward(timedelta(seconds=599))
    assert client.post("/auth/passkey", json={"passkey": early}).status_code == 200
    watch.forward(timedelta(seconds=1))
    assert client.post("/auth/passkey", json={"passkey": late}).status_code == 401


def test_an_unknown_passkey_costs_a_verification_too(
    client: Client, anna: Person, device: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[bytes] = []
    verify: Callable[..., None] = ES256.verify

    def counted(key: ES256, message: bytes, signature: bytes) -> None:
        verified.append(message)
        verify(key, message, signature)

    monkeypatch.setattr(ES256, "verify", counted)
    for reason in (_of_somebody_else, _unknown, _of_nobody, _disabled):
        verified.clear()
        assert client.post("/auth/passkey", json={"passkey": reason(client, anna, device)}).status_code == 401
        assert len(verified) == 1, reason


@pytest.mark.parametrize(
    ("flags", "status", "refused"),
    [(UP | UV, 401, True), (UP | UV | BE | BS, 200, False)],
    ids=["one device", "synchronised"],
)
def test_a_counter_that_goes_back_is_refused_for_one_device_and_noted_for_several(
    client: Client, app: Flask, anna: Person, caplog: pytest.LogCaptureFixture, flags: int, status: int, refused: bool
) -> None:
    device = Authenticator(counter=5, flags=flags)
    factor = enrol(services_of(app), anna.user["id"], device)
    caplog.set_level(logging.INFO, "portero.audit")
    device.counter = 4
    forged = device.get(options(client))
    forged["response"]["signature"] = Authenticator().get(options(client))["response"]["signature"]
    assert client.post("/auth/passkey", json={"passkey": forged}).status_code == 401
    assert "passkey-counter-went-back" not in caplog.messages  # other users cannot raise this alarm
    assert log_in(client, device).status_code == status
    [noted] = [record for record in caplog.records if record.message == "passkey-counter-went-back"]
    assert vars(noted).items() >= {"user_id": anna.user["id"], "factor_id": factor.id, "refused": refused}.items()


def test_an_answer_that_is_sent_twice_is_no_copied_passkey(
    client: Client, anna: Person, device: Authenticator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "portero.audit")
    assert client.post("/auth/passkey", json={"passkey": _used(client, anna, device)}).status_code == 401
    assert "passkey-counter-went-back" not in caplog.messages


def test_the_log_names_no_credential(
    client: Client, app: Flask, anna: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    device = Authenticator()
    enrol(services_of(app), anna.user["id"], device)
    assert log_in(client, device).status_code == 200
    assert device.id.hex() not in caplog.text


def test_a_service_without_a_domain_takes_no_passkeys() -> None:
    client = client_of(build(settings={"public_url": "http://10.0.0.1"}))
    assert client.post("/auth/passkey/options").status_code == 404
    assert client.post("/auth/passkey", json={"passkey": {}}).status_code == 404


def test_the_account_is_checked_at_the_identity_provider() -> None:
    uid = "u" * 64
    provider = Provider(**{uid: ProviderAccount(Email("uid@example.com"), has_password=True)})
    app = build(remote=provider)
    client, device = client_of(app), Authenticator()
    assert client.post("/auth/firebase", json={"id_token": uid}).status_code == 200
    enrol(services_of(app), uid, device)
    assert log_in(client, device).status_code == 200
    provider.known[uid] = ProviderAccount(Email("uid@example.com"), has_password=True, disabled=True)
    assert log_in(client, device).status_code == 401


def test_each_time_that_an_account_is_disabled_there_its_sessions_end_once() -> None:
    uid, store = "u" * 64, MemoryStore()
    enabled = ProviderAccount(Email("uid@example.com"), has_password=True)
    provider = Provider(**{uid: enabled})
    app = build(store, remote=provider)
    client, device = client_of(app), Authenticator()
    client.post("/auth/firebase", json={"id_token": uid})
    enrol(services_of(app), uid, device)
    for times in (1, 2):
        provider.known[uid] = enabled
        token = log_in(client, device).json["refresh_token"]
        provider.known[uid] = replace(enabled, disabled=True)
        assert {log_in(client, device).status_code for _ in range(5)} == {401}
        assert client.post("/auth/refresh", json={"refresh_token": token}).status_code == 401
        ended = [each for each in store.scan(EVENTS, limit=99) if each.fields["type"] == "sessions-ended"]
        assert len(ended) == times


def test_an_id_of_more_than_64_bytes_can_have_no_passkey() -> None:
    uid = "u" * 65
    app = build(remote=Provider(**{uid: ProviderAccount(Email("uid@example.com"))}))
    assert client_of(app).post("/auth/firebase", json={"id_token": uid}).status_code == 200
    token = client_of(app).post("/auth/firebase", json={"id_token": uid}).json["access_token"]
    refused = client_of(app).post("/user/factors/passkey/options", headers={"Authorization": f"Bearer {token}"})
    assert (refused.status_code, errors_of(refused)) == (422, {("passkey", "too_long")})


def test_a_user_has_ten_passkeys_at_most(client: Client, app: Flask, anna: Person) -> None:
    devices = [Authenticator() for _ in range(10)]
    for device in devices:
        enrol(services_of(app), anna.user["id"], device)
    headers = {"Authorization": f"Bearer {log_in(client, devices[0]).json['access_token']}"}
    refused = client.post("/user/factors/passkey/options", headers=headers)
    assert (refused.status_code, errors_of(refused)) == (422, {("passkey", "too_many")})
