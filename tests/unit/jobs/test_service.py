"""Showing, cancelling, retrying, sending and removing jobs."""

from dataclasses import replace

import pytest

from src.application.jobs import Progress
from src.domain.errors import AttemptFailed, Ended, NotFound, Unavailable
from src.domain.jobs import LEASE, RESEND, RETENTION, Job, JobStatus, NotRunnable
from src.domain.values import Role
from tests.support.races import at_once
from tests.support.working import NOON, caller_of, person
from tests.unit.jobs.world import ADA, SECOND, JobWorld, in_state, new_job, raising


class TestCancel:
    def test_a_job_cancelled_while_it_runs_stores_no_result(self, world: JobWorld) -> None:
        world.work.does = lambda job, progress: world.service.cancel(caller_of(ADA), job.id)
        id = world.add()
        assert world.run(id) is None
        job = world.job(id)
        assert (job.status, job.result) == (JobStatus.CANCELLED, None)
        assert world.work.asked == ["run", "abandon"]

    def test_a_job_cancelled_while_it_runs_stops_at_its_next_report(self, world: JobWorld) -> None:
        went_on: list[str] = []

        def work(job: Job, progress: Progress) -> None:
            world.service.cancel(caller_of(ADA), job.id)
            progress(0.5)
            went_on.append(job.id)

        world.work.does = work
        id = world.add()
        assert world.run(id) is None
        assert went_on == []
        assert (world.job(id).status, world.job(id).progress) == (JobStatus.CANCELLED, 0.0)

    def test_a_job_removed_while_it_runs_stops_at_its_next_report(self, world: JobWorld) -> None:
        def work(job: Job, progress: Progress) -> None:
            world.service.delete_for_user("ada")
            progress(0.5)
            pytest.fail("it goes on")

        world.work.does = work
        id = world.add()
        assert world.run(id) is None
        assert world.stored.get(id) is None

    def test_a_job_that_changes_after_its_handler_was_told_is_cancelled(self, world: JobWorld) -> None:
        """The worker's progress changes the job, whose handler has already abandoned it, so it must not go on."""
        id = world.add(in_state(JobStatus.RUNNING))
        revision = world.job(id).revision
        world.on("before update", lambda: world.stored.update(id, lambda job: replace(job, progress=0.5)))
        world.service.cancel(caller_of(ADA), id, {revision})
        assert world.work.asked == ["abandon"]
        assert world.job(id).status is JobStatus.CANCELLED

    def test_a_cancelled_job_does_not_run(self, world: JobWorld) -> None:
        id = world.add()
        world.service.cancel(caller_of(ADA), id)
        assert world.run(id) is None
        assert world.work.asked == ["abandon"]
        world.service.cancel(caller_of(ADA), id)
        assert world.job(id).status is JobStatus.CANCELLED

    def test_an_ended_job_cannot_be_cancelled(self, world: JobWorld) -> None:
        id = world.add()
        world.run(id)
        with pytest.raises(Ended):
            world.service.cancel(caller_of(ADA), id)
        assert world.work.asked == ["run"], "what is done is not abandoned"


class TestResend:
    def test_only_due_jobs_are_sent(self, world: JobWorld) -> None:
        fresh = world.add()
        world.watch.forward(RESEND)
        due = world.add(new_job(due_at=world.watch()))
        world.add(new_job(due_at=world.watch() + SECOND))
        world.add(in_state(JobStatus.SUCCEEDED))
        assert world.service.resend() == 2
        assert sorted(world.queue.sent) == sorted([fresh, due])
        assert world.service.resend() == 0, "not twice"
        world.watch.forward(RESEND)
        assert world.service.resend() == 3
        assert world.job(due).status is JobStatus.QUEUED

    def test_the_longest_due_job_is_sent_first(self, world: JobWorld) -> None:
        ids = [world.add(new_job(due_at=NOON - at * SECOND)) for at in range(5)]
        world.service.resend()
        assert world.queue.sent == ids[::-1]

    def test_sending_stops_when_the_queue_takes_no_more(self, world: JobWorld) -> None:
        ids = [world.add(new_job(due_at=NOON - at * SECOND)) for at in range(4)]
        world.queue.takes = 1
        assert world.service.resend() == 1
        assert world.queue.refused == 1, "each of the others would take as long to be refused"
        due = [world.job(id).due_at for id in ids]
        assert due == [NOON, NOON - SECOND, NOON - 2 * SECOND, NOON + RESEND]
        world.queue.takes = None
        assert world.service.resend() == 3

    def test_the_job_of_a_dead_worker_is_sent_again(self, world: JobWorld) -> None:
        id = world.add()
        world.start_and_die(id)
        world.watch.forward(LEASE)
        lease = world.job(id).run_at
        assert world.service.resend() == 1
        assert world.job(id).run_at == lease
        assert world.run(world.queue.sent.pop()) is None
        assert world.job(id).status is JobStatus.SUCCEEDED

    def test_the_job_of_a_living_worker_is_not_sent(self, world: JobWorld) -> None:
        def work(job: Job, progress: Progress) -> None:
            for _ in range(5):
                world.watch.forward(LEASE - SECOND)
                assert world.service.resend() == 0
                progress(0.5)

        world.work.does = work
        id = world.add()
        world.run(id)
        assert world.job(id).status is JobStatus.SUCCEEDED

    def test_a_job_that_starts_while_it_is_sent_is_not_disturbed(self, world: JobWorld) -> None:
        id = world.add(new_job(due_at=NOON))
        world.on("before update", lambda: world.start_and_die(id))
        assert world.service.resend() == 1
        assert world.job(id) == replace(
            in_state(JobStatus.RUNNING), id=id, ticket="dead", revision=world.job(id).revision
        )

    def test_jobs_removed_while_they_are_sent_are_ignored(self, world: JobWorld) -> None:
        ids = [world.add(new_job(due_at=NOON)) for _ in range(3)]

        def remove() -> None:
            for id in ids[:2]:
                world.stored.remove(id)

        world.on("before update", remove)
        assert world.service.resend() == 3
        assert world.stored.get_many(*ids[:2]) == [None, None]

    def test_many_processes_send_at_the_same_time_without_losing_a_job(self, world: JobWorld) -> None:
        ids = {world.add(new_job(due_at=NOON)) for _ in range(30)}
        outcomes = at_once(lambda service: service.resend(), [world.service] * 4)
        assert all(isinstance(outcome, int) for outcome in outcomes)
        assert set(world.queue.sent) == ids
        assert world.service.resend() == 0


class TestService:
    def test_a_job_is_shown_to_its_owner_and_to_admins(self, world: JobWorld) -> None:
        id = world.add()
        for caller in (ADA, person("root", Role.ADMIN)):
            assert world.service.show(caller, id).id == id
        for caller in (person("eve"), person("eve", Role.UPLOADER)):
            with pytest.raises(NotFound):
                world.service.show(caller, id)
            with pytest.raises(NotFound):
                world.service.cancel(caller_of(caller), id)
        with pytest.raises(NotFound):
            world.service.show(ADA, "absent")
        assert world.job(id).status is JobStatus.QUEUED

    def test_operators_list_all_jobs(self, world: JobWorld) -> None:
        world.add()
        failed = world.add(in_state(JobStatus.FAILED))
        assert [job.id for job in world.service.list(None, JobStatus.FAILED).items] == [failed]
        assert len(world.service.list(None, limit=1).items) == 1

    @pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.CANCELLED])
    def test_a_failed_or_cancelled_job_can_be_retried(self, world: JobWorld, status: JobStatus) -> None:
        id = world.add(in_state(status))
        assert world.service.retry(caller_of(ADA), id).status is JobStatus.QUEUED
        assert (world.work.asked, world.queue.sent) == (["resume"], [id])
        assert world.service.resend() == 1
        world.run(id)
        assert (world.job(id).status, world.job(id).expires_at) == (JobStatus.SUCCEEDED, NOON + RETENTION)

    def test_a_worker_that_starts_the_retried_job_at_once_has_the_last_word(self, world: JobWorld) -> None:
        """Otherwise the handler would show a job as pending that has just failed for good."""
        id = world.add(in_state(JobStatus.FAILED))
        world.work.does = raising(AttemptFailed("No.", final=True))
        world.on("after update", lambda: world.run(id))
        world.service.retry(caller_of(ADA), id)
        assert world.work.asked == ["resume", "run", "abandon"]
        assert world.job(id).status is JobStatus.FAILED

    def test_the_process_of_a_command_leaves_the_job_to_the_service(self, world: JobWorld) -> None:
        id = world.add(in_state(JobStatus.FAILED))
        assert world.service.retry(None, id).status is JobStatus.QUEUED
        assert world.queue.sent == []
        assert world.service.resend() == 1

    @pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.SUCCEEDED])
    def test_other_jobs_cannot_be_retried(self, world: JobWorld, status: JobStatus) -> None:
        id = world.add(in_state(status))
        before = world.job(id)
        with pytest.raises(NotRunnable):
            world.service.retry(None, id)
        assert world.job(id) == before
        assert world.work.asked == []

    def test_a_job_of_an_unknown_kind_can_be_retried(self, world: JobWorld) -> None:
        id = world.add(replace(in_state(JobStatus.FAILED), kind="unknown"))
        assert world.service.retry(None, id).status is JobStatus.QUEUED
        world.service.cancel(caller_of(ADA), id)

    def test_retrying_a_missing_job_raises_not_found(self, world: JobWorld) -> None:
        with pytest.raises(NotFound):
            world.service.retry(None, "absent")

    def test_all_jobs_of_a_user_are_removed(self, world: JobWorld) -> None:
        states = [in_state(status) for status in JobStatus] * 25  # more than a page
        for number, job in enumerate(states):
            world.add(replace(job, id=f"{number:03}"))
        kept = world.add(new_job(user_id="eve"))
        for _ in range(2):
            world.service.delete_for_user("ada")
            assert world.stored.list_for_user("ada").items == []
        assert [job.id for job in world.stored.all().items] == [kept]
        assert world.work.asked == ["abandon"] * 50, "those that had not ended"

    def test_a_job_that_ends_meanwhile_is_removed(self, world: JobWorld) -> None:
        id = world.add()
        world.on("before update", lambda: world.worker().run(id))
        world.service.delete_for_user("ada")
        assert world.stored.get(id) is None

    def test_a_job_that_cannot_be_abandoned_is_not_removed(self, world: JobWorld) -> None:
        def fail(job: Job) -> None:
            raise Unavailable

        id = world.add()
        world.work.abandoning = fail
        with pytest.raises(Unavailable):
            world.service.delete_for_user("ada")
        assert world.job(id).status is JobStatus.QUEUED

    def test_a_job_of_an_unknown_kind_is_removed(self, world: JobWorld) -> None:
        world.add(new_job("unknown"))
        world.service.delete_for_user("ada")
        assert world.stored.all().items == []
