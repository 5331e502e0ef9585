"""The driver that every store implements: ``get``, ``find`` and ``commit``.

``commit`` is the strongest primitive that Firestore, SQL, DynamoDB and a dictionary under a lock share: all
of some writes or none, each with a precondition (absent, or at a revision).
"""

import base64
import hashlib
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from src.application.ports import RowStore
from src.domain.errors import InvalidCursor, Unavailable
from src.domain.values import Page, new_id
from src.infrastructure.stores.declarations import Collection, Index, Type
from src.infrastructure.stores.schema import COLLECTIONS

Fields = Mapping[str, Any]
"""The values of a document: str, int, bool, aware datetime in UTC, JSON, or None."""


@dataclass(frozen=True, slots=True)
class Key:
    """Where a document is."""

    collection: Collection
    id: str


@dataclass(frozen=True, slots=True)
class Document:
    """A stored document. ``revision`` changes with every write; ``operation`` is the commit that wrote it."""

    key: Key
    fields: Fields
    revision: str
    operation: str


@dataclass(frozen=True, slots=True)
class Insert:
    """Write a document that must be absent."""

    key: Key
    fields: Fields


@dataclass(frozen=True, slots=True)
class Update:
    """Replace a document that must be at ``revision``."""

    key: Key
    fields: Fields
    revision: str


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a document: one that must be at ``revision``, or whatever is there."""

    key: Key
    revision: str | None = None


Write = Insert | Update | Delete


@dataclass(frozen=True, slots=True)
class Query:
    """Documents whose fields equal ``equal``, by the field ``order`` and then by id, from ``cursor`` on.

    Documents without a value in ``order`` are left out. ``until`` bounds ``order``, itself included; ``beyond`` is
    a text that those in ``order`` come after; ``prefix`` is what they begin with.
    """

    collection: Collection
    order: str
    equal: Mapping[str, str | int | bool] = field(default_factory=dict)
    until: datetime | None = None
    cursor: str | None = None
    limit: int = 100
    prefix: str | None = None
    beyond: str | None = None
    descending: bool = False


class PreconditionFailed(Exception):
    """Nothing was written: the documents at ``keys`` are not as their writes demanded."""

    def __init__(self, keys: frozenset[Key] = frozenset()) -> None:
        self.keys = keys
        super().__init__(f"{len(keys)} preconditions failed")


class Store(ABC):
    """A place that keeps documents. Every method raises Unavailable when the place does not answer."""

    expires_by_itself = False
    """Whether it removes documents of collections that expire, some time after ``expires_at``."""

    @abstractmethod
    def _get(self, *keys: Key) -> list[Document | None]:
        """The documents at ``keys``, whose ids every store takes."""

    @abstractmethod
    def _find(self, query: Query, after: tuple[Any, str] | None) -> list[Document]:
        """At most ``query.limit + 1`` documents, strictly after the (order value, id) given."""

    @abstractmethod
    def _commit(self, writes: Sequence[Write], operation: str) -> dict[Key, str]:
        """All writes or none; returns the new revisions. Raises PreconditionFailed, with or without keys."""

    @abstractmethod
    def close(self) -> None:
        """Let go of connections."""

    def bulk_rows(self) -> RowStore | None:
        """What keeps rows in the same place, but not in documents; None where documents are all there is."""
        return None

    def get(self, *keys: Key) -> list[Document | None]:
        """The documents at ``keys``, in their order, in one round trip; None where there is none."""
        possible = [key for key in keys if _ID.fullmatch(key.id)]  # clients send what they like as an id
        found = dict(zip(possible, self._get(*possible), strict=True)) if possible else {}
        return [found.get(key) for key in keys]

    def find(self, query: Query) -> Page[Document]:
        """One page of a query that the schema declares an index for."""
        index = Index(query.order, tuple(query.equal), query.descending)
        if index not in query.collection.indexes:
            raise LookupError(f"{query.collection.name}: no index declared for {index}")
        found = self._find(query, _decode_cursor(query))
        page = found[: query.limit]
        more = len(found) > query.limit
        return Page(page, _encode_cursor(query, page[-1]) if more else None)

    def remove_expired(self, now: datetime, limit: int = 500) -> int:
        """Remove documents whose time is over, up to ``limit`` of each collection; returns how many.

        Nothing where the store does it.
        """
        removed = 0
        for collection in COLLECTIONS if not self.expires_by_itself else ():
            if not collection.expires:
                continue
            for document in self.find(Query(collection, "expires_at", until=now, limit=limit)).items:
                # At its revision: it may have been given more time since it was found.
                with suppress(PreconditionFailed):
                    self.commit(Delete(document.key, document.revision))
                    removed += 1
        return removed

    def commit(self, *writes: Write) -> dict[Key, str]:
        """Write all or nothing; returns the new revisions.

        Raises PreconditionFailed with the keys at fault. A commit that landed but whose reply was lost, and
        which was sent again below us, is a success: the documents carry its operation.
        """
        operation = new_id()
        for _ in range(5):
            try:
                return self._commit(writes, operation)
            except PreconditionFailed:
                found = self.get(*(write.key for write in writes))
                if any(document and document.operation == operation for document in found):
                    return {document.key: document.revision for document in found if document}
                failed = frozenset(
                    write.key for write, document in zip(writes, found, strict=True) if not _holds(write, document)
                )
                if failed:
                    raise PreconditionFailed(failed) from None
                # What was in the way is gone by now: try again.
        raise Unavailable("Too many changes at once; try again.", 1)


def _holds(write: Write, document: Document | None) -> bool:
    match write:
        case Insert():
            return document is None
        case Update():
            return document is not None and document.revision == write.revision
        case Delete(revision=revision):
            return revision is None or (document is not None and document.revision == revision)


def after_prefix(prefix: str) -> str:
    """The text that comes before no text that begins with ``prefix``, and after all that do.

    Texts are in the order of their code points. (U+10FFFF is no character, so that nothing real follows it.)
    """
    return prefix + "\U0010ffff"


# Such ids exist in every store; Firestore is the most particular (https://firebase.google.com/docs/firestore/quotas).
_ID = re.compile(r"(?!\.{1,2}\Z|__.*__\Z)[^/\0\ud800-\udfff]{1,300}", re.DOTALL)
_TEXT = re.compile(r"[^\0\ud800-\udfff]*")


def _encode_cursor(query: Query, last: Document) -> str:
    return _cursor(query, last.fields[query.order], last.key.id)


def _decode_cursor(query: Query) -> tuple[Any, str] | None:
    if query.cursor is None:
        return None
    with suppress(ValueError, TypeError, OverflowError, RecursionError):
        _, text, id = json.loads(base64.urlsafe_b64decode(query.cursor + "=" * (-len(query.cursor) % 4)))
        value: Any = text
        if query.collection.fields[query.order].type is Type.TIMESTAMP:
            value = datetime.fromisoformat(text).astimezone(UTC)
        # What another query was given, or is written in another way, is none of ours.
        if _TEXT.fullmatch(text) and _ID.fullmatch(id) and _cursor(query, value, id) == query.cursor:
            return value, id
    raise InvalidCursor


def _cursor(query: Query, value: Any, id: str) -> str:
    text = value.isoformat() if isinstance(value, datetime) else value
    content = json.dumps([_digest(query), text, id])
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def _digest(query: Query) -> str:
    """What tells the query from others, whichever page of it is asked for."""
    equal, bounds = sorted(query.equal.items()), [str(query.until), query.prefix, query.beyond]
    described = json.dumps([query.collection.name, query.order, query.descending, equal, bounds])
    return hashlib.sha256(described.encode()).hexdigest()[:16]
