"""Datasets with their reports, receipts and jobs, the same over every store."""

import random
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest

from src.domain.custody import HeldState
from src.domain.datasets import Asked, Dataset, DatasetStatus
from src.domain.errors import NotFound
from src.domain.jobs import Job
from src.domain.receipts import KEPT, Receipt, Repeated
from src.domain.tables import MAX_COLUMNS, Column, ColumnType, Report, Sample, Validation
from src.domain.values import new_id
from src.infrastructure.repositories import datasets as module
from src.infrastructure.repositories.datasets import Datasets
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.repositories.packing import packed
from src.infrastructure.repositories.receipts import Receipts
from src.infrastructure.stores.base import Key, Store, Write
from src.infrastructure.stores.schema import REPORTS
from tests.races import at_once

NOON = datetime(2030, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RECEIPT = Receipt("receipt", "ada", NOON + KEPT)
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
    "\t", "utf-16-le", 2**40, 2**40 - 3, COLUMNS, COLUMNS[:2],
    (Validation("header", None, 3, SAMPLES), Validation("unique", "integer", 0, ())),
)  # fmt: skip


def wide(columns: int, samples: int = 10) -> Report:
    """A report that compresses badly."""
    chance = random.Random(columns)
    names = [f"column {at} {chance.random()}" for at in range(columns)]
    validations = (
        Validation("enum", name, 99, tuple(Sample(at + 2, f"{chance.random()}" * 3) for at in range(samples)))
        for name in names
    )
    wanted = tuple(Column(name, enum=(name,)) for name in names)
    return Report(";", "utf-8", 99, 0, wanted, wanted, tuple(validations))


def new_dataset(receipt_id: str | None = None, user_id: str = "ada") -> Dataset:
    return Dataset(new_id(), user_id, NOON, (new_id(),), receipt_id=receipt_id, unsettled_since=NOON)


def job_of(dataset: Dataset) -> Job:
    return Job.new(kind="dataset-check", subject_id=dataset.id, user_id=dataset.user_id, now=NOON)


def answered(receipt: Receipt | None) -> Receipt:
    assert receipt
    return replace(receipt, fingerprint="f", answer={"status": 201})


def add(datasets: Datasets, report: Report | None, **fields: object) -> Dataset:
    """A stored one."""
    dataset, _ = datasets.begin(replace(new_dataset(), **fields), None)  # type: ignore[arg-type]
    whole = dataset.stored()
    return datasets.finish(whole.checked(report) if report else whole, None, None)


@pytest.fixture
def datasets(store: Store) -> Datasets:
    return Datasets(store)


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return Jobs(store)


@pytest.fixture
def receipts(store: Store) -> Receipts:
    return Receipts(store)


@pytest.fixture
def commits(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[list[Write]]:
    """What is written, commit by commit."""
    commit = store._commit
    commits: list[list[Write]] = []

    def noted(writes: Sequence[Write], operation: str) -> dict[Key, str]:
        commits.append([*writes])
        return commit(writes, operation)

    monkeypatch.setattr(store, "_commit", noted)
    return commits


def pieces(store: Store, id: str) -> list[str]:
    """What there is of its report."""
    found = store.get(*(Key(REPORTS, f"{id}.{what}.{number}") for what in ("asked", "found") for number in range(50)))
    return [document.fields["text"] for document in found if document]


class TestReports:
    @pytest.mark.parametrize("report", [CLEAN, FOUND], ids=["clean", "found"])
    def test_every_value_comes_back_as_what_it_was(self, datasets: Datasets, report: Report) -> None:
        stored = add(datasets, report, asked=Asked(COLUMNS, "\t", "utf-16-le"))
        found = datasets.get(stored.id)
        assert found
        assert found == stored
        # 1 equals 1.0 and True.
        assert repr(found.report) == repr(report)
        assert repr(found.asked.columns) == repr(COLUMNS)

    @pytest.mark.parametrize(("report", "status"), [(CLEAN, DatasetStatus.CLEAN), (FOUND, DatasetStatus.FINDINGS)])
    def test_the_status_says_what_the_report_does(
        self, datasets: Datasets, report: Report, status: DatasetStatus
    ) -> None:
        assert add(datasets, report).status is status

    def test_one_of_many_columns_takes_many_documents(
        self, datasets: Datasets, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_PIECE", 20_000)
        report = wide(400)
        stored, other = add(datasets, report), add(datasets, FOUND)
        found = pieces(store, stored.id)
        assert len(found) > 3
        assert {len(piece) for piece in found[:-1]} == {20_000}
        assert datasets.get(stored.id) == stored
        assert stored.report == report
        datasets.remove(stored)
        assert pieces(store, stored.id) == []
        assert datasets.several(stored.id, other.id) == [None, other]

    @pytest.mark.parametrize("length", [-1, 0, 1])
    def test_one_that_just_fits(
        self, datasets: Datasets, store: Store, monkeypatch: pytest.MonkeyPatch, length: int
    ) -> None:
        monkeypatch.setattr(module, "_PIECE", len(packed(asdict(FOUND))) + length)
        stored = add(datasets, FOUND)
        assert len(pieces(store, stored.id)) == (2 if length < 0 else 1)
        assert datasets.get(stored.id) == stored

    def test_one_with_as_many_columns_as_there_can_be(self, datasets: Datasets, store: Store) -> None:
        """And a schema of as many, in a store that takes a mebibyte a document."""
        report = wide(MAX_COLUMNS, samples=1)
        waiting = add(datasets, None, asked=Asked(report.schema))
        same = datasets.get(waiting.id) == waiting
        assert same
        checked = datasets.update(waiting.id, lambda dataset: dataset.checked(report))
        same = datasets.get(waiting.id) == checked
        assert same  # not compared in the assertion: it would take minutes to tell the difference
        assert len(pieces(store, waiting.id)) >= 2
        datasets.remove(checked)
        assert pieces(store, waiting.id) == []

    def test_samples_are_cut_where_a_commit_would_be_too_large(
        self, datasets: Datasets, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        report = replace(FOUND, validations=(Validation("type", "名前", 99, (Sample(2, "中" * 90),) * 10),) * 5)
        monkeypatch.setattr(module, "_MOST_SAMPLED", 2_500)
        found = datasets.get(add(datasets, report).id)
        assert found
        assert found.report
        assert [len(each.samples) for each in found.report.validations] == [10, 10, 5, 0, 0]
        assert [each.count for each in found.report.validations] == [99] * 5

    def test_as_many_samples_as_there_can_be_of_the_worst_kind(self, datasets: Datasets) -> None:
        chance = random.Random(1)
        values = ["".join(map(chr, chance.choices(range(0x20000, 0x30000), k=200))) for _ in range(10_000)]
        samples = [tuple(Sample(2, value) for value in values[at : at + 10]) for at in range(0, len(values), 10)]
        kinds = [Validation("type", f"{at}", 9, each) for at, each in enumerate(samples)]
        stored = add(datasets, replace(FOUND, validations=tuple(kinds)))
        found = datasets.get(stored.id)
        assert found
        assert found.report
        kept = sum(len(each.samples) for each in found.report.validations)
        assert kept == module._MOST_SAMPLED // 210
        same = found.report.validations[:400] == tuple(kinds[:400])
        assert same

    def test_an_update_writes_one_and_the_record_at_once(
        self, datasets: Datasets, store: Store, commits: list[list[Write]]
    ) -> None:
        stored = add(datasets, None)
        assert pieces(store, stored.id) == []
        commits.clear()
        checked = datasets.update(stored.id, lambda dataset: dataset.checked(FOUND))
        assert [len(writes) for writes in commits] == [2]
        assert datasets.get(stored.id) == checked
        assert (checked.report, checked.status) == (FOUND, DatasetStatus.FINDINGS)
        changed = datasets.update(stored.id, lambda dataset: replace(dataset, name="another"))
        assert datasets.get(stored.id) == changed
        assert changed.report == FOUND
        datasets.remove(changed)
        assert pieces(store, stored.id) == []

    def test_one_that_grows_and_shrinks_leaves_no_piece_behind(
        self, datasets: Datasets, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_PIECE", 1_000)
        id = add(datasets, None).id
        for report in (wide(30), None, CLEAN, None, wide(60)):

            def change(dataset: Dataset, report: Report | None = report) -> Dataset:
                return replace(dataset, report=report)

            changed = datasets.update(id, change)
            assert datasets.get(id) == changed
            assert len(pieces(store, id)) == (-(-len(packed(asdict(report))) // 1_000) if report else 0)
        datasets.remove(changed)
        assert pieces(store, id) == []

    def test_of_many_that_check_it_one_does(self, datasets: Datasets, store: Store) -> None:
        id = add(datasets, None).id
        reports = [replace(FOUND, rows=number) for number in range(6)]

        def check(report: Report) -> Dataset:
            return datasets.update(id, lambda stored: stored if stored.report else stored.checked(report))

        outcomes = at_once(check, reports)
        found = datasets.get(id)
        assert outcomes == [found] * 6
        assert len(pieces(store, id)) == 1

    def test_each_in_a_list_has_its_own(self, datasets: Datasets, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "_PIECE", 1_000)
        reports = [wide(20), None, FOUND, wide(3), None, CLEAN]
        stored = [add(datasets, report, created_at=NOON + at * SECOND) for at, report in enumerate(reports)][::-1]
        assert datasets.of("ada").items == datasets.of(None).items == datasets.all_of("ada").items == stored
        assert [dataset.report for dataset in stored] == reports[::-1]
        first = datasets.of("ada", limit=4)
        assert [*first.items, *datasets.of("ada", first.next, 4).items] == stored
        ids = [dataset.id for dataset in stored]
        assert datasets.several(ids[0], "absent", *ids) == [stored[0], None, *stored]


class TestBegin:
    def test_the_record_and_a_receipt_in_progress(self, datasets: Datasets, receipts: Receipts) -> None:
        dataset = new_dataset("receipt")
        stored, receipt = datasets.begin(dataset, RECEIPT)
        assert stored == replace(dataset, revision=stored.revision) == datasets.get(dataset.id)
        assert receipt
        assert receipt == replace(RECEIPT, revision=receipt.revision) == receipts.get("receipt")

    def test_of_many_with_one_receipt_one_begins(self, datasets: Datasets) -> None:
        contenders = [new_dataset("receipt") for _ in range(8)]
        outcomes = at_once(lambda dataset: datasets.begin(dataset, RECEIPT), contenders)
        assert sorted(type(each).__name__ for each in outcomes) == [Repeated.__name__] * 7 + ["tuple"]
        assert len([each for each in datasets.several(*(each.id for each in contenders)) if each]) == 1


class TestFinish:
    @pytest.mark.parametrize("later", [False, True], ids=["checked", "with a job"])
    def test_all_of_it_in_one_commit(
        self, datasets: Datasets, jobs: Jobs, receipts: Receipts, commits: list[list[Write]], later: bool
    ) -> None:
        dataset, receipt = datasets.begin(new_dataset("receipt"), RECEIPT)
        job = job_of(dataset) if later else None
        whole = replace(dataset, size=5, sha256="abc", job_id=job.id if job else None).stored()
        commits.clear()
        stored = datasets.finish(whole if later else whole.checked(FOUND), job, answered(receipt))
        assert [len(writes) for writes in commits] == [3]
        assert datasets.get(dataset.id) == stored
        assert (stored.state, stored.report) == (HeldState.STORED, None if later else FOUND)
        assert (stored.receipt_id, stored.unsettled_since) == (None, None)
        if job:
            kept = jobs.get(job.id)
            assert kept
            assert kept == replace(job, revision=kept.revision)
        assert receipts.get("receipt") == replace(answered(receipt), revision=stored.revision)

    @pytest.mark.parametrize("given_up", ["removed", "deleting", "changed"])
    def test_of_one_that_somebody_gave_up_stores_nothing(
        self, datasets: Datasets, store: Store, receipts: Receipts, given_up: str
    ) -> None:
        dataset, receipt = datasets.begin(new_dataset("receipt"), RECEIPT)
        if given_up == "changed":
            datasets.update(dataset.id, lambda stored: replace(stored, unsettled_since=NOON + SECOND))
        else:
            deleting = datasets.update(dataset.id, lambda stored: stored.deleting(NOON))
            if given_up == "removed":
                datasets.remove(deleting)
        before = datasets.get(dataset.id), receipts.get("receipt")
        with pytest.raises(NotFound):
            datasets.finish(dataset.stored().checked(FOUND), None, answered(receipt))
        assert (datasets.get(dataset.id), receipts.get("receipt")) == before
        assert pieces(store, dataset.id) == []

    def test_one_finishes_or_gives_up_never_both(self, datasets: Datasets, store: Store, receipts: Receipts) -> None:
        for _ in range(5):
            dataset, receipt = datasets.begin(new_dataset("receipt"), RECEIPT)

            def finish(dataset: Dataset = dataset, receipt: Receipt | None = receipt) -> object:
                return datasets.finish(dataset.stored().checked(FOUND), None, answered(receipt))

            def give_up(dataset: Dataset = dataset) -> object:
                return datasets.update(dataset.id, lambda old: old if old.whole else old.deleting(NOON))

            finished, _ = at_once(lambda act: act(), [finish, give_up])
            stored, kept = datasets.get(dataset.id), receipts.get("receipt")
            assert stored
            assert kept
            whole = isinstance(finished, Dataset)
            assert (stored.whole, kept.answer is not None, len(pieces(store, dataset.id)) == 1) == (whole,) * 3
            receipts.remove("receipt")


class TestRemove:
    def test_with_the_receipt_of_a_request_that_did_not_end(
        self, datasets: Datasets, receipts: Receipts, commits: list[list[Write]]
    ) -> None:
        dataset, _ = datasets.begin(new_dataset("receipt"), RECEIPT)
        other, _ = datasets.begin(new_dataset("another"), replace(RECEIPT, id="another"))
        commits.clear()
        datasets.remove(dataset)
        assert [len(writes) for writes in commits] == [2]
        assert datasets.several(dataset.id, other.id) == [None, other]
        assert receipts.get("receipt") is None
        assert receipts.get("another")
        datasets.begin(new_dataset("receipt"), RECEIPT)  # it can be sent again

    def test_with_its_report_in_one_and_without_the_receipt_of_one_that_did(
        self, datasets: Datasets, store: Store, receipts: Receipts, commits: list[list[Write]]
    ) -> None:
        dataset, receipt = datasets.begin(new_dataset("receipt"), RECEIPT)
        stored = datasets.finish(dataset.stored().checked(FOUND), None, answered(receipt))
        commits.clear()
        datasets.remove(stored)
        assert [len(writes) for writes in commits] == [2]
        assert (datasets.get(stored.id), pieces(store, stored.id)) == (None, [])
        kept = receipts.get("receipt")
        assert kept
        assert kept.answer

    def test_at_a_revision_that_has_passed_removes_nothing(self, datasets: Datasets, store: Store) -> None:
        old = add(datasets, FOUND)
        new = datasets.update(old.id, lambda dataset: dataset.deleting(NOON))
        datasets.remove(old)
        assert datasets.get(old.id) == new
        assert new.report == FOUND
        datasets.remove(new)
        datasets.remove(new)
        assert (datasets.get(old.id), pieces(store, old.id)) == (None, [])

    def test_what_was_given_up_does_not_take_the_receipt_of_its_repetition(
        self, datasets: Datasets, receipts: Receipts
    ) -> None:
        slow, _ = datasets.begin(new_dataset("receipt"), RECEIPT)
        datasets.remove(datasets.update(slow.id, lambda stored: stored.deleting(NOON)))
        again, receipt = datasets.begin(new_dataset("receipt"), RECEIPT)
        datasets.remove(slow)
        assert receipts.get("receipt") == receipt
        stored = datasets.finish(again.stored(), None, answered(receipt))
        datasets.remove(slow)
        kept = receipts.get("receipt")
        assert kept
        assert kept.answer
        assert datasets.get(again.id) == stored


def test_those_of_a_user_of_everybody_and_the_unsettled(datasets: Datasets) -> None:
    def begin(user_id: str, at: int) -> Dataset:
        since = NOON + at * SECOND
        return datasets.begin(replace(new_dataset(user_id=user_id), created_at=since, unsettled_since=since), None)[0]

    pending, ada, eve, deleting = (begin(user, at) for at, user in enumerate(["ada", "ada", "eve", "ada"]))
    ada, eve = (datasets.finish(dataset.stored(), None, None) for dataset in (ada, eve))
    deleting = datasets.update(deleting.id, lambda stored: stored.deleting(NOON - SECOND))
    assert datasets.of(None).items == [eve, ada]
    assert datasets.of("ada").items == [ada]
    assert datasets.of("nobody").items == []
    assert datasets.all_of("ada").items == [deleting, ada, pending]
    assert datasets.all_of("ada", limit=2).items == [deleting, ada]
    assert datasets.unsettled(NOON).items == [deleting, pending]
    assert datasets.unsettled(NOON - SECOND).items == [deleting]
    assert datasets.unsettled(NOON, limit=1).items == [deleting]
