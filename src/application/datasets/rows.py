"""Reads the rows of a dataset in pages."""

import re

from src.application.ports import RowStore
from src.domain.csv import CheckedRow
from src.domain.datasets import Dataset
from src.domain.errors import InvalidCursor
from src.domain.values import Page

_CURSOR = re.compile("[1-9][0-9]{0,14}", re.ASCII)
_FIRST_ROWS = 20
_SHORT = 100_000
"""A number of characters. If the first rows of a page have more, the page ends with them and so stays small."""


def page_of_rows(
    store: RowStore, dataset: Dataset, valid: bool | None, cursor: str | None, limit: int
) -> Page[CheckedRow]:
    """Return a page of the rows of a dataset, in the order of their lines. Raises InvalidCursor.

    The page is empty as long as the dataset has no report.
    """
    if cursor is not None and not _CURSOR.fullmatch(cursor):
        raise InvalidCursor
    after = int(cursor or 0)
    if dataset.report is None:
        return Page([])
    size = min(limit, _FIRST_ROWS)
    rows = _read(store, dataset, valid, after, size + 1)
    names = sum(len(column.name) + 8 for column in dataset.report.columns)  # the characters that the names take in JSON
    shown = len(rows) * names + sum(len(value) for row in rows for value in row.values)
    if size < limit and len(rows) > size and shown < _SHORT:
        size = limit
        rows = _read(store, dataset, valid, after, size + 1)
    page = rows[:size]
    return Page(page, str(page[-1].line) if len(rows) > size else None)


def _read(store: RowStore, dataset: Dataset, valid: bool | None, after: int, limit: int) -> list[CheckedRow]:
    return [CheckedRow.of(row) for row in store.page(dataset.rows_id, valid=valid, after=after, limit=limit)]
