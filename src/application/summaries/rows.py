"""Reads the rows of a checked file."""

from collections.abc import Iterator

from src.application.ports import RowStore
from src.domain.csv import CheckedRow


def first_rows(store: RowStore, set_id: str, most: int) -> Iterator[list[CheckedRow]]:
    """Yield the first ``most`` rows of a row set in pages. Raises Unavailable."""
    pages = store.pages(set_id)
    while most > 0 and (page := next(pages, None)):
        yield [CheckedRow.of(row) for row in page[:most]]
        most -= len(page)
