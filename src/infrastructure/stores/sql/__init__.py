"""The store for SQL databases, with SQLAlchemy Core."""

from src.infrastructure.stores.sql.engine import make_engine
from src.infrastructure.stores.sql.store import SqlStore

__all__ = ["SqlStore", "make_engine"]
