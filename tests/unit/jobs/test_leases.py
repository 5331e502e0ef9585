"""Leases: workers that die, outages of the store, and renewals."""

import threading
from datetime import timedelta

import pytest

from src.application.jobs import Progress
from src.application.jobs import runner as application
from src.domain.errors import AttemptFailed, Unavailable
from src.domain.jobs import LEASE, MAX_ATTEMPTS, Job, JobStatus
from tests.support.working import caller_of
from tests.unit.jobs.world import ADA, SECOND, JobWorld


def leases_since(before: list[threading.Thread]) -> list[threading.Thread]:
    """Return the threads that renew leases, without those that earlier tests have left."""
    return [thread for thread in threading.enumerate() if thread.name == "lease" and thread not in before]


class TestDeadWorkers:
    def test_another_worker_takes_the_job_over_when_the_lease_ends(self, world: JobWorld) -> None:
        id = world.add()
        world.start_and_die(id)
        world.watch.forward(LEASE - SECOND)
        assert world.run(id) is None
        assert world.work.asked == []
        world.watch.forward(SECOND)
        world.run(id)
        assert (world.job(id).status, world.job(id).attempts) == (JobStatus.SUCCEEDED, 2)

    def test_a_job_that_kills_every_worker_fails(self, world: JobWorld) -> None:
        id = world.add()
        for _ in range(MAX_ATTEMPTS):
            world.start_and_die(id)
            world.watch.forward(LEASE)
        assert world.run(id) is None
        job = world.job(id)
        assert (job.status, job.error) == (JobStatus.FAILED, "No worker survived it.")
        assert world.work.asked == ["abandon"], "it is not run once more"

    def test_a_worker_that_lost_its_lease_stores_no_result(self, world: JobWorld) -> None:
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
    def test_a_worker_that_lost_its_lease_stores_no_failure(self, world: JobWorld, outcome: Exception) -> None:
        def sleep(job: Job, progress: Progress) -> None:
            world.watch.forward(LEASE)
            world.start_and_die(job.id)
            raise outcome

        world.work.does = sleep
        id = world.add()
        assert world.run(id) is None
        assert (world.job(id).status, world.job(id).ticket) == (JobStatus.RUNNING, "dead")


class TestTheStoreIsUnavailable:
    def test_when_the_job_starts(self, world: JobWorld) -> None:
        world.fail("before update", error=Unavailable())
        id = world.add()
        with pytest.raises(Unavailable):
            world.run(id)
        assert world.work.asked == []
        assert world.run(id) is None
        assert world.job(id).status is JobStatus.SUCCEEDED

    def test_when_the_job_succeeds(self, world: JobWorld) -> None:
        world.skip("before update")
        world.fail("before update", error=Unavailable())
        id = world.add()
        with pytest.raises(Unavailable):
            world.run(id)
        assert world.job(id).status is JobStatus.RUNNING
        world.watch.forward(LEASE)
        assert world.run(id) is None
        assert (world.job(id).status, world.job(id).attempts) == (JobStatus.SUCCEEDED, 2)

    def test_when_the_reply_to_the_last_commit_is_lost(self, world: JobWorld) -> None:
        world.skip("after update")
        world.fail("after update", error=Unavailable())
        id = world.add()
        with pytest.raises(Unavailable):
            world.run(id)
        world.watch.forward(LEASE)
        assert world.run(id) is None
        assert world.job(id).status is JobStatus.SUCCEEDED
        assert world.work.asked == ["run"]


class TestLease:
    @pytest.fixture(autouse=True)
    def _quickly(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(application, "RENEW_EVERY", timedelta(milliseconds=1))

    def until(self, world: JobWorld, step: str, count: int = 2) -> threading.Event:
        """Return an event that is set when a step has happened ``count`` times from now on."""
        happened, left = threading.Event(), [count]

        def count_down() -> None:
            left[0] -= 1
            happened.set() if left[0] <= 0 else world.on(step, count_down)

        world.on(step, count_down)
        return happened

    def test_the_lease_of_a_slow_step_is_renewed(self, world: JobWorld) -> None:
        def work(job: Job, progress: Progress) -> str:
            for _ in range(5):
                world.watch.forward(LEASE - SECOND)
                # At least one of the two updates began after the clock moved.
                assert self.until(world, "after update").wait(60)
                assert world.job(job.id).run_at == world.watch() + LEASE
                assert world.worker().run(job.id) is None
            return "done"

        world.work.does = work
        id = world.add()
        world.run(id)
        assert (world.job(id).result, world.job(id).attempts) == ("done", 1)

    def test_the_lease_of_a_cancelled_job_is_not_renewed(self, world: JobWorld) -> None:
        def work(job: Job, progress: Progress) -> str:
            world.service.cancel(caller_of(ADA), job.id)
            [lease] = leases_since(before)
            lease.join(60)
            assert not lease.is_alive()
            return "done"

        world.work.does = work
        before = threading.enumerate()
        world.run(world.add())

    def test_the_lease_is_renewed_after_an_outage_of_the_store(self, world: JobWorld) -> None:
        def work(job: Job, progress: Progress) -> None:
            for _ in range(2):
                world.fail("before update", error=Unavailable())
            assert self.until(world, "after update").wait(60)

        world.work.does = work
        id = world.add()
        world.run(id)
        assert world.job(id).status is JobStatus.SUCCEEDED

    def test_renewing_ends_with_the_job(self, world: JobWorld) -> None:
        before = threading.enumerate()
        world.run(world.add())
        for lease in leases_since(before):
            lease.join(60)
            assert not lease.is_alive()
