"""Reads rows in pages of few characters, because a row has between a few characters and a million."""

from collections.abc import Iterator

from src.application.ports import RowStore
from src.domain.csv import CheckedRow

FIRST_ROWS = 5
"""The number of rows that are read first, when nothing is known about their size."""
MAX_ROWS = 500
"""The maximum number of rows that are read at once."""
_GROWTH = 4
"""How many times as many rows a page may have as the page before it. Long rows may follow short ones."""
_CHARACTERS = 2_000_000
"""About the characters that a page should have. A character takes up to 4 bytes of memory."""
_CELL_CHARACTERS = 20
"""The characters that a cell and a finding count, beside their text: an object takes memory even if it is empty."""


def row_pages(
    store: RowStore, set_id: str, most: int, *, valid: bool | None = None, after: int = 0
) -> Iterator[list[CheckedRow]]:
    """Yield the first ``most`` rows after the line ``after`` in pages, each of which has at least one row.

    A few rows are read first, and the size of each page decides how many rows the next one may have: short rows soon
    come in pages of MAX_ROWS, and long rows in pages of one. Raises Unavailable.
    """
    limit = FIRST_ROWS
    while most > 0:
        asked = min(limit, most)
        page = [CheckedRow.of(row) for row in store.page(set_id, valid=valid, after=after, limit=asked)]
        if page:
            yield page
        if len(page) < asked:
            return
        after = page[-1].line
        most -= len(page)
        fitting = len(page) * _CHARACTERS // (1 + sum(map(_characters, page)))
        limit = max(1, min(limit * _GROWTH, fitting, MAX_ROWS))


def _characters(row: CheckedRow) -> int:
    """Return about how many characters would take as much memory as a row."""
    return sum(map(len, row.values)) + _CELL_CHARACTERS * (len(row.values) + len(row.findings))
