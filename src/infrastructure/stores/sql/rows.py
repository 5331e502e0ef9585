"""The row store for SQL databases: the rows of all sets are in one table."""

import json
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import sqlalchemy as sa
from pydantic_core import to_json
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.sql.compiler import SQLCompiler

from src.domain.tables import Row
from src.infrastructure.stores.sql.engine import for_reading, translated_errors
from src.infrastructure.stores.sql.tables import ROWS

WRITE_SECONDS, PAUSE_SECONDS = 0.02, 0.01
"""How long a transaction writes, and the pause after it: SQLite does not queue writers, they poll for the lock."""
BATCH = 200
"""Rows in a statement; more rows make it no faster."""


class SqlRows:
    """Stores rows in the table ``rows``. Implements RowStore."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = for_reading(engine)

    def append(self, set_id: str, rows: Sequence[Row]) -> None:
        starts = iter(range(0, len(rows), BATCH))

        def insert_batch(connection: Connection) -> bool:
            start = next(starts, None)
            if start is not None:
                _insert(connection, set_id, rows[start : start + BATCH])
            return start is not None

        self._in_short_transactions(insert_batch)

    def page(self, set_id: str, *, valid: bool | None = None, after: int = 0, limit: int = 100) -> list[Row]:
        conditions = [ROWS.c.set_id == set_id, ROWS.c.line > after]
        if valid:
            conditions.append(ROWS.c.valid == 1)
        elif valid is False:
            # The subquery needs nothing but the partial index; without it SQLite scans the set.
            some = ROWS.alias()
            lines = sa.select(some.c.line).where(some.c.set_id == set_id, some.c.line > after, some.c.valid == 0)
            lines = lines.order_by(some.c.line).limit(limit)
            conditions = [ROWS.c.set_id == set_id, ROWS.c.line.in_(lines)]
        columns = ROWS.c.line, ROWS.c.valid, ROWS.c["values"]
        query = sa.select(*columns).where(*conditions).order_by(ROWS.c.line).limit(limit)
        with translated_errors(), self._reader.connect() as connection:
            return [(line, bool(valid), json.loads(values)) for line, valid, values in connection.execute(query)]

    def remove(self, set_id: str) -> None:
        first = sa.select(ROWS.c.line).where(ROWS.c.set_id == set_id).order_by(ROWS.c.line).limit(BATCH).subquery()
        last_line = sa.select(sa.func.max(first.c.line)).scalar_subquery()
        delete = ROWS.delete().where(ROWS.c.set_id == set_id, ROWS.c.line <= last_line)
        self._in_short_transactions(lambda connection: connection.execute(delete).rowcount > 0)

    def _in_short_transactions(self, step: Callable[[Connection], bool]) -> None:
        """Repeat ``step`` until it returns False; end the transaction and pause often, so that others can write."""
        more = True
        while more:
            with translated_errors(), self._engine.begin() as connection:
                begun = time.monotonic()
                while (more := step(connection)) and time.monotonic() - begun < WRITE_SECONDS:
                    pass
            if more:
                time.sleep(PAUSE_SECONDS)


def _insert(connection: Connection, set_id: str, rows: Sequence[Row]) -> None:
    """Insert rows with one statement, which takes half the time of executemany in SQLite.

    The statement is compiled once, and the driver gets the values as they are: SQLAlchemy would process each of them.
    """
    sql, names = _insert_statement(connection.dialect, len(rows))
    lines, valid, all_values = zip(*rows, strict=True)
    parameters: list[object] = [set_id] * (4 * len(rows))
    # pydantic serialises JSON five times as fast as the standard library.
    texts = [to_json(values).decode() for values in all_values]
    parameters[1::4], parameters[2::4], parameters[3::4] = lines, map(int, valid), texts
    connection.exec_driver_sql(sql, dict(zip(names, parameters, strict=True)) if names else tuple(parameters))


@lru_cache(maxsize=200)
def _insert_statement(dialect: sa.Dialect, rows: int) -> tuple[str, Sequence[str]]:
    """Return an INSERT with a parameter for each value, and the names of the parameters unless they are positional."""
    names = [[f"{column.name}_{row}" for column in ROWS.c] for row in range(rows)]
    values: list[dict[str, Any]] = [dict(zip(ROWS.c.keys(), map(sa.bindparam, each), strict=True)) for each in names]
    compiled = ROWS.insert().values(values).compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    return compiled.string, [] if compiled.positional else [*chain.from_iterable(names)]
