"""Tokens of the identity provider, exchanged for tokens of the service or sent directly."""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from src.application.ports import ProviderAccount
from src.bootstrap.adapters import now
from src.domain.values import Email
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.schema import EVENTS
from tests.support.mailing import MailWorld
from tests.support.remote import FakeProvider
from tests.support.world import (
    PASSWORD,
    TOKEN_FIELDS,
    Client,
    Person,
    Provider,
    build,
    client_of,
    errors_of,
    join,
    registration,
)


def test_a_token_of_the_identity_provider_is_exchanged_or_used_directly() -> None:
    app = build(remote=Provider(ben=ProviderAccount(name="Ben")))
    client = client_of(app)
    traded = client.post("/auth/firebase", json={"id_token": "ben"})
    assert traded.status_code == 200
    assert set(traded.json) == TOKEN_FIELDS
    users = [
        client.get("/user", headers=Person({}, token).headers).json for token in (traded.json["access_token"], "ben")
    ]
    assert users[0] == users[1]
    assert users[0] | {"id": "ben", "email": None, "name": "Ben"} == users[0]
    assert users[0]["username"].startswith("user-")
    assert client.post("/auth/firebase", json={"id_token": "eve"}).status_code == 401
    refused = client.get("/user", headers=Person({}, "eve").headers)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    # The provider still issues tokens for a user that was deleted here.
    assert client.delete("/user", headers=Person({}, "ben").headers).status_code == 204
    assert client.post("/auth/firebase", json={"id_token": "ben"}).status_code == 401


def test_the_token_of_an_account_that_is_disabled_there_ends_the_sessions_once() -> None:
    store, provider = MemoryStore(), Provider(eve=ProviderAccount())
    provider.signed_in_at["eve"] = now() - timedelta(minutes=1)
    client = client_of(build(store, remote=provider))
    assert client.post("/auth/firebase", json={"id_token": "eve"}).status_code == 200
    provider.known["eve"] = ProviderAccount(disabled=True)
    for _ in range(3):
        assert client.post("/auth/firebase", json={"id_token": "eve"}).status_code == 401
    ended = [each for each in store.scan(EVENTS, limit=99) if each.fields["type"] == "sessions-ended"]
    assert len(ended) == 1


def test_an_address_logs_in_in_every_spelling() -> None:
    client = client_of(build(remote=FakeProvider()))
    assert client.post("/register", json=registration(email="\uff21nn@example.com")).status_code == 201
    for email in ("\uff21nn@example.com", "ann@example.com", "ANN@EXAMPLE.COM"):
        assert client.post("/login", json={"email": email, "password": PASSWORD}).status_code == 200


def test_our_own_tokens_cannot_be_exchanged(client: Client, anna: Person) -> None:
    assert client.post("/auth/firebase", json={"id_token": anna.token}).status_code == 404
    other = client_of(build(remote=Provider()))
    ours = join(other)
    assert other.post("/auth/firebase", json={"id_token": ours.token}).status_code == 401


def test_a_new_session_from_an_old_sign_in_does_not_stand_for_the_password() -> None:
    provider = Provider(eve=ProviderAccount(Email("eve@example.com"), has_password=True))
    provider.signed_in_at["eve"] = now() - timedelta(minutes=11)
    client = client_of(build(remote=provider))
    traded = client.post("/auth/firebase", json={"id_token": "eve"}).json
    for token in ("eve", traded["access_token"]):
        refused = client.put("/user", json={"email": "new@example.com"}, headers=Person({}, token).headers)
        assert (refused.status_code, errors_of(refused)) == (422, {("current_password", "required")})


def test_the_old_address_is_told_once_of_one_that_was_changed_at_the_provider() -> None:
    provider = Provider(eve=ProviderAccount(Email("eve@example.com")))
    world = MailWorld(settings={"smtp_url": "smtp://localhost", "firebase_check_seconds": "0"}, remote=provider)
    headers = Person({}, "eve").headers
    for _ in range(2):
        assert world.client.get("/user", headers=headers).status_code == 200
        provider.known["eve"] = ProviderAccount(Email("eve@example.com"), email_verified=True)
    provider.known["eve"] = ProviderAccount(Email("new@example.com"))
    for _ in range(2):
        assert world.client.get("/user", headers=headers).json["email"] == "new@example.com"
    world.deliver()
    assert [(mail.to.address, "new@example.com" in mail.text) for mail in world.box.mails] == [
        ("eve@example.com", True)
    ]


def test_what_an_account_at_the_provider_becomes_is_logged_as_events(caplog: pytest.LogCaptureFixture) -> None:
    provider = Provider(eve=ProviderAccount(anonymous=True))
    client = client_of(build(settings={"firebase_check_seconds": "0"}, remote=provider))
    with caplog.at_level(logging.INFO, logger="portero.audit"):
        for account in (
            ProviderAccount(anonymous=True),
            ProviderAccount(Email("eve@example.com")),
            ProviderAccount(Email("new@example.com")),
        ):
            provider.known["eve"] = account
            for _ in range(2):
                assert client.get("/user", headers=Person({}, "eve").headers).status_code == 200
    assert caplog.messages == ["guest-registered", "user-registered", "address-changed"]


def test_the_login_of_an_anonymous_user_of_the_provider_is_no_last_sign_in() -> None:
    store, provider = MemoryStore(), Provider(eve=ProviderAccount(anonymous=True))
    client = client_of(build(store, settings={"firebase_check_seconds": "0"}, remote=provider))
    for address, recorded in ((None, False), (Email("eve@example.com"), True)):
        provider.known["eve"] = ProviderAccount(address, anonymous=not address)
        assert client.post("/auth/firebase", json={"id_token": "eve"}).status_code == 200
        assert (("sign_ins", "eve") in store.documents) is recorded


@pytest.mark.parametrize("change", [{"disabled": True}, {"valid_since": now() + timedelta(days=1)}])
@pytest.mark.parametrize("way", ["POST /auth/firebase", "bearer"])
def test_a_refused_token_of_the_provider_ends_the_sessions_of_its_user(way: str, change: dict[str, Any]) -> None:
    provider = Provider(eve=ProviderAccount(Email("eve@example.com")))
    client = client_of(build(settings={"firebase_check_seconds": "0"}, remote=provider))
    tokens = client.post("/auth/firebase", json={"id_token": "eve"}).json
    session, id_token = Person({}, tokens["access_token"]), Person({}, "eve")
    provider.known["eve"] = replace(provider.known["eve"], **change)
    if way == "bearer":
        assert client.get("/user", headers=id_token.headers).status_code == 401
    else:
        assert client.post("/auth/firebase", json={"id_token": "eve"}).status_code == 401
    assert client.get("/user", headers=session.headers).status_code == 401
    assert client.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]}).status_code == 401
    provider.known["eve"] = ProviderAccount(Email("eve@example.com"))
    assert client.get("/user", headers=session.headers).status_code == 401


class OneProject(Provider):
    """A provider whose accounts are in the project "right" only."""

    project = "right"

    def get(self, id: str) -> ProviderAccount | None:
        return super().get(id) if self.project == "right" else None


def test_with_another_project_of_the_provider_nobody_is_deleted_or_logged_out() -> None:
    provider = OneProject(eve=ProviderAccount(Email("eve@example.com")))
    client = client_of(build(settings={"firebase_check_seconds": "0"}, remote=provider))
    body = {"refresh_token": client.post("/auth/firebase", json={"id_token": "eve"}).json["refresh_token"]}
    provider.project = "wrong"
    assert client.post("/auth/refresh", json=body).status_code == 503
    assert client.post("/auth/firebase", json={"id_token": "eve"}).status_code == 503
    taken = {"username": "mallory", "email": "eve@example.com", "password": "correct horse battery"}
    assert client.post("/register", json=taken).status_code == 409
    provider.project = "right"
    assert client.post("/auth/refresh", json=body).status_code == 200
