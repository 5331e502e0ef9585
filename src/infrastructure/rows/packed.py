"""Many rows to a document, in any store: what Firestore asks for each document, and how fast, allows no more.

Valid rows and the others are packed apart, so that few among many are found without reading all.
"""

import base64
import heapq
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from itertools import islice
from operator import itemgetter

from pydantic_core import to_json

from src.domain.tables import Row
from src.domain.values import new_id
from src.infrastructure.stores.base import Delete, Insert, Key, Query, Store
from src.infrastructure.stores.schema import PACKS

PACK = 1 << 20
"""Bytes of JSON after which a pack is full: some 300 KB in the store, and few milliseconds to read."""
DOCUMENT = 1_000_000
"""Bytes of a pack in one document; with all else in it, it is smaller than Firestore's 1 MiB."""
TOGETHER = 4
"""Documents in a commit, which Firestore takes up to 10 MiB of."""
AT_ONCE = 4
"""Commits at the same time."""
MOST_READ = 16
"""Documents that are read in one go."""


class PackedRows:
    """Keeps rows in documents."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def append(self, set_id: str, rows: Sequence[Row]) -> None:
        """See RowStore. What it holds at any time is the packs that are on their way."""
        inserts = _inserts(set_id, rows)
        # On an error leaving the pool waits for what was sent.
        with ThreadPoolExecutor(AT_ONCE) as pool:
            sent: set[Future[object]] = set()
            while writes := list(islice(inserts, TOGETHER)):
                if len(sent) == AT_ONCE:
                    done, sent = wait(sent, return_when=FIRST_COMPLETED)
                    _check(done)
                sent.add(pool.submit(self._store.commit, *writes))
            _check(sent)

    def page(self, set_id: str, *, valid: bool | None = None, after: int = 0, limit: int = 100) -> list[Row]:
        """See RowStore."""
        kinds = (True, False) if valid is None else (valid,)
        rows = heapq.merge(*(self._rows(set_id, kind, after) for kind in kinds), key=itemgetter(0))
        return list(islice(rows, limit))

    def remove(self, set_id: str) -> None:
        """See RowStore."""
        for valid in (True, False):
            query: Query | None = Query(PACKS, "place", {"set_id": set_id, "valid": valid}, limit=MOST_READ)
            while query:
                page = self._store.find(query)
                if page.items:
                    self._store.commit(*(Delete(document.key) for document in page.items))
                # From there on: Firestore is slow to find the beginning behind what was deleted.
                query = replace(query, cursor=page.next) if page.next else None

    def _rows(self, set_id: str, valid: bool, after: int) -> Iterator[Row]:
        for pack in self._packs(set_id, valid, after):
            for line, values in json.loads(zlib.decompress(base64.b64decode(pack))):
                if line > after:
                    yield line, valid, values

    def _packs(self, set_id: str, valid: bool, after: int) -> Iterator[str]:
        """The packs whose last row comes after that line, read as they are asked for."""
        query: Query | None = Query(
            PACKS, "place", {"set_id": set_id, "valid": valid}, beyond=_place(after + 1), limit=1
        )
        parts: list[str] = []
        while query:
            page = self._store.find(query)
            for document in page.items:
                parts.append(document.fields["rows"])
                if not document.fields["goes_on"]:
                    yield "".join(parts)
                    parts = []
            # More and more: the first is mostly enough, and where it is not, packs are small.
            limit = min(query.limit * 4, MOST_READ)
            query = replace(query, cursor=page.next, limit=limit) if page.next else None


def _check(futures: Iterable[Future[object]]) -> None:
    for future in futures:
        future.result()


def _inserts(set_id: str, rows: Sequence[Row]) -> Iterator[Insert]:
    for valid in (True, False):
        for last, pack in _packed(row for row in rows if row[1] is valid):
            for number, at in enumerate(range(0, len(pack), DOCUMENT)):
                fields = {
                    "set_id": set_id,
                    "valid": valid,
                    "place": f"{_place(last)}.{number:04}",
                    "rows": pack[at : at + DOCUMENT],
                    "goes_on": at + DOCUMENT < len(pack),
                }
                yield Insert(Key(PACKS, new_id()), fields)


def _packed(rows: Iterable[Row]) -> Iterator[tuple[int, str]]:
    """The packs, as ASCII, with the line of the last row of each."""
    line, texts, size = 0, [], 0
    for line, _, values in rows:
        text = to_json((line, values))
        texts.append(text)
        size += len(text)
        if size >= PACK:
            yield line, _compressed(texts)
            texts, size = [], 0
    if texts:
        yield line, _compressed(texts)


def _compressed(texts: Iterable[bytes]) -> str:
    return base64.b64encode(zlib.compress(b"[" + b",".join(texts) + b"]", 1)).decode()


def _place(line: int) -> str:
    """A line as a text: texts are in the order of their lines."""
    return f"{line:012}"
