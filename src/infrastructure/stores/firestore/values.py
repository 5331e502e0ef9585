"""The conversion of documents to the messages of Firestore, and back."""

import json
from datetime import UTC
from typing import Any

from src.infrastructure.stores.driver import Document, Key
from src.infrastructure.stores.firestore.indexes import OPERATION
from src.infrastructure.stores.schema.types import Collection, Type

_VALUES = {
    Type.TEXT: "string_value",
    Type.INTEGER: "integer_value",
    Type.FLOAT: "double_value",
    Type.BOOLEAN: "boolean_value",
    Type.TIMESTAMP: "timestamp_value",
    # JSON is stored as text, because Firestore allows no list in a list and would index every path of a map.
    Type.JSON: "string_value",
}


def encode(type: Type, value: Any) -> dict[str, Any]:
    """Return the Value message of a field, as a dictionary."""
    if value is None:
        return {"null_value": 0}
    return {_VALUES[type]: json.dumps(value) if type is Type.JSON else value}


def document_of(collection: Collection, stored: Any) -> Document:
    """Return the document in a Document message."""
    fields = {name: _decode(field.type, stored.fields[name]) for name, field in collection.fields.items()}
    key = Key(collection, stored.name.rpartition("/")[2])
    return Document(key, fields, stored.update_time.ToJsonString(), stored.fields[OPERATION].string_value)


def _decode(type: Type, value: Any) -> Any:
    kind = value.WhichOneof("value_type")  # None for a field that is not stored
    if kind in {None, "null_value"}:
        return None
    match type:
        case Type.TIMESTAMP:
            return value.timestamp_value.ToDatetime(UTC)
        case Type.JSON:
            return json.loads(value.string_value)
        case _:
            return getattr(value, kind)
