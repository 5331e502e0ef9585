"""Keys: what they are, what they may do, and when they end."""

from random import Random
from string import ascii_letters, digits
from typing import Any

import pytest

from src.application.ports import ProviderAccount
from src.domain.errors import InvalidToken
from src.domain.keys import MAX_KEYS
from src.domain.values import Email
from src.infrastructure.stores.memory import MemoryStore
from tests.support.mailing import MailWorld, anna, world
from tests.support.proofs import LONG_AGO, TWO, give_factor, with_proof
from tests.support.world import (
    Answer,
    Client,
    Person,
    Provider,
    build,
    client_of,
    errors_of,
    join,
    logged_in,
    services_of,
)

__all__ = ["anna", "world"]  # fixtures


def make(client: Client, person: Person, scope: str = "write", **fields: Any) -> Answer:
    return client.post("/user/keys", json={"name": "Report", "scope": scope, **fields}, headers=person.headers)


def key_of(client: Client, person: Person, scope: str = "write") -> Person:
    """Return the person with a new key instead of an access token."""
    return Person(person.user, make(client, person, scope).json["key"])


def status(client: Client, holder: Person) -> int:
    return client.get("/user", headers=holder.headers).status_code


def test_a_key_is_shown_once_and_acts_as_its_owner_until_it_is_removed(world: MailWorld, anna: Person) -> None:
    made = make(world.client, anna, "read", expires_in_days=90)
    assert made.status_code == 201
    shown = {**made.json}
    key = shown.pop("key")
    assert key.startswith("ptk_")
    assert key[4:].isalnum()
    assert anna.user["id"] in key
    assert (shown["prefix"], shown["last_used_at"]) == (key[:10], None)
    assert made.headers["Location"] == f"/user/keys/{made.json['id']}"
    listed = world.client.get("/user/keys", headers=anna.headers)
    assert listed.json == [shown]
    holder = Person(anna.user, key)
    assert world.client.get("/user", headers=holder.headers).json["id"] == anna.user["id"]
    exported = world.client.get("/user/export", headers=anna.headers)
    assert [each["id"] for each in exported.json["keys"]] == [made.json["id"]]
    assert key[10:] not in exported.text
    assert world.client.delete(made.headers["Location"], headers=anna.headers).status_code == 204
    assert status(world.client, holder) == 401
    assert world.client.delete(made.headers["Location"], headers=anna.headers).status_code == 404
    history = [each["type"] for each in world.client.get("/user/events", headers=anna.headers).json]
    assert {"key-created", "key-removed"} <= {*history}


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"name": ""}, "name"), ({"name": "a" * 65}, "name"), ({"scope": "admin"}, "scope"), ({"scope": None}, "scope")]
    + [({"expires_in_days": days}, "expires_in_days") for days in (0, 367, "1", True)],
)
def test_a_key_with_invalid_fields_is_refused(world: MailWorld, anna: Person, fields: Any, field: str) -> None:
    refused = make(world.client, anna, **{"scope": "read", **fields})
    assert refused.status_code == 422
    assert [name for name, _ in errors_of(refused)] == [field]


def test_a_read_key_is_told_the_scope_that_it_lacks(world: MailWorld, anna: Person) -> None:
    holder = key_of(world.client, anna, "read")
    assert world.client.get("/tasks", headers=holder.headers).status_code == 200
    assert world.client.open("/tasks", method="HEAD", headers=holder.headers).status_code == 200
    refused = world.client.post("/tasks", json={"title": "Walk"}, headers=holder.headers)
    assert (refused.status_code, refused.json["type"]) == (403, "/problems/insufficient-scope")
    assert refused.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="write"'
    writer = key_of(world.client, anna)
    assert world.client.post("/tasks", json={"title": "Walk"}, headers=writer.headers).status_code == 201


def test_a_key_expires(world: MailWorld, anna: Person) -> None:
    holder = Person(anna.user, make(world.client, anna, expires_in_days=1).json["key"])
    world.watch.forward(86400 - 1)
    assert status(world.client, holder) == 200
    world.watch.forward(1)
    assert status(world.client, holder) == 401


def test_a_user_has_25_keys_and_expired_ones_make_room(world: MailWorld, anna: Person) -> None:
    for _ in range(MAX_KEYS):
        assert make(world.client, anna, expires_in_days=1).status_code == 201
    refused = make(world.client, anna)
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "too_many")
    assert len(world.client.get("/user/keys", headers=anna.headers).json) == MAX_KEYS
    world.watch.forward(86400)
    again = logged_in(world.client, anna)
    assert make(world.client, again).status_code == 201
    assert len(world.client.get("/user/keys", headers=again.headers).json) == 1


def test_the_last_use_is_right_to_the_hour_and_not_stored_at_every_use(world: MailWorld, anna: Person) -> None:
    holder = key_of(world.client, anna)
    seen = []
    for minutes in (0, 59, 1):
        world.watch.forward(60 * minutes)
        assert status(world.client, holder) == 200
        fresh = logged_in(world.client, anna)
        seen.append(world.client.get("/user/keys", headers=fresh.headers).json[0]["last_used_at"])
    assert seen[0] == seen[1] < seen[2]


def test_a_key_outlives_logouts_and_a_change_of_the_password(world: MailWorld, anna: Person) -> None:
    holder = key_of(world.client, anna)
    change = {"current_password": "correct zebra battery", "new_password": "a stapled battery"}
    assert world.client.put("/user/password", json=change, headers=anna.headers).status_code == 204
    assert world.client.post("/auth/logout-all", headers=anna.headers).status_code == 204
    assert status(world.client, holder) == 200


def test_a_reset_of_the_password_ends_the_keys(world: MailWorld, anna: Person) -> None:
    world.prove(anna)
    holder = key_of(world.client, anna)
    world.ask("/auth/password/forgot", anna.user["email"])
    assert world.reset(world.token).status_code == 204
    assert status(world.client, holder) == 401


@pytest.mark.parametrize("path", ["/auth/email/login", "/auth/password/forgot"])
def test_the_first_proof_of_an_address_ends_the_keys_of_a_squatter(world: MailWorld, anna: Person, path: str) -> None:
    holder = key_of(world.client, anna)
    world.ask(path, anna.user["email"])
    answer = world.confirm(token=world.token) if path == "/auth/email/login" else world.reset(world.token)
    assert answer.status_code < 300
    assert status(world.client, holder) == 401


def test_the_owner_who_proves_the_address_keeps_the_keys_and_a_key_proves_nothing(
    world: MailWorld, anna: Person
) -> None:
    holder = key_of(world.client, anna)
    world.client.post("/auth/email/verify", headers=anna.headers)
    world.deliver()
    assert world.verify(world.token, holder).status_code == 403
    assert world.verify(world.token, anna).status_code == 204
    assert status(world.client, holder) == 200


@pytest.mark.parametrize("way", ["disabled", "deleted", "factors"])
def test_an_admin_ends_the_keys_of_a_user(way: str) -> None:
    client = client_of(build())
    admin, eve = join(client, "admin"), join(client)
    holder, url = key_of(client, eve), eve.at("/users/{id}")
    match way:
        case "disabled":
            assert client.put(url, json={"disabled": True}, headers=admin.headers).status_code == 200
            assert status(client, holder) == 401
            assert client.put(url, json={"disabled": False}, headers=admin.headers).status_code == 200
        case "deleted":
            assert client.delete(url, headers=admin.headers).status_code == 204
        case _:
            assert client.delete(f"{url}/factors", headers=admin.headers).status_code == 204
    assert status(client, holder) == 401


def test_a_key_needs_a_recent_proof_with_two_factors_of_a_user_with_factors() -> None:
    client = client_of(build())
    eve = join(client)
    give_factor(client, eve)
    assert make(client, eve).status_code == 401
    assert make(client, with_proof(client, eve, TWO, LONG_AGO)).status_code == 401
    assert make(client, with_proof(client, eve, TWO)).status_code == 201


def test_firebase_is_asked_for_the_owner_of_a_key_once_in_a_while() -> None:
    provider = Provider()
    world = MailWorld(remote=provider)
    eve = join(world.client)
    holder = key_of(world.client, eve)
    assert status(world.client, holder) == 200
    provider.known[eve.user["id"]] = ProviderAccount(Email(eve.user["email"]), disabled=True)
    assert status(world.client, holder) == 200
    world.watch.forward(300)
    assert status(world.client, holder) == 401
    provider.known.clear()
    assert status(world.client, holder) == 401  # the key has ended


class CountingStore(MemoryStore):
    """A store that counts its reads."""

    reads = 0

    def get(self, *keys: Any) -> Any:
        self.reads += 1
        return super().get(*keys)


def test_mutated_keys_are_refused_without_a_read() -> None:
    store, chance = CountingStore(), Random(29)
    client = client_of(build(store))
    holder = key_of(client, join(client))
    authentication, before = services_of(client.application).authentication, store.reads
    assert authentication.authenticate(holder.token)
    assert store.reads == before + 1
    for _ in range(10_000):
        with pytest.raises(InvalidToken):
            authentication.authenticate(_mutated(holder.token, chance))
    assert store.reads == before + 1


def _mutated(text: str, chance: Random) -> str:
    """Return a changed text: with a part replaced, removed, repeated, moved or in the other case."""
    while True:
        start = chance.randrange(len(text))
        part = text[start : start + chance.choice([1, 1, 2, 6, 40])]
        end = start + len(part)
        other = "".join(chance.choices(ascii_letters + digits + "_-.= é", k=len(part)))
        new = chance.choice([other, "", part * 2, part.swapcase(), part[::-1], part + other])
        changed = chance.choice([text[:start] + new + text[end:], text[end:] + text[:start] + new])
        if changed != text:
            return changed
