"""Reads all contents of a store in a form that is the same for every kind of store."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json

from src.domain.csv import Row
from src.domain.datasets import DatasetStatus
from src.domain.stored_objects import ObjectState
from src.infrastructure.repositories.datasets import join_pieces, piece_keys
from src.infrastructure.rows import make_rows
from src.infrastructure.stores.driver import Document
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import COLLECTIONS, DATASETS, PACKS, REPORTS
from src.infrastructure.stores.schema.types import Collection

ROWS = "rows"
"""The name under which the rows of datasets are counted. A store has them in a table or in documents."""
DOCUMENTS = tuple(collection for collection in COLLECTIONS if collection not in (PACKS, DATASETS, REPORTS))
"""The collections whose documents do not depend on the store.

Stores keep rows in different ways, and cut the report of a dataset into pieces of different sizes.
"""
PAGE_BYTES = 4 << 20
_PAGE = 500
"""The most bytes and the most documents to read at a time, about."""
_ROWS = 10_000
"""The most rows to read at a time."""


def scan(store: Store, collection: Collection, now: datetime) -> Iterator[list[Document]]:
    """Yield the documents of a collection in pages, without those that have expired.

    A store may remove expired documents at any time, and readers treat them as absent.
    """
    after: str | None = None
    limit = 16
    while page := store.scan(collection, after, limit=limit):
        after, limit = page[-1].key.id, next_limit(limit, sum(map(size_of, page)))
        yield [document for document in page if not _has_expired(document, now)]


def scan_rows(store: Store, set_id: str) -> Iterator[list[Row]]:
    """Yield the rows of a row set in pages, in the order of their lines."""
    return make_rows(store).pages(set_id, limit=_ROWS)


def next_limit(limit: int, size: int) -> int:
    """Return how many documents to read next, if the last ``limit`` documents had ``size`` bytes in all."""
    return max(1, min(limit * 4, limit * PAGE_BYTES // max(size, 1), _PAGE))


def size_of(document: Document) -> int:
    """Return about how many bytes a document takes."""
    return len(to_json(document.fields)) + 300


def canonical(store: Store, documents: Sequence[Document | None]) -> list[bytes | None]:
    """Return the contents of documents as bytes: equal bytes mean equal contents.

    The revision of a document is not part of its content. The parts of datasets take one more read.
    """
    keys = piece_keys(*(document for document in documents if document and document.key.collection is DATASETS))
    pieces = {piece.key.id: piece.fields["text"] for piece in (store.get(*keys) if keys else ()) if piece}
    return [_canonical(document, pieces) if document else None for document in documents]


def contents(store: Store, now: datetime) -> Iterator[tuple[str, bytes]]:
    """Yield every unexpired item of a store: the name of its collection, and its content."""
    for collection in (*DOCUMENTS, DATASETS):
        for page in scan(store, collection, now):
            for document, content in zip(page, canonical(store, page), strict=True):
                assert content is not None
                yield collection.name, content
                if collection is DATASETS:
                    yield from _rows(store, document)


def row_sets_of(dataset: Document) -> list[str]:
    """Return the ids of the row sets of a dataset that are copied: the current one, if its check has ended.

    Other row sets are left out, because nothing reads them and their rows may be incomplete. They belong to attempts
    that failed or were interrupted, or to datasets that are being deleted.
    """
    fields = dataset.fields
    is_checked = fields["status"] in (DatasetStatus.CLEAN, DatasetStatus.FINDINGS)
    return fields["row_sets"][-1:] if is_checked and fields["state"] == ObjectState.STORED else []


def _rows(store: Store, dataset: Document) -> Iterator[tuple[str, bytes]]:
    for set_id in row_sets_of(dataset):
        for page in scan_rows(store, set_id):
            for row in page:
                yield ROWS, _encoded([set_id, *row])


def _canonical(document: Document, pieces: dict[str, str]) -> bytes:
    fields = dict(document.fields)
    if document.key.collection is DATASETS:
        fields["pieces"] = join_pieces(fields["pieces"], pieces)
    return _encoded([document.key.collection.name, document.key.id, fields])


def _encoded(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, default=_time).encode("utf-8", "surrogatepass")


def _time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()


def _has_expired(document: Document, now: datetime) -> bool:
    expires: datetime | None = document.fields["expires_at"] if document.key.collection.expires else None
    return expires is not None and expires <= now


class Tally:
    """A count of items, and a checksum that does not depend on their order."""

    def __init__(self) -> None:
        self.count = 0
        self._sum = 0

    def add(self, content: bytes) -> None:
        """Count an item, and add the digest of its content to the checksum."""
        self.count += 1
        self._sum = (self._sum + int.from_bytes(hashlib.sha256(content).digest())) % 2**256

    @property
    def checksum(self) -> str:
        """The checksum in hexadecimal: the sum of the SHA-256 digests of all items."""
        return f"{self._sum:064x}"
