"""Jobs: the states they go through, who runs them, and who sends them again. Nothing here waits for a clock."""

import random
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from src.application import jobs as application
from src.application.jobs import JobRunner, JobService, Progress
from src.domain.errors import AttemptFailed, Ended, NotFound, PorteroError, Postponed, Unavailable
from src.domain.jobs import LEASE, MAX_ATTEMPTS, RESEND, RETENTION, Job, JobRepository, JobStatus, NotRunnable
from src.domain.values import Role
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.stores.memory import MemoryStore
from tests.support.races import at_once
from tests.support.remote import Observed
from tests.support.working import NOON, FakeHandler, RecordingQueue, Watch, person

SECOND = timedelta(seconds=1)
ADA = person()


def new_job(kind: str = "test", **fields: Any) -> Job:
    return replace(Job.new(kind=kind, subject_id="subject", user_id="ada", now=NOON), **fields)


def in_state(status: JobStatus) -> Job:
    """A job of ticket ``mine`` that came to this status at noon."""
    running = new_job().started("mine", NOON)
    match status:
        case JobStatus.QUEUED:
            return new_job()
        case JobStatus.RUNNING:
            return running
        case JobStatus.SUCCEEDED:
            return running.succeeded("mine", {"a": 1}, NOON)
        case JobStatus.FAILED:
            return running.failed("mine", "No.", NOON)
        case JobStatus.CANCELLED:
            return new_job().cancelled(NOON)


STEPS: dict[str, Callable[[Job], Job]] = {
    "start": lambda job: job.started("another", NOON),
    "renew": lambda job: job.renewed("mine", NOON),
    "succeed": lambda job: job.succeeded("mine", None, NOON),
    "fail": lambda job: job.failed("mine", "No.", NOON),
    "put back": lambda job: job.put_back("mine", NOON, error="No."),
    "postpone": lambda job: job.postponed("mine", NOON, wait=SECOND, error="No."),
    "cancel": lambda job: job.cancelled(NOON),
    "revive": lambda job: job.retried(NOON),
}
ALLOWED = {
    ("start", JobStatus.QUEUED): JobStatus.RUNNING,
    ("renew", JobStatus.RUNNING): JobStatus.RUNNING,
    ("succeed", JobStatus.RUNNING): JobStatus.SUCCEEDED,
    ("fail", JobStatus.RUNNING): JobStatus.FAILED,
    ("put back", JobStatus.RUNNING): JobStatus.QUEUED,
    ("postpone", JobStatus.RUNNING): JobStatus.QUEUED,
    ("cancel", JobStatus.QUEUED): JobStatus.CANCELLED,
    ("cancel", JobStatus.RUNNING): JobStatus.CANCELLED,
    ("cancel", JobStatus.CANCELLED): JobStatus.CANCELLED,
    ("revive", JobStatus.FAILED): JobStatus.QUEUED,
    ("revive", JobStatus.CANCELLED): JobStatus.QUEUED,
}


class TestStates:
    @pytest.mark.parametrize("status", JobStatus)
    @pytest.mark.parametrize("step", STEPS)
    def test_every_step_from_every_status(self, step: str, status: JobStatus) -> None:
        job = in_state(status)
        assert job.status is status
        if goal := ALLOWED.get((step, status)):
            assert STEPS[step](job).status is goal
            return
        with pytest.raises(Ended if step == "cancel" else NotRunnable):
            STEPS[step](job)

    @pytest.mark.parametrize("step", ["renew", "succeed", "fail", "put back", "postpone"])
    def test_who_comes_with_another_ticket_comes_too_late(self, step: str) -> None:
        taken_over = in_state(JobStatus.RUNNING).started("another", NOON + LEASE)
        with pytest.raises(NotRunnable):
            STEPS[step](taken_over)
        with pytest.raises(NotRunnable):
            STEPS[step](replace(in_state(JobStatus.RUNNING), ticket=None))

    def test_a_new_one_can_run_now_and_is_sent_again_if_nobody_does(self) -> None:
        job = new_job()
        assert (job.status, job.attempts, job.progress) == (JobStatus.QUEUED, 0, 0.0)
        assert (job.run_at, job.due_at, job.expires_at) == (NOON, NOON + RESEND, None)

    def test_a_started_one_is_leased(self) -> None:
        job = new_job().started("mine", NOON)
        assert (job.ticket, job.attempts, job.updated_at) == ("mine", 1, NOON)
        assert (job.run_at, job.due_at) == (NOON + LEASE, NOON + LEASE)
        with pytest.raises(NotRunnable):
            job.started("another", NOON + LEASE - timedelta(microseconds=1))
        assert job.started("another", NOON + LEASE).attempts == 2

    def test_a_renewed_one_is_leased_for_longer(self) -> None:
        job = in_state(JobStatus.RUNNING).renewed("mine", NOON + SECOND)
        assert (job.run_at, job.due_at, job.attempts) == (NOON + SECOND + LEASE, NOON + SECOND + LEASE, 1)

    def test_progress_never_falls_and_is_never_more_than_all(self) -> None:
        job, seen = in_state(JobStatus.RUNNING), []
        for progress in (0.2, 0.1, -1.0, 0.5, 7.0, 0.3, float("nan")):
            job = job.renewed("mine", NOON, progress)
            seen.append(job.progress)
        assert seen == [0.2, 0.2, 0.2, 0.5, 0.99, 0.99, 0.99], "only success is all of it"
        again = job.put_back("mine", NOON, error="No.").started("mine", NOON)
        assert again.progress == again.renewed("mine", NOON, 0.1).progress == 0.99
        assert again.succeeded("mine", None, NOON).progress == 1.0
        stored_before = replace(job, progress=1.0)
        assert stored_before.renewed("mine", NOON, 0.5).progress == 1.0

    @pytest.mark.parametrize("status", [status for status in JobStatus if status.ended])
    def test_what_has_ended_is_kept_for_a_while_and_sent_to_nobody(self, status: JobStatus) -> None:
        job = in_state(status)
        assert (job.ticket, job.due_at, job.expires_at, job.updated_at) == (None, None, NOON + RETENTION, NOON)
        assert job.sent(None, NOON) == job

    def test_success_forgets_the_errors_before_it(self) -> None:
        job = in_state(JobStatus.RUNNING).put_back("mine", NOON, error="No.").started("mine", NOON)
        assert job.error == "No."
        done = job.succeeded("mine", {"a": 1}, NOON)
        assert (done.result, done.error, done.progress) == ({"a": 1}, None, 1.0)

    def test_put_back_with_an_error_it_waits_and_counts(self) -> None:
        job = in_state(JobStatus.RUNNING).put_back("mine", NOON, wait=SECOND, error="No.")
        assert (job.attempts, job.error, job.ticket) == (1, "No.", None)
        assert (job.run_at, job.due_at) == (NOON + SECOND, NOON + SECOND + RESEND)
        with pytest.raises(NotRunnable):
            job.started("another", NOON)

    def test_put_back_without_an_error_it_does_neither(self) -> None:
        failed_once = in_state(JobStatus.RUNNING).put_back("mine", NOON, error="No.").started("mine", NOON)
        job = failed_once.put_back("mine", NOON + SECOND, error=None)
        assert (job.attempts, job.error) == (1, "No.")
        assert (job.run_at, job.due_at) == (NOON + SECOND, NOON + SECOND)

    def test_postponed_it_waits_and_says_why_and_does_not_count(self) -> None:
        failed_once = in_state(JobStatus.RUNNING).put_back("mine", NOON, error="No.").started("mine", NOON)
        job = failed_once.postponed("mine", NOON, wait=SECOND, error="Not now.")
        assert (job.attempts, job.error, job.ticket) == (1, "Not now.", None)
        assert (job.run_at, job.due_at) == (NOON + SECOND, NOON + SECOND + RESEND), "its own message wakes it"
        with pytest.raises(NotRunnable):
            job.started("another", NOON)
        assert job.started("another", NOON + SECOND).attempts == 2

    def test_a_revived_one_has_all_attempts_again(self) -> None:
        job = replace(in_state(JobStatus.FAILED), attempts=4).retried(NOON + SECOND)
        assert (job.attempts, job.run_at, job.due_at, job.expires_at) == (0, NOON + SECOND, NOON + SECOND, None)

    def test_sent_it_is_due_later_unless_something_happened_since(self) -> None:
        job = in_state(JobStatus.RUNNING)
        sent = job.sent(job.due_at, NOON + LEASE)
        assert sent == replace(job, due_at=NOON + LEASE + RESEND)
        assert sent.started("another", NOON + LEASE), "a dead worker keeps it no longer"
        renewed = job.renewed("mine", NOON + SECOND)
        assert renewed.sent(job.due_at, NOON + LEASE) == renewed


class World:
    """Workers and a store, with something that can be made to happen before or after any update of a job; once."""

    def __init__(self) -> None:
        self.watch = Watch()
        self.stored = Jobs(MemoryStore())
        self.events: dict[str, list[Callable[[], object]]] = {}
        self.work = FakeHandler()
        self.bell = RecordingQueue()
        self.runner = self.worker()
        self.run = self.runner.run
        self.service = JobService(jobs=self.jobs(), queue=self.bell, runner=self.runner, clock=self.watch)

    def jobs(self) -> JobRepository:
        return cast(JobRepository, Observed(self.stored, {"update"}, self._observe))

    def worker(self, pause: float = 0, stopping: threading.Event | None = None) -> JobRunner:
        """One in a process of its own."""
        handlers = {"test": self.work}
        return JobRunner(
            jobs=self.jobs(),
            handlers=handlers,
            delay=timedelta(seconds=pause),
            clock=self.watch,
            stopping=stopping or threading.Event(),
        )

    def on(self, step: str, event: Callable[[], object]) -> None:
        self.events.setdefault(step, []).append(event)

    def fail(self, step: str, error: BaseException) -> None:
        def fail() -> None:
            raise error

        self.on(step, fail)

    def skip(self, step: str) -> None:
        self.on(step, lambda: None)

    def add(self, job: Job | None = None) -> str:
        job = job or new_job()
        self.stored._store.commit(self.stored.write(job))
        return job.id

    def job(self, id: str) -> Job:
        job = self.stored.get(id)
        assert job
        return job

    def start_and_die(self, id: str) -> None:
        """What is left of a worker that was killed."""
        self.stored.update(id, lambda job: job.started("dead", self.watch()))

    def _observe(self, step: str) -> None:
        if events := self.events.get(step):
            events.pop(0)()


@pytest.fixture
def world() -> World:
    return World()


def raising(error: BaseException) -> Callable[[Job, Progress], Any]:
    def work(job: Job, progress: Progress) -> Any:
        raise error

    return work


class TestRun:
    def test_success(self, world: World) -> None:
        id = world.add()
        assert world.run(id) is None
        job = world.job(id)
        assert (job.status, job.result, job.attempts) == (JobStatus.SUCCEEDED, {"done": id}, 1)
        assert world.work.asked == ["run"]
        assert world.run(id) is None, "once is enough"
        assert world.work.asked == ["run"]

    @pytest.mark.parametrize("result", [None, 0, [], "text", {"a": [None]}])
    def test_a_result_of_any_kind(self, world: World, result: Any) -> None:
        world.work.does = lambda job, progress: result
        id = world.add()
        world.run(id)
        assert (world.job(id).status, world.job(id).result) == (JobStatus.SUCCEEDED, result)

    def test_one_that_is_not_there(self, world: World) -> None:
        assert world.run("absent") is None
        assert world.run("..") is None

    @pytest.mark.parametrize("error", [AttemptFailed("The service sleeps."), Unavailable("The service sleeps.")])
    def test_an_attempt_that_failed_is_repeated_later_and_later(self, world: World, error: PorteroError) -> None:
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

    def test_no_two_jobs_wait_for_exactly_as_long(self, world: World) -> None:
        world.work.does = raising(AttemptFailed("No."))
        assert len({world.run(world.add()) for _ in range(10)}) > 5

    def test_what_cannot_get_better_is_not_repeated(self, world: World) -> None:
        world.work.does = raising(AttemptFailed("It is too large.", final=True))
        id = world.add()
        assert world.run(id) is None
        job = world.job(id)
        assert (job.status, job.attempts, job.error) == (JobStatus.FAILED, 1, "It is too large.")
        assert world.work.asked == ["run", "abandon"]

    def test_it_is_abandoned_before_it_says_so(self, world: World) -> None:
        seen: list[JobStatus] = []
        world.work.does = raising(AttemptFailed("No.", final=True))
        world.work.abandoning = lambda job: seen.append(world.job(job.id).status)
        world.run(world.add())
        assert seen == [JobStatus.RUNNING]

    def test_what_could_not_be_abandoned_is_abandoned_later(self, world: World) -> None:
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

    def test_a_crash_counts_as_an_attempt_and_gives_nothing_away(
        self, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.work.does = raising(ZeroDivisionError("secret"))
        id = world.add()
        assert world.run(id)
        job = world.job(id)
        assert (job.status, job.attempts, job.error) == (JobStatus.QUEUED, 1, "Something went wrong here.")
        assert "ZeroDivisionError" in caplog.text

    def test_after_a_crash_it_can_succeed(self, world: World) -> None:
        world.work.does = raising(ZeroDivisionError())
        id = world.add()
        world.watch.forward(world.run(id) or 0)
        world.work.does = FakeHandler().does
        world.run(id)
        job = world.job(id)
        assert (job.status, job.error, job.attempts) == (JobStatus.SUCCEEDED, None, 2)

    def test_what_nobody_here_can_do_fails(self, world: World) -> None:
        id = world.add(new_job("unknown"))
        assert world.run(id) is None
        job = world.job(id)
        assert job.status is JobStatus.FAILED
        assert "unknown" in (job.error or "")

    def test_of_many_workers_with_one_job_one_runs_it(self, world: World) -> None:
        for _ in range(20):
            world.work.asked.clear()
            id = world.add()

            def run(worker: JobRunner, id: str = id) -> float | None:
                return worker.run(id)

            assert at_once(run, [world.worker() for _ in range(8)]) == [None] * 8
            assert world.work.asked == ["run"]
            assert (world.job(id).status, world.job(id).attempts) == (JobStatus.SUCCEEDED, 1)


class TestPostponed:
    """By a service that failed a moment ago, and is not asked."""

    def test_it_is_put_back_until_the_service_may_be_asked(self, world: World) -> None:
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

    def test_those_postponed_together_come_back_one_by_one(self, world: World) -> None:
        world.work.does = raising(Postponed("It rests.", retry_after=0.01))
        waits = [world.run(world.add()) or 0 for _ in range(100)]
        assert len(set(waits)) > 90
        assert max(waits) - min(waits) > 0.5

    @pytest.mark.parametrize(("failed", "seconds"), [(0, 3), (1, 12), (2, 24), (3, 43)])
    def test_it_counts_when_time_is_getting_short(self, world: World, failed: int, seconds: int) -> None:
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

    @pytest.mark.parametrize("seed", range(20))
    def test_a_picture_has_its_outcome_within_a_minute(
        self, world: World, monkeypatch: pytest.MonkeyPatch, seed: int
    ) -> None:
        """However postponements and attempts of 8 seconds take turns."""
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
    def test_at_the_worst_that_is_just_before_the_minute_is_over(
        self, world: World, monkeypatch: pytest.MonkeyPatch, failed: int
    ) -> None:
        """Postponed at the last moment, and then each attempt that is left takes as long as it may."""
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


class TestDeadWorkers:
    def test_their_job_is_taken_over_when_the_lease_is_over(self, world: World) -> None:
        id = world.add()
        world.start_and_die(id)
        world.watch.forward(LEASE - SECOND)
        assert world.run(id) is None
        assert world.work.asked == []
        world.watch.forward(SECOND)
        world.run(id)
        assert (world.job(id).status, world.job(id).attempts) == (JobStatus.SUCCEEDED, 2)

    def test_a_job_that_kills_them_is_given_up(self, world: World) -> None:
        id = world.add()
        for _ in range(MAX_ATTEMPTS):
            world.start_and_die(id)
            world.watch.forward(LEASE)
        assert world.run(id) is None
        job = world.job(id)
        assert (job.status, job.error) == (JobStatus.FAILED, "No worker survived it.")
        assert world.work.asked == ["abandon"], "it is not run once more"

    def test_one_that_comes_back_to_life_stores_nothing(self, world: World) -> None:
        def sleep(job: Job, progress: Progress) -> str:
            world.watch.forward(LEASE)
            world.work.does = lambda job, progress: "second"
            assert world.worker().run(job.id) is None
            return "first"

        world.work.does = sleep
        id = world.add()
        assert world.run(id) is None
        job = world.job(id)
        assert (job.status, job.result, job.attempts) == (JobStatus.SUCCEEDED, "second", 2)

    @pytest.mark.parametrize("outcome", [AttemptFailed("No."), AttemptFailed("No.", final=True), ZeroDivisionError()])
    def test_one_that_comes_back_and_fails_spoils_nothing(self, world: World, outcome: Exception) -> None:
        def sleep(job: Job, progress: Progress) -> None:
            world.watch.forward(LEASE)
            world.start_and_die(job.id)
            raise outcome

        world.work.does = sleep
        id = world.add()
        assert world.run(id) is None
        assert (world.job(id).status, world.job(id).ticket) == (JobStatus.RUNNING, "dead")


class TestTheStoreIsAway:
    def test_when_it_begins(self, world: World) -> None:
        world.fail("before update", Unavailable())
        id = world.add()
        with pytest.raises(Unavailable):
            world.run(id)
        assert world.work.asked == []
        assert world.run(id) is None
        assert world.job(id).status is JobStatus.SUCCEEDED

    def test_when_it_ends(self, world: World) -> None:
        world.skip("before update")
        world.fail("before update", Unavailable())
        id = world.add()
        with pytest.raises(Unavailable):
            world.run(id)
        assert world.job(id).status is JobStatus.RUNNING
        world.watch.forward(LEASE)
        assert world.run(id) is None
        assert (world.job(id).status, world.job(id).attempts) == (JobStatus.SUCCEEDED, 2)

    def test_when_it_says_that_it_ended(self, world: World) -> None:
        world.skip("after update")
        world.fail("after update", Unavailable())
        id = world.add()
        with pytest.raises(Unavailable):
            world.run(id)
        world.watch.forward(LEASE)
        assert world.run(id) is None
        assert world.job(id).status is JobStatus.SUCCEEDED
        assert world.work.asked == ["run"]


class TestCancelled:
    def test_while_it_runs_its_result_is_not_stored(self, world: World) -> None:
        world.work.does = lambda job, progress: world.service.cancel(ADA, job.id)
        id = world.add()
        assert world.run(id) is None
        job = world.job(id)
        assert (job.status, job.result) == (JobStatus.CANCELLED, None)
        assert world.work.asked == ["run", "abandon"]

    def test_while_it_runs_it_learns_so_at_its_next_report(self, world: World) -> None:
        went_on: list[str] = []

        def work(job: Job, progress: Progress) -> None:
            world.service.cancel(ADA, job.id)
            progress(0.5)
            went_on.append(job.id)

        world.work.does = work
        id = world.add()
        assert world.run(id) is None
        assert went_on == []
        assert (world.job(id).status, world.job(id).progress) == (JobStatus.CANCELLED, 0.0)

    def test_removed_while_it_runs_it_learns_so_too(self, world: World) -> None:
        def work(job: Job, progress: Progress) -> None:
            world.service.remove_of("ada")
            progress(0.5)
            pytest.fail("it goes on")

        world.work.does = work
        id = world.add()
        assert world.run(id) is None
        assert world.stored.get(id) is None

    def test_before_it_runs_it_is_not_run(self, world: World) -> None:
        id = world.add()
        world.service.cancel(ADA, id)
        assert world.run(id) is None
        assert world.work.asked == ["abandon"]
        world.service.cancel(ADA, id)
        assert world.job(id).status is JobStatus.CANCELLED

    def test_when_it_has_ended_it_is_too_late(self, world: World) -> None:
        id = world.add()
        world.run(id)
        with pytest.raises(Ended):
            world.service.cancel(ADA, id)
        assert world.work.asked == ["run"], "what is done is not abandoned"


class TestReports:
    def test_are_seen_but_stored_once_a_second_at_most(self, world: World) -> None:
        seen: list[float] = []

        def work(job: Job, progress: Progress) -> None:
            for step in range(8):
                progress(step / 8)
                seen.append(world.job(job.id).progress)
                world.watch.forward(0.5)

        world.work.does = work
        world.run(world.add())
        assert seen == [0.0, 0.0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75]

    def test_keep_the_lease(self, world: World) -> None:
        def work(job: Job, progress: Progress) -> None:
            for _ in range(5):
                world.watch.forward(LEASE - SECOND)
                assert world.worker().run(job.id) is None
                progress(0.1)

        world.work.does = work
        id = world.add()
        world.run(id)
        assert (world.job(id).status, world.job(id).attempts) == (JobStatus.SUCCEEDED, 1)


class TestLease:
    @pytest.fixture(autouse=True)
    def _quickly(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(application, "_RENEW_EVERY", timedelta(milliseconds=1))

    def until(self, world: World, step: str, count: int = 2) -> threading.Event:
        """Set when a step has happened so many times from now on."""
        happened, left = threading.Event(), [count]

        def count_down() -> None:
            left[0] -= 1
            happened.set() if left[0] <= 0 else world.on(step, count_down)

        world.on(step, count_down)
        return happened

    def test_of_a_slow_step_is_renewed(self, world: World) -> None:
        def work(job: Job, progress: Progress) -> str:
            for _ in range(5):
                world.watch.forward(LEASE - SECOND)
                # Of two updates, one at least began after the clock moved.
                assert self.until(world, "after update").wait(10)
                assert world.job(job.id).run_at == world.watch() + LEASE
                assert world.worker().run(job.id) is None
            return "done"

        world.work.does = work
        id = world.add()
        world.run(id)
        assert (world.job(id).result, world.job(id).attempts) == ("done", 1)

    def test_is_not_when_nobody_wants_it_any_more(self, world: World) -> None:
        def work(job: Job, progress: Progress) -> str:
            world.service.cancel(ADA, job.id)
            [lease] = [thread for thread in threading.enumerate() if thread.name == "lease"]
            lease.join(10)
            assert not lease.is_alive()
            return "done"

        world.work.does = work
        world.run(world.add())

    def test_is_although_the_store_is_away_for_a_while(self, world: World) -> None:
        def work(job: Job, progress: Progress) -> None:
            for _ in range(2):
                world.fail("before update", Unavailable())
            assert self.until(world, "after update").wait(10)

        world.work.does = work
        id = world.add()
        world.run(id)
        assert world.job(id).status is JobStatus.SUCCEEDED

    def test_ends_with_the_job(self, world: World) -> None:
        world.run(world.add())
        for thread in threading.enumerate():
            if thread.name == "lease":
                thread.join(10)
                assert not thread.is_alive()


class Pause(threading.Event):
    """Time passes on the watch while somebody waits for it."""

    def __init__(self, watch: Watch, stops_after: float = float("inf")) -> None:
        super().__init__()
        self.waits: list[float] = []
        self._watch = watch
        self._left = stops_after

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.waits.append(timeout)
        self._watch.forward(timeout)
        self._left -= timeout
        if self._left <= 0:
            self.set()
        return self.is_set()


class TestPause:
    def test_there_is_something_to_watch(self, world: World) -> None:
        seen: list[float] = []
        id = world.add()
        for _ in range(20):
            world.on("after update", lambda: seen.append(world.job(id).progress))
        pause = Pause(world.watch)
        assert world.worker(30, pause).run(id) is None
        assert pause.waits == [3.0] * 10
        assert seen[1:-1] == pytest.approx([step / 10 for step in range(10)])
        assert world.job(id).status is JobStatus.SUCCEEDED

    def test_who_stops_meanwhile_hands_the_job_back(self, world: World) -> None:
        id = world.add()
        assert world.worker(30, Pause(world.watch, stops_after=10)).run(id) is None
        job = world.job(id)
        assert (job.status, job.attempts, job.error, job.ticket) == (JobStatus.QUEUED, 0, None, None)
        assert job.due_at == job.run_at == world.watch()
        assert world.work.asked == []
        world.run(id)
        assert (world.job(id).status, world.job(id).attempts) == (JobStatus.SUCCEEDED, 1)

    def test_who_cancels_meanwhile_need_not_wait(self, world: World) -> None:
        id = world.add()
        world.skip("after update")
        world.on("after update", lambda: world.service.cancel(ADA, id))
        pause = Pause(world.watch)
        assert world.worker(30, pause).run(id) is None
        assert len(pause.waits) == 1
        assert world.work.asked == ["abandon"]


class TestHandBack:
    def test_others_run_what_this_process_could_not_finish(self, world: World) -> None:
        def work(job: Job, progress: Progress) -> str:
            world.runner.hand_back()
            handed = world.job(job.id)
            assert (handed.status, handed.attempts, handed.due_at) == (JobStatus.QUEUED, 0, world.watch())
            world.work.does = lambda job, progress: "second"
            assert world.worker().run(job.id) is None
            return "first"

        world.work.does = work
        id = world.add()
        assert world.run(id) is None
        assert (world.job(id).result, world.job(id).attempts) == ("second", 1)

    def test_a_process_that_stops_starts_no_job(self, world: World) -> None:
        id = world.add()
        before = world.job(id)
        world.runner.stopping.set()
        assert world.run(id) is None
        assert (world.job(id), world.work.asked) == (before, [])
        assert world.worker().run(id) is None
        assert world.job(id).status is JobStatus.SUCCEEDED

    def test_nothing_of_what_has_ended(self, world: World) -> None:
        ids = [world.add() for _ in range(2)]
        world.run(ids[0])
        world.work.does = raising(AttemptFailed("No."))
        world.run(ids[1])
        before = [world.job(id) for id in ids]
        world.runner.hand_back()
        assert [world.job(id) for id in ids] == before

    def test_all_that_can_be(self, world: World) -> None:
        """Of one that is gone and one that the store does not take, the third does not suffer."""
        ids = [world.add() for _ in range(3)]
        for id in ids:
            world.runner._running[f"ticket {id}"] = id
            world.stored.update(id, lambda job: job.started(f"ticket {job.id}", world.watch()))
        world.stored.remove(ids[0])
        world.skip("before update")
        world.fail("before update", Unavailable())
        world.runner.hand_back()
        assert [world.job(id).status for id in ids[1:]] == [JobStatus.RUNNING, JobStatus.QUEUED]

    def test_also_what_another_thread_of_the_process_lost(self, world: World) -> None:
        """One thread slept for longer than its lease, another one took over; the first one's end is not its end."""

        def second(job: Job, progress: Progress) -> str:
            awake.set()
            assert first_ended.wait(10)
            world.runner.hand_back()
            handed.append(world.job(job.id))
            return "second"

        def first(job: Job, progress: Progress) -> str:
            world.watch.forward(LEASE)
            world.work.does = second
            thread.start()
            assert awake.wait(10)
            return "first"

        handed: list[Job] = []
        awake, first_ended = threading.Event(), threading.Event()
        world.work.does = first
        id = world.add()
        thread = threading.Thread(target=world.run, args=(id,))
        world.run(id)
        first_ended.set()
        thread.join(10)
        assert [(job.status, job.error) for job in handed] == [(JobStatus.QUEUED, None)]


class TestResend:
    def test_what_is_due_and_nothing_else(self, world: World) -> None:
        fresh = world.add()
        world.watch.forward(RESEND)
        due = world.add(new_job(due_at=world.watch()))
        world.add(new_job(due_at=world.watch() + SECOND))
        world.add(in_state(JobStatus.SUCCEEDED))
        assert world.service.resend() == 2
        assert sorted(world.bell.sent) == sorted([fresh, due])
        assert world.service.resend() == 0, "not twice"
        world.watch.forward(RESEND)
        assert world.service.resend() == 3
        assert world.job(due).status is JobStatus.QUEUED

    def test_the_longest_due_first(self, world: World) -> None:
        ids = [world.add(new_job(due_at=NOON - at * SECOND)) for at in range(5)]
        world.service.resend()
        assert world.bell.sent == ids[::-1]

    def test_stops_when_the_queue_takes_no_more(self, world: World) -> None:
        ids = [world.add(new_job(due_at=NOON - at * SECOND)) for at in range(4)]
        world.bell.takes = 1
        assert world.service.resend() == 1
        assert world.bell.refused == 1, "each of the others would take as long to be refused"
        due = [world.job(id).due_at for id in ids]
        assert due == [NOON, NOON - SECOND, NOON - 2 * SECOND, NOON + RESEND]
        world.bell.takes = None
        assert world.service.resend() == 3

    def test_a_dead_worker_keeps_its_job_no_longer(self, world: World) -> None:
        id = world.add()
        world.start_and_die(id)
        world.watch.forward(LEASE)
        lease = world.job(id).run_at
        assert world.service.resend() == 1
        assert world.job(id).run_at == lease
        assert world.run(world.bell.sent.pop()) is None
        assert world.job(id).status is JobStatus.SUCCEEDED

    def test_a_living_worker_is_left_alone(self, world: World) -> None:
        def work(job: Job, progress: Progress) -> None:
            for _ in range(5):
                world.watch.forward(LEASE - SECOND)
                assert world.service.resend() == 0
                progress(0.5)

        world.work.does = work
        id = world.add()
        world.run(id)
        assert world.job(id).status is JobStatus.SUCCEEDED

    def test_what_began_between_the_look_and_the_message_is_not_disturbed(self, world: World) -> None:
        id = world.add(new_job(due_at=NOON))
        world.on("before update", lambda: world.start_and_die(id))
        assert world.service.resend() == 1
        assert world.job(id) == replace(
            in_state(JobStatus.RUNNING), id=id, ticket="dead", revision=world.job(id).revision
        )

    def test_jobs_removed_meanwhile_are_none(self, world: World) -> None:
        ids = [world.add(new_job(due_at=NOON)) for _ in range(3)]

        def remove() -> None:
            for id in ids[:2]:
                world.stored.remove(id)

        world.on("before update", remove)
        assert world.service.resend() == 3
        assert world.stored.several(*ids[:2]) == [None, None]

    def test_many_processes_lose_and_disturb_nothing(self, world: World) -> None:
        ids = {world.add(new_job(due_at=NOON)) for _ in range(30)}
        outcomes = at_once(lambda service: service.resend(), [world.service] * 4)
        assert all(isinstance(outcome, int) for outcome in outcomes)
        assert set(world.bell.sent) == ids
        assert world.service.resend() == 0


class TestService:
    def test_a_job_is_shown_to_its_owner_and_to_admins(self, world: World) -> None:
        id = world.add()
        for caller in (ADA, person("root", Role.ADMIN)):
            assert world.service.show(caller, id).id == id
        for caller in (person("eve"), person("eve", Role.UPLOADER)):
            with pytest.raises(NotFound):
                world.service.show(caller, id)
            with pytest.raises(NotFound):
                world.service.cancel(caller, id)
        with pytest.raises(NotFound):
            world.service.show(ADA, "absent")
        assert world.job(id).status is JobStatus.QUEUED

    def test_all_of_them_for_operators(self, world: World) -> None:
        world.add()
        failed = world.add(in_state(JobStatus.FAILED))
        assert [job.id for job in world.service.list(JobStatus.FAILED).items] == [failed]
        assert len(world.service.list(limit=1).items) == 1

    @pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.CANCELLED])
    def test_retry(self, world: World, status: JobStatus) -> None:
        id = world.add(in_state(status))
        assert world.service.retry(id).status is JobStatus.QUEUED
        assert world.work.asked == ["resume"]
        assert world.service.resend() == 1
        world.run(id)
        assert (world.job(id).status, world.job(id).expires_at) == (JobStatus.SUCCEEDED, NOON + RETENTION)

    @pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.SUCCEEDED])
    def test_no_retry_of_what_is_at_work_or_done(self, world: World, status: JobStatus) -> None:
        id = world.add(in_state(status))
        before = world.job(id)
        with pytest.raises(NotRunnable):
            world.service.retry(id)
        assert world.job(id) == before
        assert world.work.asked == []

    def test_retry_of_what_nobody_here_can_do(self, world: World) -> None:
        id = world.add(replace(in_state(JobStatus.FAILED), kind="unknown"))
        assert world.service.retry(id).status is JobStatus.QUEUED
        world.service.cancel(ADA, id)

    def test_retry_of_nothing(self, world: World) -> None:
        with pytest.raises(NotFound):
            world.service.retry("absent")

    def test_remove_every_one_of_a_user(self, world: World) -> None:
        states = [in_state(status) for status in JobStatus] * 25  # more than a page
        for number, job in enumerate(states):
            world.add(replace(job, id=f"{number:03}"))
        kept = world.add(new_job(user_id="eve"))
        for _ in range(2):
            world.service.remove_of("ada")
            assert world.stored.of("ada").items == []
        assert [job.id for job in world.stored.all().items] == [kept]
        assert world.work.asked == ["abandon"] * 50, "those that had not ended"

    def test_remove_one_that_ends_meanwhile(self, world: World) -> None:
        id = world.add()
        world.on("before update", lambda: world.worker().run(id))
        world.service.remove_of("ada")
        assert world.stored.get(id) is None

    def test_remove_what_nobody_here_can_do(self, world: World) -> None:
        world.add(new_job("unknown"))
        world.service.remove_of("ada")
        assert world.stored.all().items == []


class TestEverythingAtOnce:
    @pytest.mark.parametrize("round", range(5))
    def test_each_job_is_done_once_whoever_runs_sends_and_cancels(self, world: World, round: int) -> None:
        results: list[str] = []
        world.work.does = lambda job, progress: results.append(job.id)
        ids = [world.add(new_job(due_at=NOON)) for _ in range(10)]

        def act(number: int) -> None:
            run = world.worker().run
            for id in ids[number:] + ids[:number]:
                run(id)
                if number == 9:
                    with suppress(Ended):
                        world.service.cancel(ADA, id)
            world.service.resend()

        assert at_once(act, range(10)) == [None] * 10
        ended = [world.job(id).status for id in ids]
        assert set(ended) <= {JobStatus.SUCCEEDED, JobStatus.CANCELLED}
        assert len(results) == len(set(results)), "no job ran twice"
        assert {id for id, status in zip(ids, ended, strict=True) if status is JobStatus.SUCCEEDED} <= set(results)
