"""Metadata, which users merge into their accounts, and claims, which admins give and tokens carry."""

import base64
import json
from dataclasses import replace
from typing import Any

import jwt
import pytest
from flask import Flask

from src.domain.metadata import RESERVED_CLAIMS
from src.infrastructure.tokens.signing_keys import KeyRing, as_jwk_set
from tests.support.world import (
    KEY,
    PASSWORD,
    Answer,
    Client,
    Person,
    build,
    client_of,
    errors_of,
    join,
    log_in,
    services_of,
)

SERVICE = {"service_credentials": "billing:a-secret_of.billing"}


@pytest.fixture(scope="module")
def app() -> Flask:
    return build(settings=SERVICE, keys=KeyRing(as_jwk_set([KEY])))


@pytest.fixture
def client(app: Flask) -> Client:
    return client_of(app)


@pytest.fixture
def admin(client: Client) -> Person:
    return join(client, "admin")


def merge(client: Client, person: Person, patch: Any, method: str = "PATCH") -> Answer:
    return client.open("/user", method=method, json={"metadata": patch}, headers=person.headers)


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def claims_of(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


class TestMetadata:
    def test_a_change_is_merged(self, client: Client, anna: Person) -> None:
        assert (anna.user["metadata"], anna.user["claims"]) == ({}, {})
        merge(client, anna, {"theme": "dark", "tags": [1, {"a": None}], "é": {"x": 1, "y": 2.0}}, "PUT")
        changed = merge(client, anna, {"theme": None, "é": {"x": None, "z": True}, "new": {"gone": None}})
        expected = {"tags": [1, {"a": None}], "é": {"y": 2.0, "z": True}, "new": {}}
        assert (changed.status_code, changed.json["metadata"]) == (200, expected)
        shown = client.get("/user", headers=anna.headers)
        assert shown.json["metadata"] == expected
        assert shown.headers["ETag"] == changed.headers["ETag"]
        assert merge(client, anna, {"é": {"z": False}}).headers["ETag"] != changed.headers["ETag"]

    def test_a_merge_patch_is_taken_by_its_own_media_type(self, client: Client, anna: Person) -> None:
        body = json.dumps({"metadata": {"a": 1}})
        headers = {**anna.headers, "Content-Type": "application/merge-patch+json"}
        assert client.patch("/user", data=body, headers=headers).json["metadata"] == {"a": 1}

    def test_only_admins_change_and_see_the_metadata_of_others(
        self, client: Client, anna: Person, admin: Person
    ) -> None:
        path = anna.at("/users/{id}")
        changed = client.put(path, json={"metadata": {"note": "vip"}}, headers=admin.headers)
        assert changed.json["metadata"] == {"note": "vip"}
        other = join(client)
        assert client.put(path, json={"metadata": {}}, headers=other.headers).status_code == 403
        assert "metadata" not in client.get(path, headers=other.headers).json

    @pytest.mark.parametrize("value", [None, [], "text", 7, True])
    def test_metadata_is_an_object(self, client: Client, anna: Person, value: Any) -> None:
        assert errors_of(merge(client, anna, value)) == {("metadata", "type")}

    def test_metadata_has_8_kib_at_most_after_the_merge(self, client: Client, anna: Person) -> None:
        room = 8192 - len('{"a":"é"}'.encode())
        assert merge(client, anna, {"a": "é" + "x" * room}).status_code == 200
        for patch in ({"b": 1}, {"a": "é" + "x" * (room + 1)}):
            assert errors_of(merge(client, anna, patch)) == {("metadata", "too_large")}
        assert merge(client, anna, {"a": None, "b": 1}).json["metadata"] == {"b": 1}

    def test_metadata_has_8_levels_at_most_after_the_merge(self, client: Client, anna: Person) -> None:
        assert merge(client, anna, nested(8)).json["metadata"] == nested(8)
        for levels in (9, 200, 900):
            assert errors_of(merge(client, anna, nested(levels))) == {("metadata", "too_large")}
        deep: dict[str, Any] = {"a": [[[[[[[[]]]]]]]]}
        assert errors_of(merge(client, anna, deep)) == {("metadata", "too_large")}

    @pytest.mark.parametrize(
        ("text", "status"),
        [
            ('{"a": 1e999}', 422),
            ('{"a": [-1e999]}', 422),
            ('{"a": NaN}', 400),
            (f'{{"a": {"9" * 101}}}', 400),
            ('{"a": 1, "a": 2}', 400),
            ('{"a": {"b": 1, "b": 2}}', 400),
            ('{"a": "\\u0000"}', 400),
            ('{"\\u0000": 1}', 400),
            ('{"a": "\\ud800"}', 400),
            ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", 400),
        ],
    )
    def test_hostile_json_is_refused(self, client: Client, anna: Person, text: str, status: int) -> None:
        body = f'{{"metadata": {text}}}'
        answer = client.patch("/user", data=body, headers=anna.headers, content_type="application/json")
        assert answer.status_code == status

    def test_every_value_of_json_is_kept(self, client: Client, anna: Person) -> None:
        value = {"big": 10**99, "small": 1e-300, "": "", "__proto__": 1, "a.b/~": [None, True, 1.0, "\u2028😀"]}
        merge(client, anna, value)
        assert client.get("/user", headers=anna.headers).json["metadata"] == value


class TestClaims:
    def give(self, client: Client, admin: Person, person: Person, claims: Any, **further: Any) -> Answer:
        body = {"claims": claims, **further}
        return client.put(person.at("/users/{id}"), json=body, headers=admin.headers)

    def test_every_later_token_has_the_claims_at_its_top_level(
        self, client: Client, anna: Person, admin: Person
    ) -> None:
        claims = {"plan": "gold", "limits": {"seats": 5, "none": None}}
        assert self.give(client, admin, anna, claims).json["claims"] == claims
        assert "plan" not in claims_of(anna.token)
        again = log_in(client, anna).json
        refreshed = client.post("/auth/refresh", json={"refresh_token": again["refresh_token"]}).json
        renewed = client.post("/auth/renew", headers=anna.headers).json
        tokens = [each["access_token"] for each in (again, refreshed, renewed)]
        for token in tokens:
            carried = claims_of(token)
            assert {name: carried[name] for name in claims} == claims
            assert carried["role"] == "user"
            assert client.get("/user", headers=Person({}, token).headers).json["claims"] == claims
        shown = client.post(
            "/auth/introspect",
            data={"token": tokens[0], "client_id": "billing", "client_secret": "a-secret_of.billing"},
        ).json
        assert (shown["active"], {name: shown[name] for name in claims}) == (True, claims)

    def test_claims_are_replaced_whole(self, client: Client, anna: Person, admin: Person) -> None:
        self.give(client, admin, anna, {"plan": "gold", "seats": 5})
        assert self.give(client, admin, anna, {"seats": 6}).json["claims"] == {"seats": 6}
        assert self.give(client, admin, anna, {}).json["claims"] == {}
        assert "seats" not in claims_of(log_in(client, anna).json["access_token"])

    def test_the_event_of_a_change_names_the_fields_as_clients_do(
        self, client: Client, anna: Person, admin: Person
    ) -> None:
        change = {"claims": {"plan": "gold"}, "metadata": {"theme": "dark"}}
        assert client.put(anna.at("/users/{id}"), json=change, headers=admin.headers).status_code == 200
        newest = client.get("/user/events?limit=1", headers=anna.headers).json[0]
        assert (newest["type"], newest["data"]) == ("profile-changed", {"fields": ["metadata", "claims"]})

    def test_only_admins_set_claims(self, client: Client, anna: Person) -> None:
        mine = anna.at("/users/{id}")
        for path in ("/user", mine):
            changed = client.put(path, json={"claims": {"plan": "gold"}, "name": "Anna"}, headers=anna.headers)
            assert (changed.status_code, changed.json["claims"]) == (200, {})
        assert errors_of(client.put(mine, json={"claims": {}}, headers=anna.headers)) == {("body", "empty")}
        body = {"username": "eve1", "email": "eve1@example.com", "password": PASSWORD, "claims": {"a": 1}}
        assert client.post("/register", json=body).json["claims"] == {}

    @pytest.mark.parametrize("name", [*sorted(RESERVED_CLAIMS), "portero_sid", "portero_"])
    def test_reserved_names_are_refused(self, client: Client, anna: Person, admin: Person, name: str) -> None:
        assert errors_of(self.give(client, admin, anna, {name: 1})) == {("claims", "reserved")}

    def test_claims_have_1000_bytes_at_most_together_with_the_role(
        self, client: Client, anna: Person, admin: Person
    ) -> None:
        room = 1000 - len('{"role":"user","a":""}')
        assert self.give(client, admin, anna, {"a": "x" * room}).status_code == 200
        assert client.get("/user", headers=logged(client, anna)).status_code == 200
        assert errors_of(self.give(client, admin, anna, {"a": "x" * (room + 1)})) == {("claims", "too_large")}
        longer = client.put(anna.at("/users/{id}"), json={"role": "uploader"}, headers=admin.headers)
        assert errors_of(longer) == {("claims", "too_large")}
        assert self.give(client, admin, anna, {"a": ""}, role="uploader").status_code == 200

    @pytest.mark.parametrize("value", [nested(9), {"a": 1e999}])
    def test_deep_claims_and_large_numbers_are_refused(
        self, client: Client, anna: Person, admin: Person, value: dict[str, Any]
    ) -> None:
        body = json.dumps({"claims": value}).replace("Infinity", "1e999")
        answer = client.put(anna.at("/users/{id}"), data=body, headers=admin.headers, content_type="application/json")
        assert errors_of(answer) == {("claims", "too_large")}

    def test_a_claim_that_was_stored_by_another_version_replaces_no_claim_of_the_service(
        self, client: Client, anna: Person
    ) -> None:
        users = services_of(client.application).accounts.accounts.users
        forged = {"role": "admin", "sub": "somebody", "exp": 9999999999}
        users.update(anna.user["id"], lambda user: replace(user, custom_claims=forged))
        carried = claims_of(log_in(client, anna).json["access_token"])
        assert (carried["role"], carried["sub"]) == ("user", anna.user["id"])
        assert carried["exp"] < 9999999999


def logged(client: Client, person: Person) -> dict[str, str]:
    return Person({}, log_in(client, person).json["access_token"]).headers


def test_an_admin_sees_metadata_and_claims_in_lists(client: Client, anna: Person, admin: Person) -> None:
    merge(client, anna, {"a": 1})
    [shown] = client.get(f"/users?q={anna.user['username']}", headers=admin.headers).json
    assert (shown["metadata"], shown["claims"]) == ({"a": 1}, {})


def test_the_payload_is_plain_json(client: Client, anna: Person) -> None:
    payload = log_in(client, anna).json["access_token"].split(".")[1]
    assert b" " not in base64.urlsafe_b64decode(payload + "==")
