"""The row store for SQLite: the rows of all sets are in one table."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from sqlite3 import Connection

from src.application.ports import ROW_PAGE_CHARACTERS, EncodedRow
from src.domain.csv import Row
from src.domain.values import batches
from src.infrastructure.stores.row_pages import row_pages
from src.infrastructure.stores.sqlite.connections import Connections
from src.infrastructure.stores.sqlite.reserve import Reserve
from src.infrastructure.stores.sqlite.tables import in_one_row

WRITE_SECONDS, PAUSE_SECONDS = 0.02, 0.01
"""The time that a transaction writes, and the pause after it: SQLite does not queue writers, they poll for the lock."""
BATCH = 200
"""Rows in a statement; more rows make it no faster."""

_PAGE = f"""SELECT line, valid, "values" FROM rows WHERE set_id = :set_id AND line IN (
    SELECT line FROM (
        SELECT line, sum(size) OVER (ORDER BY line ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM (
            SELECT line, length("values") AS size FROM rows WHERE set_id = :set_id AND {{}} ORDER BY line LIMIT :limit))
    WHERE coalesce(before, 0) < {ROW_PAGE_CHARACTERS}) ORDER BY line LIMIT :limit"""
# The subquery of invalid rows needs nothing but the partial index; without it SQLite scans the set.
_INVALID = "SELECT line FROM rows WHERE set_id = :set_id AND line > :after AND valid = 0 ORDER BY line LIMIT :limit"
_PAGES = {
    valid: in_one_row('line, valid, "values"', _PAGE.format(condition))
    for valid, condition in (
        (None, "line > :after"),
        (True, "line > :after AND valid = 1"),
        (False, f"line IN ({_INVALID})"),
    )
}
_REMOVE = """DELETE FROM rows WHERE set_id = :set_id AND line <= (
    SELECT max(line) FROM (SELECT line FROM rows WHERE set_id = :set_id ORDER BY line LIMIT :limit))"""


class SqliteRows:
    """Stores rows in the table ``rows``. Implements RowStore."""

    def __init__(self, connections: Connections, reserve: Reserve) -> None:
        self._connections = connections
        self._reserve = reserve

    def append(self, set_id: str, rows: Sequence[EncodedRow]) -> None:
        self._reserve.ensure()
        rest = batches(rows, BATCH)

        def insert_batch(connection: Connection) -> bool:
            batch = next(rest, None)
            if batch:
                _insert(connection, set_id, batch)
            return batch is not None

        self._in_short_transactions(insert_batch)

    def pages(self, set_id: str, *, valid: bool | None = None, after: int = 0, limit: int = 500) -> Iterator[list[Row]]:
        def read(after: int, limit: int) -> list[Row]:
            parameters = {"set_id": set_id, "after": after, "limit": limit}
            with self._connections.reading() as connection:
                [rows] = connection.execute(_PAGES[valid], parameters).fetchone()
            return [(line, bool(valid), json.loads(values)) for line, valid, values in json.loads(rows)]

        return row_pages(read, after, limit)

    def remove(self, set_id: str) -> None:
        parameters = {"set_id": set_id, "limit": BATCH}

        def remove_batch(connection: Connection) -> bool:
            return connection.execute(_REMOVE, parameters).rowcount > 0

        self._reserve.retry_without(lambda: self._in_short_transactions(remove_batch))

    def _in_short_transactions(self, step: Callable[[Connection], bool]) -> None:
        """Repeat ``step`` until it returns False; end the transaction and pause often, so that others can write."""
        more = True
        while more:
            with self._connections.writing() as connection:
                begun = time.monotonic()
                while (more := step(connection)) and time.monotonic() - begun < WRITE_SECONDS:
                    pass
            if more:
                time.sleep(PAUSE_SECONDS)


def _insert(connection: Connection, set_id: str, rows: Sequence[EncodedRow]) -> None:
    """Insert rows with one statement, which takes two thirds of the time of executemany."""
    lines, valid, values = zip(*rows, strict=True)
    parameters: list[object] = [set_id] * (1 + 3 * len(rows))
    # A bool would cost sqlite3 a look-up of its adapter.
    parameters[1::3], parameters[2::3], parameters[3::3] = lines, map(int, valid), values
    connection.execute(_insert_statement(len(rows)), parameters)


@lru_cache(maxsize=BATCH)
def _insert_statement(rows: int) -> str:
    """Return an INSERT whose first parameter is the set, and which has three more for each row."""
    return f"INSERT INTO rows SELECT ?, * FROM (VALUES {', '.join(['(?, ?, ?)'] * rows)})"
