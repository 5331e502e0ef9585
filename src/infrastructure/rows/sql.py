"""Rows in a table of their own."""

import json
import time
from collections.abc import Callable, Sequence
from functools import cache

import sqlalchemy as sa
from pydantic_core import to_json
from sqlalchemy.engine import Connection, Engine

from src.domain.tables import Row
from src.infrastructure.stores.sql import ROWS, translated, writing

HOLD, REST = 0.02, 0.01
"""Seconds of writing, and of letting others write: SQLite's lock is not handed on, but asked for now and then."""
TOGETHER = 100
"""Rows to a statement: with more it takes no less time."""


class SqlRows:
    """Keeps rows in the table ``rows``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = engine.execution_options(isolation_level="AUTOCOMMIT")

    def append(self, set_id: str, rows: Sequence[Row]) -> None:
        """See RowStore."""
        starts = iter(range(0, len(rows), TOGETHER))

        def insert(connection: Connection) -> bool:
            at = next(starts, None)
            if at is not None:
                _insert(connection, set_id, rows[at : at + TOGETHER])
            return at is not None

        self._in_turns(insert)

    def page(self, set_id: str, *, valid: bool | None = None, after: int = 0, limit: int = 100) -> list[Row]:
        """See RowStore."""
        wanted = sa.and_(ROWS.c.set_id == set_id, ROWS.c.line > after)
        if valid:
            wanted = sa.and_(wanted, ROWS.c.valid)
        elif valid is False:
            # In two steps: SQLite takes the index of these few only where that holds all it asks for.
            few = ROWS.alias()
            lines = sa.select(few.c.line).where(few.c.set_id == set_id, few.c.line > after, ~few.c.valid)
            wanted = sa.and_(ROWS.c.set_id == set_id, ROWS.c.line.in_(lines.order_by(few.c.line).limit(limit)))
        found = sa.select(ROWS.c.line, ROWS.c.valid, ROWS.c["values"]).where(wanted).order_by(ROWS.c.line).limit(limit)
        with translated(), self._reader.connect() as connection:
            return [(line, valid, json.loads(values)) for line, valid, values in connection.execute(found)]

    def remove(self, set_id: str) -> None:
        """See RowStore."""
        first = sa.select(ROWS.c.line).where(ROWS.c.set_id == set_id).order_by(ROWS.c.line).limit(TOGETHER).subquery()
        some = sa.select(sa.func.max(first.c.line)).scalar_subquery()
        delete = ROWS.delete().where(ROWS.c.set_id == set_id, ROWS.c.line <= some)
        self._in_turns(lambda connection: connection.execute(delete).rowcount > 0)

    def _in_turns(self, step: Callable[[Connection], bool]) -> None:
        """Repeat ``step`` while it says that it did something; whoever else writes has a turn in between."""
        more = True
        while more:
            with writing(self._engine) as connection:
                begun = time.monotonic()
                while (more := step(connection)) and time.monotonic() - begun < HOLD:
                    pass
            if more:
                time.sleep(REST)


def _insert(connection: Connection, set_id: str, rows: Sequence[Row]) -> None:
    """One statement for all of them, which takes half the time of executemany."""
    lines, valid, all_values = zip(*rows, strict=True)
    # Integers: to a bool sqlite3 looks for an adapter, each time.
    parameters: list[object] = [set_id] * (3 * len(rows) + 1)
    # pydantic's JSON takes a fifth of the time of the standard library's.
    texts = [to_json(values).decode() for values in all_values]
    parameters[1::3], parameters[2::3], parameters[3::3] = lines, map(int, valid), texts
    connection.exec_driver_sql(_statement(len(rows)), tuple(parameters))


@cache
def _statement(rows: int) -> str:
    places = ", ".join(f"(?1, ?{at}, ?{at + 1}, ?{at + 2})" for at in range(2, 3 * rows + 2, 3))
    return f'INSERT INTO rows (set_id, line, valid, "values") VALUES {places}'  # noqa: S608 - question marks
