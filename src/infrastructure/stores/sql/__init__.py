"""The store for PostgreSQL and SQL Server, on SQLAlchemy Core."""

from src.infrastructure.stores.sql.store import SqlStore

__all__ = ["SqlStore"]
