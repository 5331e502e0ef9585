"""The store in memory, for tests and for a single process that may lose its data when it ends."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Self

from src.infrastructure.stores.driver import Delete, Document, Key, PreconditionFailed, Query, Write, is_met
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema.types import Collection


class MemoryStore(Store):
    """Stores documents in a dictionary under a lock."""

    def __init__(self) -> None:
        self._collections: defaultdict[str, dict[str, Document]] = defaultdict(dict)
        self._lock = threading.Lock()

    @property
    def documents(self) -> dict[tuple[str, str], Document]:
        """All documents by the names of their collections and their ids, for tests."""
        return {(name, id): each for name, found in self._collections.items() for id, each in found.items()}

    @classmethod
    def open(cls, url: str, *, pool_size: int) -> Self:
        return cls()

    def close(self) -> None:
        pass

    def _get(self, *keys: Key) -> list[Document | None]:
        with self._lock:
            found = [self._stored(key) for key in keys]
        return [document and _copy(document) for document in found]

    def _find(self, query: Query, after: tuple[Any, str] | None) -> list[Document]:
        def place(document: Document) -> tuple[Any, str]:
            return document.fields[query.order], document.key.id

        with self._lock:
            found = list(self._collections[query.collection.name].values())
        for name, value in query.equal.items():
            found = [document for document in found if document.fields[name] == value]
        found = [document for document in found if document.fields[query.order] is not None]
        if (start := query.start) is not None:
            found = [document for document in found if document.fields[query.order] >= start]
        if (until := query.until) is not None:
            found = [document for document in found if document.fields[query.order] <= until]
        if after is not None:
            found = [each for each in found if (place(each) < after if query.descending else place(each) > after)]
        ordered = sorted(found, key=place, reverse=query.descending)
        return [_copy(document) for document in ordered[: query.limit + 1]]

    def scan(self, collection: Collection, after: str | None = None, *, limit: int) -> list[Document]:
        with self._lock:
            documents = self._collections[collection.name]
            return [_copy(documents[id]) for id in sorted(id for id in documents if id > (after or ""))[:limit]]

    def _commit(self, writes: Sequence[Write], operation: str) -> dict[Key, str]:
        with self._lock:
            if not all(is_met(write, self._stored(write.key)) for write in writes):
                raise PreconditionFailed
            for write in writes:
                if isinstance(write, Delete):
                    self._collections[write.key.collection.name].pop(write.key.id, None)
                else:
                    document = _copy(Document(write.key, write.fields, operation, operation))
                    self._collections[write.key.collection.name][write.key.id] = document
        return {write.key: operation for write in writes if not isinstance(write, Delete)}

    def _stored(self, key: Key) -> Document | None:
        return self._collections[key.collection.name].get(key.id)


def _copy(document: Document) -> Document:
    """Return a deep copy, so that a caller who changes nested JSON does not change the stored document."""
    return document._replace(fields=_copy_json(document.fields))


def _copy_json(value: Any) -> Any:
    """Return a copy of a value and of the objects and arrays in it. It takes a quarter of the time of ``deepcopy``."""
    if isinstance(value, dict):
        return {name: _copy_json(each) for name, each in value.items()}
    return [*map(_copy_json, value)] if isinstance(value, list) else value
