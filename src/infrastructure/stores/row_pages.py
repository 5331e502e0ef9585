"""Reads the rows of a table page by page."""

from collections.abc import Callable, Iterator

from src.domain.csv import Row

_GROWTH = 4
"""How many times as many rows are asked for as the page before had. SQLite reads a row to tell how long it is."""


def row_pages(read: Callable[[int, int], list[Row]], after: int, limit: int) -> Iterator[list[Row]]:
    """Yield the rows after the line ``after`` in pages of at most ``limit`` rows.

    ``read`` takes a line and a limit and returns at least one row, as long as there are rows after that line.
    """
    asked = limit
    while page := read(after, asked):
        yield page
        after, asked = page[-1][0], min(_GROWTH * len(page), limit)
