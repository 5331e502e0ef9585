"""Refresh tokens: each is valid once, and may be repeated for ten seconds."""

from pathlib import Path
from typing import Any

import jwt
import pytest
from flask import Flask

from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.tokens import base64url
from src.infrastructure.tokens.signing_keys import KeyRing, SigningKey, write_keys
from tests.support.working import Watch
from tests.support.world import KEY, TOKEN_FIELDS, V1_FIELDS, Answer, Client, Person, build, client_of, join

DAY = 86400


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def app(watch: Watch, store: MemoryStore) -> Flask:
    return build(store, clock=watch)


def _refresh(client: Client, token: str) -> Answer:
    return client.post("/auth/refresh", json={"refresh_token": token})


def _alive(client: Client, token: str) -> bool:
    return client.get("/user", headers=Person({}, token).headers).status_code == 200


def _claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


@pytest.mark.parametrize("path", ["/auth/refresh", "/api/v1/token/refresh"])
@pytest.mark.parametrize("way", ["refresh_token", "refreshToken", "bearer"])
def test_a_refresh_token_is_taken_under_either_name_or_as_bearer(
    client: Client, anna: Person, path: str, way: str
) -> None:
    if way == "bearer":
        answer = client.post(path, headers={"Authorization": f"Bearer {anna.refresh}"})
    else:
        answer = client.post(path, json={way: anna.refresh})
    tokens = answer.json
    assert answer.status_code == 200
    assert set(tokens) == (V1_FIELDS if path.startswith("/api/v1") else TOKEN_FIELDS)
    assert tokens.get("token", tokens["access_token"]) == tokens["access_token"]
    assert tokens.get("refreshToken", tokens["refresh_token"]) == tokens["refresh_token"] != anna.refresh
    assert _claims(tokens["access_token"])["sid"] == anna.session
    assert _alive(client, tokens["access_token"])
    assert _alive(client, anna.token)


def test_the_token_in_the_body_takes_precedence(client: Client, anna: Person) -> None:
    body = {"refresh_token": "x", "refreshToken": anna.refresh}
    headers = {"Authorization": f"Bearer {anna.refresh}"}
    assert client.post("/auth/refresh", json=body, headers=headers).status_code == 401
    assert client.post("/auth/refresh", json={"refresh_token": anna.refresh}, headers=anna.headers).status_code == 200


def test_refreshing_without_a_token_returns_401(client: Client) -> None:
    for path in ("/auth/refresh", "/api/v1/token/refresh"):
        for body in (None, {}, {"refresh_token": ""}):
            answer = client.post(path, json=body) if body is not None else client.post(path)
            assert (answer.status_code, answer.json["detail"]) == (401, "Not authenticated")


@pytest.mark.parametrize("later", [0, 1, 9.9, 10])
def test_a_second_refresh_within_ten_seconds_gets_the_same_successor(
    client: Client, anna: Person, watch: Watch, later: float
) -> None:
    first = _refresh(client, anna.refresh).json
    watch.forward(later)
    again = _refresh(client, anna.refresh).json
    assert again["refresh_token"] == first["refresh_token"]
    assert _alive(client, again["access_token"])
    assert _refresh(client, first["refresh_token"]).status_code == 200


def test_reusing_a_token_later_ends_the_session(client: Client, anna: Person, watch: Watch) -> None:
    successor = _refresh(client, anna.refresh).json
    watch.forward(10.1)
    assert _refresh(client, anna.refresh).status_code == 401
    assert not _alive(client, successor["access_token"])
    assert _refresh(client, successor["refresh_token"]).status_code == 401


def test_reusing_a_token_whose_successor_was_used_ends_the_session(client: Client, anna: Person) -> None:
    second = _refresh(client, anna.refresh).json
    third = _refresh(client, second["refresh_token"]).json
    assert _refresh(client, anna.refresh).status_code == 401
    assert not _alive(client, third["access_token"])
    assert _refresh(client, third["refresh_token"]).status_code == 401


FOREIGN = build(keys=KeyRing(SigningKey.generate().private_jwk().__str__().replace("'", '"')))


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: "",
        lambda token: "x",
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: token + "==",
        lambda token: token[:22] + "A" * 64,
        lambda token: token[:70] + ("A" if token[70] != "A" else "B") + token[71:],
        lambda token: token[:30] + ("A" if token[30] != "A" else "B") + token[31:],
        lambda token: token[:-2] + ("AA" if token[-2:] != "AA" else "QQ"),
        lambda token: "A" * 86,
        lambda token: token.swapcase(),
        lambda token: token[:40] + "\n" + token[40:],
        lambda token: "é" * 86,
        lambda token: token * 6_000,
    ],
)
def test_a_forged_token_ends_no_session(client: Client, anna: Person, forge: Any) -> None:
    forged = forge(anna.refresh)
    assert _refresh(client, forged).status_code == 401
    assert client.post("/auth/token", data={"grant_type": "refresh_token", "refresh_token": forged}).status_code == 400
    assert _alive(client, anna.token)
    assert _refresh(client, anna.refresh).status_code == 200


@pytest.mark.parametrize("status", ["disabled", "deleted"])
def test_a_user_who_cannot_log_in_does_not_spend_a_refresh_token(
    client: Client, anna: Person, store: MemoryStore, status: str
) -> None:
    admin, path = join(client, role="admin"), anna.at("/users/{id}")
    if status == "disabled":
        assert client.put(path, json={"disabled": True}, headers=admin.headers).status_code == 200
    else:
        assert client.delete(path, headers=admin.headers).status_code == 204
    stored = repr(store.documents)
    assert _refresh(client, anna.refresh).status_code == 401
    assert repr(store.documents) == stored


def test_the_user_in_a_refresh_token_cannot_be_replaced(client: Client, anna: Person) -> None:
    ben = join(client)
    parts = [base64url.decode(person.refresh) for person in (anna, ben)]
    for forged in (parts[0][:64] + parts[1][64:], parts[0][:64] + b"\xff", parts[0][:64] + b"x" * 400):
        assert _refresh(client, base64url.encode(forged)).status_code == 401
    assert _alive(client, anna.token)
    assert _refresh(client, anna.refresh).status_code == 200


def test_an_access_token_cannot_refresh(client: Client, anna: Person) -> None:
    assert _refresh(client, anna.token).status_code == 401
    assert client.get("/user", headers=Person({}, anna.refresh).headers).status_code == 401
    assert _alive(client, anna.token)


# Lifetimes


def test_an_unused_session_ends_after_its_inactivity(client: Client, anna: Person, watch: Watch) -> None:
    watch.forward(30 * DAY - 1)
    tokens = _refresh(client, anna.refresh).json
    watch.forward(30 * DAY)
    assert _refresh(client, tokens["refresh_token"]).status_code == 401


def test_rotation_never_extends_the_absolute_lifetime(client: Client, anna: Person, watch: Watch) -> None:
    refresh = anna.refresh
    for _ in range(9):
        watch.forward(10 * DAY - 1)
        refresh = _refresh(client, refresh).json["refresh_token"]
    last = _refresh(client, refresh).json
    assert 0 < last["expires_in"] <= 9
    assert _alive(client, last["access_token"])
    renewed = client.post("/auth/renew", headers=Person({}, last["access_token"]).headers).json
    assert renewed["expires_in"] == last["expires_in"]
    watch.forward(9)
    assert not _alive(client, last["access_token"])
    assert _refresh(client, last["refresh_token"]).status_code == 401


def test_renewing_returns_an_access_token_for_fifteen_minutes_only(client: Client, anna: Person, watch: Watch) -> None:
    watch.forward(899)
    renewed = client.post("/auth/renew", headers=anna.headers).json
    assert set(renewed) == TOKEN_FIELDS - {"refresh_token"}
    claims = _claims(renewed["access_token"])
    assert (renewed["expires_in"], claims["exp"] - claims["iat"]) == (900, 900)
    assert claims["exp"] == int(watch().timestamp()) + 900
    assert claims["sid"] == anna.session
    watch.forward(1)
    assert client.post("/auth/renew", headers=anna.headers).status_code == 401
    assert _alive(client, renewed["access_token"])


# What is stored


def test_only_hashes_are_stored(client: Client, store: MemoryStore) -> None:
    anna = join(client)
    tokens = [anna.token, anna.refresh]
    for _ in range(2):
        answer = _refresh(client, tokens[-1]).json
        tokens += [answer["access_token"], answer["refresh_token"]]
    stored = repr(store.documents)
    assert anna.session in stored
    for token in tokens:
        assert token not in stored
        assert token[22:64] not in stored


# Keys


def test_rotating_the_signing_keys_keeps_refresh_tokens_valid(tmp_path: Path) -> None:
    path, new = tmp_path / "keys.json", SigningKey.generate()
    write_keys(path, [KEY], replace=True)
    client = client_of(build(keys=KeyRing(path)))
    anna, ben = join(client), join(client)
    before = _refresh(client, ben.refresh).json["refresh_token"]
    write_keys(path, [new, KEY], replace=True)
    assert _refresh(client, ben.refresh).json["refresh_token"] == before
    after = _refresh(client, anna.refresh).json
    assert _refresh(client, anna.refresh).json["refresh_token"] == after["refresh_token"]
    assert jwt.get_unverified_header(after["access_token"])["kid"] == new.kid
    write_keys(path, [new], replace=True)
    assert _refresh(client, before).status_code == 200  # the current token is found by its hash
    assert _refresh(client, after["refresh_token"]).status_code == 200
    assert _refresh(client, after["refresh_token"]).status_code == 200


def test_a_refresh_token_of_another_service_is_unknown(client: Client) -> None:
    assert _refresh(client, join(client_of(FOREIGN)).refresh).status_code == 401
