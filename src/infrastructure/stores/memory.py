"""The store in memory, for tests and for a single process that may lose its data when it ends."""

import threading
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Self

from src.infrastructure.stores.driver import Delete, Document, Key, PreconditionFailed, Query, Write, is_met
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema.types import Collection


class MemoryStore(Store):
    """Stores documents in a dictionary under a lock."""

    def __init__(self) -> None:
        self.documents: dict[tuple[str, str], Document] = {}
        """The documents by the names of their collections and their ids, for tests."""
        self._lock = threading.Lock()

    @classmethod
    def open(cls, url: str, *, pool_size: int) -> Self:
        return cls()

    def close(self) -> None:
        pass

    def _get(self, *keys: Key) -> list[Document | None]:
        with self._lock:
            found = [self.documents.get(_place(key)) for key in keys]
        return [document and _copy(document) for document in found]

    def _find(self, query: Query, after: tuple[Any, str] | None) -> list[Document]:
        def place(document: Document) -> tuple[Any, str]:
            return document.fields[query.order], document.key.id

        with self._lock:
            everything = list(self.documents.values())
        found = [
            document
            for document in everything
            if document.key.collection is query.collection
            and document.fields[query.order] is not None
            and all(document.fields[name] == value for name, value in query.equal.items())
            and (query.until is None or document.fields[query.order] <= query.until)
            and (query.start is None or document.fields[query.order] >= query.start)
            and (after is None or (place(document) < after if query.descending else place(document) > after))
        ]
        ordered = sorted(found, key=place, reverse=query.descending)
        return [_copy(document) for document in ordered[: query.limit + 1]]

    def scan(self, collection: Collection, after: str | None = None, *, limit: int) -> list[Document]:
        with self._lock:
            ids = sorted(id for name, id in self.documents if name == collection.name and id > (after or ""))
            return [_copy(self.documents[collection.name, id]) for id in ids[:limit]]

    def _commit(self, writes: Sequence[Write], operation: str) -> dict[Key, str]:
        with self._lock:
            if not all(is_met(write, self.documents.get(_place(write.key))) for write in writes):
                raise PreconditionFailed
            for write in writes:
                if isinstance(write, Delete):
                    self.documents.pop(_place(write.key), None)
                else:
                    self.documents[_place(write.key)] = _copy(Document(write.key, write.fields, operation, operation))
        return {write.key: operation for write in writes if not isinstance(write, Delete)}


def _place(key: Key) -> tuple[str, str]:
    return key.collection.name, key.id


def _copy(document: Document) -> Document:
    """Return a deep copy, so that a caller who changes nested JSON does not change the stored document."""
    return document._replace(fields=deepcopy(document.fields))
