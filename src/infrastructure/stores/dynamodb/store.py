"""The store for DynamoDB: every commit is one transaction with a condition on each document."""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any, Self

from boto3.session import Session

from src.domain.values import batches, new_id
from src.infrastructure.conflicts import Conflict, retry_conflicts
from src.infrastructure.stores.driver import (
    COUNTER_SKEW,
    Delete,
    Document,
    Insert,
    InvalidStoreUrl,
    Key,
    PreconditionFailed,
    Query,
    Write,
    is_met,
)
from src.infrastructure.stores.dynamodb import items
from src.infrastructure.stores.dynamodb.client import TableClient
from src.infrastructure.stores.dynamodb.requests import replaces_entries, requests_of
from src.infrastructure.stores.dynamodb.table import check_table, prepare_table
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import COLLECTIONS
from src.infrastructure.stores.schema.types import Collection

_URL = re.compile(r"dynamodb://([a-z0-9-]*)/([A-Za-z0-9_.-]{3,255})")
_READ_ITEMS, _WRITTEN_ITEMS = 100, 100
"""The number of items that a BatchGetItem reads, and that a TransactWriteItems writes, at most."""
_SCANNED_ITEMS = 500
"""The number of items that a Scan reads at least, because most of them may be those of other collections."""


class DynamoStore(Store):
    """Stores documents in a table of DynamoDB. The revision of a document is the operation that wrote it."""

    # The limits of https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html.
    document_bytes = 380_000
    commit_bytes = 4_000_000
    commit_writes = _WRITTEN_ITEMS // (1 + max(len(collection.indexes) for collection in COLLECTIONS))
    expires_by_itself = True

    def __init__(
        self, region: str, table: str, *, pool_size: int, timeout: float = 9.0, session: Session | None = None
    ) -> None:
        """Bound every request by ``timeout``, in seconds and with its repetitions. The first request connects.

        ``session`` finds the credentials; by default, a new session does so as all tools of AWS do.
        """
        self._client = TableClient(region, table, pool_size=pool_size, timeout=timeout, session=session)

    @classmethod
    def open(cls, url: str, *, pool_size: int) -> Self:
        """Return the store at ``dynamodb://REGION/PREFIX``. PREFIX is the name of its table.

        Without REGION, the region comes from the standard sources of AWS tools: the environment or the profile.
        """
        if not (parts := _URL.fullmatch(url)):
            raise InvalidStoreUrl("name the region and the table, as in dynamodb://eu-west-1/portero")
        return cls(*parts.groups(), pool_size=pool_size)

    @classmethod
    def prepare(cls, url: str) -> None:
        store = cls.open(url, pool_size=1)
        prepare_table(store._client.boto, store._client.table)

    @classmethod
    def check(cls, url: str) -> None:
        store = cls.open(url, pool_size=1)
        check_table(store._client.boto, store._client.table)

    def close(self) -> None:
        self._client.close()

    def _get(self, *keys: Key) -> list[Document | None]:
        places = dict.fromkeys(map(items.document_place, keys))
        found: dict[str, items.Item] = {}
        for batch in batches(map(items.key_of, places), _READ_ITEMS):
            self._client.read(batch, found)
        stored = [(key, found.get(items.document_place(key)[0])) for key in keys]
        return [items.document_of(key.collection, item) if item else None for key, item in stored]

    def _find(self, query: Query, after: tuple[Any, str] | None) -> list[Document]:
        partition = items.partition(query.collection, query.order, query.equal)
        first, last = items.first_sort_key(query.start), items.last_sort_key(query.until)
        passed = items.sort_key(*after) if after else ""
        if passed and query.descending:
            last = min(last, passed)
        first = first if query.descending else max(first, passed)
        request: dict[str, Any] = {
            "KeyConditionExpression": "pk = :partition AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":partition": {"S": partition},
                ":first": {"S": first},
                ":last": {"S": last},
            },
            "ScanIndexForward": not query.descending,
            "ConsistentRead": True,
            "Limit": query.limit + 1 + bool(passed),
        }
        found: list[Document] = []
        while first <= last and len(found) <= query.limit:
            page = self._client.send("query", TableName=self._client.table, **request)
            entries = [entry for entry in page["Items"] if entry["sk"]["S"] != passed]
            documents = self._get(*(Key(query.collection, entry["id"]["S"]) for entry in entries))
            for entry, document in zip(entries, documents, strict=True):
                # A document may have changed since its entry was read, and may have been removed before its entry.
                if document and (partition, entry["sk"]["S"]) in items.entries_of(document):
                    found.append(document)
            if "LastEvaluatedKey" not in page:
                break
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return found[: query.limit + 1]

    def scan(self, collection: Collection, after: str | None = None, *, limit: int) -> list[Document]:
        """Return documents of one collection.

        Each request reads a part of the whole table and filters it by the collection.
        """
        request: dict[str, Any] = {
            "FilterExpression": "begins_with(pk, :collection)",
            "ExpressionAttributeValues": {":collection": {"S": f"{collection.name}/"}},
            "ConsistentRead": True,
            "Limit": max(limit, _SCANNED_ITEMS),
        }
        if after:
            request["ExclusiveStartKey"] = items.key_of(items.document_place(Key(collection, after)))
        found: list[Document] = []
        while len(found) < limit:
            page = self._client.send("scan", TableName=self._client.table, **request)
            found += [items.document_of(collection, item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                break
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return found[:limit]

    def _commit(self, writes: Sequence[Write], operation: str) -> dict[Key, str]:
        retry_conflicts(partial(self._transact, writes, operation))
        return {write.key: operation for write in writes if not isinstance(write, Delete)}

    def add_hits(self, counters: Sequence[Insert], limits: Sequence[int], now: int) -> list[Document]:
        """Add hits with one request for each counter.

        A hit counts twice if the client repeats a request whose reply was lost.
        """
        found = []
        for counter, limit in zip(counters, limits, strict=True):
            found.append(retry_conflicts(partial(self._add_hit, counter, now)))
            if found[-1].fields["hits"] > limit:
                break
        return found

    def _transact(self, writes: Sequence[Write], operation: str) -> None:
        """Write all documents and their entries, or nothing. Raises PreconditionFailed and Conflict."""
        replaced = [write.key for write in writes if replaces_entries(write)]
        stored = dict(zip(replaced, self._get(*replaced), strict=True))
        requests: list[dict[str, Any]] = []
        for write in writes:
            old = stored.get(write.key)
            if write.key in stored and not is_met(write, old):
                raise PreconditionFailed
            requests += requests_of(write, old, operation, self._client.table)
        self._client.send("transact_write_items", TransactItems=requests)

    def _add_hit(self, counter: Insert, now: int) -> Document:
        """Add a hit to the stored counter, or store the given one.

        Raises Conflict if another hit was added meanwhile.
        """
        first = Document(counter.key, counter.fields, operation := new_id(), operation)
        bounds = {":now": {"N": str(now)}, ":latest": {"N": str(counter.fields["ends"] + COUNTER_SKEW)}}
        try:
            answer = self._client.send(
                "update_item",
                TableName=self._client.table,
                Key=items.key_of(items.document_place(counter.key)),
                UpdateExpression="ADD hits :one SET #revision = :revision",
                ConditionExpression="ends > :now AND ends <= :latest",
                ExpressionAttributeNames={"#revision": items.REVISION},
                ExpressionAttributeValues=bounds | {":one": {"N": "1"}, ":revision": {"S": operation}},
                ReturnValues="ALL_NEW",
            )
            return items.document_of(counter.key.collection, answer["Attributes"])
        except PreconditionFailed:
            try:
                self._client.send(
                    "put_item",
                    TableName=self._client.table,
                    Item=items.document_item(first),
                    ConditionExpression="attribute_not_exists(pk) OR ends <= :now OR ends > :latest",
                    ExpressionAttributeValues=bounds,
                )
            except PreconditionFailed:
                raise Conflict from None
        return first
