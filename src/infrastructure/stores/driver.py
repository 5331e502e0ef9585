"""The interface of a store's driver: reading, finding and committing documents.

``commit`` writes several documents, all or none, each under a precondition: the document is absent, or at a given
revision. Firestore, SQL, DynamoDB and a dictionary under a lock all support this.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Self

from src.application.ports import RowStore
from src.infrastructure.stores.schema.types import Collection

Fields = Mapping[str, Any]
"""The values of a document: str, int, float, bool, aware datetime in UTC, JSON, or None."""


class Key(NamedTuple):
    """The address of a document."""

    collection: Collection
    id: str


class Document(NamedTuple):
    """A stored document. ``revision`` changes with every write; ``operation`` is the id of the commit that wrote it."""

    key: Key
    fields: Fields
    revision: str
    operation: str


@dataclass(frozen=True, slots=True)
class Insert:
    """Writes a document that must be absent."""

    key: Key
    fields: Fields


@dataclass(frozen=True, slots=True)
class Update:
    """Replaces a document that must be at ``revision``; without a revision, the document may also be absent."""

    key: Key
    fields: Fields
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Removes a document that must be at ``revision``; without a revision, the document may also be absent."""

    key: Key
    revision: str | None = None


Write = Insert | Update | Delete


@dataclass(frozen=True, slots=True)
class Query:
    """Finds documents whose fields equal ``equal``, ordered by the field ``order`` and then by id.

    Documents whose ``order`` field is None are left out. The page starts after ``cursor``. The values of the
    ``order`` field are at least ``start`` and at most ``until``, where given.
    """

    collection: Collection
    order: str
    equal: Mapping[str, str | int | bool] = field(default_factory=dict)
    start: str | datetime | None = None
    until: str | datetime | None = None
    cursor: str | None = None
    limit: int = 100
    descending: bool = False


class PreconditionFailed(Exception):
    """Nothing was written, because the documents at ``keys`` do not meet the preconditions of their writes."""

    def __init__(self, keys: frozenset[Key] = frozenset()) -> None:
        self.keys = keys
        super().__init__(f"{len(keys)} preconditions failed")


class InvalidStoreUrl(ValueError):
    """The URL does not name a store; the message says what to write."""


class StoreNotReady(Exception):
    """The store lacks something that ``prepare`` creates, or cannot be opened; the message says what to do."""


class BrokenStore(StoreNotReady):
    """The file of the store is damaged or cannot be read, and ``prepare`` cannot help. The message says what to do."""


class Driver(ABC):
    """The interface that each store implements.

    Every method raises Unavailable when the service behind it does not answer.
    """

    document_bytes = 1_000_000
    """The largest text in a document, in bytes. Its other fields are small, and Firestore accepts 1 MiB in all.

    See https://firebase.google.com/docs/firestore/quotas.
    """
    commit_bytes = 10 << 20
    """The largest commit, in bytes: the size of a request to Firestore."""
    commit_writes = 500
    """The number of documents that one commit may insert or delete."""
    expires_by_itself = False
    """Whether the service itself removes documents some time after their ``expires_at``."""

    @classmethod
    @abstractmethod
    def open(cls, url: str, *, pool_size: int) -> Self:
        """Return the store at ``url`` without connecting to it.

        ``pool_size`` is the number of connections that the store may keep open. Raises InvalidStoreUrl.
        """

    @classmethod
    def describe(cls, url: str) -> str:
        """Return the URL without its password, for messages."""
        return url

    @classmethod
    def prepare(cls, url: str) -> None:
        """Create what the store needs, such as tables. Can be repeated. Raises InvalidStoreUrl and StoreNotReady."""
        cls.open(url, pool_size=1).close()

    @classmethod
    def check(cls, url: str) -> None:
        """Raise StoreNotReady unless ``prepare`` has created everything the store needs. Raises InvalidStoreUrl."""
        cls.open(url, pool_size=1).close()

    @abstractmethod
    def _get(self, *keys: Key) -> list[Document | None]:
        """Return the documents in the order of ``keys``, None for each that is absent. Every id is valid."""

    @abstractmethod
    def _find(self, query: Query, after: tuple[Any, str] | None) -> list[Document]:
        """Return up to ``query.limit + 1`` documents that come after the order value and the id in ``after``."""

    @abstractmethod
    def _commit(self, writes: Sequence[Write], operation: str) -> dict[Key, str]:
        """Apply all writes or none; return the new revisions. Raises PreconditionFailed, with or without keys."""

    @abstractmethod
    def scan(self, collection: Collection, after: str | None = None, *, limit: int) -> list[Document]:
        """Return up to ``limit`` documents of a collection, in an order that the store chooses.

        A scan begins without ``after``, continues with the id of the last document, and ends with an empty list. A
        document that exists during the whole scan is returned once.
        """

    @abstractmethod
    def close(self) -> None:
        """Close the connections."""

    def bulk_rows(self) -> RowStore | None:
        """Return the row storage of the same service, or None if rows have to be packed into documents."""
        return None

    def add_hits(self, counters: Sequence[Insert], limits: Sequence[int], now: int) -> list[Document] | None:
        """Add one hit to each counter; return the counters.

        A counter that is absent, or not current at ``now``, is stored as given: with its first hit. Returns None, and
        does nothing, if the service has no atomic counters. A store that needs one request for each counter stops after
        the first one that exceeds its limit: simultaneous hits could otherwise all be refused, each by another counter.
        """
        return None


COUNTER_SKEW = 60_000_000
"""The most by which the clocks of two processes differ, in microseconds."""


def is_current_counter(ends: int, first: Insert, now: int) -> bool:
    """Return whether a counter's window that ends at ``ends`` is current at ``now``.

    ``first`` is the counter of a window that begins now. A window that ends later than the window of ``first`` was
    begun by a clock that is ahead, and is accepted within COUNTER_SKEW.
    """
    return now < ends <= int(first.fields["ends"]) + COUNTER_SKEW


def is_met(write: Write, document: Document | None) -> bool:
    """Return whether the stored document meets the precondition of a write."""
    if isinstance(write, Insert):
        return document is None
    return write.revision is None or (document is not None and document.revision == write.revision)
