"""The invariants of a store at rest: after any run, kill, outage or race, once everything is reconciled."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from src.domain.dogs import PictureStatus
from src.domain.jobs import JobStatus
from src.domain.users import Claim, State
from src.domain.values import Role
from src.infrastructure.repositories.claims import claim_key
from src.infrastructure.repositories.users import Users
from src.infrastructure.stores.driver import Document
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import (
    CLAIMS,
    COLLECTIONS,
    DATASETS,
    DOGS,
    FACTORS,
    FILES,
    JOBS,
    KEYS,
    REPORTS,
    ROSTERS,
    SERVICE_ACCOUNTS,
    USERS,
    WEBHOOKS,
)

_SCANNED = 500
_OWNED = [each for each in COLLECTIONS if "user_id" in each.fields and each.fields["user_id"].enforced]
"""The collections whose documents are removed with their owner."""

Documents = Mapping[str, Mapping[str, Any]]
"""The fields of documents by id."""
AddressesOf = Callable[[Sequence[str]], Mapping[str, str]]
"""A function that returns the addresses of the given users who have an account at the identity provider."""


def broken_invariants(
    store: Store, *, objects: set[str] | None = None, addresses_of: AddressesOf | None = None
) -> list[str]:
    """Return a sentence for each invariant that a store breaks.

    ``objects`` are the keys of the stored objects, such as ``files/ID``. ``addresses_of`` asks the identity provider.
    An argument that is None is not compared.
    """
    found = {each.name: _documents(store, each.name) for each in COLLECTIONS}
    broken = [*_claims(store, found), *_owners(found), *_listed(found), *_jobs(found), *_pieces(found)]
    if objects is not None:
        broken += _objects(found, objects)
    if addresses_of is not None:
        broken += _accounts(found, addresses_of([*found[USERS.name]]))
    return broken


def _documents(store: Store, name: str) -> Documents:
    [collection] = [each for each in COLLECTIONS if each.name == name]
    documents: list[Document] = []
    while page := store.scan(collection, documents[-1].key.id if documents else None, limit=_SCANNED):
        documents += page
    return {each.key.id: each.fields for each in documents}


def _claims(store: Store, found: Mapping[str, Documents]) -> Iterator[str]:
    """Each claim belongs to exactly one existing holder, which names it."""
    users = Users(store)
    wanted = {
        claim_key(claim).id: (claim, id) for id in found[USERS.name] if (user := users.get(id)) for claim in user.claims
    }
    wanted |= {
        claim_key(Claim("dog", dog["name_key"])).id: (Claim("dog", dog["name_key"]), id)
        for id, dog in found[DOGS.name].items()
    }
    for key, (claim, holder) in wanted.items():
        held = found[CLAIMS.name].get(key)
        if held is None or held["holder_id"] != holder:
            yield f"{claim} of {holder} is held by {held and held['holder_id']}"
    for key, claimed in found[CLAIMS.name].items():
        if key not in wanted:
            yield f"a claim of the kind {claimed['kind']} is held by {claimed['holder_id']}, who has no such value"


def _owners(found: Mapping[str, Documents]) -> Iterator[str]:
    """Nothing belongs to a deleted user, and no user is left half changed."""
    users = found[USERS.name]
    for collection in _OWNED:
        for id, document in found[collection.name].items():
            owner = document["user_id"]
            if owner is not None and (owner not in users or users[owner]["state"] == State.DELETED):
                yield f"{collection.name} {id} belongs to {owner}, who is gone"
    for id, user in users.items():
        if user["reconcile_since"] is not None:
            yield f"users {id} is half changed: {user['state']}"


def _listed(found: Mapping[str, Documents]) -> Iterator[str]:
    """Everything that a user or a roster lists exists, and is listed. A service has its account."""
    users = found[USERS.name]
    for name in (FACTORS.name, KEYS.name):
        listed = {id for user in users.values() for id in user[name] or ()}
        yield from (f"{name} {id} is of no user, or missing" for id in listed ^ found[name].keys())
    services = {id for id, user in users.items() if user["state"] == State.SERVICE}
    yield from (f"service {id} has no account, or no secret" for id in services ^ found[SERVICE_ACCOUNTS.name].keys())
    admins = {id for id, user in users.items() if _is_active_admin(user)}
    for name, members in (("admins", admins), ("webhooks", {*found[WEBHOOKS.name]})):
        roster = found[ROSTERS.name].get(name)
        if (listed := {*roster["members"]} if roster else set()) != members:
            yield f"the roster of {name} is {listed} instead of {members}"


def _is_active_admin(user: Mapping[str, Any]) -> bool:
    return user["role"] == Role.ADMIN and user["state"] == State.ACTIVE and not user["disabled"]


def _pieces(found: Mapping[str, Documents]) -> Iterator[str]:
    """Each piece of a report belongs to a dataset, and each dataset has its pieces."""
    named = {id for dataset in found[DATASETS.name].values() for id in dataset["pieces"]}
    yield from (f"reports {id} is of no dataset, or missing" for id in named ^ found[REPORTS.name].keys())


def _jobs(found: Mapping[str, Documents]) -> Iterator[str]:
    """A job that has not ended is scheduled, and everything that waits for a job has one."""
    for id, job in found[JOBS.name].items():
        if JobStatus(job["status"]).ended != (job["due_at"] is None):
            yield f"jobs {id} is {job['status']} and due at {job['due_at']}"
    for id, dog in found[DOGS.name].items():
        awaited = found[JOBS.name].get(dog["job_id"])
        if dog["picture_status"] == PictureStatus.PENDING and (awaited is None or JobStatus(awaited["status"]).ended):
            yield f"dogs {id} waits for a job that is {awaited and awaited['status']}"


def _objects(found: Mapping[str, Documents], objects: set[str]) -> Iterator[str]:
    """Each object has its record, and each record its object."""
    recorded = {f"{name}/{id}" for name in (FILES.name, DATASETS.name) for id in found[name]}
    yield from (f"{key} has no record" for key in sorted(objects - recorded))
    yield from (f"{key} has no object" for key in sorted(recorded - objects))


def _accounts(found: Mapping[str, Documents], provider: Mapping[str, str]) -> Iterator[str]:
    """A user with an address is active exactly if the account exists at the identity provider, with that address."""
    active = {id: user for id, user in found[USERS.name].items() if user["state"] == State.ACTIVE and user["email"]}
    yield from (f"users {id} has no account at the provider" for id in sorted(active.keys() - provider.keys()))
    for id, address in provider.items():
        user = found[USERS.name].get(id)
        if user is None or user["state"] != State.ACTIVE:
            yield f"the account {id} at the provider has no active user"
        elif user["email"] and user["email"].lower() != address.lower():
            yield f"users {id} has the address {user['email']} here and {address} at the provider"
