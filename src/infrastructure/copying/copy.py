"""Copies everything in one store to another store.

A copy keeps no record of its progress. The contents of the target are compared with the source, so that a copy that was
interrupted at any point continues when it is started again, from any machine.
"""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, zip_longest

from pydantic_core import to_json

from src.domain.csv import Row
from src.domain.errors import Unavailable
from src.domain.values import new_id
from src.infrastructure.copying.contents import (
    DOCUMENTS,
    ROWS,
    Tally,
    canonical,
    contents,
    row_sets_of,
    scan,
    scan_rows,
    size_of,
)
from src.infrastructure.repositories.datasets import cut_pieces, join_pieces, piece_keys
from src.infrastructure.rows import make_rows
from src.infrastructure.stores.driver import Delete, Document, Insert, Key, PreconditionFailed
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import COUNTERS, DATASETS, PACKS, REPORTS, USERS


class CopyRefused(Exception):
    """The target cannot take the copy; the message says why."""


class StoreCopy:
    """A copy of everything in ``source`` to ``target``, in pages of bounded size.

    Documents that had expired at ``now`` are left out. ``copied`` is the number of items that are in the target. After
    the comparison, ``tallies`` has the tallies of both stores by the name of the collection.
    """

    def __init__(self, source: Store, target: Store, now: datetime) -> None:
        self._source = source
        self._target = target
        self._now = now
        self.copied = 0
        self.tallies: tuple[dict[str, Tally], dict[str, Tally]] = (defaultdict(Tally), defaultdict(Tally))

    def check_target(self) -> None:
        """Raise CopyRefused if the target is the source, or holds anything that the source does not hold."""
        probe = Key(COUNTERS, f"copy-{new_id()}")
        self._target.commit(Insert(probe, {"hits": 0, "ends": 0, "expires_at": self._now}))
        is_same = self._source.get(probe) != [None]
        self._target.commit(Delete(probe))
        if is_same:
            raise CopyRefused("this is the store to copy from")
        for collection in (*DOCUMENTS, DATASETS):
            for page in scan(self._target, collection, self._now):
                self._require_equal(page)
        self._require_owners()

    def copy(self) -> Iterator[str]:
        """Copy everything that the target lacks.

        Yield the name of the collection for each item that the target then has.
        """
        for collection in DOCUMENTS:
            for page in scan(self._source, collection, self._now):
                self._insert(Insert(document.key, document.fields) for document in page)
                yield from self._counted(collection.name, len(page))
        for page in scan(self._source, DATASETS, self._now):
            for document in page:
                for set_id in row_sets_of(document):
                    yield from self._copy_rows(set_id)
                self._copy_dataset(document)
                yield from self._counted(DATASETS.name, 1)

    def compare(self) -> Iterator[str]:
        """Read both stores and tally their contents. Yield the name of the collection for each item."""
        for store, tallies in zip((self._source, self._target), self.tallies, strict=True):
            for name, content in contents(store, self._now):
                tallies[name].add(content)
                yield name

    def results(self) -> list[tuple[str, Tally, Tally]]:
        """Return the name of each collection, and its tallies in the source and in the target."""
        source, target = self.tallies
        names = [collection.name for collection in (*DOCUMENTS, DATASETS)] + [ROWS]
        return [(name, source[name], target[name]) for name in names]

    def _require_equal(self, page: list[Document]) -> None:
        """Raise CopyRefused unless the source has each of these documents of the target, with equal content."""
        found = self._source.get(*(document.key for document in page)) if page else []
        for document, ours, theirs in zip(
            page, canonical(self._target, page), canonical(self._source, found), strict=True
        ):
            if ours != theirs:
                raise _other_data(document.key)

    def _require_owners(self) -> None:
        """Raise CopyRefused unless the packed rows and the reports in the target belong to datasets of the source."""
        row_sets = {doc.fields["set_id"]: doc.key for page in scan(self._target, PACKS, self._now) for doc in page}
        for page in scan(self._source, DATASETS, self._now) if row_sets else ():
            for dataset in page:
                for set_id in dataset.fields["row_sets"]:
                    row_sets.pop(set_id, None)
        for pack in row_sets.values():
            raise _other_data(pack)
        for page in scan(self._target, REPORTS, self._now):
            datasets = self._source.get(*(Key(DATASETS, piece.key.id.partition(".")[0]) for piece in page))
            for piece, found in zip(page, datasets, strict=True):
                if found is None:
                    raise _other_data(piece.key)

    def _copy_rows(self, set_id: str) -> Iterator[str]:
        """Copy a row set. If the target has only a part of the row set, remove the part first."""
        rows = make_rows(self._target)
        is_complete = self._has_rows(set_id)
        if not is_complete:
            rows.remove(set_id)
        for page in scan_rows(self._source, set_id):
            if not is_complete:
                rows.append(set_id, [(line, valid, to_json(values).decode()) for line, valid, values in page])
            yield from self._counted(ROWS, len(page))

    def _has_rows(self, set_id: str) -> bool:
        """Return whether the target has all rows of a row set. The rows of an interrupted copy may be unreadable."""
        pairs = zip_longest(_rows(self._source, set_id), _rows(self._target, set_id))
        try:
            return all(ours == theirs for ours, theirs in pairs)
        except (ValueError, zlib.error):  # packs of which a document is missing
            return False

    def _copy_dataset(self, document: Document) -> None:
        """Copy a dataset, after its pieces, which are cut to the document size of the target."""
        found = self._source.get(*piece_keys(document))
        texts = join_pieces(document.fields["pieces"], {piece.key.id: piece.fields["text"] for piece in found if piece})
        pieces = cut_pieces(document.key.id, texts, self._target.document_bytes)
        self._insert(Insert(key, {"text": text}) for key, text in pieces.items())
        fields = {**document.fields, "pieces": [key.id for key in pieces]}
        self._insert([Insert(document.key, fields)])

    def _insert(self, inserts: Iterable[Insert]) -> None:
        """Insert the documents that the target does not have yet."""
        for batch in self._batches(inserts):
            try:
                self._insert_missing(batch)
            except Unavailable:
                self._require_references(batch)
                raise

    def _insert_missing(self, batch: list[Insert]) -> None:
        try:
            self._target.commit(*batch)
        except PreconditionFailed as failed:
            # The others are there from a copy that was interrupted; ``check_target`` has compared them.
            if missing := [write for write in batch if write.key not in failed.keys]:
                self._target.commit(*missing)

    def _require_references(self, inserts: Iterable[Insert]) -> None:
        """Raise CopyRefused if a document belongs to a user whom the target lacks, and the target enforces that."""
        for insert in inserts:
            for name, field in insert.key.collection.fields.items():
                owner = insert.fields[name] if field.enforced else None
                if owner and self._target.get(Key(USERS, owner)) == [None]:
                    place = f"{insert.key.collection.name}/{insert.key.id}"
                    raise CopyRefused(f"refuses {place}, which belongs to the user {owner}, who is not in the source")

    def _batches(self, inserts: Iterable[Insert]) -> Iterator[list[Insert]]:
        """Yield the inserts in groups that fit into a commit of the target."""
        batch: list[Insert] = []
        size = 0
        for insert in inserts:
            more = size_of(Document(insert.key, insert.fields, "", ""))
            if batch and (len(batch) == self._target.commit_writes or size + more > self._target.commit_bytes // 2):
                yield batch
                batch, size = [], 0
            batch.append(insert)
            size += more
        if batch:
            yield batch

    def _counted(self, name: str, count: int) -> Iterator[str]:
        self.copied += count
        return iter([name] * count)


def _rows(store: Store, set_id: str) -> Iterator[Row]:
    return chain.from_iterable(scan_rows(store, set_id))


def _other_data(key: Key) -> CopyRefused:
    return CopyRefused(f"holds other data, such as {key.collection.name}/{key.id}; name an empty store")
