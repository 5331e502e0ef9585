"""Uploads and checks of datasets. test_stored_objects.py tests what datasets and files have in common."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from src.application.datasets import DatasetDetails, IncomingDataset, checking, service
from src.application.jobs import SLOW_JOBS_AT_ONCE
from src.application.stored_objects import HEARTBEAT, HEARTBEAT_TIMEOUT
from src.application.summaries import Advice, Summariser
from src.domain.csv import NotCsv, ReadOptions, Report, Schema
from src.domain.datasets import DatasetStatus
from src.domain.errors import Ended, Forbidden, Invalid, NotFound, Unavailable
from src.domain.jobs import LEASE, Job, JobStatus
from src.domain.receipts import Repeated
from src.domain.values import Role
from src.infrastructure.csv import PolarsCsvChecker
from src.infrastructure.csv.checking import patterns, results
from src.infrastructure.csv.places import CheckPlaces
from src.infrastructure.csv.reading import encodings
from tests.support.working import caller_of
from tests.unit.stored_objects.datasets import COLUMNS, CSV, VALID, DatasetWorld
from tests.unit.stored_objects.world import ADA, EVE, ROOT, Killed

pytestmark = pytest.mark.usefixtures("small_batches")

RUNNING = 16
"""The number of moments of a check: before and after the update, the read, the check with three appends, the update,
and the removal of the unused row set."""


@pytest.fixture
def world(tmp_path: Path) -> DatasetWorld:
    return DatasetWorld(tmp_path)


class TestAdd:
    def test_the_record_describes_the_stored_content(self, world: DatasetWorld) -> None:
        stored = world.add()
        dataset = stored.dataset
        assert (dataset.user_id, dataset.name, dataset.filename) == ("ada", "Name", "x.csv")
        assert dataset.sha256 == hashlib.sha256(CSV).hexdigest()
        assert (dataset.size, dataset.read_options, dataset.status) == (
            len(CSV),
            ReadOptions(Schema(COLUMNS)),
            DatasetStatus.FINDINGS,
        )
        assert (stored.job, world.queue.sent) == (None, [])
        assert world.dataset(dataset.id) == dataset
        assert world.is_reconciled()
        receipt = world.receipts.get("key")
        assert receipt
        assert (receipt.answer, receipt.revision) == ({"id": dataset.id}, dataset.revision)
        assert world.reconcile_later() == 0
        with pytest.raises(Repeated):
            world.add()

    @pytest.mark.parametrize(
        ("sent", "stored"),
        [("", None), ("utf" + "-" * 1_000_000 + "8", "utf-8"), ("ASCII", "utf-8"), ("cp1252", "windows-1252")],
        ids=["none", "long", "ascii", "windows"],
    )
    def test_an_encoding_is_stored_by_its_name_in_reports(
        self, world: DatasetWorld, sent: str, stored: str | None
    ) -> None:
        details = DatasetDetails("Name", encoding=sent)
        dataset = world.here.service.add(ADA, IncomingDataset("x.csv", [CSV], lambda: details)).dataset
        assert dataset.read_options.encoding == stored

    @pytest.mark.parametrize("name", [*dict.fromkeys(encodings._ENCODINGS.values())])
    def test_a_file_can_be_checked_again_in_every_encoding(self, world: DatasetWorld, name: str) -> None:
        details = DatasetDetails("Name", encoding=name)
        content = "id,name\n1,Åsa\n".encode(name)
        first = world.here.service.add(ADA, IncomingDataset("x.csv", [content], lambda: details)).dataset
        again = world.here.service.check_again(ADA, first.id, "{}").dataset
        assert first.read_options.encoding == again.read_options.encoding == name
        assert first.report
        assert again.report
        assert first.report.encoding == again.report.encoding == name

    @pytest.mark.parametrize("lines", [1_001, 1_002])
    def test_a_large_file_is_left_to_a_job(self, world: DatasetWorld, lines: int) -> None:
        stored = world.add(content=b"id\n" + b"1\n" * (lines - 1))
        assert (stored.job is None) == (lines == 1_001)
        assert world.queue.sent == ([stored.job.id] if stored.job else [])

    def test_a_user_who_is_no_uploader_adds_no_dataset(self, world: DatasetWorld) -> None:
        with pytest.raises(Forbidden):
            world.add(owner=replace(ADA, role=Role.USER))
        world.assert_empty()

    def test_a_file_that_is_not_csv_leaves_nothing(self, world: DatasetWorld) -> None:
        with pytest.raises(NotCsv):
            world.add(content=b"\x89PNG\r\n\x1a\n")
        world.assert_empty()
        world.add()

    @pytest.mark.parametrize("error", [Invalid, OSError, Unavailable, KeyboardInterrupt, GeneratorExit])
    def test_an_interrupted_upload_leaves_nothing(self, world: DatasetWorld, error: type[BaseException]) -> None:
        def chunks() -> Iterator[bytes]:
            yield CSV
            raise error

        with pytest.raises(error):
            world.here.service.add(ADA, IncomingDataset("x.csv", chunks(), DatasetDetails))
        world.assert_empty()


class TestKilled:
    """A check is killed at each moment in turn. Another process repeats it, or its deleted dataset leaves no rows."""

    def test_while_checking(self, tmp_path: Path) -> None:
        for moment in count():
            world = DatasetWorld(tmp_path)
            job = world.add_later()
            try:
                world.mortal(moment).run(job.id)
            except Killed:
                world.watch.forward(LEASE)
                world.here.run(job.id)
            else:
                break
            assert_checked(world, job)
        assert moment == RUNNING

    @pytest.mark.parametrize("moment", range(1, RUNNING))
    def test_while_checking_a_deleted_dataset(self, world: DatasetWorld, moment: int) -> None:
        job, current = world.add_later(), count()

        def observe(step: str) -> None:
            passed = next(current)
            if passed == moment:
                world.here.service.delete(caller_of(ADA), job.subject_id)
            if passed > moment:
                raise Killed

        with suppress(Killed):
            world.process(observe).run(job.id)
        world.reconcile_later()
        assert (world.all_records(), world.objects(), world.row_sets()) == ([], set(), set())


def assert_checked(world: DatasetWorld, job: Job) -> None:
    assert world.is_reconciled()
    dataset, ended = world.dataset(job.subject_id), world.job(job.id)
    assert (dataset.status, ended.status) == (DatasetStatus.FINDINGS, JobStatus.SUCCEEDED), ended
    assert ended.result == {"dataset_id": dataset.id, "status": "findings"}


class TestFailures:
    """The store, the bucket or the rows do not answer at a moment. The process goes on."""

    @pytest.mark.parametrize("moment", range(RUNNING))
    @pytest.mark.parametrize("later", [0, 1, 2, 3, 4, 5])
    def test_while_checking(self, world: DatasetWorld, moment: int, later: int) -> None:
        job = world.add_later()
        world.failing(moment, moment + later).run(job.id)
        world.run_later(job)
        assert_checked(world, job)

    def test_in_every_attempt_to_check(self, world: DatasetWorld) -> None:
        """The rows do not answer in any of the four attempts."""
        job = world.add_later()
        for _ in range(4):
            world.failing(6, 7).run(job.id)
            world.watch.forward(LEASE)
        world.run_later(job)
        assert world.job(job.id).status is JobStatus.FAILED
        assert world.dataset(job.subject_id).status is DatasetStatus.FAILED
        assert world.is_reconciled()
        world.here.jobs.retry(None, job.id)
        assert world.dataset(job.subject_id).status is DatasetStatus.PROCESSING
        world.here.run(job.id)
        assert_checked(world, job)


class TestSlow:
    def test_a_check_with_heartbeats_is_not_reconciled(self, world: DatasetWorld) -> None:
        steps: list[str] = []
        stored = world.add(world.process(steps.append, SlowChecker(world, lambda: world.here.objects.reconcile() == 0)))
        assert stored.dataset.report
        assert world.is_reconciled()
        assert steps.count("after update dataset") == SlowChecker.STEPS

    def test_a_check_that_is_reconciled_meanwhile_is_undone(self, world: DatasetWorld) -> None:
        def is_reconciled() -> bool:
            world.watch.forward(HEARTBEAT_TIMEOUT)
            return world.here.objects.reconcile() == 1

        with pytest.raises(Unavailable, match="too long"):
            world.add(world.process(lambda _: None, SlowChecker(world, is_reconciled)))
        world.assert_empty()


class SlowChecker(PolarsCsvChecker):
    """A checker that takes its time before it checks, and asserts at each step that ``is_right`` returns true."""

    STEPS = 5

    def __init__(self, world: DatasetWorld, is_right: Callable[[], bool]) -> None:
        super().__init__()
        self._world, self._is_right = world, is_right

    def check(self, *arguments: Any, **options: Any) -> Report:
        for step in range(self.STEPS):
            self._world.watch.forward(HEARTBEAT * 2)
            assert self._is_right()
            options["progress"](step / self.STEPS)
        return super().check(*arguments, **options)


class TestPlaces:
    @pytest.fixture
    def world(self, tmp_path: Path) -> DatasetWorld:
        """Return a world with one place for checks."""
        world = DatasetWorld(tmp_path)
        world.places = CheckPlaces(1, tmp_path / "one")
        return world

    def test_the_checks_of_requests_and_jobs_take_a_place(self, world: DatasetWorld) -> None:
        taken: list[bool] = []

        def record() -> bool:
            with world.places.take(0) as is_taken:
                taken.append(not is_taken)
            return True

        process = world.process(lambda _: None, SlowChecker(world, record))
        world.add(process, key=None)
        job = world.add_later()
        assert process.run(job.id) is None
        assert_checked(world, job)
        assert taken == [True] * 2 * SlowChecker.STEPS

    def test_a_job_without_a_place_stays_queued_for_any_time_and_spends_no_attempt(self, world: DatasetWorld) -> None:
        job = world.add_later()
        with world.places.take(0):
            for _ in range(10):
                assert world.here.run(job.id)
                assert (world.job(job.id).status, world.job(job.id).attempts) == (JobStatus.QUEUED, 0)
                world.watch.forward(timedelta(hours=1))
        assert world.here.run(job.id) is None
        assert_checked(world, job)

    def test_a_large_file_waits_while_the_process_runs_other_slow_jobs(
        self, world: DatasetWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small, job = world.add(later=True, key=None).job, world.add_later()
        assert small
        with ExitStack() as others:
            for _ in range(SLOW_JOBS_AT_ONCE):
                others.enter_context(world.slow_jobs.take())
            assert world.here.run(small.id) is None
            assert_checked(world, small)
            monkeypatch.setattr(checking, "QUICK_BYTES", 0)
            assert world.here.run(job.id)
            assert (world.job(job.id).status, world.job(job.id).attempts) == (JobStatus.QUEUED, 0)
        world.watch.forward(timedelta(hours=1))
        assert world.here.run(job.id) is None
        assert_checked(world, job)

    def test_a_request_waits_for_a_place(self, world: DatasetWorld) -> None:
        with ThreadPoolExecutor(1) as pool:
            with world.places.take(0):
                waiting = pool.submit(world.add)
                assert not wait([waiting], 0.3).done
            assert waiting.result(60).dataset.report
        assert world.is_reconciled()

    def test_a_request_that_finds_no_place_in_time_leaves_nothing(
        self, world: DatasetWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(service, "PLACE_SECONDS", 0.0)
        with world.places.take(0), pytest.raises(Unavailable, match="Other files are being checked"):
            world.add()
        world.assert_empty()


class TestAttempts:
    @pytest.mark.parametrize("moment", range(RUNNING))
    def test_another_attempt_finishes_meanwhile(self, world: DatasetWorld, moment: int) -> None:
        job = world.add_later()

        def overtake() -> None:
            world.watch.forward(LEASE)
            world.here.run(job.id)

        world.at(moment, overtake).run(job.id)
        assert_checked(world, job)

    @pytest.mark.parametrize("moment", range(RUNNING))
    def test_another_attempt_is_killed_meanwhile(self, tmp_path: Path, moment: int) -> None:
        for dies_at in range(RUNNING):
            world = DatasetWorld(tmp_path)
            job = world.add_later()

            def overtake(world: DatasetWorld = world, job: Job = job, dies_at: int = dies_at) -> None:
                world.watch.forward(LEASE)
                try:
                    world.mortal(dies_at).run(job.id)
                except Killed:
                    return

            world.at(moment, overtake).run(job.id)
            world.run_later(job)
            assert_checked(world, job)

    @pytest.mark.parametrize("moment", range(RUNNING))
    def test_an_attempt_that_is_cancelled(self, world: DatasetWorld, moment: int) -> None:
        """Either the whole attempt counts or nothing is left of it, and the job can be retried."""
        job = world.add_later()
        ended: list[BaseException] = []

        def cancel() -> None:
            try:
                world.here.jobs.cancel(caller_of(ADA), job.id)
            except Ended as error:
                ended.append(error)

        world.at(moment, cancel).run(job.id)
        assert world.is_reconciled()
        checked = world.dataset(job.subject_id).report is not None
        assert world.job(job.id).status is JobStatus.CANCELLED
        assert world.dataset(job.subject_id).status is (DatasetStatus.FINDINGS if checked else DatasetStatus.FAILED)
        assert checked == (moment >= RUNNING - 3), "once the last update is done"
        world.here.jobs.retry(None, job.id)
        assert world.dataset(job.subject_id).status is (DatasetStatus.FINDINGS if checked else DatasetStatus.PROCESSING)
        world.here.run(job.id)
        assert_checked(world, job)

    @pytest.mark.parametrize("moment", range(RUNNING))
    def test_an_attempt_that_is_cancelled_and_retried(self, world: DatasetWorld, moment: int) -> None:
        job = world.add_later()

        def repeat() -> None:
            world.here.jobs.cancel(caller_of(ADA), job.id)
            world.here.jobs.retry(None, job.id)

        world.at(moment, repeat).run(job.id)
        world.run_later(job)
        assert_checked(world, job)

    @pytest.mark.parametrize("moment", range(RUNNING))
    @pytest.mark.parametrize("what", ["dataset", "everything"])
    def test_an_attempt_whose_dataset_is_deleted(self, world: DatasetWorld, moment: int, what: str) -> None:
        job = world.add_later()

        def delete() -> None:
            if what == "everything":
                with suppress(Unavailable):  # the rest is left to reconciliation
                    world.here.objects.delete_for_user("ada")
                world.here.jobs.delete_for_user("ada")
            else:
                world.here.service.delete(caller_of(ADA), job.subject_id)

        world.at(moment, delete).run(job.id)
        world.reconcile_later()
        assert not world.is_reconciled()

    @pytest.mark.parametrize("moment", range(RUNNING))
    def test_an_attempt_that_is_killed_after_its_user_was_deleted(self, tmp_path: Path, moment: int) -> None:
        for dies_at in range(moment, RUNNING):
            world, moments = DatasetWorld(tmp_path), count()
            job = world.add_later()

            def delete_and_die(
                step: str, world: DatasetWorld = world, moments: Iterator[int] = moments, dies_at: int = dies_at
            ) -> None:
                current = next(moments)
                if current == moment:
                    with suppress(Unavailable):  # the rest is left to reconciliation
                        world.here.objects.delete_for_user("ada")
                if current >= dies_at:
                    raise Killed

            with suppress(Killed):
                world.process(delete_and_die).run(job.id)
            world.reconcile_later()
            assert (world.all_records(), world.objects(), world.row_sets()) == ([], set(), set())

    def test_a_file_that_is_not_csv_is_refused_at_once(self, world: DatasetWorld) -> None:
        with pytest.raises(NotCsv):
            world.add(content=b"\x89PNG\r\n\x1a\n", later=True)
        world.assert_empty()

    def test_a_file_that_the_check_refuses_fails_for_good(
        self, world: DatasetWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(results, "MAX_HASHES", 1)
        job = world.add_later()
        world.here.run(job.id)
        job, dataset = world.job(job.id), world.dataset(job.subject_id)
        assert (job.status, job.attempts) == (JobStatus.FAILED, 1)
        assert job.error == "The file has more than 0 rows, the most with 1 unique columns."
        assert (dataset.status, dataset.is_stored) == (DatasetStatus.FAILED, True)
        assert world.row_sets() == set()
        assert b"".join(world.here.service.read(ADA, dataset.id)[1](0)) == CSV
        with pytest.raises(Ended, match="no report"):
            world.here.service.summarise(ADA, dataset.id)

    def test_rows_and_not_lines_count_towards_sync_rows(self, world: DatasetWorld) -> None:
        long = b"id,name\n" + b"".join(b'%d,"%s"\n' % (row, b"\n" * 10) for row in range(200))
        assert world.add(content=long, key=None).job is None
        more = b"id,name\n" + b"".join(b"%d,a\n" % row for row in range(1_001))
        assert world.add(content=more, key=None).job

    def test_a_checked_dataset_stays_checked(self, world: DatasetWorld) -> None:
        job = world.add_later()
        world.here.run(job.id)
        before = world.dataset(job.subject_id)
        world.here.work.abandon(job)
        world.here.work.resume(job)
        assert world.here.work.run(job, lambda _: None) == {"dataset_id": before.id, "status": "findings"}
        assert world.dataset(before.id) == before
        assert world.is_reconciled()

    def test_an_attempt_whose_dataset_is_gone(self, world: DatasetWorld) -> None:
        job = world.add_later()
        world.here.service.delete(caller_of(ADA), job.subject_id)
        world.here.work.abandon(job)
        world.here.work.resume(job)
        assert world.here.work.run(job, lambda _: None) == {"dataset_id": job.subject_id, "status": None}
        assert not world.is_reconciled()

    def test_an_attempt_that_another_one_has_overtaken_returns_the_result_of_that(self, world: DatasetWorld) -> None:
        job = world.add_later()
        overtaken = world.at(0, lambda: world.here.run(job.id))
        assert overtaken.work.run(job, lambda _: None) == {"dataset_id": job.subject_id, "status": "findings"}
        assert_checked(world, job)

    @pytest.mark.parametrize("later", [False, True])
    def test_progress_is_reported(self, world: DatasetWorld, later: bool) -> None:
        reported: list[float] = []
        if later:
            world.here.work.run(world.add_later(), reported.append)
        else:
            incoming = IncomingDataset("x.csv", [CSV], lambda: DatasetDetails("Name"))
            world.here.service.add(ADA, incoming, progress=reported.append)
        assert reported == sorted(reported)
        assert reported[-1] == 1.0


@pytest.mark.parametrize("large", [True, False])
def test_no_request_waits_until_a_large_dataset_is_removed(
    world: DatasetWorld, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    dataset = world.store_one(key=None)
    assert dataset.report
    monkeypatch.setattr("src.domain.datasets.LARGE_ROWS", dataset.report.rows - large)
    world.here.service.delete(caller_of(ADA), dataset.id)
    with pytest.raises(NotFound):
        world.show(ADA, dataset.id)
    assert bool(world.row_sets()) == bool(world.objects()) == large
    assert world.reconcile_later() == large
    world.assert_empty()
    assert world.row_sets() == set()


def test_deleting_a_user_leaves_large_datasets_to_reconciliation(
    world: DatasetWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    large, small = world.store_one(key=None), world.store_one(key=None)
    monkeypatch.setattr("src.domain.datasets.Dataset.is_large", property(lambda stored: stored.id == large.id))
    for _ in range(2):  # repeating the deletion does not postpone the reconciliation
        with pytest.raises(Unavailable):
            world.here.service.objects.delete_for_user(ADA.id)
        assert len(world.row_sets()) == len(world.objects()) == 1
    for dataset in (large, small):
        with pytest.raises(NotFound):
            world.show(ADA, dataset.id)
    assert world.reconcile_later() == 1
    world.here.service.objects.delete_for_user(ADA.id)
    world.assert_empty()


class TestOwners:
    def test_other_users_see_no_rows_and_no_summary(self, world: DatasetWorld) -> None:
        id, service = world.add().dataset.id, world.here.service
        for caller in (ADA, ROOT):
            assert len(service.list_rows(caller, id, None, None, 10)[1].items) == len(VALID)
            assert service.summarise(caller, id)
        with pytest.raises(NotFound):
            service.list_rows(EVE, id, None, None, 10)
        with pytest.raises(NotFound):
            service.summarise(EVE, id)

    def test_rows_are_listed_in_pages_of_any_size(self, world: DatasetWorld) -> None:
        dataset = world.add().dataset
        for limit in (1, 2, 5, 6):
            lines: list[int] = []
            cursor = None
            while True:
                _, page = world.here.service.list_rows(ADA, dataset.id, None, cursor, limit)
                assert 0 < len(page.items) <= limit
                lines += [row.line for row in page.items]
                cursor = page.next
                if cursor is None:
                    break
            assert lines == [2, 3, 4, 5, 6]
        _, page = world.here.service.list_rows(ADA, dataset.id, False, None, 10)
        assert [(row.line, row.valid, row.values) for row in page.items] == [(4, False, ["3"])]

    def test_a_pattern_is_suggested_for_a_column_that_is_sometimes_empty(self, world: DatasetWorld) -> None:
        dataset = world.add(content=b"id,code\n1,AB\n2,\n3,CD\n4,EF\n").dataset

        class PatternAdviser:
            def advise(self, facts: Mapping[str, Any], language: str = "en") -> Advice:
                return Advice("It is fine.", {"code": {"pattern": "[A-Z]{2}"}})

        summariser = Summariser(PatternAdviser(), world.rows, patterns.flaws, patterns.compiled)
        assert dataset.report
        summary = summariser.summarise(dataset.report, dataset.rows_id)
        assert summary.source == "ai"
        assert summary.suggested_schema["code"]["pattern"] == "[A-Z]{2}"

    @pytest.mark.parametrize("cursor", ["", "-1", "x", "1.0", "٣", "9" * 17, "9" * 16, " 1", "1_0"])
    def test_a_bad_cursor_is_refused(self, world: DatasetWorld, cursor: str) -> None:
        dataset = world.add().dataset
        with pytest.raises(Invalid):
            world.here.service.list_rows(ADA, dataset.id, None, cursor, 10)

    def test_nobody_sees_rows_or_a_summary_during_the_check(self, world: DatasetWorld) -> None:
        job = world.add_later()
        looked: list[int] = []

        def look() -> None:
            dataset, page = world.here.service.list_rows(ADA, job.subject_id, None, None, 10)
            looked.append(len(page.items))
            if not dataset.report:
                assert page.items == []
                with pytest.raises(Ended, match="being checked"):
                    world.here.service.summarise(ADA, job.subject_id)

        world.process(lambda _: look()).run(job.id)
        assert looked == [0] * (RUNNING - 3) + [5] * 3

    def test_a_dataset_is_listed_with_its_job_until_it_has_a_report(self, world: DatasetWorld) -> None:
        job = world.add_later()
        service = world.here.service
        assert service.jobs_of([world.dataset(job.subject_id)]) == [world.job(job.id)]
        world.here.run(job.id)
        assert service.jobs_of([world.dataset(job.subject_id), world.add(key=None).dataset]) == [None, None]
