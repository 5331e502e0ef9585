"""Datasets: no object or row without a record, and no record without them, whoever dies, fails or is slow, and when."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, cast

import obstore
import pytest

from src.application.custody import SETTLE_AFTER, SIGN_OF_LIFE
from src.application.datasets import CHECK, CheckDataset, DatasetService, Received, StoredDataset
from src.application.jobs import JobService, RunJob
from src.application.ports import BlobStore, RowStore
from src.application.summaries import Advice, Summarise
from src.domain.datasets import Asked, Dataset, DatasetRepository, DatasetStatus
from src.domain.errors import Ended, Invalid, NotFound, Unavailable
from src.domain.jobs import LEASE, Job, JobStatus
from src.domain.receipts import KEPT, Once, Receipt, Repeated
from src.domain.tables import Column, ColumnType, Report, TableEngine
from src.domain.values import Role
from src.infrastructure.blobs.objects import memory
from src.infrastructure.repositories.datasets import Datasets
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.repositories.receipts import Receipts
from src.infrastructure.rows.packed import PackedRows
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.tables import patterns
from src.infrastructure.tables.python import PythonTables
from tests.races import at_once
from tests.unit.remote import Observed
from tests.unit.working import Bell, Watch, person

ADA, EVE, ROOT = person(role=Role.UPLOADER), person("eve", Role.UPLOADER), person("root", Role.ADMIN)
CONTENT = b"id,name\n1,Ada\n2,Eve\n3,\n4,Eve\n5,Ada\n"
COLUMNS = (Column("id", ColumnType.INTEGER, unique=True), Column("name", required=True))
FOUND = {("not_empty", "name"): 1}
VALID = [True, True, False, True, True]
REPOSITORY = {"begin", "finish", "update", "remove"}


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Process:
    """One process: what it does for people, and the jobs it runs."""

    service: DatasetService
    jobs: JobService
    work: CheckDataset
    run: RunJob


class World:
    """Processes that share everything, with something that happens at the moments one of them goes through.

    A moment is before or after a step: a commit of a record, or a call of the bucket, the rows or the engine.
    """

    def __init__(self, folder: Path) -> None:
        self.watch = Watch()
        self.store = MemoryStore()
        self.datasets, self.jobs, self.receipts = Datasets(self.store), Jobs(self.store), Receipts(self.store)
        self.rows, self.blobs, self.tables = PackedRows(self.store), memory(), PythonTables()
        self.bell = Bell()
        self.file = folder / "file.csv"
        self.here = self.process(lambda _: None)
        self.service = self.here.service

    def process(self, observe: Callable[[str], None], tables: TableEngine | None = None) -> Process:
        """Another one, of which every moment is told."""

        def observed(target: object, what: str, names: set[str]) -> Any:
            return Observed(target, names, lambda moment: observe(f"{moment} {what}"))

        datasets = cast(DatasetRepository, observed(self.datasets, "dataset", REPOSITORY))
        rows = cast(RowStore, observed(self.rows, "rows", {"append", "remove"}))
        blobs = cast(BlobStore, observed(self.blobs, "object", {"put", "read", "delete"}))
        engine = cast(TableEngine, observed(tables or self.tables, "file", {"check"}))
        summary = Summarise(None, self.rows, patterns.flaw, patterns.compiled)
        service = DatasetService(datasets, self.jobs, engine, rows, blobs, self.bell, summary, 1_000, self.watch)
        work = CheckDataset(datasets, engine, rows, blobs)
        works = {CHECK: work}
        run = RunJob(self.jobs, works, timedelta(0), self.watch)
        return Process(service, JobService(self.jobs, works, self.bell, self.watch), work, run)

    def mortal(self, dies_at: int) -> Process:
        """One that is killed at this moment, and does nothing any more."""
        moments = count()

        def observe(step: str) -> None:
            if next(moments) >= dies_at:
                raise Killed

        return self.process(observe)

    def failing(self, moments: Collection[int]) -> Process:
        """One whose dependencies are away at these moments."""
        current = count()

        def observe(step: str) -> None:
            if next(current) in moments:
                raise Unavailable

        return self.process(observe)

    def at(self, moment: int, event: Callable[[], object]) -> Process:
        """One to which something happens at a moment."""
        current = count()

        def observe(step: str) -> None:
            if next(current) == moment:
                event()

        return self.process(observe)

    def add(self, process: Process | None = None, content: bytes = CONTENT, later: bool = False) -> StoredDataset:
        def receive(keep: Callable[[], None]) -> Received:
            self.file.write_bytes(content)
            keep()
            lines = content.count(b"\n")
            return Received(
                self.file,
                "Name",
                "x.csv",
                len(content),
                "sha",
                lines,
                Asked(COLUMNS if content == CONTENT else ()),
                later,
            )

        once = Once(Receipt("key", "ada", self.watch() + KEPT), _answer)
        return (process or self.here).service.add(ADA, receive, once)

    def add_later(self) -> Job:
        """The job of a dataset that waits to be checked."""
        job = self.add(later=True).job
        assert job
        return job

    def dataset(self, id: str) -> Dataset:
        dataset = self.datasets.get(id)
        assert dataset
        return dataset

    def job(self, id: str) -> Job:
        job = self.jobs.get(id)
        assert job
        return job

    def records(self) -> list[Dataset]:
        return [dataset for user in ("ada", "eve") for dataset in self.datasets.all_of(user).items]

    def objects(self) -> set[str]:
        return {item["path"] for batch in obstore.list(self.blobs._store) for item in batch}

    def row_sets(self) -> set[str]:
        documents = self.store._documents.items()
        return {document.fields["set_id"] for (collection, _), document in documents if collection == "packs"}

    def pieces(self) -> set[str]:
        """The datasets of which there is a piece of a report or schema."""
        return {id.partition(".")[0] for collection, id in self.store._documents if collection == "reports"}

    def settle_later(self) -> int:
        self.watch.forward(SETTLE_AFTER)
        return self.service.settle()

    def run_later(self, job: Job) -> None:
        """What happens to a job that nobody has finished."""
        for _ in range(6):
            self.watch.forward(LEASE * 2)
            self.here.run(job.id)

    def is_empty(self) -> None:
        """Nothing is left; the key is free."""
        assert self.records() == []
        assert (self.objects(), self.row_sets(), self.pieces()) == (set(), set(), set())
        assert self.receipts.get("key") is None
        assert self.jobs.all().items == []

    def is_settled(self) -> bool:
        """Records, objects and rows agree; returns whether there is a dataset."""
        records = self.records()
        assert all(dataset.whole and dataset.unsettled_since is None for dataset in records)
        assert self.objects() == {dataset.key for dataset in records}
        assert self.row_sets() == {dataset.rows_id for dataset in records if dataset.report}
        assert self.pieces() <= {dataset.id for dataset in records}
        for dataset in records:
            assert b"".join(self.blobs.read(dataset.key)) == CONTENT
            assert (dataset.report is not None) == (dataset.status in (DatasetStatus.CLEAN, DatasetStatus.FINDINGS))
            if dataset.report:
                assert found(dataset.report) == FOUND
                assert [row[1] for row in self.rows.page(dataset.rows_id)] == VALID
        return bool(records)


def _answer(stored: StoredDataset) -> tuple[str, Mapping[str, Any]]:
    return "fingerprint", {"id": stored.dataset.id}


def found(report: Report) -> dict[tuple[str, str | None], int]:
    return {(each.rule, each.column): each.count for each in report.validations if each.count}


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are stored in three goes."""
    monkeypatch.setattr("src.infrastructure.tables.python.BATCH", 2)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


ADDING = 14
"""Moments: begin, check with three appends, put and finish."""
RUNNING = 16
"""Update, read, check with three appends, update, and the removal of the set of rows that was never used."""


class TestAdd:
    def test_what_is_stored(self, world: World) -> None:
        stored = world.add()
        dataset = stored.dataset
        assert (dataset.user_id, dataset.name, dataset.filename, dataset.sha256) == ("ada", "Name", "x.csv", "sha")
        assert (dataset.size, dataset.asked, dataset.status) == (len(CONTENT), Asked(COLUMNS), DatasetStatus.FINDINGS)
        assert (stored.job, world.bell.rung) == (None, [])
        assert world.dataset(dataset.id) == dataset
        assert world.is_settled()
        receipt = world.receipts.get("key")
        assert receipt
        assert (receipt.answer, receipt.revision) == ({"id": dataset.id}, dataset.revision)
        assert world.settle_later() == 0
        with pytest.raises(Repeated):
            world.add()

    @pytest.mark.parametrize("lines", [1_001, 1_002])
    def test_a_large_one_is_left_to_a_job(self, world: World, lines: int) -> None:
        stored = world.add(content=b"id\n" + b"1\n" * (lines - 1))
        assert (stored.job is None) == (lines == 1_001)
        assert world.bell.rung == ([stored.job.id] if stored.job else [])

    def test_what_is_no_csv_leaves_nothing(self, world: World) -> None:
        with pytest.raises(Invalid):
            world.add(content=b"\x89PNG\r\n\x1a\n")
        world.is_empty()
        world.add()

    @pytest.mark.parametrize("error", [Invalid, OSError, Unavailable, KeyboardInterrupt, GeneratorExit])
    def test_what_does_not_arrive_leaves_nothing(self, world: World, error: type[BaseException]) -> None:
        def receive(keep: Callable[[], None]) -> Received:
            raise error

        with pytest.raises(error):
            world.service.add(ADA, receive)
        world.is_empty()


class TestKilled:
    """At every moment there is, and then settled after a minute."""

    @pytest.mark.parametrize("later", [False, True])
    def test_while_adding(self, tmp_path: Path, later: bool) -> None:
        kept = set()
        for moment in count():
            world = World(tmp_path)
            try:
                world.add(world.mortal(moment), later=later)
            except Killed:
                assert world.service.settle() == 0, "not at once: it may only be slow"
                world.settle_later()
            else:
                break
            there = world.is_settled()
            assert (world.receipts.get("key") is not None) == there
            assert len(world.jobs.all().items) == (there and later)
            assert world.service.settle() == world.settle_later() == 0
            kept.add(there)
            if not there:
                world.is_empty()
                world.add()  # the same again
        assert moment == (6 if later else ADDING)
        assert kept == {False, True}, "the last step counts"

    def test_while_deleting(self, tmp_path: Path) -> None:
        assert self.all_moments(tmp_path, lambda process, id: process.service.delete(ADA, id)) == 8

    def test_while_everything_of_a_user_is_removed(self, tmp_path: Path) -> None:
        assert self.all_moments(tmp_path, lambda process, id: process.service.remove_of("ada")) == 8

    def test_while_settling(self, tmp_path: Path) -> None:
        def settle(process: Process, id: str) -> None:
            process.service.datasets.update(id, lambda stored: stored.deleting(stored.created_at - SETTLE_AFTER))
            process.service.settle()

        assert self.all_moments(tmp_path, settle) == 10

    def all_moments(self, folder: Path, act: Callable[[Process, str], object]) -> int:
        """How many moments ``act`` has; after a death in any of them the dataset is whole or gone."""
        for moment in count():
            world = World(folder)
            dataset = world.add().dataset
            try:
                act(world.mortal(moment), dataset.id)
            except Killed:
                world.settle_later()
            else:
                break
            assert world.is_settled() == (moment == 0), "before the first step only"
            assert world.settle_later() == 0
        assert not world.is_settled()
        return moment

    def test_while_checking(self, tmp_path: Path) -> None:
        for moment in count():
            world = World(tmp_path)
            job = world.add_later()
            try:
                world.mortal(moment).run(job.id)
            except Killed:
                world.watch.forward(LEASE)
                world.here.run(job.id)
            else:
                break
            is_checked(world, job)
        assert moment == RUNNING


def is_checked(world: World, job: Job) -> None:
    assert world.is_settled()
    dataset, ended = world.dataset(job.subject_id), world.job(job.id)
    assert (dataset.status, ended.status) == (DatasetStatus.FINDINGS, JobStatus.SUCCEEDED), ended
    assert ended.result == {"dataset_id": dataset.id, "status": "findings"}


class TestFailures:
    """The store, the bucket or the rows do not answer at some moment; the process lives on."""

    @pytest.mark.parametrize("moment", range(ADDING))
    def test_while_adding(self, world: World, moment: int) -> None:
        with pytest.raises(Unavailable):
            world.add(world.failing([moment]))
        if moment == 1:  # begun, which it does not know
            assert world.settle_later() == 1
        if moment == ADDING - 1:  # finished, which it does not know either: the dataset stays, and its answer
            assert world.is_settled()
            with pytest.raises(Repeated):
                world.add()
            return
        world.is_empty()
        world.add()

    @pytest.mark.parametrize("moment", range(ADDING))
    @pytest.mark.parametrize("later", range(1, 9))
    def test_while_adding_and_while_clearing_away(self, world: World, moment: int, later: int) -> None:
        with pytest.raises(Unavailable):
            world.add(world.failing([moment, moment + later]))
        world.settle_later()
        receipt = world.receipts.get("key")
        assert (receipt is not None and receipt.answer is not None) == world.is_settled()
        assert world.settle_later() == 0

    @pytest.mark.parametrize("moment", range(8))
    def test_while_deleting(self, world: World, moment: int) -> None:
        dataset = world.add().dataset
        process = world.failing([moment])
        if moment < 2:
            with pytest.raises(Unavailable):
                process.service.delete(ADA, dataset.id)
        else:
            process.service.delete(ADA, dataset.id)
        world.settle_later()
        assert world.is_settled() == (moment == 0)

    @pytest.mark.parametrize("moment", range(RUNNING))
    @pytest.mark.parametrize("later", [0, 1, 2, 3, 4, 5])
    def test_while_checking(self, world: World, moment: int, later: int) -> None:
        job = world.add_later()
        world.failing([moment, moment + later]).run(job.id)
        world.run_later(job)
        is_checked(world, job)

    def test_for_ever_while_checking(self, world: World) -> None:
        """The last two attempts find the rows away."""
        job = world.add_later()
        for _ in range(4):
            world.failing(range(6, 8)).run(job.id)
            world.watch.forward(LEASE)
        world.run_later(job)
        assert world.job(job.id).status is JobStatus.FAILED
        assert world.dataset(job.subject_id).status is DatasetStatus.FAILED
        assert world.is_settled()
        world.here.jobs.retry(job.id)
        assert world.dataset(job.subject_id).status is DatasetStatus.PROCESSING
        world.here.run(job.id)
        is_checked(world, job)


class TestSlow:
    def test_a_check_that_shows_life_is_left_alone(self, world: World) -> None:
        steps: list[str] = []
        stored = world.add(world.process(steps.append, Slow(world, lambda: world.service.settle() == 0)))
        assert stored.dataset.report
        assert world.is_settled()
        assert steps.count("after update dataset") == Slow.STEPS

    def test_one_settled_under_its_feet_is_undone(self, world: World) -> None:
        def settled() -> bool:
            world.watch.forward(SETTLE_AFTER)
            return world.service.settle() == 1

        with pytest.raises(Unavailable, match="too long"):
            world.add(world.process(lambda _: None, Slow(world, settled)))
        world.is_empty()

    @pytest.mark.parametrize("moment", range(1, ADDING - 1))
    def test_one_settled_at_any_moment_is_undone(self, world: World, moment: int) -> None:
        with pytest.raises(Unavailable, match="too long"):
            world.add(world.at(moment, world.settle_later))
        world.is_empty()

    @pytest.mark.parametrize("moment", range(1, ADDING - 1))
    def test_one_settled_and_sent_again_leaves_what_came_after_it_alone(self, world: World, moment: int) -> None:
        def again() -> None:
            world.settle_later()
            world.add()

        with pytest.raises(Unavailable):
            world.add(world.at(moment, again))
        assert world.is_settled()
        assert len(world.records()) == 1

    def test_of_many_that_settle_at_once_one_does(self, world: World) -> None:
        with pytest.raises(Killed):
            world.add(world.mortal(ADDING - 3))
        world.watch.forward(SETTLE_AFTER)
        outcomes = at_once(lambda service: service.settle(), [world.service] * 8)
        assert sorted(map(str, outcomes)) == ["0"] * 7 + ["1"]
        world.is_empty()


class Slow(PythonTables):
    """An engine that takes its time at first; asks at each step whether things are as they should be."""

    STEPS = 5

    def __init__(self, world: World, right: Callable[[], bool]) -> None:
        self._world, self._right = world, right

    def check(self, *arguments: Any, **options: Any) -> Report:
        for step in range(self.STEPS):
            self._world.watch.forward(SIGN_OF_LIFE * 2)
            assert self._right()
            options["progress"](step / self.STEPS)
        return super().check(*arguments, **options)


class TestAttempts:
    @pytest.mark.parametrize("moment", range(RUNNING))
    def test_another_one_comes_and_finishes_meanwhile(self, world: World, moment: int) -> None:
        job = world.add_later()

        def overtake() -> None:
            world.watch.forward(LEASE)
            world.here.run(job.id)

        world.at(moment, overtake).run(job.id)
        is_checked(world, job)

    @pytest.mark.parametrize("moment", range(RUNNING))
    def test_another_one_comes_and_is_killed_meanwhile(self, tmp_path: Path, moment: int) -> None:
        for dies_at in range(RUNNING):
            world = World(tmp_path)
            job = world.add_later()

            def overtake(world: World = world, job: Job = job, dies_at: int = dies_at) -> None:
                world.watch.forward(LEASE)
                try:
                    world.mortal(dies_at).run(job.id)
                except Killed:
                    return

            world.at(moment, overtake).run(job.id)
            world.run_later(job)
            is_checked(world, job)

    @pytest.mark.parametrize("moment", range(RUNNING))
    def test_one_that_is_cancelled(self, world: World, moment: int) -> None:
        """Either all of it counts, or nothing is left of it; and it can be tried again."""
        job = world.add_later()
        ended: list[BaseException] = []

        def cancel() -> None:
            try:
                world.here.jobs.cancel(ADA, job.id)
            except Ended as error:
                ended.append(error)

        world.at(moment, cancel).run(job.id)
        assert world.is_settled()
        checked = world.dataset(job.subject_id).report is not None
        assert world.job(job.id).status is JobStatus.CANCELLED
        assert world.dataset(job.subject_id).status is (DatasetStatus.FINDINGS if checked else DatasetStatus.FAILED)
        assert checked == (moment >= RUNNING - 3), "once the last update is done"
        world.here.jobs.retry(job.id)
        assert world.dataset(job.subject_id).status is (DatasetStatus.FINDINGS if checked else DatasetStatus.PROCESSING)
        world.here.run(job.id)
        is_checked(world, job)

    @pytest.mark.parametrize("moment", range(RUNNING))
    def test_one_that_is_cancelled_and_tried_again(self, world: World, moment: int) -> None:
        job = world.add_later()

        def repeat() -> None:
            world.here.jobs.cancel(ADA, job.id)
            world.here.jobs.retry(job.id)

        world.at(moment, repeat).run(job.id)
        world.run_later(job)
        is_checked(world, job)

    @pytest.mark.parametrize("moment", range(RUNNING))
    @pytest.mark.parametrize("what", ["dataset", "everything"])
    def test_one_whose_dataset_is_deleted(self, world: World, moment: int, what: str) -> None:
        job = world.add_later()

        def delete() -> None:
            if what == "everything":
                world.service.remove_of("ada")
                world.here.jobs.remove_of("ada")
            else:
                world.service.delete(ADA, job.subject_id)

        world.at(moment, delete).run(job.id)
        world.settle_later()
        assert not world.is_settled()

    def test_what_is_no_csv_has_failed_for_good(self, world: World) -> None:
        stored = world.add(content=b"\x89PNG\r\n\x1a\n", later=True)
        assert stored.job
        world.here.run(stored.job.id)
        job, dataset = world.job(stored.job.id), world.dataset(stored.dataset.id)
        assert (job.status, job.attempts, job.error) == (JobStatus.FAILED, 1, "This is a PNG picture, not a CSV file.")
        assert (dataset.status, dataset.whole) == (DatasetStatus.FAILED, True)
        assert world.row_sets() == set()
        assert b"".join(world.service.read(ADA, dataset.id)[1]) == b"\x89PNG\r\n\x1a\n"
        with pytest.raises(Ended, match="no report"):
            world.service.summarise(ADA, dataset.id)

    def test_what_is_checked_stays_checked(self, world: World) -> None:
        job = world.add_later()
        world.here.run(job.id)
        before = world.dataset(job.subject_id)
        world.here.work.abandon(job)
        world.here.work.resume(job)
        assert world.here.work.run(job, lambda _: None) == {"dataset_id": before.id, "status": "findings"}
        assert world.dataset(before.id) == before
        assert world.is_settled()

    def test_one_of_a_dataset_that_is_gone(self, world: World) -> None:
        job = world.add_later()
        world.service.delete(ADA, job.subject_id)
        world.here.work.abandon(job)
        world.here.work.resume(job)
        assert world.here.work.run(job, lambda _: None) == {"dataset_id": job.subject_id, "status": None}
        assert not world.is_settled()

    def test_progress_is_told(self, world: World) -> None:
        told: list[float] = []
        world.here.work.run(world.add_later(), told.append)
        assert told == sorted(told)
        assert told[-1] == 1.0


class TestOwners:
    def test_nobody_else_sees_it_but_admins(self, world: World) -> None:
        dataset = world.add().dataset
        for caller in (ADA, ROOT):
            assert world.service.show(caller, dataset.id) == dataset
            assert world.service.list(caller, None, 10).items == [dataset]
            assert b"".join(world.service.read(caller, dataset.id)[1]) == CONTENT
        acts: list[Callable[[], object]] = [
            lambda: world.service.show(EVE, dataset.id),
            lambda: world.service.read(EVE, dataset.id),
            lambda: world.service.list_rows(EVE, dataset.id, None, None, 10),
            lambda: world.service.summarise(EVE, dataset.id),
            lambda: world.service.delete(EVE, dataset.id),
        ]
        for act in acts:
            with pytest.raises(NotFound):
                act()
        assert world.service.list(EVE, None, 10).items == []
        assert world.is_settled()

    def test_rows_in_pages_of_any_size(self, world: World) -> None:
        dataset = world.add().dataset
        for limit in (1, 2, 5, 6):
            lines: list[int] = []
            cursor = None
            while True:
                _, page = world.service.list_rows(ADA, dataset.id, None, cursor, limit)
                assert 0 < len(page.items) <= limit
                lines += [row[0] for row in page.items]
                cursor = page.next
                if cursor is None:
                    break
            assert lines == [2, 3, 4, 5, 6]
        _, page = world.service.list_rows(ADA, dataset.id, False, None, 10)
        assert page.items == [(4, False, ["3"])], "without the empty cells at its end"

    def test_a_pattern_that_is_proposed_for_a_column_that_is_sometimes_empty(self, world: World) -> None:
        dataset = world.add(content=b"id,code\n1,AB\n2,\n3,CD\n4,EF\n").dataset

        class Advises:
            def advise(self, facts: Mapping[str, Any]) -> Advice:
                return Advice("It is fine.", {"code": {"pattern": "[A-Z]{2}"}})

        summarise = Summarise(Advises(), world.rows, patterns.flaw, patterns.compiled)
        assert dataset.report
        summary = summarise.of(dataset.report, dataset.rows_id)
        assert summary.source == "ai"
        assert summary.suggested_schema["code"]["pattern"] == "[A-Z]{2}"

    @pytest.mark.parametrize("cursor", ["", "-1", "x", "1.0", "٣", "9" * 17, "9" * 16, " 1", "1_0"])
    def test_a_bad_cursor(self, world: World, cursor: str) -> None:
        dataset = world.add().dataset
        with pytest.raises(Invalid):
            world.service.list_rows(ADA, dataset.id, None, cursor, 10)

    def test_while_it_is_checked_nobody_sees_rows_or_counts(self, world: World) -> None:
        job = world.add_later()
        looked: list[int] = []

        def look() -> None:
            dataset, page = world.service.list_rows(ADA, job.subject_id, None, None, 10)
            looked.append(len(page.items))
            if not dataset.report:
                assert page.items == []
                with pytest.raises(Ended, match="being checked"):
                    world.service.summarise(ADA, job.subject_id)

        world.process(lambda _: look()).run(job.id)
        assert looked == [0] * (RUNNING - 3) + [5] * 3

    def test_with_it_goes_its_job(self, world: World) -> None:
        job = world.add_later()
        world.service.delete(ROOT, job.subject_id)
        assert world.job(job.id).status is JobStatus.CANCELLED
        assert not world.is_settled()
