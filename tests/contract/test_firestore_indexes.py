"""firestore.indexes.json has the indexes and TTL policies that the declared queries need."""

import json
from pathlib import Path
from typing import Any

import pytest

from src.infrastructure.stores.declarations import Collection, Index
from src.infrastructure.stores.schema import COLLECTIONS

FILE: dict[str, Any] = json.loads((Path(__file__).parents[2] / "firestore.indexes.json").read_text())
COMPOSITES = [
    (each["collectionGroup"], [(field["fieldPath"], field["order"]) for field in each["fields"]])
    for each in FILE["indexes"]
]
OVERRIDES = {(each["collectionGroup"], each["fieldPath"]): each for each in FILE["fieldOverrides"]}


@pytest.mark.parametrize(
    ("collection", "index"),
    [(collection, index) for collection in COLLECTIONS for index in collection.indexes],
    ids=lambda part: part.name if isinstance(part, Collection) else f"{part.equal}-{part.order}",
)
def test_every_declared_query_has_its_index(collection: Collection, index: Index) -> None:
    direction = "DESCENDING" if index.descending else "ASCENDING"
    if index.equal:
        fields = [*((name, "ASCENDING") for name in index.equal), (index.order, direction)]
        assert (collection.name, fields) in COMPOSITES
    elif override := OVERRIDES.get((collection.name, index.order)):  # without one, a field is indexed by itself
        assert {"order": direction, "queryScope": "COLLECTION"} in override["indexes"]


def test_ttl_policies_for_the_collections_that_expire() -> None:
    removed = {place for place, override in OVERRIDES.items() if override.get("ttl")}
    assert removed == {(collection.name, "expires_at") for collection in COLLECTIONS if collection.expires}
    assert {collection for collection, _ in removed} == {"sessions", "counters", "jobs", "mails", "receipts"}


def test_fields_without_a_query_are_not_indexed() -> None:
    indexed = {
        (collection.name, name)
        for collection in COLLECTIONS
        for name in (*collection.fields, "_operation")
        if OVERRIDES.get((collection.name, name), {"indexes": True})["indexes"]
    }
    queried = {
        (collection.name, index.order) for collection in COLLECTIONS for index in collection.indexes if not index.equal
    }
    assert indexed == queried
