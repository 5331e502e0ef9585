"""The store for SQLite, on the module ``sqlite3`` of the standard library."""

from src.infrastructure.stores.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
