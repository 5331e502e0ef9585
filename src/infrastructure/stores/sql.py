"""SQL through SQLAlchemy Core: one typed table a collection, made from the schema."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import QueuePool

from src.application.ports import RowStore
from src.domain.errors import Unavailable
from src.infrastructure.stores.base import (
    Delete,
    Document,
    Insert,
    Key,
    PreconditionFailed,
    Query,
    Store,
    Update,
    Write,
    after_prefix,
)
from src.infrastructure.stores.declarations import Collection, Type
from src.infrastructure.stores.schema import COLLECTIONS


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware datetime in UTC, also where the database keeps no time zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """To the database: UTC; naive for SQLite, which drops the zone."""
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """From the database: aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_TYPES: dict[Type, sa.types.TypeEngine[Any]] = {
    Type.TEXT: sa.Text(),
    Type.INTEGER: sa.BigInteger(),
    Type.FLOAT: sa.Double(),
    Type.BOOLEAN: sa.Boolean(),
    Type.TIMESTAMP: UtcDateTime(),
    Type.JSON: sa.JSON(none_as_null=True),
}

metadata = sa.MetaData()


def _table(collection: Collection) -> sa.Table:
    columns = [
        sa.Column(name, _TYPES[field.type], nullable=field.nullable) for name, field in collection.fields.items()
    ]
    indexes = [
        sa.Index("_".join(("ix", collection.name, *index.equal, index.order)), *index.equal, index.order, "id")
        for index in collection.indexes
    ]
    return sa.Table(
        collection.name,
        metadata,
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("revision", sa.Text(), nullable=False),
        *columns,
        *indexes,
    )


_tables = {collection.name: _table(collection) for collection in COLLECTIONS}

# No documents, because there are millions. All that is read of them is in the order of the key.
ROWS = sa.Table(
    "rows",
    metadata,
    sa.Column("set_id", sa.Text(), primary_key=True),
    sa.Column("line", sa.BigInteger(), primary_key=True, autoincrement=False),
    sa.Column("valid", sa.Boolean(), nullable=False),
    sa.Column("values", sa.Text(), nullable=False),
    sqlite_with_rowid=False,
)
sa.Index(
    "ix_rows_invalid",
    *(ROWS.c.set_id, ROWS.c.line, ROWS.c.valid),
    sqlite_where=~ROWS.c.valid,
    postgresql_where=~ROWS.c.valid,
)


def make_engine(url: str, *, pool_size: int) -> Engine:
    """An engine that has not connected yet. SQLite: WAL, waits for locks, and durable at every commit."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_size=pool_size, pool_pre_ping=True)
    # Transactions are begun by hand (see writing): the driver would take the write lock too late.
    engine = sa.create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        isolation_level="AUTOCOMMIT",
        connect_args={"timeout": 5},
    )

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    return engine


class SqlStore(Store):
    """Keeps documents in tables. The revision of a row is the operation that wrote it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = engine.execution_options(isolation_level="AUTOCOMMIT")

    def _get(self, *keys: Key) -> list[Document | None]:
        found: dict[tuple[str, str], Document] = {}
        with translated(), self._reader.connect() as connection:
            for collection in {key.collection.name: key.collection for key in keys}.values():
                ids = [key.id for key in keys if key.collection is collection]
                table = _tables[collection.name]
                for row in connection.execute(sa.select(table).where(table.c.id.in_(ids))):
                    document = _document(collection, row)
                    found[collection.name, document.key.id] = document
        return [found.get((key.collection.name, key.id)) for key in keys]

    def _find(self, query: Query, after: tuple[Any, str] | None) -> list[Document]:
        table = _tables[query.collection.name]
        order = table.c[query.order]
        statement = (
            sa.select(table)
            .where(order.is_not(None), *(table.c[name] == value for name, value in query.equal.items()))
            .order_by(*((order.desc(), table.c.id.desc()) if query.descending else (order, table.c.id)))
            .limit(query.limit + 1)
        )
        if query.until is not None:
            statement = statement.where(order <= query.until)
        if query.prefix is not None:
            statement = statement.where(order >= query.prefix, order < after_prefix(query.prefix))
        if query.beyond is not None:
            statement = statement.where(order > query.beyond)
        if after is not None:
            place, last = sa.tuple_(order, table.c.id), sa.tuple_(*after)
            statement = statement.where(place < last if query.descending else place > last)
        with translated(), self._reader.connect() as connection:
            return [_document(query.collection, row) for row in connection.execute(statement)]

    def _commit(self, writes: Sequence[Write], operation: str) -> dict[Key, str]:
        with writing(self._engine) as connection:
            for write in writes:
                _apply(connection, write, operation)
        return {write.key: operation for write in writes if not isinstance(write, Delete)}

    def close(self) -> None:
        """See Store."""
        self._engine.dispose()

    def bulk_rows(self) -> RowStore:
        """See Store."""
        from src.infrastructure.rows.sql import SqlRows  # which is made of what is here

        return SqlRows(self._engine)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction in which nobody else writes; kept whole, durably, or not at all."""
    with translated(), engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


def _apply(connection: Connection, write: Write, operation: str) -> None:
    table = _tables[write.key.collection.name]
    match write:
        case Insert(key, fields):
            connection.execute(table.insert(), {"id": key.id, "revision": operation, **fields})
        case Update(key, fields, revision):
            at = sa.and_(table.c.id == key.id, table.c.revision == revision)
            if connection.execute(table.update().where(at), {"revision": operation, **fields}).rowcount != 1:
                raise PreconditionFailed
        case Delete(key, revision):
            at = (
                table.c.id == key.id
                if revision is None
                else sa.and_(table.c.id == key.id, table.c.revision == revision)
            )
            if connection.execute(table.delete().where(at)).rowcount != 1 and revision is not None:
                raise PreconditionFailed


def _document(collection: Collection, row: sa.Row[Any]) -> Document:
    fields = dict(row._mapping)
    id, revision = fields.pop("id"), fields.pop("revision")
    return Document(Key(collection, id), fields, revision, revision)


@contextmanager
def translated() -> Iterator[None]:
    """The errors of SQLAlchemy (https://docs.sqlalchemy.org/errors) in the words of the driver."""
    try:
        yield
    except sa.exc.IntegrityError:
        raise PreconditionFailed from None
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        raise Unavailable from error
