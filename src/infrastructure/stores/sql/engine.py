"""Engines, and the translation of SQLAlchemy's errors."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine

from src.domain.errors import Unavailable
from src.infrastructure.stores.base import InvalidStoreUrl, PreconditionFailed
from src.infrastructure.stores.sql.postgresql import PARAMETERS, bound_statements

POOL_SECONDS = 5.0
"""How long a thread waits for a connection that another thread uses."""

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_FOREIGN_KEY_VIOLATION = "23503"
_ROLLED_BACK = "40001", "40P01"
"""A serialization failure, and a deadlock."""


class RolledBack(Unavailable):
    """Nothing was written, because of another transaction at the same time."""


def parse_url(url: str) -> URL:
    """Return the URL of a PostgreSQL database, with the driver to use. Raises InvalidStoreUrl."""
    try:
        parsed = sa.make_url(url)
        driver = {"postgresql": "postgresql+psycopg"}[parsed.get_backend_name()]
    except (sa.exc.ArgumentError, ValueError, KeyError):
        raise InvalidStoreUrl("write postgresql://USER:PASSWORD@HOST/DATABASE") from None
    return parsed.set(drivername=driver)


def make_engine(url: str, *, pool_size: int, bounded: bool = True) -> Engine:
    """Return an engine that has not connected yet. Raises InvalidStoreUrl.

    With ``bounded`` every statement ends within a few seconds, and fails if it is not done by then.
    """
    parsed = parse_url(url)
    parameters = {name: value for name, value in PARAMETERS.items() if bounded or name != "options"}
    engine = sa.create_engine(
        parsed.set(query={**parameters, **parsed.query}),
        pool_size=pool_size,
        max_overflow=0,  # a connection beyond the pool would be opened for one use, which takes longer than to wait
        pool_timeout=POOL_SECONDS,
        pool_pre_ping=True,  # replaces connections that a restart of the server has closed
    )
    if bounded:
        bound_statements(engine)
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
        if _sqlstate(error) == _FOREIGN_KEY_VIOLATION:
            # A guest and what it owns are removed at this moment. The next request of the guest is refused.
            raise Unavailable from error
        raise PreconditionFailed from None
    except sa.exc.OperationalError as error:
        if _sqlstate(error) in _ROLLED_BACK:
            raise RolledBack from error
        raise Unavailable from error
    except (sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        raise Unavailable from error


def _sqlstate(error: sa.exc.DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)
