"""The document store for SQL databases: each collection is a table."""

from collections.abc import Sequence
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from src.application.ports import RowStore
from src.infrastructure.stores.base import (
    Delete,
    Document,
    Insert,
    Key,
    PreconditionFailed,
    Query,
    Store,
    StoreNotReady,
    Update,
    Write,
)
from src.infrastructure.stores.declarations import Collection
from src.infrastructure.stores.migrations import newest_version
from src.infrastructure.stores.migrations.upgrade import upgrade
from src.infrastructure.stores.sql.engine import for_reading, make_engine, translated_errors
from src.infrastructure.stores.sql.rows import SqlRows
from src.infrastructure.stores.sql.tables import TABLES

# The number is arbitrary, and the same in all processes.
_LOCK = "SELECT pg_advisory_xact_lock(7267233)"


class SqlStore(Store):
    """Stores documents in tables. The revision of a row is the operation that wrote it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = for_reading(engine)

    @classmethod
    def open(cls, url: str, *, pool_size: int) -> Self:
        return cls(make_engine(url, pool_size=pool_size))

    @classmethod
    def describe(cls, url: str) -> str:
        return sa.make_url(url).set(query={}).render_as_string()

    @classmethod
    def prepare(cls, url: str) -> None:
        upgrade(make_engine(url, pool_size=1), lock=_LOCK)

    @classmethod
    def check(cls, url: str) -> None:
        engine = make_engine(url, pool_size=1)
        try:
            with engine.connect() as connection:
                is_ready = sa.inspect(connection).has_table("alembic_version") and (
                    connection.exec_driver_sql("SELECT max(version_num) FROM alembic_version").scalar()
                    == newest_version()
                )
        except sa.exc.OperationalError as error:
            raise StoreNotReady(f"cannot be opened ({error.orig})") from None
        finally:
            engine.dispose()
        if not is_ready:
            raise StoreNotReady("its tables are missing or old")

    def close(self) -> None:
        self._engine.dispose()

    def bulk_rows(self) -> RowStore:
        return SqlRows(self._engine)

    def _get(self, *keys: Key) -> list[Document | None]:
        found: dict[tuple[str, str], Document] = {}
        with translated_errors(), self._reader.connect() as connection:
            for collection in {key.collection.name: key.collection for key in keys}.values():
                ids = [key.id for key in keys if key.collection is collection]
                table = TABLES[collection.name]
                for row in connection.execute(sa.select(table).where(table.c.id.in_(ids))):
                    document = _document(collection, row)
                    found[collection.name, document.key.id] = document
        return [found.get((key.collection.name, key.id)) for key in keys]

    def _find(self, query: Query, after: tuple[Any, str] | None) -> list[Document]:
        table = TABLES[query.collection.name]
        order = table.c[query.order]
        statement = (
            sa.select(table)
            .where(order.is_not(None), *(table.c[name] == value for name, value in query.equal.items()))
            .order_by(*((order.desc(), table.c.id.desc()) if query.descending else (order, table.c.id)))
            .limit(query.limit + 1)
        )
        if query.until is not None:
            statement = statement.where(order <= query.until)
        if query.start is not None:
            statement = statement.where(order >= query.start)
        if after is not None:
            position, last = sa.tuple_(order, table.c.id), sa.tuple_(*after)
            statement = statement.where(position < last if query.descending else position > last)
        with translated_errors(), self._reader.connect() as connection:
            return [_document(query.collection, row) for row in connection.execute(statement)]

    def _commit(self, writes: Sequence[Write], operation: str) -> dict[Key, str]:
        with translated_errors(), self._engine.begin() as connection:
            for write in writes:
                _apply(connection, write, operation)
        return {write.key: operation for write in writes if not isinstance(write, Delete)}


def _apply(connection: Connection, write: Write, operation: str) -> None:
    """Execute a write. Raises PreconditionFailed, or IntegrityError for a document that exists."""
    table = TABLES[write.key.collection.name]
    same_id = table.c.id == write.key.id
    match write:
        case Insert(key, fields):
            connection.execute(table.insert(), {"id": key.id, "revision": operation, **fields})
        case Update(_, fields, revision):
            update = table.update().where(same_id, table.c.revision == revision)
            if connection.execute(update, {"revision": operation, **fields}).rowcount != 1:
                raise PreconditionFailed
        case Delete(_, None):
            connection.execute(table.delete().where(same_id))
        case Delete(_, revision):
            if connection.execute(table.delete().where(same_id, table.c.revision == revision)).rowcount != 1:
                raise PreconditionFailed


def _document(collection: Collection, row: sa.Row[Any]) -> Document:
    fields = dict(row._mapping)
    id, revision = fields.pop("id"), fields.pop("revision")
    return Document(Key(collection, id), fields, revision, revision)
