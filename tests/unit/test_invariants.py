"""The invariants of a store at rest hold after ordinary use, and each one is noticed when it is broken."""

from collections.abc import Callable

import pytest

from src.domain.users import Claim
from src.infrastructure.repositories.claims import claim_key
from src.infrastructure.stores.driver import Delete, Insert, Key, Update
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.schema import (
    CLAIMS,
    DATASETS,
    JOBS,
    REPORTS,
    ROSTERS,
    SERVICE_ACCOUNTS,
    SESSIONS,
    USERS,
)
from src.infrastructure.stores.schema.types import Collection
from tests.support.invariants import broken_invariants
from tests.support.world import build, client_of, join, upload


class World:
    """A store with a user who owns a dog and a file, and whose account exists at the provider."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        client = client_of(build(self.store))
        self.anna = join(client)
        assert client.post("/api/dogs/Rex", headers=self.anna.headers).status_code == 201
        file = client.post("/api/files", headers=self.anna.headers, **upload()).json["id"]
        assert (
            client.post("/user/keys", json={"name": "x", "scope": "read"}, headers=self.anna.headers).status_code == 201
        )
        root = join(client, "admin")
        hook = {"url": "https://example.com/", "events": ["*"]}
        assert client.post("/webhooks", json=hook, headers=root.headers).status_code == 201
        service = {"name": "x", "role": "user"}
        assert client.post("/services", json=service, headers=root.headers).status_code == 201
        table = client.post("/datasets", headers=root.headers, **upload(b"a,b\n1,2\n", "a.csv", name="x"))
        assert table.status_code == 201
        self.id: str = self.anna.user["id"]
        self.objects = {f"files/{file}", f"datasets/{table.json['id']}"}
        self.addresses = {each.user["id"]: each.user["email"] for each in (self.anna, root)}

    def broken(self) -> list[str]:
        return broken_invariants(self.store, objects=self.objects, addresses_of=lambda _: self.addresses)

    def change(self, collection: Collection, **fields: object) -> None:
        """Change every document of a collection."""
        for document in self.store.scan(collection, limit=100):
            self.store.commit(Update(document.key, {**document.fields, **fields}, document.revision))

    def remove(self, collection: Collection) -> None:
        """Remove every document of a collection."""
        for document in self.store.scan(collection, limit=100):
            self.store.commit(Delete(document.key))


def _free_the_username(world: World) -> None:
    world.store.commit(Delete(claim_key(Claim("username", world.anna.user["username"]))))


def _claim_for_nobody(world: World) -> None:
    world.store.commit(Insert(Key(CLAIMS, "x"), {"kind": "email", "holder_id": world.id}))


BROKEN: dict[str, tuple[Callable[[World], object], str]] = {
    "a name without its claim": (_free_the_username, "is held by None"),
    "a claim without its name": (_claim_for_nobody, "who has no such value"),
    "an owner who is gone": (lambda world: world.change(USERS, state="deleted"), "who is gone"),
    "a session of nobody": (
        lambda world: world.change(SESSIONS, user_id="x"),
        "belongs to x, who is gone",
    ),
    "a key of nobody": (lambda world: world.change(USERS, keys=None), "is of no user, or missing"),
    "a factor that is missing": (
        lambda world: world.change(USERS, factors={"x": "totp"}),
        "factors x is of no user, or missing",
    ),
    "a service without a secret": (lambda world: world.remove(SERVICE_ACCOUNTS), "has no account, or no secret"),
    "a secret without a service": (lambda world: world.change(USERS, state="active"), "has no account, or no secret"),
    "an admin who is not counted": (lambda world: world.remove(ROSTERS), "the roster of admins is set()"),
    "a webhook that is not counted": (lambda world: world.remove(ROSTERS), "the roster of webhooks is set()"),
    "a report that is missing": (lambda world: world.remove(REPORTS), "is of no dataset, or missing"),
    "a report of nothing": (lambda world: world.change(DATASETS, pieces=[]), "is of no dataset, or missing"),
    "half a change": (
        lambda world: world.change(USERS, reconcile_since=world.store.scan(JOBS, limit=1)[0].fields["due_at"]),
        "half changed",
    ),
    "a job that nobody runs": (lambda world: world.change(JOBS, due_at=None), "is queued and due at None"),
    "a dog that waits in vain": (lambda world: world.change(JOBS, status="failed", due_at=None), "waits for a job"),
    "an object without a record": (lambda world: world.objects.add("files/x"), "files/x has no record"),
    "a record without an object": (lambda world: world.objects.clear(), "has no object"),
    "a user without an account": (lambda world: world.addresses.clear(), "has no account at the provider"),
    "another address": (
        lambda world: world.addresses.update({world.id: "x@example.com"}),
        "x@example.com at the provider",
    ),
    "an account without a user": (lambda world: world.addresses.update(x="x@example.com"), "has no active user"),
}


def test_ordinary_use_breaks_no_invariant() -> None:
    assert World().broken() == []


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_invariant_is_named(name: str) -> None:
    world = World()
    breaks, said = BROKEN[name]
    breaks(world)
    assert any(said in sentence for sentence in world.broken()), world.broken()
