"""Running a job: attempts, waits, postponements and progress."""

import random
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from src.application.jobs import JobRunner, Progress
from src.domain.errors import AttemptFailed, Busy, Ended, PorteroError, Postponed, Unavailable
from src.domain.jobs import LEASE, MAX_ATTEMPTS, Job, JobStatus
from tests.support.races import at_once
from tests.support.working import NOON, FakeHandler, caller_of
from tests.unit.jobs.world import ADA, SECOND, JobWorld, new_job, raising


class TestRun:
    def test_a_successful_job_stores_its_result(self, world: JobWorld) -> None:
        id = world.add()
        assert world.run(id) is None
        job = world.job(id)
        assert (job.status, job.result, job.attempts) == (JobStatus.SUCCEEDED, {"done": id}, 1)
        assert world.work.asked == ["run"]
        assert world.run(id) is None, "once is enough"
        assert world.work.asked == ["run"]

    @pytest.mark.parametrize("result", [None, 0, [], "text", {"a": [None]}])
    def test_a_result_may_be_any_json_value(self, world: JobWorld, result: Any) -> None:
        world.work.does = lambda job, progress: result
        id = world.add()
        world.run(id)
        assert (world.job(id).status, world.job(id).result) == (JobStatus.SUCCEEDED, result)

    def test_running_a_missing_job_does_nothing(self, world: JobWorld) -> None:
        assert world.run("absent") is None
        assert world.run("..") is None

    @pytest.mark.parametrize("error", [AttemptFailed("The service sleeps."), Unavailable("The service sleeps.")])
    def test_failed_attempts_are_repeated_after_growing_waits(self, world: JobWorld, error: PorteroError) -> None:
        world.work.does = raising(error)
        id = world.add()
        for attempt, seconds in enumerate((1, 3, 9), start=1):
            wait = world.run(id)
            assert wait is not None
            assert seconds * 0.75 <= wait <= seconds * 1.25
            job = world.job(id)
            assert (job.status, job.attempts, job.error) == (JobStatus.QUEUED, attempt, "The service sleeps.")
            assert job.run_at == world.watch() + timedelta(seconds=wait)
            world.watch.forward(wait - 0.01)
            assert world.run(id) is None, "too early"
            assert world.job(id) == job
            world.watch.forward(0.01)
        assert world.work.asked == ["run"] * 3
        assert world.run(id) is None
        job = world.job(id)
        assert (job.status, job.attempts, job.error) == (JobStatus.FAILED, MAX_ATTEMPTS, "The service sleeps.")
        assert world.work.asked == ["run"] * MAX_ATTEMPTS + ["abandon"]

    def test_waits_vary_from_job_to_job(self, world: JobWorld) -> None:
        world.work.does = raising(AttemptFailed("No."))
        assert len({world.run(world.add()) for _ in range(10)}) > 5

    def test_a_final_failure_is_not_repeated(self, world: JobWorld) -> None:
        world.work.does = raising(AttemptFailed("It is too large.", final=True))
        id = world.add()
        assert world.run(id) is None
        job = world.job(id)
        assert (job.status, job.attempts, job.error) == (JobStatus.FAILED, 1, "It is too large.")
        assert world.work.asked == ["run", "abandon"]

    def test_the_handler_abandons_before_the_job_is_marked_as_failed(self, world: JobWorld) -> None:
        seen: list[JobStatus] = []
        world.work.does = raising(AttemptFailed("No.", final=True))
        world.work.abandoning = lambda job: seen.append(world.job(job.id).status)
        world.run(world.add())
        assert seen == [JobStatus.RUNNING]

    def test_a_failed_abandonment_is_repeated_later(self, world: JobWorld) -> None:
        def abandon(job: Job) -> None:
            world.work.abandoning = lambda job: None
            raise Unavailable

        world.work.does = raising(AttemptFailed("No.", final=True))
        world.work.abandoning = abandon
        id = world.add()
        with pytest.raises(Unavailable):
            world.run(id)
        assert world.job(id).status is JobStatus.RUNNING
        world.watch.forward(LEASE)
        assert world.run(id) is None
        assert world.job(id).status is JobStatus.FAILED

    def test_a_crash_counts_as_an_attempt_and_its_message_is_not_shown(
        self, world: JobWorld, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.work.does = raising(ZeroDivisionError("secret"))
        id = world.add()
        assert world.run(id)
        job = world.job(id)
        assert (job.status, job.attempts, job.error) == (JobStatus.QUEUED, 1, "Something went wrong here.")
        assert "ZeroDivisionError" in caplog.text

    def test_a_job_can_succeed_after_a_crash(self, world: JobWorld) -> None:
        world.work.does = raising(ZeroDivisionError())
        id = world.add()
        world.watch.forward(world.run(id) or 0)
        world.work.does = FakeHandler().does
        world.run(id)
        job = world.job(id)
        assert (job.status, job.error, job.attempts) == (JobStatus.SUCCEEDED, None, 2)

    def test_a_job_of_an_unknown_kind_fails(self, world: JobWorld) -> None:
        id = world.add(new_job("unknown"))
        assert world.run(id) is None
        job = world.job(id)
        assert job.status is JobStatus.FAILED
        assert "unknown" in (job.error or "")

    def test_one_of_many_workers_runs_a_job(self, world: JobWorld) -> None:
        for _ in range(20):
            world.work.asked.clear()
            id = world.add()

            def run(worker: JobRunner, id: str = id) -> float | None:
                return worker.run(id)

            assert at_once(run, [world.worker() for _ in range(8)]) == [None] * 8
            assert world.work.asked == ["run"]
            assert (world.job(id).status, world.job(id).attempts) == (JobStatus.SUCCEEDED, 1)


class TestPostponed:
    """A job is postponed when its service failed a moment ago and is not called again yet."""

    def test_a_postponed_job_is_put_back_until_the_service_may_be_asked(self, world: JobWorld) -> None:
        world.work.does = raising(Postponed("It rests.", retry_after=5))
        id = world.add()
        wait = world.run(id)
        assert wait is not None
        assert 5 <= wait <= 6
        job = world.job(id)
        assert (job.status, job.attempts, job.error) == (JobStatus.QUEUED, 0, "It rests.")
        assert job.run_at == world.watch() + timedelta(seconds=wait)
        world.watch.forward(wait)
        world.work.does = FakeHandler().does
        assert world.run(id) is None
        job = world.job(id)
        assert (job.status, job.attempts, job.error) == (JobStatus.SUCCEEDED, 1, None)

    def test_jobs_postponed_together_come_back_at_different_times(self, world: JobWorld) -> None:
        world.work.does = raising(Postponed("It rests.", retry_after=0.01))
        waits = [world.run(world.add()) or 0 for _ in range(100)]
        assert len(set(waits)) > 90
        assert max(waits) - min(waits) > 0.5

    @pytest.mark.parametrize(("failed", "seconds"), [(0, 3), (1, 12), (2, 24), (3, 43)])
    def test_a_late_postponement_counts_as_a_failure(self, world: JobWorld, failed: int, seconds: int) -> None:
        world.work.does = raising(Postponed("It rests.", retry_after=5))
        young, old = (world.add(new_job(attempts=failed)) for _ in range(2))
        world.watch.forward(seconds)
        assert world.run(young)
        assert (world.job(young).attempts, world.job(young).status) == (failed, JobStatus.QUEUED)
        world.watch.forward(0.01)
        wait = world.run(old)
        job = world.job(old)
        assert (job.attempts, job.error) == (failed + 1, "It rests.")
        assert job.status is (JobStatus.FAILED if failed == 3 else JobStatus.QUEUED)
        assert wait == (None if failed == 3 else pytest.approx(world.work.waits[failed], rel=0.25))

    def test_a_job_that_waits_for_its_turn_never_fails(self, world: JobWorld) -> None:
        world.work.does = raising(Busy("Others come first.", retry_after=5))
        id = world.add(new_job(attempts=3))
        world.watch.forward(86_400)
        assert world.run(id)
        job = world.job(id)
        assert (job.status, job.attempts, job.error) == (JobStatus.QUEUED, 3, "Others come first.")

    @pytest.mark.parametrize("seed", range(20))
    def test_a_picture_is_ready_or_failed_within_a_minute(
        self, world: JobWorld, monkeypatch: pytest.MonkeyPatch, seed: int
    ) -> None:
        """This holds for every sequence of postponements and attempts of 8 seconds."""
        chance = random.Random(seed)
        monkeypatch.setattr(random, "uniform", chance.choice([max, chance.uniform]))

        def work(job: Job, progress: Progress) -> None:
            if chance.random() < seed / 20:
                world.watch.forward(8)
                raise AttemptFailed("No.")
            raise Postponed("It rests.", retry_after=chance.choice([0, 5]))

        world.work.does = work
        id = world.add()
        while (wait := world.run(id)) is not None:
            world.watch.forward(wait)
        assert (world.job(id).status, world.job(id).attempts) == (JobStatus.FAILED, MAX_ATTEMPTS)
        assert world.watch() - NOON < timedelta(seconds=58)

    @pytest.mark.parametrize("failed", range(MAX_ATTEMPTS))
    def test_the_slowest_picture_takes_almost_a_minute(
        self, world: JobWorld, monkeypatch: pytest.MonkeyPatch, failed: int
    ) -> None:
        """The job is postponed at the last moment, and then each remaining attempt takes the longest time."""
        monkeypatch.setattr(random, "uniform", max)
        world.work.does = raising(Postponed("It rests.", retry_after=5))
        id = world.add(new_job(attempts=failed))
        world.watch.forward((3, 12, 24, 43)[failed])
        world.watch.forward(world.run(id) or 0)

        def fail(job: Job, progress: Progress) -> None:
            world.watch.forward(8)
            raise AttemptFailed("No.")

        world.work.does = fail
        while (wait := world.run(id)) is not None:
            world.watch.forward(wait)
        assert world.job(id).status is JobStatus.FAILED
        assert timedelta(seconds=56) < world.watch() - NOON < timedelta(seconds=58)


class TestProgress:
    def test_progress_is_stored_once_a_second_at_most(self, world: JobWorld) -> None:
        seen: list[float] = []

        def work(job: Job, progress: Progress) -> None:
            for step in range(8):
                progress(step / 8)
                seen.append(world.job(job.id).progress)
                world.watch.forward(0.5)

        world.work.does = work
        world.run(world.add())
        assert seen == [0.0, 0.0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75]

    def test_a_report_renews_the_lease(self, world: JobWorld) -> None:
        def work(job: Job, progress: Progress) -> None:
            for _ in range(5):
                world.watch.forward(LEASE - SECOND)
                assert world.worker().run(job.id) is None
                progress(0.1)

        world.work.does = work
        id = world.add()
        world.run(id)
        assert (world.job(id).status, world.job(id).attempts) == (JobStatus.SUCCEEDED, 1)


class TestEverythingAtOnce:
    @pytest.mark.parametrize("round", range(5))
    def test_each_job_runs_once_while_many_workers_run_send_and_cancel(self, world: JobWorld, round: int) -> None:
        results: list[str] = []
        world.work.does = lambda job, progress: results.append(job.id)
        ids = [world.add(new_job(due_at=NOON)) for _ in range(10)]

        def act(number: int) -> None:
            run = world.worker().run
            for id in ids[number:] + ids[:number]:
                run(id)
                if number == 9:
                    with suppress(Ended):
                        world.service.cancel(caller_of(ADA), id)
            world.service.resend()

        assert at_once(act, range(10)) == [None] * 10
        ended = [world.job(id).status for id in ids]
        assert set(ended) <= {JobStatus.SUCCEEDED, JobStatus.CANCELLED}
        assert len(results) == len(set(results)), "no job ran twice"
        assert {id for id, status in zip(ids, ended, strict=True) if status is JobStatus.SUCCEEDED} <= set(results)
