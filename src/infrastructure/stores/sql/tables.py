"""The tables: one for each collection of the schema, and one for rows."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mssql

from src.infrastructure.stores.schema import COLLECTIONS
from src.infrastructure.stores.schema.types import Collection, Field, Type

# Texts are compared by code point; SQLite does so by default. SQL Server compares the units of UTF-16, which is another
# order for characters beyond U+FFFF.
_POSTGRESQL, _SQL_SERVER = sa.Text(collation="C"), partial(mssql.NVARCHAR, collation="Latin1_General_100_BIN2")
TEXT = sa.Text().with_variant(_POSTGRESQL, "postgresql").with_variant(_SQL_SERVER(), "mssql")
KEY = sa.Text().with_variant(_POSTGRESQL, "postgresql").with_variant(_SQL_SERVER(450), "mssql")
"""A text in an index, of which SQL Server allows 900 bytes."""


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware datetime in UTC, also in databases that store no time zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Return the time in UTC; without its zone for SQLite, whose driver stores none."""
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Return the time as an aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_TYPES: dict[Type, sa.types.TypeEngine[Any]] = {
    Type.TEXT: TEXT,
    Type.INTEGER: sa.BigInteger(),
    Type.FLOAT: sa.Double(),
    Type.BOOLEAN: sa.Boolean(),
    Type.TIMESTAMP: UtcDateTime(),
    Type.JSON: sa.JSON(none_as_null=True),
}

metadata = sa.MetaData()


def _table(collection: Collection) -> sa.Table:
    indexed = {name for index in collection.indexes for name in (*index.equal, index.order)}
    columns = [
        sa.Column(name, _column_type(field, name in indexed), nullable=field.nullable)
        for name, field in collection.fields.items()
    ]
    indexes = [
        sa.Index("_".join(("ix", collection.name, *index.equal, index.order)), *index.equal, index.order, "id")
        for index in collection.indexes
    ]
    return sa.Table(
        collection.name,
        metadata,
        sa.Column("id", KEY, primary_key=True),
        sa.Column("revision", KEY, nullable=False),
        *columns,
        *(_reference(collection, name, field) for name, field in collection.fields.items() if field.enforced),
        *indexes,
    )


def _column_type(field: Field, indexed: bool) -> sa.types.TypeEngine[Any]:
    return KEY if indexed and field.type is Type.TEXT else _TYPES[field.type]


def _reference(collection: Collection, name: str, field: Field) -> sa.Constraint:
    """Return a foreign key, for PostgreSQL only: it checks references at the end of a transaction, in any order.

    SQLite could add foreign keys to existing tables only by copying them, and SQL Server checks every statement.
    """
    [target] = field.refers_to
    key = sa.ForeignKeyConstraint([name], [f"{target}.id"], f"fk_{collection.name}_{name}", initially="DEFERRED")
    return key.ddl_if(dialect="postgresql")


TABLES = {collection.name: _table(collection) for collection in COLLECTIONS}

# Rows are not documents, because there are millions of them. Every query reads them in the order of the primary key.
ROWS = sa.Table(
    "rows",
    metadata,
    sa.Column("set_id", KEY, primary_key=True),
    sa.Column("line", sa.BigInteger(), primary_key=True, autoincrement=False),
    # 0 or 1: a bool would cost the sqlite3 module a look-up of its adapter for each row.
    sa.Column("valid", sa.SmallInteger(), nullable=False),
    sa.Column("values", TEXT, nullable=False),
    sqlite_with_rowid=False,
)
_INVALID = ROWS.c.valid == 0
sa.Index(
    "ix_rows_invalid",
    *(ROWS.c.set_id, ROWS.c.line, ROWS.c.valid),
    sqlite_where=_INVALID,
    postgresql_where=_INVALID,
    mssql_where=_INVALID,
)
