"""The document store for SQLite: each collection is a table."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from src.application.ports import RowStore
from src.infrastructure.stores.driver import (
    BrokenStore,
    Delete,
    Document,
    Insert,
    Key,
    PreconditionFailed,
    Query,
    Update,
    Write,
)
from src.infrastructure.stores.migrated import MigratedStore
from src.infrastructure.stores.schema.types import Collection
from src.infrastructure.stores.sqlite.commits import CommitQueue
from src.infrastructure.stores.sqlite.connections import Connections, parse_path
from src.infrastructure.stores.sqlite.pool import connect
from src.infrastructure.stores.sqlite.reserve import Reserve
from src.infrastructure.stores.sqlite.rows import SqliteRows
from src.infrastructure.stores.sqlite.tables import TABLES


class SqliteStore(MigratedStore):
    """Stores documents in tables. The revision of a row is the operation that wrote it."""

    def __init__(self, file: Path, *, pool_size: int) -> None:
        self.connections = Connections(file, pool_size)
        self._commits = CommitQueue(self.connections)
        self._reserve = Reserve(file)

    @classmethod
    def open(cls, url: str, *, pool_size: int) -> Self:
        """Return the store at ``sqlite:///PATH``; the path is absolute when it begins with another slash."""
        return cls(parse_path(url), pool_size=pool_size)

    @classmethod
    def _version(cls, url: str) -> str | None:
        file = parse_path(url)
        try:
            if not file.exists():
                return None
            with closing(connect(file)) as connection:
                if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
                    return None
                connection.execute("SELECT json_group_array(0)")  # before SQLite 3.38 a build could lack it
                [version] = connection.execute("SELECT max(version_num) FROM alembic_version").fetchone()
                return str(version)
        except (OSError, sqlite3.DatabaseError) as error:
            raise BrokenStore(
                f"cannot be opened ({error}); check its permissions, restore a backup, or name another file"
            ) from None

    def close(self) -> None:
        self.connections.close()

    def ping(self) -> None:
        """Raise Unavailable when the store cannot be read, or its disk is nearly full."""
        super().ping()
        self._reserve.check()

    def bulk_rows(self) -> RowStore:
        return SqliteRows(self.connections, self._reserve)

    def _get(self, *keys: Key) -> list[Document | None]:
        found: list[Document | None] = []
        with self.connections.reading() as connection:
            for key in keys:
                table = TABLES[key.collection.name]
                row = connection.execute(table.get, (key.id,)).fetchone()
                found.append(table.document(row) if row else None)
        return found

    def _find(self, query: Query, after: tuple[Any, str] | None) -> list[Document]:
        table = TABLES[query.collection.name]
        statement, parameters = table.find(query, after)
        with self.connections.reading() as connection:
            [rows] = connection.execute(statement, parameters).fetchone()
        return [table.document(row) for row in json.loads(rows)]

    def scan(self, collection: Collection, after: str | None = None, *, limit: int) -> list[Document]:
        table = TABLES[collection.name]
        with self.connections.reading() as connection:
            return [table.document(row) for row in connection.execute(table.scan, (after or "", limit))]

    def _commit(self, writes: Sequence[Write], operation: str) -> dict[Key, str]:
        def apply(connection: sqlite3.Connection) -> None:
            for write in writes:
                _apply(connection, write, operation)

        if _only_adds_lasting_data(writes):
            self._reserve.ensure()
            self._commits.commit(apply)
        else:  # a deletion begins with an update, which marks its record, and somebody has to log in for it
            self._reserve.retry_without(lambda: self._commits.commit(apply))
        return {write.key: operation for write in writes if not isinstance(write, Delete)}


def _only_adds_lasting_data(writes: Sequence[Write]) -> bool:
    """Return whether writes are all inserts, and not all of documents that expire, such as sessions and events."""
    return all(isinstance(each, Insert) for each in writes) and not all(each.key.collection.expires for each in writes)


def _apply(connection: sqlite3.Connection, write: Write, operation: str) -> None:
    """Execute a write. Raises PreconditionFailed, or IntegrityError for a document that exists."""
    table = TABLES[write.key.collection.name]
    match write:
        case Insert(key, fields):
            connection.execute(table.insert, table.row(key.id, operation, fields))
        case Update(key, fields, None):
            connection.execute(table.replace, table.row(key.id, operation, fields))
        case Update(key, fields, revision):
            row = table.row(key.id, operation, fields)
            if connection.execute(table.update, {**row, "old_revision": revision}).rowcount != 1:
                raise PreconditionFailed
        case Delete(key, None):
            connection.execute(table.delete, (key.id,))
        case Delete(key, revision):
            if connection.execute(table.delete_at_revision, (key.id, revision)).rowcount != 1:
                raise PreconditionFailed
