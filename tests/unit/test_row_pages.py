"""Rows are read in pages whose size is bounded, however long the rows are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from src.application.datasets.rows import page_of_rows
from src.application.ports import EncodedRow
from src.application.summaries import Summariser
from src.domain.csv import Column, Report, Row
from src.domain.datasets import Dataset
from src.infrastructure.csv.checking import patterns


@dataclass
class CountingRows:
    """A RowStore of one set, which counts the characters of each page that is read."""

    rows: list[Row]
    limits: list[int] = field(default_factory=list)
    characters: list[int] = field(default_factory=list)

    def append(self, set_id: str, rows: Sequence[EncodedRow]) -> None:
        raise AssertionError

    def page(self, set_id: str, *, valid: bool | None = None, after: int = 0, limit: int = 100) -> list[Row]:
        page = [row for row in self.rows if row[0] > after and valid in (None, row[1])][:limit]
        self.limits.append(limit)
        self.characters.append(sum(len(cell) for _, _, values in page for cell in values if isinstance(cell, str)))
        return page

    def remove(self, set_id: str) -> None:
        raise AssertionError


NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)
LONG = "x" * 1_000_000  # one object, so that the rows of a test take no memory
COLUMNS = (Column("a"), Column("b"))


def rows_of(*texts: str) -> CountingRows:
    return CountingRows([(line, True, [text, ""]) for line, text in enumerate(texts, 2)])


def report_on(store: CountingRows) -> Report:
    return Report(",", "utf-8", len(store.rows), len(store.rows), COLUMNS, COLUMNS, ())


def summarise(store: CountingRows) -> None:
    Summariser(None, store, patterns.flaws, patterns.compiled).summarise(report_on(store), "set")


def overview(store: CountingRows) -> None:
    Summariser(None, store, patterns.flaws, patterns.compiled).overview(report_on(store), "set")


def list_rows(store: CountingRows) -> list[int]:
    """Read all pages of rows, and return the number of rows in each."""
    dataset = Dataset("id", "ada", NOON, ("set",)).stored().with_report(report_on(store))
    cursor, lines, sizes = None, list[int](), list[int]()
    while not sizes or cursor:
        page = page_of_rows(store, dataset, None, cursor, 500)
        lines += [row.line for row in page.items]
        sizes.append(len(page.items))
        cursor = page.next
    assert lines == [line for line, _, _ in store.rows]
    return sizes


READERS = pytest.mark.parametrize("read", [summarise, overview, list_rows])


@READERS
def test_a_page_of_rows_of_a_million_characters_holds_few_of_them(read: Callable[[CountingRows], object]) -> None:
    store = rows_of(*[LONG] * 60)
    read(store)
    assert max(store.characters) <= 5_000_000


@READERS
def test_pages_shrink_when_rows_become_long(read: Callable[[CountingRows], object]) -> None:
    """The first page of them has up to four times as many rows as the page before it."""
    store = rows_of(*["x"] * 5, *[LONG] * 60)
    read(store)
    assert max(store.characters) <= 20_000_000
    assert len([size for size in store.characters if size > 5_000_000]) == 1


def test_short_rows_are_read_in_few_pages() -> None:
    store = rows_of(*["some text"] * 5_000)
    summarise(store)
    assert len(store.limits) <= 5_000 / 500 + 4
    assert max(store.limits) == 500


@pytest.mark.parametrize(("number", "reads"), [(1, 1), (4, 1), (24, 2), (100, 3), (500, 5)])
def test_a_page_of_short_rows_takes_few_reads(number: int, reads: int) -> None:
    store = rows_of(*["some text"] * number)
    assert list_rows(store) == [number]
    assert len(store.limits) <= reads


def test_cells_and_findings_count_even_if_they_are_short() -> None:
    """Each takes memory of its own, which a row of thousands of empty cells or findings shows."""
    for values in ([""] * 10_000, [[["required", at] for at in range(10_000)]]):
        store = CountingRows([(line, False, values) for line in range(2, 500)])
        Summariser(None, store, patterns.flaws, patterns.compiled).summarise(report_on(store), "set")
        assert max(store.limits) <= 20


@pytest.mark.parametrize("number", [0, 1, 4, 5, 6, 7, 49, 56, 57, 500, 501, 1_000, 1_001])
@pytest.mark.parametrize("text", ["x", "x" * 30_000])
def test_pages_of_rows_hold_every_row_once(number: int, text: str) -> None:
    sizes = list_rows(rows_of(*[text] * number))
    assert sum(sizes) == number
    assert all(sizes) or sizes == [0]
