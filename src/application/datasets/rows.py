"""Reads the rows of a dataset in pages."""

import re
from itertools import chain

from src.application.ports import RowStore
from src.domain.csv import CheckedRow
from src.domain.datasets import Dataset
from src.domain.errors import InvalidCursor
from src.domain.values import Page

_CURSOR = re.compile("[1-9][0-9]{0,14}", re.ASCII)
_CHARACTERS = 2_000_000
"""The characters, of values and of the names of their columns, after which a page ends and so stays small."""


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
    names = sum(len(column.name) + 8 for column in dataset.report.columns)  # the characters that the names take in JSON
    rows, shown = list[CheckedRow](), 0
    # One row more than the page has tells whether there is another page.
    pages = store.pages(dataset.rows_id, valid=valid, after=after, limit=limit + 1)
    for row in map(CheckedRow.of, chain.from_iterable(pages)):
        if len(rows) == limit or shown > _CHARACTERS:
            return Page(rows, str(rows[-1].line))
        rows.append(row)
        shown += names + sum(map(len, row.values))
    return Page(rows)
