"""The rows of a dataset are read in pages, and a summary looks at the first rows only."""

from datetime import UTC, datetime

import pytest

from src.application.datasets.rows import page_of_rows
from src.application.ports import RowStore
from src.application.summaries.rows import first_rows
from src.domain.csv import Column, Report
from src.domain.datasets import Dataset
from src.infrastructure.rows.packed import PackedRows
from src.infrastructure.stores.memory import MemoryStore
from tests.support.rows import encoded

NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)
SET = "set"


def stored(number: int, text: str = "some text") -> RowStore:
    rows = PackedRows(MemoryStore())
    rows.append(SET, encoded((line, True, [text, ""]) for line in range(2, number + 2)))
    return rows


def sizes(rows: RowStore, name: str = "a") -> list[int]:
    """Read all pages of the rows of a dataset, and return the number of rows in each."""
    columns = (Column(name), Column("b"))
    report = Report(",", "utf-8", 9, 9, columns, columns, ())
    dataset = Dataset("id", "ada", NOON, (SET,)).stored().with_report(report)
    cursor, lines, sizes = None, list[int](), list[int]()
    while not sizes or cursor:
        page = page_of_rows(rows, dataset, None, cursor, 500)
        lines += [row.line for row in page.items]
        sizes.append(len(page.items))
        cursor = page.next
    assert lines == [*range(2, len(lines) + 2)]
    return sizes


@pytest.mark.parametrize(
    ("number", "pages"), [(0, [0]), (1, [1]), (500, [500]), (501, [500, 1]), (1001, [500] * 2 + [1])]
)
def test_pages_of_short_rows_are_full(number: int, pages: list[int]) -> None:
    assert sizes(stored(number)) == pages


def test_a_page_ends_after_two_million_characters() -> None:
    assert sizes(stored(10, "x" * 700_000)) == [3, 3, 3, 1]


def test_the_names_of_the_columns_count_in_each_row() -> None:
    assert sizes(stored(100), "x" * 100_000) == [20] * 5


@pytest.mark.parametrize(("most", "read"), [(0, 0), (1, 1), (500, 500), (501, 501), (700, 600)])
def test_the_first_rows_are_read(most: int, read: int) -> None:
    rows = [row for page in first_rows(stored(600), SET, most) for row in page]
    assert [row.line for row in rows] == [*range(2, read + 2)]
