"""firestore.indexes.json has the indexes and TTL policies that the declared queries need."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from src.infrastructure.stores.cursors import encode_cursor
from src.infrastructure.stores.driver import Query
from src.infrastructure.stores.firestore import FirestoreStore
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import COLLECTIONS
from src.infrastructure.stores.schema.types import Collection, Index, Type
from tests.contract.conftest import Wire
from tests.contract.documents import NOON

FILE: dict[str, Any] = json.loads((Path(__file__).parents[2] / "firestore.indexes.json").read_text())
COMPOSITES = [
    (each["collectionGroup"], [(field["fieldPath"], field["order"]) for field in each["fields"]])
    for each in FILE["indexes"]
]
OVERRIDES = {(each["collectionGroup"], each["fieldPath"]): each for each in FILE["fieldOverrides"]}


QUERIES = [
    (collection, index)
    for collection in COLLECTIONS
    for index in collection.indexes
    if not (collection.expires and index == Index("expires_at"))  # Firestore removes them by itself
]


@pytest.mark.parametrize(
    ("collection", "index"),
    QUERIES,
    ids=lambda part: part.name if isinstance(part, Collection) else f"{part.equal}-{part.order}",
)
def test_every_declared_query_has_its_index(collection: Collection, index: Index) -> None:
    direction = "DESCENDING" if index.descending else "ASCENDING"
    if index.equal:
        fields = [*((name, "ASCENDING") for name in index.equal), (index.order, direction)]
        assert (collection.name, fields) in COMPOSITES
    elif override := OVERRIDES.get((collection.name, index.order)):  # without one, a field is indexed by itself
        assert {"order": direction, "queryScope": "COLLECTION"} in override["indexes"]


def test_each_query_is_sent_with_the_filters_order_and_limit_of_its_index(
    firestore: Callable[[], Store], wire: Wire
) -> None:
    """The emulator has no indexes. Firestore bills each document that a query returns or skips."""
    with closing(firestore()) as store:
        for collection, index in QUERIES:
            is_time = collection.fields[index.order].type is Type.TIMESTAMP
            value = NOON if is_time else "x"
            examples = {Type.BOOLEAN: False, Type.INTEGER: 1}
            equal = {name: examples.get(collection.fields[name].type, "x") for name in index.equal}
            query = Query(collection, index.order, equal, descending=index.descending, limit=7)
            cursor = encode_cursor(query, value, "1")
            for each in (query, replace(query, until=value), replace(query, cursor=cursor)):
                wire.requests.clear()
                assert store.find(each).items == []
                [sent] = [request.structured_query for request in wire.requests]
                filters = [part.field_filter or part.unary_filter for part in sent.where.composite_filter.filters]
                assert [part.field.field_path for part in filters] == [*index.equal, index.order]
                assert {part.op.name for part in filters[:-1]} <= {"EQUAL"}
                order = [(part.field.field_path, part.direction.name) for part in sent.order_by]
                direction = "DESCENDING" if index.descending else "ASCENDING"
                assert order == [(index.order, direction), ("__name__", direction)]
                assert (sent.limit, sent.offset) == (8, 0)


def test_ttl_policies_for_the_collections_that_expire() -> None:
    removed = {place for place, override in OVERRIDES.items() if override.get("ttl")}
    assert removed == {(collection.name, "expires_at") for collection in COLLECTIONS if collection.expires}
    assert {collection for collection, _ in removed} == {
        "sessions",
        "spent",
        "events",
        "deliveries",
        "counters",
        "jobs",
        "invitations",
        "mails",
        "receipts",
    }


def test_fields_without_a_query_are_not_indexed() -> None:
    indexed = {
        (collection.name, name)
        for collection in COLLECTIONS
        for name in (*collection.fields, "_operation")
        if OVERRIDES.get((collection.name, name), {"indexes": True})["indexes"]
    }
    assert indexed == {(collection.name, index.order) for collection, index in QUERIES if not index.equal}


def test_no_index_of_what_every_login_or_registration_writes_grows_at_its_end() -> None:
    """Firestore takes 500 writes a second to a collection with such an index.

    The lists of all events are spread over four shards, so that they take four times as many.
    """
    apart = {"user_id", "address_key", "shard", "webhook_id"}
    times = {
        (collection.name, index.order)
        for collection, index in QUERIES
        if apart.isdisjoint(index.equal) and collection.fields[index.order].type is Type.TIMESTAMP
    }
    assert times == {
        ("sign_ins", "day"),  # within a day its entries are in the order of the ids, which are random
        ("users", "reconcile_since"),  # absent, but while an account is made or changed at Firebase
        ("users", "expires_at"),  # of guests
        ("files", "created_at"),
        ("files", "reconcile_since"),
        ("datasets", "created_at"),
        ("datasets", "reconcile_since"),
        ("jobs", "created_at"),
        ("jobs", "due_at"),
        ("invitations", "created_at"),
        ("webhooks", "created_at"),
        ("service_accounts", "created_at"),
    }


def test_firestore_removes_what_expires_by_itself() -> None:
    assert FirestoreStore.expires_by_itself
