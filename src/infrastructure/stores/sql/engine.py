"""Engines, and the translation of SQLAlchemy's errors."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from src.domain.errors import Unavailable
from src.infrastructure.stores.base import PreconditionFailed


def make_engine(url: str, *, pool_size: int) -> Engine:
    """Return an engine that has not connected yet."""
    return sa.create_engine(url, pool_size=pool_size, pool_pre_ping=True)


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
