"""Engines, and the translation of SQLAlchemy's errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine

from src.domain.errors import Unavailable
from src.infrastructure.stores.driver import InvalidStoreUrl, PreconditionFailed

POOL_SECONDS = 5.0
"""The time that a thread waits for a connection that another thread uses."""

_MODULES = {"postgresql": ("postgresql", "extras.txt"), "mssql": ("sqlserver", "mssql.txt")}
"""For each kind of database, the module for what only that kind has, and the requirements of its driver."""

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_FOREIGN_KEY_VIOLATION, _READ_ONLY = "23503", "25006"
_ROLLED_BACK = "40001", "40P01", "Serialization failure"
"""Serialization failures and deadlocks: two codes of PostgreSQL, and one text of the driver of SQL Server."""


class RolledBack(Unavailable):
    """The transaction was rolled back because of a simultaneous transaction. Nothing was written."""


class ConnectionLost(Unavailable):
    """The connection broke. If a transaction was being committed, it is unknown whether it was committed."""


def parse_url(url: str) -> URL:
    """Return the URL of a database without the name of a driver. Raises InvalidStoreUrl."""
    try:
        parsed = sa.make_url(url)
        backend = parsed.get_backend_name()
    except (sa.exc.ArgumentError, ValueError):
        backend = None
    if backend not in _MODULES:
        raise InvalidStoreUrl("write postgresql://USER:PASSWORD@HOST/DATABASE")
    return parsed.set(drivername=backend)


def database_module(backend: str) -> ModuleType:
    """Return the module for a kind of database. Raises ModuleNotFoundError without its driver."""
    return import_module(f"{__package__}.{_MODULES[backend][0]}")


def make_engine(url: str, *, pool_size: int, bounded: bool = True) -> Engine:
    """Return an engine that has not connected yet. Raises InvalidStoreUrl.

    With ``bounded`` every statement ends within a few seconds, and fails if it is not done by then.
    """
    parsed = parse_url(url)
    backend = parsed.get_backend_name()
    try:
        engine: Engine = database_module(backend).make_engine(
            parsed,
            bounded=bounded,
            pool_size=pool_size,
            max_overflow=0,  # a connection beyond the pool would be opened for one use, which takes longer than to wait
            pool_timeout=POOL_SECONDS,
            pool_pre_ping=True,  # replaces connections that a restart of the server has closed
            hide_parameters=True,  # errors are logged, and the values are of users
        )
    except ModuleNotFoundError as error:
        file = _MODULES[backend][1]
        raise InvalidStoreUrl(f"{backend}:// needs requirements/{file} installed ({error})") from None
    return engine


def for_reading(engine: Engine) -> Engine:
    """Return the engine without transactions, for single SELECT statements."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise PreconditionFailed or Unavailable instead of the errors of SQLAlchemy."""
    try:
        yield
    except sa.exc.IntegrityError as error:
        if _reason(error) == _FOREIGN_KEY_VIOLATION:
            # A guest and what it owns are removed at this moment. The next request of the guest is refused.
            raise Unavailable("What this belongs to does not exist any more, or not yet; try again.", 1) from error
        raise PreconditionFailed from None
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
        if error.connection_invalidated:
            raise ConnectionLost from error
        if _reason(error) in _ROLLED_BACK:
            raise RolledBack from error
        raise Unavailable from error
    except sa.exc.InternalError as error:
        if _reason(error) != _READ_ONLY:
            raise
        raise Unavailable from error  # its disk is full, or another server took its place
    except sa.exc.TimeoutError as error:
        raise Unavailable from error


def _reason(error: sa.exc.DBAPIError) -> str | None:
    """Return the code of an error of PostgreSQL, or the text of an error of SQL Server."""
    return getattr(error.orig, "sqlstate", None) or getattr(error.orig, "driver_error", None)
