"""The delay before a job, and processes that stop."""

import threading

import pytest

from src.application.jobs import Progress
from src.domain.errors import AttemptFailed, Unavailable
from src.domain.jobs import LEASE, Job, JobStatus
from tests.support.working import caller_of
from tests.unit.jobs.world import ADA, JobWorld, Pause, raising


class TestDelay:
    def test_progress_grows_during_the_delay(self, world: JobWorld) -> None:
        seen: list[float] = []
        id = world.add()
        for _ in range(20):
            world.on("after update", lambda: seen.append(world.job(id).progress))
        pause = Pause(world.watch)
        assert world.worker(30, pause).run(id) is None
        assert pause.waits == [3.0] * 10
        assert seen[1:-1] == pytest.approx([step / 10 for step in range(10)])
        assert world.job(id).status is JobStatus.SUCCEEDED

    def test_a_process_that_stops_during_the_delay_hands_the_job_back(self, world: JobWorld) -> None:
        id = world.add()
        assert world.worker(30, Pause(world.watch, stops_after=10)).run(id) is None
        job = world.job(id)
        assert (job.status, job.attempts, job.error, job.ticket) == (JobStatus.QUEUED, 0, None, None)
        assert job.due_at == job.run_at == world.watch()
        assert world.work.asked == []
        world.run(id)
        assert (world.job(id).status, world.job(id).attempts) == (JobStatus.SUCCEEDED, 1)

    def test_cancelling_during_the_delay_ends_it(self, world: JobWorld) -> None:
        id = world.add()
        world.skip("after update")
        world.on("after update", lambda: world.service.cancel(caller_of(ADA), id))
        pause = Pause(world.watch)
        assert world.worker(30, pause).run(id) is None
        assert len(pause.waits) == 1
        assert world.work.asked == ["abandon"]


class TestHandBack:
    def test_another_process_runs_a_job_that_was_handed_back(self, world: JobWorld) -> None:
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

    def test_a_process_that_stops_starts_no_job(self, world: JobWorld) -> None:
        id = world.add()
        before = world.job(id)
        world.runner.stopping.set()
        assert world.run(id) is None
        assert (world.job(id), world.work.asked) == (before, [])
        assert world.worker().run(id) is None
        assert world.job(id).status is JobStatus.SUCCEEDED

    def test_ended_jobs_are_not_handed_back(self, world: JobWorld) -> None:
        ids = [world.add() for _ in range(2)]
        world.run(ids[0])
        world.work.does = raising(AttemptFailed("No."))
        world.run(ids[1])
        before = [world.job(id) for id in ids]
        world.runner.hand_back()
        assert [world.job(id) for id in ids] == before

    def test_jobs_are_handed_back_although_others_cannot_be(self, world: JobWorld) -> None:
        """The first job is gone and the store refuses the second one; the third is still handed back."""
        ids = [world.add() for _ in range(3)]
        for id in ids:
            world.runner._running[f"ticket {id}"] = id
            world.stored.update(id, lambda job: job.started(f"ticket {job.id}", world.watch()))
        world.stored.remove(ids[0])
        world.skip("before update")
        world.fail("before update", error=Unavailable())
        world.runner.hand_back()
        assert [world.job(id).status for id in ids[1:]] == [JobStatus.RUNNING, JobStatus.QUEUED]

    def test_a_job_that_another_thread_took_over_is_handed_back(self, world: JobWorld) -> None:
        """A thread that has lost its lease ends while another thread runs the job, which must still be handed back."""

        def second(job: Job, progress: Progress) -> str:
            awake.set()
            assert first_ended.wait(60)
            world.runner.hand_back()
            handed.append(world.job(job.id))
            return "second"

        def first(job: Job, progress: Progress) -> str:
            world.watch.forward(LEASE)
            world.work.does = second
            thread.start()
            assert awake.wait(60)
            return "first"

        handed: list[Job] = []
        awake, first_ended = threading.Event(), threading.Event()
        world.work.does = first
        id = world.add()
        thread = threading.Thread(target=world.run, args=(id,))
        world.run(id)
        first_ended.set()
        thread.join(60)
        assert [(job.status, job.error) for job in handed] == [(JobStatus.QUEUED, None)]
