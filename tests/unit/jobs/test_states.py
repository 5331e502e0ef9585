"""The states of a job, and the steps between them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from src.domain.errors import Ended
from src.domain.jobs import LEASE, RESEND, RETENTION, Job, JobStatus, NotRunnable
from tests.support.working import NOON
from tests.unit.jobs.world import SECOND, in_state, new_job

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
    def test_each_step_is_allowed_from_certain_states_only(self, step: str, status: JobStatus) -> None:
        job = in_state(status)
        assert job.status is status
        if goal := ALLOWED.get((step, status)):
            assert STEPS[step](job).status is goal
            return
        with pytest.raises(Ended if step == "cancel" else NotRunnable):
            STEPS[step](job)

    @pytest.mark.parametrize("step", ["renew", "succeed", "fail", "put back", "postpone"])
    def test_a_worker_with_another_ticket_is_refused(self, step: str) -> None:
        taken_over = in_state(JobStatus.RUNNING).started("another", NOON + LEASE)
        with pytest.raises(NotRunnable):
            STEPS[step](taken_over)
        with pytest.raises(NotRunnable):
            STEPS[step](replace(in_state(JobStatus.RUNNING), ticket=None))

    def test_a_new_job_can_run_now_and_is_due_again_after_a_while(self) -> None:
        job = new_job()
        assert (job.status, job.attempts, job.progress) == (JobStatus.QUEUED, 0, 0.0)
        assert (job.run_at, job.due_at, job.expires_at) == (NOON, NOON + RESEND, None)

    def test_a_started_job_is_leased(self) -> None:
        job = new_job().started("mine", NOON)
        assert (job.ticket, job.attempts, job.updated_at) == ("mine", 1, NOON)
        assert (job.run_at, job.due_at) == (NOON + LEASE, NOON + LEASE)
        with pytest.raises(NotRunnable):
            job.started("another", NOON + LEASE - timedelta(microseconds=1))
        assert job.started("another", NOON + LEASE).attempts == 2

    def test_renewing_a_lease_makes_it_last_longer(self) -> None:
        job = in_state(JobStatus.RUNNING).renewed("mine", NOON + SECOND)
        assert (job.run_at, job.due_at, job.attempts) == (NOON + SECOND + LEASE, NOON + SECOND + LEASE, 1)

    def test_progress_never_falls_and_stays_below_one_until_success(self) -> None:
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
    def test_an_ended_job_expires_later_and_is_not_due(self, status: JobStatus) -> None:
        job = in_state(status)
        assert (job.ticket, job.due_at, job.expires_at, job.updated_at) == (None, None, NOON + RETENTION, NOON)
        assert job.sent(None, NOON) == job

    def test_success_clears_earlier_errors(self) -> None:
        job = in_state(JobStatus.RUNNING).put_back("mine", NOON, error="No.").started("mine", NOON)
        assert job.error == "No."
        done = job.succeeded("mine", {"a": 1}, NOON)
        assert (done.result, done.error, done.progress) == ({"a": 1}, None, 1.0)

    def test_putting_back_with_an_error_waits_and_counts_the_attempt(self) -> None:
        job = in_state(JobStatus.RUNNING).put_back("mine", NOON, wait=SECOND, error="No.")
        assert (job.attempts, job.error, job.ticket) == (1, "No.", None)
        assert (job.run_at, job.due_at) == (NOON + SECOND, NOON + SECOND + RESEND)
        with pytest.raises(NotRunnable):
            job.started("another", NOON)

    def test_putting_back_without_an_error_neither_waits_nor_counts(self) -> None:
        failed_once = in_state(JobStatus.RUNNING).put_back("mine", NOON, error="No.").started("mine", NOON)
        job = failed_once.put_back("mine", NOON + SECOND, error=None)
        assert (job.attempts, job.error) == (1, "No.")
        assert (job.run_at, job.due_at) == (NOON + SECOND, NOON + SECOND)

    def test_a_postponed_job_waits_and_tells_why_and_does_not_count(self) -> None:
        failed_once = in_state(JobStatus.RUNNING).put_back("mine", NOON, error="No.").started("mine", NOON)
        job = failed_once.postponed("mine", NOON, wait=SECOND, error="Not now.")
        assert (job.attempts, job.error, job.ticket) == (1, "Not now.", None)
        assert (job.run_at, job.due_at) == (NOON + SECOND, NOON + SECOND + RESEND), "its own message wakes it"
        with pytest.raises(NotRunnable):
            job.started("another", NOON)
        assert job.started("another", NOON + SECOND).attempts == 2

    def test_a_retried_job_has_all_its_attempts_again(self) -> None:
        job = replace(in_state(JobStatus.FAILED), attempts=4).retried(NOON + SECOND)
        assert (job.attempts, job.run_at, job.due_at, job.expires_at) == (0, NOON + SECOND, NOON + SECOND, None)

    def test_a_sent_job_is_due_later_unless_it_has_changed(self) -> None:
        job = in_state(JobStatus.RUNNING)
        sent = job.sent(job.due_at, NOON + LEASE)
        assert sent == replace(job, due_at=NOON + LEASE + RESEND)
        assert sent.started("another", NOON + LEASE), "a dead worker keeps it no longer"
        renewed = job.renewed("mine", NOON + SECOND)
        assert renewed.sent(job.due_at, NOON + LEASE) == renewed
