"""Generates firestore.indexes.json from the schema.

The format is https://firebase.google.com/docs/reference/firestore/indexes. Run as a module, it prints the file:
``python -m src.infrastructure.stores.firestore.indexes > firestore.indexes.json``.
"""

import json
from typing import Any

from src.infrastructure.stores.schema import COLLECTIONS

OPERATION = "_operation"
"""The field that stores the operation of a document."""


def firestore_indexes() -> dict[str, Any]:
    """Return a composite index for each declared query, and exemptions for the fields that no query uses.

    Firestore indexes every field by default. Each index costs a write, and an index on a field that only grows limits
    the writes to a collection to 500 a second. Fields with a TTL policy are exempt too: the policy needs no index, and
    the service does not search for expired documents.
    """
    indexes, overrides = [], []
    for collection in COLLECTIONS:
        for index in collection.indexes:
            if index.equal:
                fields = [{"fieldPath": name, "order": "ASCENDING"} for name in index.equal]
                fields.append({"fieldPath": index.order, "order": "DESCENDING" if index.descending else "ASCENDING"})
                indexes.append({"collectionGroup": collection.name, "queryScope": "COLLECTION", "fields": fields})
        alone = {index.order for index in collection.indexes if not index.equal}
        for name in (*collection.fields, OPERATION):
            override = {"collectionGroup": collection.name, "fieldPath": name}
            if collection.expires and name == "expires_at":
                overrides.append({**override, "ttl": True, "indexes": []})
            elif name not in alone:
                overrides.append({**override, "indexes": []})
    return {"indexes": indexes, "fieldOverrides": overrides}


if __name__ == "__main__":
    print(json.dumps(firestore_indexes(), indent=2))  # noqa: T201 - the output of the module
