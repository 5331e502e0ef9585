"""Datasets with their reports in every store. test_stored_object_repositories.py tests what they share with files."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from src.domain.csv import MAX_COLUMNS, Column, ColumnType, NotCsv, ReadOptions, Report, Sample, Schema, Validation
from src.domain.datasets import Dataset, DatasetStatus
from src.domain.values import Page, new_id
from src.infrastructure.repositories import entities
from src.infrastructure.repositories.datasets import Datasets
from src.infrastructure.stores.driver import Document, Key, Query, Write
from src.infrastructure.stores.packing import pack
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import REPORTS
from tests.contract.conftest import set_limits
from tests.support.races import at_once

NOON = datetime(2030, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
COLUMNS = (
    Column("plain"),
    Column("名前 😀 \"'`", ColumnType.STRING, required=True, pattern=r"[\p{Han}\"\\]{1,9}", enum=("ä", "עברית", '"\\')),
    Column("integer", ColumnType.INTEGER, unique=True, min=-(10**18) + 1, max=10**18 - 1, enum=("-7", "0")),
    Column("number", ColumnType.NUMBER, min=0.1 + 0.2, max=1e299),
    Column("whole number", ColumnType.NUMBER, min=1, max=2.0),
    Column("boolean", ColumnType.BOOLEAN, enum=("True",)),
    Column("date", ColumnType.DATE, min="0001-01-01", max="9999-12-31"),
    Column("datetime", ColumnType.DATETIME, min="2024-01-01T00:00:00.123456789+01:00"),
    Column("email", ColumnType.EMAIL),
)
SAMPLES = (Sample(2, ""), Sample(10**9, "\t\r\n\x7f\u2028"), Sample(7, "Ελληνικά 中文 \U0001f600 \ufffd" * 9 + "…"))
CLEAN = Report(",", "utf-8", 0, 0, COLUMNS, COLUMNS, (Validation("header", None, 0, ()),))
FOUND = Report(
    "\t",
    "utf-16-le",
    2**40,
    2**40 - 3,
    COLUMNS,
    COLUMNS[:2],
    (Validation("header", None, 3, SAMPLES), Validation("unique", "integer", 0, ())),
)


def wide(columns: int, samples: int = 10, length: int = 50) -> Report:
    """Return a report with many columns that compresses badly."""
    chance = random.Random(columns)
    names = [f"column {at} {chance.random()}" for at in range(columns)]
    validations = (
        Validation(
            "enum", name, 99, tuple(Sample(at + 2, (f"{chance.random()}" * 3)[:length]) for at in range(samples))
        )
        for name in names
    )
    wanted = tuple(Column(name, enum=(name,)) for name in names)
    return Report(";", "utf-8", 99, 0, wanted, wanted, tuple(validations))


def add(datasets: Datasets, report: Report | None, **fields: object) -> Dataset:
    """Store a dataset with this report, and return it."""
    dataset = Dataset(new_id(), "ada", NOON, (new_id(),), reconcile_since=NOON)
    dataset, _ = datasets.begin(replace(dataset, **fields), None)  # type: ignore[arg-type]
    whole = dataset.stored()
    return datasets.finish(whole.with_report(report) if report else whole, None, None)


@pytest.fixture
def datasets(store: Store) -> Datasets:
    return Datasets(store)


def pieces(store: Store, id: str) -> list[str]:
    """Return the stored pieces of the columns and the report of a dataset."""
    found = store.get(
        *(Key(REPORTS, f"{id}.{part}.{number}") for part in ("columns", "report") for number in range(50))
    )
    return [document.fields["text"] for document in found if document]


def test_a_page_of_datasets_with_many_columns_ends_early(datasets: Datasets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entities, "PAGE_CHARACTERS", 10_000)
    stored = [add(datasets, wide(30), created_at=NOON + at * SECOND) for at in range(9)]
    first = datasets.list_for_user("ada", limit=500)
    assert first.items == stored[:3:-1]
    assert datasets.list_for_user("ada", first.next, 500).items == stored[3::-1]


ENUM = tuple(f"{number}".rjust(190, "x") for number in range(40))
LARGE = tuple(Column(f"column {at}", enum=ENUM) for at in range(5))


@pytest.mark.parametrize(
    ("report", "options"),
    [
        (None, ReadOptions(Schema(LARGE))),
        (replace(CLEAN, schema=LARGE), ReadOptions()),
        (replace(CLEAN, validations=(Validation("type", "plain", 99, (Sample(2, "x" * 190),) * 200),)), ReadOptions()),
        (None, ReadOptions(Schema(locale="es-" + "x" * 40_000))),
        (None, ReadOptions(encoding="utf" + "-" * 40_000 + "8")),
    ],
    ids=["schema", "report", "samples", "locale", "encoding"],
)
def test_a_page_of_datasets_with_long_texts_ends_early(
    datasets: Datasets, monkeypatch: pytest.MonkeyPatch, report: Report | None, options: ReadOptions
) -> None:
    monkeypatch.setattr(entities, "PAGE_CHARACTERS", 100_000)
    for at in range(9):
        add(datasets, report, created_at=NOON + at * SECOND, read_options=options)
    first = datasets.list_for_user("ada", limit=500)
    assert len(first.items) == 5
    assert len(datasets.list_for_user("ada", first.next, 500).items) == 4


def test_a_page_of_ordinary_datasets_is_full(datasets: Datasets) -> None:
    columns = tuple(Column(f"column {at}", ColumnType.INTEGER, required=True, min=0, max=99) for at in range(20))
    kinds = tuple(
        Validation(rule, column.name, 3, SAMPLES[1:]) for column in columns for rule in ("type", "not_empty", "min")
    )
    report = replace(CLEAN, columns=columns, schema=columns, validations=kinds)
    for at in range(110):
        add(datasets, report, created_at=NOON + at * SECOND, read_options=ReadOptions(Schema(columns)))
    assert len(datasets.list_for_user("ada", limit=100).items) == 100


def test_few_datasets_are_read_at_once_even_after_many_small_ones(
    datasets: Datasets, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether a dataset is large is known only when it is read, and small ones before it say nothing about it."""
    for at in range(130):
        add(datasets, None, created_at=NOON + at * SECOND)
    limits, find = [], store.find

    def noted(query: Query) -> Page[Document]:
        limits.append(query.limit)
        return find(query)

    monkeypatch.setattr(store, "find", noted)
    assert len(datasets.list_for_user("ada", limit=130).items) == 130
    assert max(limits) <= 20


def test_a_dataset_that_is_deleted_while_it_is_read_is_not_shown_half_empty(
    datasets: Datasets, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, kept = (add(datasets, FOUND, created_at=NOON + at * SECOND) for at in (1, 0))
    get = store.get

    def delete_first(*keys: Key) -> list[Document | None]:
        if any(key.collection is REPORTS for key in keys):
            monkeypatch.setattr(store, "get", get)
            datasets.remove(stored)
        return get(*keys)

    monkeypatch.setattr(store, "get", delete_first)
    assert datasets.list_for_user("ada").items == [kept]
    stored = add(datasets, FOUND)
    monkeypatch.setattr(store, "get", delete_first)
    assert datasets.get(stored.id) is None


class TestReports:
    @pytest.mark.parametrize("report", [CLEAN, FOUND], ids=["clean", "found"])
    def test_every_value_is_read_as_written(self, datasets: Datasets, report: Report) -> None:
        stored = add(datasets, report, read_options=ReadOptions(Schema(COLUMNS, "es", closed=True), "\t", "utf-16-le"))
        found = datasets.get(stored.id)
        assert found
        assert found == stored
        # 1 equals 1.0 and True.
        assert repr(found.report) == repr(report)
        assert repr(found.read_options.columns) == repr(COLUMNS)

    @pytest.mark.parametrize(("report", "status"), [(CLEAN, DatasetStatus.CLEAN), (FOUND, DatasetStatus.FINDINGS)])
    def test_the_status_follows_from_the_report(
        self, datasets: Datasets, report: Report, status: DatasetStatus
    ) -> None:
        assert add(datasets, report).status is status

    def test_a_report_with_many_columns_takes_many_documents(
        self, datasets: Datasets, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        set_limits(store, monkeypatch, document_bytes=20_000)
        report = wide(400)
        stored, other = add(datasets, report), add(datasets, FOUND)
        found = pieces(store, stored.id)
        assert len(found) > 3
        assert {len(piece) for piece in found[:-1]} == {20_000}
        assert datasets.get(stored.id) == stored
        assert stored.report == report
        datasets.remove(stored)
        assert pieces(store, stored.id) == []
        assert datasets.get_many(stored.id, other.id) == [None, other]

    @pytest.mark.parametrize("length", [-1, 0, 1])
    def test_a_report_that_just_fits_takes_one_document(
        self, datasets: Datasets, store: Store, monkeypatch: pytest.MonkeyPatch, length: int
    ) -> None:
        set_limits(store, monkeypatch, document_bytes=len(pack(FOUND)) + length)
        stored = add(datasets, FOUND)
        assert len(pieces(store, stored.id)) == (2 if length < 0 else 1)
        assert datasets.get(stored.id) == stored

    def test_a_report_with_the_most_columns_is_stored(self, datasets: Datasets, store: Store) -> None:
        """A schema with as many columns is stored, too."""
        report = wide(MAX_COLUMNS, samples=1, length=20)
        waiting = add(datasets, None, read_options=ReadOptions(Schema(report.schema)))
        same = datasets.get(waiting.id) == waiting
        assert same
        checked = datasets.update(waiting.id, lambda dataset: dataset.with_report(report))
        same = datasets.get(waiting.id) == checked
        assert same  # not compared in the assertion: it would take minutes to tell the difference
        assert len(pieces(store, waiting.id)) >= 2
        datasets.remove(checked)
        assert pieces(store, waiting.id) == []

    def test_samples_are_dropped_when_a_commit_would_be_too_large(
        self, datasets: Datasets, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        report = replace(FOUND, validations=(Validation("type", "名前", 99, (Sample(2, "中" * 90),) * 10),) * 5)
        set_limits(store, monkeypatch, commit_bytes=25_000)
        found = datasets.get(add(datasets, report).id)
        assert found
        assert found.report
        assert [len(each.samples) for each in found.report.validations] == [10, 10, 5, 0, 0]
        assert [each.count for each in found.report.validations] == [99] * 5

    def test_a_report_with_the_largest_samples_is_stored(self, datasets: Datasets, store: Store) -> None:
        chance = random.Random(1)
        values = ["".join(map(chr, chance.choices(range(0x20000, 0x30000), k=200))) for _ in range(10_000)]
        samples = [tuple(Sample(2, value) for value in values[at : at + 10]) for at in range(0, len(values), 10)]
        kinds = [Validation("type", f"{at}", 9, each) for at, each in enumerate(samples)]
        stored = add(datasets, replace(FOUND, validations=tuple(kinds)))
        found = datasets.get(stored.id)
        assert found
        assert found.report
        kept = sum(len(each.samples) for each in found.report.validations)
        assert kept == store.commit_bytes // 10 // 210
        same = found.report.validations[: kept // 10] == tuple(kinds[: kept // 10])
        assert same

    def test_a_report_that_no_commit_takes_is_refused_and_changes_nothing(
        self, datasets: Datasets, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waiting = add(datasets, None)
        report = wide(100, samples=0)
        size = len(pack(report))
        set_limits(store, monkeypatch, commit_bytes=size)
        with pytest.raises(NotCsv, match="use fewer columns") as refused:
            datasets.update(waiting.id, lambda dataset: dataset.with_report(report))
        assert refused.value.field.code == "too_many_columns"
        assert datasets.get(waiting.id) == waiting
        set_limits(store, monkeypatch, commit_bytes=size * 10 // 9 + 1)
        assert datasets.update(waiting.id, lambda dataset: dataset.with_report(report)).report == report

    def test_a_report_is_stored_in_the_commit_of_its_dataset(
        self, datasets: Datasets, store: Store, commits: list[list[Write]]
    ) -> None:
        stored = add(datasets, None)
        assert pieces(store, stored.id) == []
        commits.clear()
        checked = datasets.update(stored.id, lambda dataset: dataset.with_report(FOUND))
        assert [len(writes) for writes in commits] == [2]
        assert datasets.get(stored.id) == checked
        assert (checked.report, checked.status) == (FOUND, DatasetStatus.FINDINGS)
        changed = datasets.update(stored.id, lambda dataset: replace(dataset, name="another"))
        assert datasets.get(stored.id) == changed
        assert changed.report == FOUND
        datasets.remove(changed)
        assert pieces(store, stored.id) == []

    def test_a_report_that_shrinks_leaves_no_piece_behind(
        self, datasets: Datasets, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        set_limits(store, monkeypatch, document_bytes=1_000)
        id = add(datasets, None).id
        for report in (wide(30), None, CLEAN, None, wide(60)):

            def change(dataset: Dataset, report: Report | None = report) -> Dataset:
                return replace(dataset, report=report)

            changed = datasets.update(id, change)
            assert datasets.get(id) == changed
            assert len(pieces(store, id)) == (-(-len(pack(report)) // 1_000) if report else 0)
        datasets.remove(changed)
        assert pieces(store, id) == []

    def test_of_many_simultaneous_checks_one_report_is_stored(self, datasets: Datasets, store: Store) -> None:
        id = add(datasets, None).id
        reports = [replace(FOUND, rows=number) for number in range(6)]

        def check(report: Report) -> Dataset:
            return datasets.update(id, lambda stored: stored if stored.report else stored.with_report(report))

        outcomes = at_once(check, reports)
        found = datasets.get(id)
        assert outcomes == [found] * 6
        assert len(pieces(store, id)) == 1

    def test_each_dataset_in_a_list_has_its_own_report(
        self, datasets: Datasets, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        set_limits(store, monkeypatch, document_bytes=1_000)
        reports = [wide(20), None, FOUND, wide(3), None, CLEAN]
        stored = [add(datasets, report, created_at=NOON + at * SECOND) for at, report in enumerate(reports)][::-1]
        assert (
            datasets.list_for_user("ada").items
            == datasets.list_for_user(None).items
            == datasets.list_all_for_user("ada").items
            == stored
        )
        assert [dataset.report for dataset in stored] == reports[::-1]
        first = datasets.list_for_user("ada", limit=4)
        assert [*first.items, *datasets.list_for_user("ada", first.next, 4).items] == stored
        ids = [dataset.id for dataset in stored]
        assert datasets.get_many(ids[0], "absent", *ids) == [stored[0], None, *stored]

    def test_a_report_is_removed_in_the_commit_of_its_dataset(
        self, datasets: Datasets, store: Store, commits: list[list[Write]]
    ) -> None:
        stored = add(datasets, FOUND)
        commits.clear()
        datasets.remove(stored)
        assert [len(writes) for writes in commits] == [2]
        assert (datasets.get(stored.id), pieces(store, stored.id)) == (None, [])

    def test_removing_at_an_old_revision_removes_nothing(self, datasets: Datasets, store: Store) -> None:
        old = add(datasets, FOUND)
        new = datasets.update(old.id, lambda dataset: dataset.deleting(NOON))
        datasets.remove(old)
        assert datasets.get(old.id) == new
        assert new.report == FOUND
        datasets.remove(new)
        datasets.remove(new)
        assert (datasets.get(old.id), pieces(store, old.id)) == (None, [])
