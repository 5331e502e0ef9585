"""Engines, transactions, and the translation of SQLAlchemy's errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import QueuePool

from src.domain.errors import Unavailable
from src.infrastructure.stores.base import PreconditionFailed


def make_engine(url: str, *, pool_size: int) -> Engine:
    """Return an engine that has not connected yet.

    SQLite keeps a write-ahead log, waits five seconds for locks and syncs every commit to the disk.
    """
    if sa.make_url(url).get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_size=pool_size, pool_pre_ping=True)
    # The driver begins no transaction itself; the listener below does. Connections keep this level when a reader
    # returns them to the pool, because another one would cost a PRAGMA each time.
    engine = sa.create_engine(
        url, isolation_level="AUTOCOMMIT", poolclass=QueuePool, pool_size=pool_size, connect_args={"timeout": 5}
    )

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and then asks for the write lock fails when another one has written.
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def for_reading(engine: Engine) -> Engine:
    """Return the engine without transactions, for single SELECT statements."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise PreconditionFailed or Unavailable instead of the errors of https://docs.sqlalchemy.org/errors."""
    try:
        yield
    except sa.exc.IntegrityError:
        raise PreconditionFailed from None
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        raise Unavailable from error
