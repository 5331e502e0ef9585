"""Engines, and the translation of SQLAlchemy's errors."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine

from src.domain.errors import Unavailable
from src.infrastructure.stores.base import InvalidStoreUrl, PreconditionFailed

_DRIVERS = {"postgresql": "postgresql+psycopg"}
"""The driver of each kind of database. A URL may name another one, which is ignored."""

_TIMEOUTS = {"connect_timeout": "5", "tcp_user_timeout": "10000"}
"""How long to wait for a connection (in seconds), and for the server to receive what was sent (in milliseconds).

See https://www.postgresql.org/docs/current/libpq-connect.html.
"""


def parse_url(url: str) -> URL:
    """Return the URL of a PostgreSQL database, with the driver to use. Raises InvalidStoreUrl."""
    try:
        parsed = sa.make_url(url)
        driver = _DRIVERS[parsed.get_backend_name()]
    except (sa.exc.ArgumentError, ValueError, KeyError):
        raise InvalidStoreUrl("write postgresql://USER:PASSWORD@HOST/DATABASE") from None
    return parsed.set(drivername=driver, query={**_TIMEOUTS, **parsed.query})


def make_engine(url: str, *, pool_size: int) -> Engine:
    """Return an engine that has not connected yet. Raises InvalidStoreUrl."""
    # The ping replaces connections that a restart of the server has closed.
    return sa.create_engine(parse_url(url), pool_size=pool_size, pool_pre_ping=True)


def for_reading(engine: Engine) -> Engine:
    """Return the engine without transactions, for single SELECT statements."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise PreconditionFailed or Unavailable instead of the errors of SQLAlchemy and of the driver."""
    try:
        yield
    except sa.exc.IntegrityError:
        raise PreconditionFailed from None
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError, psycopg.OperationalError) as error:
        raise Unavailable from error
