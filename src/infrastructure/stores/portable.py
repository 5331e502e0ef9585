"""The operations that all stores share: ``get``, ``find`` and ``commit``, over the driver of each store."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from src.domain.errors import Unavailable
from src.domain.values import Page, new_id
from src.infrastructure.stores.cursors import decode_cursor, encode_cursor
from src.infrastructure.stores.driver import Delete, Document, Driver, Key, PreconditionFailed, Query, Write, is_met
from src.infrastructure.stores.schema import CLAIMS, COLLECTIONS
from src.infrastructure.stores.schema.types import VALID_ID, Index
from src.infrastructure.tracing import span


class Store(Driver):
    """Stores documents. Every method raises Unavailable when the service behind it does not answer."""

    def get(self, *keys: Key) -> list[Document | None]:
        """Return the documents in the order of ``keys``, with None for each absent document. Takes one round trip."""
        valid = [key for key in keys if VALID_ID.fullmatch(key.id)]  # clients choose ids freely in URLs
        found = dict(zip(valid, self._get(*valid), strict=True)) if valid else {}
        return [found.get(key) for key in keys]

    def find(self, query: Query) -> Page[Document]:
        """Return one page of a query. Raises LookupError when the schema declares no index for the query."""
        index = Index(query.order, tuple(query.equal), query.descending)
        if index not in query.collection.indexes:
            raise LookupError(f"{query.collection.name}: no index declared for {index}")
        found = self._find(query, decode_cursor(query))
        if len(found) <= query.limit:
            return Page(found, None)
        page = found[: query.limit]
        return Page(page, encode_cursor(query, page[-1].fields[query.order], page[-1].key.id))

    def ping(self) -> None:
        """Raise Unavailable when the store cannot be read."""
        self.get(Key(CLAIMS, "ping"))

    def remove_expired(self, now: datetime, limit: int = 100) -> int:
        """Remove up to ``limit`` expired documents of each collection. Return the number of removed documents.

        Does nothing when the service removes expired documents itself.
        """
        removed = 0
        for collection in COLLECTIONS:
            if self.expires_by_itself or not collection.expires:
                continue
            for document in self.find(Query(collection, "expires_at", until=now, limit=limit)).items:
                # The precondition keeps a document whose expiry was extended after the query.
                with suppress(PreconditionFailed):
                    self.commit(Delete(document.key, document.revision))
                    removed += 1
        return removed

    def commit(self, *writes: Write) -> dict[Key, str]:
        """Apply all writes or none; return the new revisions.

        Raises PreconditionFailed with the keys whose preconditions failed. If a client library repeats an applied
        commit whose reply was lost, the repetition fails. The documents then carry the id of this operation, and the
        commit counts as successful.
        """
        names = sorted({write.key.collection.name for write in writes})
        with span("commit", "CLIENT", {"db.collection.name": ",".join(names), "db.operation.batch.size": len(writes)}):
            return self._commit_repeatedly(writes, new_id())

    def _commit_repeatedly(self, writes: Sequence[Write], operation: str) -> dict[Key, str]:
        """Commit until the outcome is certain. Raises as ``commit`` does."""
        for _ in range(5):
            try:
                return self._commit(writes, operation)
            except PreconditionFailed:
                found = self.get(*(write.key for write in writes))
                if own := [each.revision for each in found if each and each.operation == operation]:
                    # All documents of a commit get the same revision, and others may have changed some since.
                    return {write.key: own[0] for write in writes if not isinstance(write, Delete)}
                pairs = zip(writes, found, strict=True)
                if failed := frozenset(write.key for write, document in pairs if not is_met(write, document)):
                    raise PreconditionFailed(failed) from None
                # All preconditions are met now, so the commit is repeated.
        raise Unavailable("Too many changes at once; try again.", 1)
