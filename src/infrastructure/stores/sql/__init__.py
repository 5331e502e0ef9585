"""The store for PostgreSQL, on SQLAlchemy Core."""

from src.infrastructure.stores.sql.store import SqlStore

__all__ = ["SqlStore"]
