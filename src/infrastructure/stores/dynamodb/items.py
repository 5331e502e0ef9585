"""The items of the table: documents, and the entries of their indexes.

A secondary index of DynamoDB is updated after the write has been answered, so a list could miss what its reader has
just created. The table therefore holds the indexes itself. An index entry is an item that is written in the transaction
of its document and names the document:

| item | partition key ``pk`` | sort key ``sk`` |
|---|---|---|
| a document | the collection and the id | always the same |
| an index entry | the collection, the order field and the values of the equal fields | the order value and the id |
"""

import hashlib
import json
import math
from datetime import datetime
from typing import Any

from src.infrastructure.stores.driver import Document, Fields, Key
from src.infrastructure.stores.schema.types import Collection, Index, Type

Item = dict[str, dict[str, Any]]
"""An item as DynamoDB represents it: the type and the value of each attribute by its name."""
Place = tuple[str, str]
"""The partition key and the sort key of an item."""

REVISION, EXPIRY = "revision", "ttl"
"""The attributes that hold the revision of a document, and the time after which DynamoDB removes an item."""
LAST = "\U0010ffff" * 200
"""A sort key that comes after those of all entries."""
_DOCUMENT = "document"
_DAY = 86_400
# DynamoDB accepts 2048 bytes of a partition key and 1024 of a sort key. No value that a client can store is longer.
_PARTITION_BYTES, _VALUE_BYTES, _ID_BYTES = 2000, 600, 400
_SWEPT = Index("expires_at")
"""The query of ``Store.remove_expired``. It needs no entries, because DynamoDB removes expired documents itself."""
_TYPES = {Type.INTEGER: "N", Type.BOOLEAN: "BOOL"}
"""The types that DynamoDB has too. All others are stored as strings: its numbers have a smaller range than floats."""


def document_place(key: Key) -> Place:
    """Return the place of a document."""
    return f"{key.collection.name}/{key.id}", _DOCUMENT


def key_of(place: Place) -> Item:
    """Return the key attributes of the item at a place."""
    partition, sort = place
    return {"pk": {"S": partition}, "sk": {"S": sort}}


def document_item(document: Document) -> Item:
    """Return the item of a document, without the fields whose value is None."""
    declared, fields = document.key.collection.fields, document.fields
    item = {name: _encode(declared[name].type, value) for name, value in fields.items() if value is not None}
    return key_of(document_place(document.key)) | item | _expiry(document) | {REVISION: {"S": document.revision}}


def document_of(collection: Collection, item: Item) -> Document:
    """Return the document of an item."""
    fields = {name: _decode(field.type, item.get(name)) for name, field in collection.fields.items()}
    revision = item[REVISION]["S"]
    return Document(Key(collection, item["pk"]["S"].partition("/")[2]), fields, revision, revision)


def has_entries(collection: Collection) -> bool:
    """Return whether documents of a collection have index entries."""
    return bool(_indexes(collection))


def entries_of(document: Document) -> dict[Place, Item]:
    """Return the index entries of a document. DynamoDB removes them when it removes the document."""
    entries = {}
    for index in _indexes(document.key.collection):
        if (value := document.fields[index.order]) is not None:
            equal = {name: document.fields[name] for name in index.equal}
            place = partition(document.key.collection, index.order, equal), sort_key(value, document.key.id)
            entries[place] = key_of(place) | {"id": {"S": document.key.id}} | _expiry(document)
    return entries


def partition(collection: Collection, order: str, equal: Fields) -> str:
    """Return the partition key of the entries of an index whose documents have the values ``equal``."""
    if Index(order, tuple(equal)) == _SWEPT and collection.expires:
        raise LookupError(f"{collection.name}: DynamoDB keeps no index of what expires")
    values = json.dumps(equal, sort_keys=True, ensure_ascii=False)
    return _cut(f"{collection.name}.{order} {values}", _PARTITION_BYTES)


def sort_key(value: str | datetime, id: str) -> str:
    """Return the sort key of the entry of a document: its order value, and its id for documents with equal values."""
    return f"{_sortable(value)}\0{_cut(id, _ID_BYTES)}"


def first_sort_key(value: str | datetime | None) -> str:
    """Return a lower bound for the sort keys of the index entries whose order value is at least ``value``.

    If ``value`` is None, return a lower bound for the sort keys of all index entries.
    """
    return (_sortable(value) if value is not None else "") or "\0"


def last_sort_key(value: str | datetime | None) -> str:
    """Return an upper bound for the sort keys of the index entries whose order value is at most ``value``.

    If ``value`` is None, return an upper bound for the sort keys of all index entries.
    """
    return LAST if value is None else f"{_sortable(value)}\1"


def _indexes(collection: Collection) -> list[Index]:
    return [index for index in collection.indexes if index != _SWEPT or not collection.expires]


def _sortable(value: str | datetime) -> str:
    """Return an order value as a text. Texts that are short enough not to be cut sort in the order of their values."""
    return _cut(value if isinstance(value, str) else value.isoformat(timespec="microseconds"), _VALUE_BYTES)


def _cut(text: str, size: int) -> str:
    """Return the text if it has at most ``size`` bytes, or else its beginning and a digest in ``size`` bytes."""
    encoded = text.encode()
    if len(encoded) <= size:
        return text
    digest = hashlib.sha256(encoded).hexdigest()
    return encoded[: size - len(digest)].decode(errors="ignore") + digest


def _expiry(document: Document) -> Item:
    """Return the attribute with the time at which DynamoDB may remove the items of a document.

    The time is the end of the day on which the document expires. The index entries of a session therefore change at
    most once a day, although every refresh extends the session.
    """
    expires = document.fields.get("expires_at") if document.key.collection.expires else None
    return {EXPIRY: {"N": str(math.ceil(expires.timestamp() / _DAY) * _DAY)}} if expires else {}


def _encode(type: Type, value: Any) -> dict[str, Any]:
    match type:
        case Type.TEXT | Type.BOOLEAN:
            encoded = value
        case Type.TIMESTAMP:
            encoded = value.isoformat()
        case _:
            encoded = json.dumps(value)
    return {_TYPES.get(type, "S"): encoded}


def _decode(type: Type, attribute: dict[str, Any] | None) -> Any:
    if attribute is None:
        return None
    [encoded] = attribute.values()
    match type:
        case Type.TEXT | Type.BOOLEAN:
            return encoded
        case Type.TIMESTAMP:
            return datetime.fromisoformat(encoded)
        case _:
            return json.loads(encoded)
