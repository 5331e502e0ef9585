"""The store for Firestore in native mode, over the generated client of its API.

A commit is one RPC with a precondition on every write. Transactions are not used: they take three round trips, and
under contention most of them fail.

The messages are those of https://cloud.google.com/firestore/docs/reference/rpc. The classes of google.cloud.firestore
copy every document several times, and the wrappers of responses are slow, so responses are read without them.
"""

import os
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Self

import grpc.experimental  # type: ignore[import-untyped]
from google.api_core import exceptions, retry
from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport

from src.infrastructure.outages import unavailable_on
from src.infrastructure.stores.driver import (
    Delete,
    Document,
    Insert,
    InvalidStoreUrl,
    Key,
    PreconditionFailed,
    Query,
    Update,
    Write,
    is_current_counter,
)
from src.infrastructure.stores.firestore.indexes import OPERATION
from src.infrastructure.stores.firestore.values import document_of, encode
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema.types import Collection

_CHANNEL_OPTIONS = (
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    (grpc.experimental.ChannelOptions.SingleThreadedUnaryStream, 1),  # else each read starts a thread
)
_OUTAGES = exceptions.GoogleAPICallError, exceptions.RetryError, GoogleAuthError
_Operator, _Direction = types.StructuredQuery.FieldFilter.Operator, types.StructuredQuery.Direction
_AND = types.StructuredQuery.CompositeFilter.Operator.AND
_IS_NOT_NULL = types.StructuredQuery.UnaryFilter.Operator.IS_NOT_NULL


class FirestoreStore(Store):
    """Stores documents in Firestore. The revision of a document is its update time."""

    expires_by_itself = True  # by the TTL policies of firestore.indexes.json

    def __init__(self, project: str, database: str = "(default)", *, timeout: float = 8.0) -> None:
        """Bound every call by ``timeout``, in seconds and with its retries. The first call connects."""
        self._database = f"projects/{project}/databases/{database}"
        self._documents = f"{self._database}/documents"
        transient = retry.if_exception_type(exceptions.ServiceUnavailable, exceptions.Aborted)
        metadata = [("google-cloud-resource-prefix", self._database)]
        if "FIRESTORE_EMULATOR_HOST" in os.environ:
            metadata.append(("authorization", "Bearer owner"))  # the emulator applies its rules to all other callers
        self._call: dict[str, Any] = {
            "retry": retry.Retry(predicate=transient, initial=0.05, maximum=1.0, timeout=timeout),
            "timeout": timeout,
            "metadata": metadata,
        }

    @classmethod
    def open(cls, url: str, *, pool_size: int) -> Self:
        """Return the store at ``firestore://PROJECT`` or ``firestore://PROJECT/DATABASE``."""
        project, _, database = url.removeprefix("firestore://").partition("/")
        if not project:
            raise InvalidStoreUrl("name the project, as in firestore://my-project")
        return cls(project, database or "(default)")

    @cached_property
    def _client(self) -> FirestoreClient:
        # A gRPC channel does not survive the fork of a web server, so the client is created at first use.
        if emulator := os.environ.get("FIRESTORE_EMULATOR_HOST"):
            channel = grpc.insecure_channel(emulator, options=_CHANNEL_OPTIONS)
        else:
            channel = FirestoreGrpcTransport.create_channel(options=_CHANNEL_OPTIONS)
        return FirestoreClient(transport=FirestoreGrpcTransport(channel=channel))

    def _get(self, *keys: Key) -> list[Document | None]:  # one BatchGetDocuments
        paths = [self._path(key) for key in keys]
        request = {"database": self._database, "documents": paths}
        with unavailable_on(*_OUTAGES):
            responses = self._client.batch_get_documents(request, **self._call)
            found = {pb.found.name: pb.found for pb in map(types.BatchGetDocumentsResponse.pb, responses)}
        return [
            document_of(key.collection, found[path]) if path in found else None
            for key, path in zip(keys, paths, strict=True)
        ]

    def _find(self, query: Query, after: tuple[Any, str] | None) -> list[Document]:
        return self._run(query.collection, self._structured(query, after))

    def scan(self, collection: Collection, after: str | None = None, *, limit: int) -> list[Document]:
        structured = {
            "from_": [{"collection_id": collection.name}],
            "order_by": [{"field": {"field_path": "__name__"}, "direction": _Direction.ASCENDING}],
            "start_at": {"values": [{"reference_value": self._path(Key(collection, after))}]} if after else None,
            "limit": {"value": limit},
        }
        return self._run(collection, structured)

    def _commit(self, writes: Sequence[Write], operation: str) -> dict[Key, str]:
        results = self._send([self._write(write, operation) for write in writes])
        return {
            write.key: result.update_time.ToJsonString()
            for write, result in zip(writes, results, strict=True)
            if not isinstance(write, Delete)
        }

    def add_hits(self, counters: Sequence[Insert], limits: Sequence[int], now: int) -> list[Document]:
        """Add hits with increments, which take no read and never conflict.

        A commit that the client repeats, because its reply was lost, counts twice.
        """
        results = self._send([self._increment(counter) for counter in counters])
        found = []
        for counter, result in zip(counters, results, strict=True):
            hits, ends, latest = (value.integer_value for value in result.transform_results)
            revision = result.update_time.ToJsonString()
            stored = Document(counter.key, {**counter.fields, "hits": hits, "ends": ends}, revision, "")
            if not (is_current_counter(ends, counter, now) and is_current_counter(latest, counter, now)):
                try:
                    revisions = self.commit(Update(counter.key, counter.fields, revision))
                    stored = Document(counter.key, counter.fields, revisions[counter.key], "")
                except PreconditionFailed:  # another hit came between
                    [stored] = self.add_hits([counter], limits, now)
            found.append(stored)
        return found

    def close(self) -> None:
        if "_client" in self.__dict__:
            self._client.transport.close()

    def _send(self, writes: Sequence[dict[str, Any]]) -> list[Any]:
        """Commit Write messages and return the WriteResult messages. Raises PreconditionFailed."""
        with unavailable_on(*_OUTAGES):
            try:
                response = self._client.commit({"database": self._database, "writes": writes}, **self._call)
            except (exceptions.AlreadyExists, exceptions.FailedPrecondition, exceptions.NotFound):
                raise PreconditionFailed from None
        return list(types.CommitResponse.pb(response).write_results)

    def _run(self, collection: Collection, structured: dict[str, Any]) -> list[Document]:
        """Return the documents that a StructuredQuery message finds; one RunQuery."""
        with unavailable_on(*_OUTAGES):
            responses = self._client.run_query(
                {"parent": self._documents, "structured_query": structured}, **self._call
            )
            found = [pb.document for pb in map(types.RunQueryResponse.pb, responses) if pb.HasField("document")]
        return [document_of(collection, document) for document in found]

    def _path(self, key: Key) -> str:
        return f"{self._documents}/{key.collection.name}/{key.id}"

    def _structured(self, query: Query, after: tuple[Any, str] | None) -> dict[str, Any]:
        """Return the StructuredQuery message of a query, as a dictionary."""
        order = query.order
        conditions: list[tuple[str, int, Any]] = [(name, _Operator.EQUAL, value) for name, value in query.equal.items()]
        if query.start is not None:
            conditions.append((order, _Operator.GREATER_THAN_OR_EQUAL, query.start))
        if query.until is not None:
            conditions.append((order, _Operator.LESS_THAN_OR_EQUAL, query.until))
        fields = query.collection.fields
        filters: list[dict[str, Any]] = [
            {"field_filter": {"field": {"field_path": name}, "op": op, "value": encode(fields[name].type, value)}}
            for name, op, value in conditions
        ]
        if query.start is None and query.until is None:
            # Like a bound, this leaves out the documents without a value in the field.
            filters.append({"unary_filter": {"field": {"field_path": order}, "op": _IS_NOT_NULL}})
        direction = _Direction.DESCENDING if query.descending else _Direction.ASCENDING
        start_at = None
        if after is not None:
            value, id = after
            path = self._path(Key(query.collection, id))
            start_at = {"values": [encode(fields[order].type, value), {"reference_value": path}]}  # and after it
        return {
            "from_": [{"collection_id": query.collection.name}],
            "where": {"composite_filter": {"op": _AND, "filters": filters}},
            "order_by": [{"field": {"field_path": path}, "direction": direction} for path in (order, "__name__")],
            "start_at": start_at,
            "limit": {"value": query.limit + 1},
        }

    def _write(self, write: Write, operation: str) -> dict[str, Any]:
        """Return the Write message of a commit, as a dictionary."""
        path, precondition = self._path(write.key), None
        if isinstance(write, Insert):
            precondition = {"exists": False}
        elif write.revision is not None:
            precondition = {"update_time": DatetimeWithNanoseconds.from_rfc3339(write.revision).timestamp_pb()}
        if isinstance(write, Delete):
            return {"delete": path, "current_document": precondition}
        declared = write.key.collection.fields
        fields = {name: encode(declared[name].type, value) for name, value in write.fields.items()}
        fields[OPERATION] = {"string_value": operation}
        return {"update": {"name": path, "fields": fields}, "current_document": precondition}

    def _increment(self, counter: Insert) -> dict[str, Any]:
        """Return the Write message that adds a hit to a counter and keeps the lower end of its window."""
        fields = {"expires_at": {"timestamp_value": counter.fields["expires_at"]}}
        return {
            "update": {"name": self._path(counter.key), "fields": fields},
            "update_mask": {"field_paths": ["expires_at"]},
            "update_transforms": [
                {"field_path": "hits", "increment": {"integer_value": 1}},
                {"field_path": "ends", "minimum": {"integer_value": counter.fields["ends"]}},
                # Shows that the clock of an earlier hit was ahead.
                {"field_path": "latest", "maximum": {"integer_value": counter.fields["ends"]}},
            ],
        }
