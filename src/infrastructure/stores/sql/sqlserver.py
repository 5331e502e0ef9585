"""The part of the store that only SQL Server has: its driver, and rows without COPY."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from src.application.ports import EncodedRow
from src.infrastructure.stores.sql.tables import ROWS

STATEMENT_SECONDS = 10
"""The time that a statement may take before the driver cancels it."""


def make_engine(url: URL, *, bounded: bool, **pool: Any) -> Engine:
    """Return an engine for a SQL Server database, with the arguments of ``engine.make_engine``.

    Raises ModuleNotFoundError without the driver.
    """
    timeout = {"timeout": STATEMENT_SECONDS} if bounded else {}
    return sa.create_engine(url.set(drivername="mssql+mssqlpython"), connect_args=timeout, **pool)


def insert_rows(connection: Connection, set_id: str, rows: Sequence[EncodedRow]) -> None:
    """Insert rows of a dataset with one statement for many rows."""
    values = [{"set_id": set_id, "line": line, "valid": int(valid), "values": text} for line, valid, text in rows]
    connection.execute(ROWS.insert(), values)
