"""The document store for PostgreSQL and SQL Server: each collection is a table."""

from collections.abc import Sequence
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from src.application.ports import RowStore
from src.infrastructure.stores.driver import (
    Delete,
    Document,
    Insert,
    Key,
    PreconditionFailed,
    Query,
    StoreNotReady,
    Update,
    Write,
)
from src.infrastructure.stores.migrated import MigratedStore
from src.infrastructure.stores.schema.types import Collection
from src.infrastructure.stores.sql.engine import (
    ConnectionLost,
    RolledBack,
    for_reading,
    make_engine,
    parse_url,
    translated_errors,
)
from src.infrastructure.stores.sql.rows import SqlRows
from src.infrastructure.stores.sql.statements import STATEMENTS, find


class SqlStore(MigratedStore):
    """Stores documents in tables. The revision of a row is the operation that wrote it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reader = for_reading(engine)

    @classmethod
    def open(cls, url: str, *, pool_size: int) -> Self:
        return cls(make_engine(url, pool_size=pool_size))

    @classmethod
    def describe(cls, url: str) -> str:
        return parse_url(url).set(query={}).render_as_string()

    @classmethod
    def _version(cls, url: str) -> str | None:
        engine = make_engine(url, pool_size=1)
        try:
            with engine.connect() as connection:
                if not sa.inspect(connection).has_table("alembic_version"):
                    return None
                return str(connection.scalar(sa.text("SELECT max(version_num) FROM alembic_version")))
        except sa.exc.DBAPIError as error:
            raise StoreNotReady(f"cannot be opened ({' '.join(str(error.orig).split())})") from None
        finally:
            engine.dispose()

    def close(self) -> None:
        self.engine.dispose()

    def bulk_rows(self) -> RowStore:
        return SqlRows(self.engine)

    def _get(self, *keys: Key) -> list[Document | None]:
        ids: dict[Collection, list[str]] = {}
        for key in keys:
            ids.setdefault(key.collection, []).append(key.id)
        found: dict[Key, Document] = {}
        with translated_errors(), self._reader.connect() as connection:
            for collection, wanted in ids.items():
                for document in _documents(connection, collection, wanted):
                    found[document.key] = document
        return [found.get(key) for key in keys]

    def _find(self, query: Query, after: tuple[Any, str] | None) -> list[Document]:
        parameters = {**query.equal, "start": query.start, "until": query.until, "count": query.limit + 1}
        if after:
            parameters |= {"after_value": after[0], "after_id": after[1]}
        statement = find(query, after=after is not None)
        with translated_errors(), self._reader.connect() as connection:
            return [_document(query.collection, row) for row in connection.execute(statement, parameters)]

    def scan(self, collection: Collection, after: str | None = None, *, limit: int) -> list[Document]:
        statement, parameters = STATEMENTS[collection.name].scan, {"after": after or "", "count": limit}
        with translated_errors(), self._reader.connect() as connection:
            return [_document(collection, row) for row in connection.execute(statement, parameters)]

    def _commit(self, writes: Sequence[Write], operation: str) -> dict[Key, str]:
        # Two transactions that lock the same rows in the same order cannot block each other.
        ordered = sorted(writes, key=lambda write: (write.key.collection.name, write.key.id))
        try:
            with translated_errors(), self.engine.begin() as connection:
                for write in ordered:
                    _apply(connection, write, operation)
        except (RolledBack, ConnectionLost):
            # ``commit`` finds out whether the writes were applied, and tries again if the preconditions are still met.
            raise PreconditionFailed from None
        return {write.key: operation for write in writes if not isinstance(write, Delete)}


def _documents(connection: Connection, collection: Collection, ids: Sequence[str]) -> list[Document]:
    """Return the documents with these ids that exist, in any order."""
    statements = STATEMENTS[collection.name]
    if len(ids) == 1:  # the usual case, and the faster statement
        rows = connection.execute(statements.get, {"document_id": ids[0]})
    else:
        rows = connection.execute(statements.get_several, {"ids": ids})
    return [_document(collection, row) for row in rows]


def _document(collection: Collection, row: Sequence[Any]) -> Document:
    id, revision, *values = row
    return Document(Key(collection, id), dict(zip(collection.fields, values, strict=True)), revision, revision)


def _apply(connection: Connection, write: Write, operation: str) -> None:
    """Execute a write. Raises PreconditionFailed, or IntegrityError for a document that exists."""
    statements = STATEMENTS[write.key.collection.name]
    this = {"document_id": write.key.id}
    match write:
        case Insert(key, fields):
            connection.execute(statements.insert, {"id": key.id, "revision": operation, **fields})
        case Update(_, fields, None):
            row = {"revision": operation, **fields}
            if connection.execute(statements.replace, this | row).rowcount == 0:
                connection.execute(statements.insert, {"id": write.key.id, **row})
        case Update(_, fields, revision):
            row = this | {"old_revision": revision, "revision": operation, **fields}
            if connection.execute(statements.update, row).rowcount != 1:
                raise PreconditionFailed
        case Delete(_, None):
            connection.execute(statements.delete, this)
        case Delete(_, revision):
            if connection.execute(statements.delete_at_revision, this | {"old_revision": revision}).rowcount != 1:
                raise PreconditionFailed
