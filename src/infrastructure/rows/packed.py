"""Packs rows into documents, for stores that charge for each document and write few documents in a second.

Valid and invalid rows are packed separately, so that a few invalid rows are found without reading all packs.
"""

import heapq
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import chain, repeat
from operator import itemgetter

from src.application.ports import ROW_PAGE_CHARACTERS, EncodedRow
from src.domain.csv import Row
from src.domain.values import batches, new_id, pages
from src.infrastructure.stores.driver import Delete, Document, Insert, Key, Query
from src.infrastructure.stores.packing import pack_json, unpack
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import PACKS

PACK_BYTES = 1 << 20
"""The bytes of JSON in a pack. A pack takes about 300 KB in the store, and a few milliseconds to read."""
COMMIT_DOCUMENTS = 4
"""The number of documents in a commit. Every store accepts four of the largest documents in a commit."""
CONCURRENT_COMMITS = 4
READ_DOCUMENTS = 16
"""The number of documents to read, or to remove in one commit, at a time."""


class PackedRows:
    """Stores rows in documents. Implements RowStore."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def append(self, set_id: str, rows: Sequence[EncodedRow]) -> None:
        """Append rows to a row set. Only the packs that are being written are held in memory."""
        inserts = _inserts(set_id, rows, self._store.document_bytes)
        # Leaving the pool, also because of an error, waits for the commits that have been submitted.
        with ThreadPoolExecutor(CONCURRENT_COMMITS) as pool:
            running: deque[Future[object]] = deque()
            for writes in batches(inserts, COMMIT_DOCUMENTS):
                if len(running) == CONCURRENT_COMMITS:
                    running.popleft().result()
                running.append(pool.submit(self._store.commit, *writes))
            for commit in running:
                commit.result()

    def pages(self, set_id: str, *, valid: bool | None = None, after: int = 0, limit: int = 500) -> Iterator[list[Row]]:
        kinds = (True, False) if valid is None else (valid,)
        page, characters = list[Row](), 0
        for row in heapq.merge(*(self._rows(set_id, kind, after) for kind in kinds), key=itemgetter(0)):
            page.append(row)
            characters += len(repr(row[2]))
            if len(page) == limit or characters >= ROW_PAGE_CHARACTERS:
                yield page
                page, characters = [], 0
        if page:
            yield page

    def remove(self, set_id: str) -> None:
        limit = min(READ_DOCUMENTS, self._store.commit_writes)
        for valid in (True, False):
            query = Query(PACKS, "place", {"set_id": set_id, "valid": valid})
            # The cursor skips the removed documents, which Firestore is slow to pass at the start of an index.
            for documents in self._pages(query, repeat(limit)):
                if documents:
                    self._store.commit(*(Delete(document.key) for document in documents))

    def _rows(self, set_id: str, valid: bool, after: int) -> Iterator[Row]:
        for text in self._packs(set_id, valid, after):
            for line, values in unpack(text):
                if line > after:
                    yield line, valid, values

    def _packs(self, set_id: str, valid: bool, after: int) -> Iterator[str]:
        """Yield the packs with rows after a line. Documents are read when the caller asks for the next pack."""
        query = Query(PACKS, "place", {"set_id": set_id, "valid": valid}, start=_place(after + 1))
        # The first pack mostly has all rows of a page. Where it does not, packs are small, and reads grow.
        limits = chain((1, 4), repeat(READ_DOCUMENTS))
        parts: list[str] = []
        for document in chain.from_iterable(self._pages(query, limits)):
            parts.append(document.fields["rows"])
            if not document.fields["goes_on"]:
                yield "".join(parts)
                parts = []

    def _pages(self, query: Query, limits: Iterator[int]) -> Iterator[Sequence[Document]]:
        return pages(lambda cursor: self._store.find(replace(query, cursor=cursor, limit=next(limits))))


def _inserts(set_id: str, rows: Sequence[EncodedRow], size: int) -> Iterator[Insert]:
    """Yield the inserts of documents that hold ``rows``, with up to ``size`` bytes of a pack in each."""
    for valid in (True, False):
        for last, text in _packs_of(row for row in rows if row[1] is valid):
            for number, start in enumerate(range(0, len(text), size)):
                fields = {
                    "set_id": set_id,
                    "valid": valid,
                    "place": f"{_place(last)}.{number:04}",
                    "rows": text[start : start + size],
                    "goes_on": start + size < len(text),
                }
                yield Insert(Key(PACKS, new_id()), fields)


def _packs_of(rows: Iterable[EncodedRow]) -> Iterator[tuple[int, str]]:
    """Yield the packs of ``rows``. Each pack comes with the line number of its last row."""
    line, texts, size = 0, list[bytes](), 0
    for line, _, values in rows:
        text = f"[{line},{values}]".encode()
        texts.append(text)
        size += len(text)
        if size >= PACK_BYTES:
            yield line, pack_json(b"[" + b",".join(texts) + b"]")
            texts, size = [], 0
    if texts:
        yield line, pack_json(b"[" + b",".join(texts) + b"]")


def _place(line: int) -> str:
    """Return a line number as a text of fixed length. These texts sort in the order of the numbers."""
    return f"{line:012}"
