"""The requests of a transaction, which change the item of a document and the index entries of the document."""

from collections.abc import Iterator
from typing import Any

from src.infrastructure.stores.driver import Delete, Document, Insert, Write
from src.infrastructure.stores.dynamodb.items import (
    REVISION,
    Item,
    Place,
    document_item,
    document_place,
    entries_of,
    has_entries,
    key_of,
)

Request = dict[str, dict[str, Any]]
"""A request of a TransactWriteItems: ``{"Put": …}`` or ``{"Delete": …}``."""


def replaces_entries(write: Write) -> bool:
    """Return whether the stored document has to be read, because the write removes entries of its indexes."""
    return not isinstance(write, Insert) and has_entries(write.key.collection)


def requests_of(write: Write, stored: Document | None, operation: str, table: str) -> Iterator[Request]:
    """Yield the requests of a write.

    ``stored`` is the document that the write replaces, if ``replaces_entries`` is true. The condition on its revision
    guarantees that its index entries are the stored ones.
    """
    old = entries_of(stored) if stored else {}
    new: dict[Place, Item] = {}
    condition = _condition(write, stored)
    if isinstance(write, Delete):
        place = document_place(write.key)
        yield {"Delete": {"TableName": table, "Key": key_of(place), **condition}}
    else:
        document = Document(write.key, write.fields, operation, operation)
        new = entries_of(document)
        yield {"Put": {"TableName": table, "Item": document_item(document), **condition}}
    for place in old.keys() - new.keys():
        yield {"Delete": {"TableName": table, "Key": key_of(place)}}
    for place, entry in new.items():
        if old.get(place) != entry:
            yield {"Put": {"TableName": table, "Item": entry}}


def _condition(write: Write, stored: Document | None) -> dict[str, Any]:
    """Return the condition under which a write is made."""
    if isinstance(write, Insert) or (replaces_entries(write) and stored is None):
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    revision = stored.revision if stored else write.revision
    if revision is None:
        return {}
    return {
        "ConditionExpression": "#revision = :revision",
        "ExpressionAttributeNames": {"#revision": REVISION},
        "ExpressionAttributeValues": {":revision": {"S": revision}},
    }
