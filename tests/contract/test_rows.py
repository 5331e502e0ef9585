"""The behaviour of row storage, in a table and packed into documents."""

import json
import random
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count
from pathlib import Path
from typing import Any, overload

import pytest

from src.application.ports import ROW_PAGE_CHARACTERS, EncodedRow, RowStore
from src.domain.csv import Row
from src.domain.errors import Unavailable
from src.infrastructure.rows import make_rows, packed
from src.infrastructure.rows.packed import PackedRows
from src.infrastructure.stores.driver import Insert, Key, Write
from src.infrastructure.stores.dynamodb import DynamoStore
from src.infrastructure.stores.firestore import FirestoreStore
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import CLAIMS, PACKS
from src.infrastructure.stores.sql import SqlStore
from src.infrastructure.stores.sql import rows as sql_rows
from src.infrastructure.stores.sql.rows import SqlRows
from src.infrastructure.stores.sqlite import SqliteStore
from src.infrastructure.stores.sqlite import rows as sqlite_rows
from src.infrastructure.stores.sqlite.rows import SqliteRows
from tests.contract.conftest import Wire
from tests.support.clock import Stopwatch
from tests.support.commits import replace_commit
from tests.support.emulators import free_port
from tests.support.firestore import collection_of
from tests.support.rows import encoded, first_page

KINDS = {
    "memory": "memory",
    "table": "sqlite",
    "table in PostgreSQL": "postgresql",
    "firestore": "firestore",
    "dynamodb": "dynamodb",
    "packed in SQL": "sqlite",
}
SET, OTHER = "a" * 32, "b" * 32


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def store(kind: str, request: pytest.FixtureRequest) -> Iterator[Store]:
    store: Store = request.getfixturevalue(KINDS[kind])()
    yield store
    store.close()


@pytest.fixture
def rows(kind: str, store: Store) -> RowStore:
    return PackedRows(store) if kind == "packed in SQL" else make_rows(store)


def kept(store: Store, rows: RowStore) -> int:
    """Return the number of rows, or of documents that hold packed rows, in the whole store."""
    if isinstance(store, MemoryStore):
        return len(store.documents)
    if isinstance(store, FirestoreStore):
        return len(list(collection_of(store, PACKS.name).select([]).stream()))
    if isinstance(store, DynamoStore):
        return len(store.scan(PACKS, limit=10_000))
    if isinstance(store, SqlStore):
        with store.engine.connect() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM rows").scalar_one())
    assert isinstance(store, SqliteStore)
    table = "rows" if isinstance(rows, SqliteRows) else PACKS.name
    with store.connections.reading() as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def made(
    number: int, *, first: int = 2, step: int = 1, bad: Callable[[int], bool] = lambda at: at % 7 == 0
) -> list[Row]:
    return [(first + at * step, not bad(at), [f"{at}", f"name {at * 7919 % 10007}", "green"]) for at in range(number)]


def of_kind(rows: Sequence[Row], valid: bool | None) -> list[Row]:
    return [row for row in rows if valid is None or row[1] is valid]


def paged(rows: RowStore, set_id: str, valid: bool | None, limit: int) -> list[Row]:
    """Return the rows of all pages, and check that every page except the last is full."""
    pages = [*rows.pages(set_id, valid=valid, limit=limit)]
    assert all(len(page) == limit for page in pages[:-1])
    assert all(0 < len(page) <= limit for page in pages[-1:])
    return [*chain.from_iterable(pages)]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make packs, documents, statements and transactions small, so that a few rows need many of them."""
    monkeypatch.setattr(packed, "PACK_BYTES", 200)
    monkeypatch.setattr(Store, "document_bytes", 70)
    monkeypatch.setattr(packed, "READ_DOCUMENTS", 5)
    monkeypatch.setattr(sql_rows, "BATCH", 3)
    monkeypatch.setattr(sqlite_rows, "BATCH", 3)
    monkeypatch.setattr(sqlite_rows, "WRITE_SECONDS", 0)
    monkeypatch.setattr(sqlite_rows, "PAUSE_SECONDS", 0)


class TestPage:
    @pytest.mark.usefixtures("small")
    @pytest.mark.parametrize("valid", [None, True, False])
    def test_pages_hold_every_row_once_by_line(self, rows: RowStore, valid: bool | None) -> None:
        written = made(100, step=3)
        for at in range(0, 100, 35):
            rows.append(SET, encoded(written[at : at + 35]))
        for limit in (7, 13, 1000):
            assert paged(rows, SET, valid, limit) == of_kind(written, valid)

    @pytest.mark.usefixtures("small")
    def test_pages_can_start_after_any_line(self, rows: RowStore) -> None:
        """A row can span several lines, so that no row begins at some line numbers."""
        written = made(40, step=3)
        rows.append(SET, encoded(written))
        for after in range(0, 125, 2):
            assert first_page(rows, SET, after=after, limit=4) == [row for row in written if row[0] > after][:4]

    @pytest.mark.parametrize("bad", [lambda at: True, lambda at: False, lambda at: at == 299])
    def test_rows_are_filtered_by_validity(self, rows: RowStore, bad: Callable[[int], bool]) -> None:
        written = made(300, bad=bad)
        rows.append(SET, encoded(written))
        for valid in (None, True, False):
            assert first_page(rows, SET, valid=valid, limit=1000) == of_kind(written, valid)

    def test_line_numbers_of_any_length_are_sorted_as_numbers(self, rows: RowStore) -> None:
        written: list[Row] = [(10**digits, digits % 2 == 0, [str(digits)]) for digits in range(11)]
        for row in written:
            rows.append(SET, encoded([row]))
        assert paged(rows, SET, None, 2) == written
        assert first_page(rows, SET, after=9_999_999, limit=1) == [written[7]]

    def test_an_empty_set_has_no_rows(self, rows: RowStore) -> None:
        assert first_page(rows, SET) == []
        rows.append(SET, [])
        assert first_page(rows, SET, valid=True) == []

    def test_sets_are_independent(self, rows: RowStore) -> None:
        for id, name in ((SET, "mine"), (OTHER, "theirs"), (SET[:-1], "shorter")):
            rows.append(id, encoded([(line, line % 2 == 0, [name]) for line in range(2, 12)]))
        assert {cells[0] for _, _, cells in first_page(rows, SET)} == {"mine"}
        rows.remove(SET)
        assert first_page(rows, SET) == []
        assert (len(first_page(rows, OTHER)), len(first_page(rows, SET[:-1]))) == (10, 10)

    def test_a_set_of_50_000_rows_is_read_in_pages(self, kind: str, rows: RowStore) -> None:
        number = 12_000 if kind in ("firestore", "dynamodb") else 50_000
        written = made(number)
        for at in range(0, number, 5_000):
            rows.append(SET, encoded(written[at : at + 5_000]))
        assert paged(rows, SET, None, 10_000) == written
        assert paged(rows, SET, False, 1_000) == of_kind(written, False)
        rows.remove(SET)
        assert first_page(rows, SET) == []


CELLS = [
    "",
    " ",
    "a\nb",
    "a\r\nb\r",
    "\n",
    '"',
    '""',
    '","',
    '"],["',
    "\\",
    '\\"',
    "\\n",
    "\\u0000",
    "[]",
    "null",
    "\t",
    "\x01\x1f\x7f\x85",
    "\u2028\u2029",
    "\u00a0\u200b\ufeff",
    "Ångström",
    "A\u030a",
    "中文",
    "مرحبا",
    "😀\U0010ffff",
    "%s ? :a ?1",
    "'",
    "1e5",
    "007",
]


class TestCells:
    def test_every_text_is_read_as_written(self, rows: RowStore) -> None:
        each: list[Row] = [(line, line % 3 > 0, ["x", cell, "y"]) for line, cell in enumerate(CELLS, 2)]
        alone: list[Row] = [(line, True, [cell]) for line, cell in enumerate(CELLS, 100)]
        rows.append(SET, encoded(each))
        for row in alone:
            rows.append(SET, encoded([row]))
        rows.append(SET, encoded([(200, True, CELLS)]))
        assert first_page(rows, SET, limit=1000) == [*each, *alone, (200, True, CELLS)]

    @pytest.mark.parametrize("columns", [0, 1, 2, 3_000])
    def test_rows_can_have_any_number_of_columns(self, rows: RowStore, columns: int) -> None:
        written: list[Row] = [(line, True, ["x"] * columns) for line in range(2, 6)]
        rows.append(SET, encoded(written))
        assert first_page(rows, SET) == written

    def test_types_of_values_are_kept(self, rows: RowStore) -> None:
        rows.append(SET, encoded(made(20)))
        for line, valid, values in first_page(rows, SET):
            assert (type(line), type(valid), type(values), {*map(type, values)}) == (int, bool, list, {str})

    def test_a_row_larger_than_a_document_is_stored(self, kind: str, store: Store, rows: RowStore) -> None:
        """The row has four cells of a MiB each that can hardly be compressed, between ordinary cells."""
        cells = ["".join(random.Random(at).choices(LETTERS, k=1 << 20)) for at in range(4)]
        large: list[Row] = [(12, True, cells), (13, False, [*cells[:2], "", ""])]
        written = [*made(10, first=2), *large, *made(5, first=14)]
        rows.append(SET, encoded(written))
        assert [*chain.from_iterable(rows.pages(SET, limit=4))] == written
        assert first_page(rows, SET, after=11, limit=1) == large[:1]
        assert first_page(rows, SET, after=12, limit=1) == large[1:]
        rows.remove(SET)
        assert kept(store, rows) == 0

    @pytest.mark.parametrize(
        "values",
        [["x" * 300_000, ""], [""] * 100_000, [[["required", at] for at in range(20_000)]]],
        ids=["texts", "cells", "findings"],
    )
    def test_a_page_ends_early_where_rows_are_long(self, rows: RowStore, values: list[Any]) -> None:
        """Nothing in the short rows before them tells that long rows follow."""
        written = [*made(200), *((line, False, values) for line in range(300, 312)), *made(30, first=400)]
        rows.append(SET, encoded(written))
        pages = [*rows.pages(SET, limit=500)]
        assert [*chain.from_iterable(pages)] == written
        assert max(sum(len(json.dumps(row[2])) for row in page[:-1]) for page in pages) < 1.2 * ROW_PAGE_CHARACTERS
        assert len(pages[0]) > 200
        assert len(pages) <= 10


LETTERS = "".join(map(chr, [*range(0x20, 0x7F), *range(0x4E00, 0x4E80), *range(0x1F600, 0x1F640)]))


class TestRemove:
    @pytest.mark.usefixtures("small")
    def test_removing_a_set_leaves_nothing(self, store: Store, rows: RowStore) -> None:
        rows.append(SET, encoded(made(100)))
        assert kept(store, rows) > 10
        rows.remove(SET)
        assert kept(store, rows) == 0
        rows.remove(SET)
        rows.remove(OTHER)
        assert kept(store, rows) == 0

    @pytest.mark.usefixtures("small")
    def test_a_partly_stored_set_is_removed_completely(
        self, store: Store, rows: RowStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rows.append(SET, encoded(made(20)))
        before = kept(store, rows)
        fails_at(4, store, monkeypatch)
        with pytest.raises(Unavailable):
            rows.append(SET, encoded(made(100, first=22)))
        monkeypatch.undo()
        assert kept(store, rows) > before
        rows.remove(SET)
        assert kept(store, rows) == 0
        written = made(10)
        rows.append(SET, encoded(written))
        assert first_page(rows, SET) == written

    @pytest.mark.usefixtures("small")
    def test_a_removal_that_failed_can_be_repeated(
        self, store: Store, rows: RowStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rows.append(SET, encoded(made(100)))
        before = kept(store, rows)
        with monkeypatch.context() as broken:
            fails_at(2, store, broken)
            with pytest.raises(Unavailable):
                rows.remove(SET)
        assert 0 < kept(store, rows) < before
        rows.remove(SET)
        assert kept(store, rows) == 0


def fails_at(number: int, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the commit with this number fail, or the transaction on rows with this number."""

    def failing(method: Callable[..., Any]) -> Callable[..., Any]:
        calls = count(1)

        def call(*arguments: Any) -> Any:
            if next(calls) == number:
                raise Unavailable
            return method(*arguments)

        return call

    replace_commit(monkeypatch, store, failing)
    if isinstance(store, SqliteStore):
        monkeypatch.setattr(store.connections, "writing", failing(store.connections.writing))
    if isinstance(store, SqlStore):
        monkeypatch.setattr(store.engine, "begin", failing(store.engine.begin))


class Lazy(Sequence[EncodedRow]):
    """A sequence that creates each row when it is read."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __len__(self) -> int:
        return self._number

    @overload
    def __getitem__(self, at: int) -> EncodedRow: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[EncodedRow]: ...
    def __getitem__(self, at: int | slice) -> EncodedRow | Sequence[EncodedRow]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(self._number))]
        if at >= self._number:
            raise IndexError
        return at + 2, at % 10 > 0, json.dumps([random.Random(at).randbytes(500).hex()])


class Forgetful(MemoryStore):
    """A slow store that discards every write and counts concurrent commits."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.most, self.commits = 0, 0, 0
        self.guard = threading.Lock()

    def _commit(self, writes: Sequence[Write], operation: str) -> dict[Key, str]:
        with self.guard:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.02)
        with self.guard:
            self.now -= 1
            self.commits += 1
        return {}


def noted_statements(store: Store) -> list[str]:
    """Return a list that receives the statements of the connections that the pools keep."""
    assert isinstance(store, SqliteStore)
    statements: list[str] = []
    for using in (store.connections.reading, store.connections.writing):
        with using() as connection:
            pass
        connection.set_trace_callback(statements.append)
    return statements


class TestAppend:
    @pytest.mark.parametrize("where", ["packed", "sqlite", "postgresql"])
    def test_memory_is_bounded_while_rows_are_stored(self, where: str, request: pytest.FixtureRequest) -> None:
        store = Forgetful() if where == "packed" else request.getfixturevalue(where)()
        rows = make_rows(store)
        tracemalloc.start()
        rows.append(SET, Lazy(30_000))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        store.close()
        assert peak < 20 << 20, f"{peak >> 20} MiB for 30 MB"

    @pytest.mark.usefixtures("small")
    def test_commits_run_concurrently_up_to_the_limit(self) -> None:
        store = Forgetful()
        PackedRows(store).append(SET, encoded(made(500)))
        assert store.most == packed.CONCURRENT_COMMITS
        assert store.commits > 3 * packed.CONCURRENT_COMMITS

    @pytest.mark.usefixtures("small")
    def test_when_one_commit_fails_the_others_have_ended(self, monkeypatch: pytest.MonkeyPatch) -> None:
        store = Forgetful()
        fails_at(2, store, monkeypatch)
        with pytest.raises(Unavailable):
            PackedRows(store).append(SET, encoded(made(200)))
        assert store.now == 0
        assert store.commits < packed.CONCURRENT_COMMITS * 2

    @pytest.mark.usefixtures("small")
    def test_transactions_are_short_so_that_others_can_write(self, sqlite: Callable[[], Store]) -> None:
        store = sqlite()
        statements = noted_statements(store)
        rows = make_rows(store)
        rows.append(SET, encoded(made(9)))
        assert [each.split()[0] for each in statements] == [*["BEGIN", "INSERT", "COMMIT"] * 3, "BEGIN", "COMMIT"]
        statements.clear()
        rows.remove(SET)
        assert [each.split()[0] for each in statements] == ["BEGIN", "DELETE", "COMMIT"] * 4
        store.close()

    def test_other_writers_wait_less_than_a_second(self, sqlite: Callable[[], Store]) -> None:
        """A commit to another table waits less than a second while rows are written and removed.

        On a machine that takes longer for all of it, the commit may take longer too, but only a part of the time.
        """
        store, other = sqlite(), sqlite()
        rows, written = make_rows(store), made(100_000)

        def all_of_it() -> None:
            rows.append(SET, encoded(written))
            rows.remove(SET)

        working, whole = threading.Thread(target=all_of_it), Stopwatch()
        working.start()
        waited: list[float] = []
        while working.is_alive():
            watch = Stopwatch()
            other.commit(Insert(Key(CLAIMS, str(len(waited))), {"kind": "k", "holder_id": "u"}))
            waited.append(watch.seconds)
            time.sleep(0.01)
        working.join()
        assert len(waited) > 3
        assert max(waited) < max(1, whole.seconds / 4)
        store.close()
        other.close()


class TestTable:
    """The query plans of SQLite."""

    @pytest.mark.parametrize("valid", [None, True, False])
    def test_pages_are_read_from_an_index(self, valid: bool | None, sqlite: Callable[[], Store]) -> None:
        store = sqlite()
        assert isinstance(store, SqliteStore)
        statements = noted_statements(store)
        rows = make_rows(store)
        rows.append(SET, encoded(made(10)))
        first_page(rows, SET, valid=valid)
        [query] = [each for each in statements if each.startswith("SELECT")]
        with store.connections.reading() as connection:
            plan = connection.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
            found = connection.execute(query).fetchall()
        store.close()
        assert len(found) == 1, "the lock of the interpreter is released for each row"
        plan = [row for row in plan if not row[3].startswith(("SCAN (subquery", "SCAN SUBQUERY"))]  # the page itself
        searches = [row[3] for row in plan if row[3].startswith("SEARCH")]
        assert not [row for row in plan if "SCAN" in row[3]]
        assert len([row for row in plan if "TEMP" in row[3]]) == 1  # for the sizes of the rows of a page
        assert "USING PRIMARY KEY (set_id=? AND line" in searches[0]
        assert "USING COVERING INDEX ix_rows_invalid (set_id=? AND line>?)" in searches[-1] or valid is not False


class TestOnFirestore:
    @pytest.fixture
    def opened(self, wire: Wire, firestore: Callable[[], Store]) -> Iterator[Store]:
        store = firestore()
        yield store
        store.close()

    def test_the_number_of_rpcs_is_bounded(self, wire: Wire, opened: Store) -> None:
        rows = make_rows(opened)
        written = made(30_000, bad=lambda at: at % 1_000 == 0)
        rows.append(SET, encoded(written))
        assert len(wire.rpcs) <= 1  # one commit with two packs of valid rows and one pack of invalid rows
        assert kept(opened, rows) == 3

        wire.rpcs.clear()
        assert first_page(rows, SET, after=20_000) == written[19_999:20_099]
        assert wire.rpcs == ["RunQuery"] * 2
        wire.rpcs.clear()
        assert first_page(rows, SET, valid=False) == of_kind(written, False)
        assert wire.rpcs == ["RunQuery"]

        wire.rpcs.clear()
        rows.remove(SET)
        assert wire.rpcs == ["RunQuery", "Commit"] * 2

    def test_few_bad_rows_in_many_packs_are_few_queries(self, wire: Wire, opened: Store) -> None:
        rows = make_rows(opened)
        for at in range(20):
            rows.append(SET, encoded(made(50, first=2 + 50 * at, bad=lambda at: at == 0)))
        wire.rpcs.clear()
        assert len(first_page(rows, SET, valid=False)) == 20
        assert wire.rpcs == ["RunQuery"] * 3

    def test_no_document_is_too_large(self, opened: Store) -> None:
        rows = make_rows(opened)
        rows.append(SET, encoded([(2, True, ["".join(random.Random(1).choices(LETTERS, k=1 << 20))])]))
        assert isinstance(opened, FirestoreStore)
        sizes = [len(found.get("rows")) for found in collection_of(opened, PACKS.name).stream()]
        assert len(sizes) > 1
        assert max(sizes) <= opened.document_bytes < (1 << 20) - 89


class TestUnreachable:
    @pytest.fixture(params=["firestore", "no folder"])
    def down(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Store]:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{free_port()}")
        store: Store
        if request.param == "firestore":
            store = FirestoreStore("demo-nowhere", timeout=0.5)
        else:
            store = SqliteStore(tmp_path / "nowhere" / "portero.db", pool_size=1)
        yield store
        store.close()

    @pytest.mark.parametrize(
        "use",
        [
            pytest.param(lambda rows: rows.append(SET, encoded(made(3))), id="append"),
            pytest.param(lambda rows: first_page(rows, SET), id="page"),
            pytest.param(lambda rows: rows.remove(SET), id="remove"),
        ],
    )
    def test_an_unreachable_store_is_unavailable(self, use: Callable[[RowStore], object], down: Store) -> None:
        with pytest.raises(Unavailable):
            use(make_rows(down))


def test_each_store_names_the_place_of_its_rows(store: Store, kind: str) -> None:
    tables = {"sqlite": SqliteRows, "postgresql": SqlRows}
    assert type(make_rows(store)) is tables.get(KINDS[kind], PackedRows)
