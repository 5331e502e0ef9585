"""The store for Firestore in native mode.

A commit is one RPC with a precondition on every write. Transactions are not used: they take three round trips, and
under contention most of them fail.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Self

from google.api_core import exceptions, retry
from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.auth.exceptions import GoogleAuthError
from google.cloud import firestore
from google.cloud.firestore_v1.base_document import DocumentSnapshot
from google.cloud.firestore_v1.document import DocumentReference

from src.domain.errors import Unavailable
from src.infrastructure.stores.base import (
    Delete,
    Document,
    Fields,
    Insert,
    InvalidStoreUrl,
    Key,
    PreconditionFailed,
    Query,
    Store,
    Update,
    Write,
)
from src.infrastructure.stores.declarations import Collection, Type
from src.infrastructure.stores.firestore_indexes import OPERATION


class FirestoreStore(Store):
    """Stores documents in Firestore. The revision of a document is its update time."""

    expires_by_itself = True  # by the TTL policies of firestore.indexes.json

    def __init__(self, project: str, database: str = "(default)", *, timeout: float = 8.0) -> None:
        """Bound every call by ``timeout``, in seconds and with its retries. The first call connects."""
        self._project = project
        self._database = database
        self._timeout = timeout
        self._retry = retry.Retry(
            predicate=retry.if_exception_type(exceptions.ServiceUnavailable, exceptions.Aborted),
            initial=0.05,
            maximum=1.0,
            timeout=timeout,
        )

    @classmethod
    def open(cls, url: str, *, pool_size: int) -> Self:
        """Return the store at ``firestore://PROJECT`` or ``firestore://PROJECT/DATABASE``."""
        project, _, database = url.removeprefix("firestore://").partition("/")
        if not project:
            raise InvalidStoreUrl("name the project, as in firestore://my-project")
        return cls(project, database or "(default)")

    @cached_property
    def _client(self) -> firestore.Client:
        # A gRPC channel does not survive the fork of a web server, so the client is created at first use.
        try:
            return firestore.Client(project=self._project, database=self._database)
        except GoogleAuthError as error:
            raise Unavailable from error

    def _get(self, *keys: Key) -> list[Document | None]:  # one BatchGetDocuments
        with _translated_errors():
            snapshots = self._client.get_all(
                [self._reference(key) for key in keys], retry=self._retry, timeout=self._timeout
            )
            found = {snapshot.reference.path: snapshot for snapshot in snapshots if snapshot.exists}
        return [
            _document(key.collection, snapshot) if (snapshot := found.get(f"{key.collection.name}/{key.id}")) else None
            for key in keys
        ]

    def _find(self, query: Query, after: tuple[Any, str] | None) -> list[Document]:
        collection = self._client.collection(query.collection.name)
        direction = firestore.Query.DESCENDING if query.descending else firestore.Query.ASCENDING
        found = (
            collection.order_by(query.order, direction=direction)
            .order_by("__name__", direction=direction)
            .limit(query.limit + 1)
        )
        for name, value in query.equal.items():
            found = found.where(filter=firestore.FieldFilter(name, "==", value))
        # Each of these conditions leaves out the documents without a value in the field.
        bounds: list[tuple[str, Any]] = [(">=", query.start), ("<=", query.until)]
        for operator, bound in [each for each in bounds if each[1] is not None] or [("!=", None)]:
            found = found.where(filter=firestore.FieldFilter(query.order, operator, bound))
        if after is not None:
            value, id = after
            found = found.start_after({query.order: value, "__name__": collection.document(id)})
        with _translated_errors():
            return [
                _document(query.collection, snapshot)
                for snapshot in found.stream(retry=self._retry, timeout=self._timeout)
            ]

    def _commit(self, writes: Sequence[Write], operation: str) -> dict[Key, str]:
        batch = self._client.batch()
        for write in writes:
            reference = self._reference(write.key)
            match write:
                case Insert(key, fields):
                    batch.create(reference, _encode(key.collection, fields, operation))
                case Update(key, fields, revision):
                    batch.update(reference, _encode(key.collection, fields, operation), option=self._at(revision))
                case Delete(revision=None):
                    batch.delete(reference)
                case Delete(revision=str(revision)):
                    batch.delete(reference, option=self._at(revision))
        with _translated_errors():
            try:
                results = batch.commit(retry=self._retry, timeout=self._timeout)
            except (exceptions.AlreadyExists, exceptions.FailedPrecondition, exceptions.NotFound):
                raise PreconditionFailed from None
        return {
            write.key: _revision(result.update_time)
            for write, result in zip(writes, results, strict=True)
            if not isinstance(write, Delete)
        }

    def close(self) -> None:
        if "_client" in self.__dict__:
            self._client.close()

    def _at(self, revision: str) -> Any:
        at = DatetimeWithNanoseconds.from_rfc3339(revision)
        return self._client.write_option(last_update_time=at.timestamp_pb())

    def _reference(self, key: Key) -> DocumentReference:
        return self._client.collection(key.collection.name).document(key.id)


def _encode(collection: Collection, fields: Fields, operation: str) -> dict[str, Any]:
    """Return the values as Firestore stores them.

    JSON is stored as text, because Firestore allows no list in a list and would index every path of a map.
    """
    encoded = {
        name: json.dumps(value) if collection.fields[name].type is Type.JSON and value is not None else value
        for name, value in fields.items()
    }
    return {**encoded, OPERATION: operation}


def _document(collection: Collection, snapshot: DocumentSnapshot) -> Document:
    stored = snapshot.to_dict() or {}
    fields = {name: _decode(field.type, stored.get(name)) for name, field in collection.fields.items()}
    revision = _revision(snapshot.update_time)
    return Document(Key(collection, snapshot.id), fields, revision, stored[OPERATION])


def _revision(updated: Any) -> str:
    """Return an update time (a DatetimeWithNanoseconds) with its nanoseconds, in the format of RFC 3339."""
    return str(updated.rfc3339())


def _decode(type: Type, value: Any) -> Any:
    if value is None:
        return None
    match type:
        case Type.TIMESTAMP:
            return datetime.combine(value.date(), value.time(), UTC)
        case Type.JSON:
            return json.loads(value)
        case _:
            return value


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Raise Unavailable instead of the errors of google.api_core.exceptions."""
    try:
        yield
    except (exceptions.GoogleAPICallError, exceptions.RetryError) as error:
        raise Unavailable from error
