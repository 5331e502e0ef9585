"""The row store for PostgreSQL and SQL Server: the rows of all sets are in one table."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from src.application.ports import ROW_PAGE_CHARACTERS, EncodedRow
from src.domain.csv import Row
from src.infrastructure.stores.row_pages import row_pages
from src.infrastructure.stores.sql.engine import database_module, for_reading, translated_errors
from src.infrastructure.stores.sql.tables import ROWS

BATCH = 10_000
"""Rows in a transaction."""

_LINE, _AFTER = ROWS.c.line, ROWS.c.line > sa.bindparam("after")
_SET = ROWS.c.set_id == sa.bindparam("set")


def _page(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Return the query for a page: each row that follows fewer than ROW_PAGE_CHARACTERS of the page."""
    size = sa.cast(sa.func.length(ROWS.c["values"]), sa.BigInteger())
    before = sa.func.sum(size).over(order_by=_LINE, rows=(None, -1)).label("before")
    rows = sa.select(_LINE, ROWS.c.valid, ROWS.c["values"], before).where(_SET, _AFTER, *conditions)
    first = rows.order_by(_LINE).limit(sa.bindparam("count")).subquery()
    page = sa.select(first.c.line, first.c.valid, first.c["values"])
    return page.where(sa.func.coalesce(first.c.before, 0) < ROW_PAGE_CHARACTERS).order_by(first.c.line)


_PAGES = {
    None: _page(),
    # Constants, because the index of invalid rows cannot be used with a parameter.
    True: _page(ROWS.c.valid == sa.literal_column("1")),
    False: _page(ROWS.c.valid == sa.literal_column("0")),
}
_FIRST = sa.select(_LINE).where(_SET).order_by(_LINE).limit(sa.bindparam("count")).subquery()
_REMOVE = ROWS.delete().where(_SET, sa.select(sa.func.max(_FIRST.c.line)).scalar_subquery() >= _LINE)


class SqlRows:
    """Stores rows in the table ``rows``. Implements RowStore."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = for_reading(engine)
        self._insert = database_module(engine.dialect.name).insert_rows

    def append(self, set_id: str, rows: Sequence[EncodedRow]) -> None:
        for start in range(0, len(rows), BATCH):  # a batch is freed before the next one is made
            with translated_errors(), self._engine.begin() as connection:
                self._insert(connection, set_id, rows[start : start + BATCH])

    def pages(self, set_id: str, *, valid: bool | None = None, after: int = 0, limit: int = 500) -> Iterator[list[Row]]:
        def read(after: int, limit: int) -> list[Row]:
            parameters = {"set": set_id, "after": after, "count": limit}
            with translated_errors(), self._reader.connect() as connection:
                found = connection.execute(_PAGES[valid], parameters).all()
            return [(line, bool(valid), json.loads(values)) for line, valid, values in found]

        return row_pages(read, after, limit)

    def remove(self, set_id: str) -> None:
        removed = 1
        while removed:
            with translated_errors(), self._engine.begin() as connection:
                removed = connection.execute(_REMOVE, {"set": set_id, "count": BATCH}).rowcount
