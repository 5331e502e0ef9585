"""Shows jobs, ends them, and sends them to the queue until they have ended."""

import logging
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from src.application.caller import Caller
from src.application.jobs.runner import JobRunner
from src.application.ports import Clock, JobQueue
from src.domain.errors import Ended, NotFound, Stale, Unavailable
from src.domain.jobs import Job, JobRepository, JobStatus
from src.domain.users import User
from src.domain.values import Page

_log = logging.getLogger("portero.jobs")
_MISSING = "There is no such job."


@dataclass(frozen=True, slots=True, kw_only=True)
class JobService:
    """Shows, cancels, retries and sends jobs."""

    jobs: JobRepository
    queue: JobQueue
    runner: JobRunner
    clock: Clock

    def show(self, caller: User, id: str) -> Job:
        """See a job of yours. Admins and auditors see the jobs of all users. Raises NotFound."""
        job = self.jobs.get(id)
        if job is None or (job.user_id != caller.id and not caller.role.sees_everybody):
            raise NotFound(_MISSING)
        return job

    def cancel(self, caller: Caller, id: str, revisions: Collection[str] | None = None) -> None:
        """Cancel a job of yours that has not ended; admins may cancel everybody's. Its worker stops at the next step.

        Raises NotFound, Forbidden, InsufficientAuthentication, Ended, Stale.
        """
        job = self.show(caller.user, id)
        caller.require_owner_or_admin(job.user_id, "This job is somebody else's.")
        if revisions is not None and job.revision not in revisions:
            raise Stale
        self._cancel(job)  # whatever its worker has stored since, because its handler is told first

    def list(
        self, by: Caller | None, status: JobStatus | None = None, cursor: str | None = None, limit: int = 100
    ) -> Page[Job]:
        """List the jobs of all users, the newest first. ``by`` is an auditor or an admin, or None for the operator.

        Raises Forbidden, InsufficientAuthentication, InvalidCursor.
        """
        if by:
            by.require_auditor()
        return self.jobs.all(status, cursor, limit)

    def retry(self, by: Caller | None, id: str) -> Job:
        """Queue a failed or cancelled job of yours again; admins may do so with everybody's.

        ``by`` is None for the operator. Raises Forbidden, InsufficientAuthentication, NotFound, and NotRunnable for a
        job in any other state.
        """
        job = self.show(by.user, id) if by else self.jobs.get(id)
        if job is None:
            raise NotFound(_MISSING)
        if by:
            by.require_owner_or_admin(job.user_id, "This job is somebody else's.")
        now = self.clock()
        job.retried(now)  # raises NotRunnable before the handler is told
        # The handler first, because a worker may start the queued job at once, and may fail at once.
        if handler := self.runner.handlers.get(job.kind):
            handler.resume(job)
        job = self.jobs.update(id, lambda stored: stored.retried(now))
        if by:  # the process of a command ends at once, and the next sweep of the service sends the job
            self.queue.notify(job.id)
        return job

    def resend(self) -> int:
        """Send the ids of overdue jobs to the queue until it is full. Return the number of jobs that were sent."""
        sent = 0
        for job in self.jobs.due(self.clock()).items:
            try:
                self.queue.send(job.id)
            except Unavailable as error:
                _log.warning("the queue takes no jobs: %s", error.__cause__ or error)
                break
            sent += 1
            with suppress(NotFound):
                self.jobs.update(job.id, partial(Job.sent, due_at=job.due_at, now=self.clock()))
        return sent

    def backlog(self) -> tuple[float, int]:
        """Return the seconds that the oldest overdue job has waited, and the number of running jobs (at most 100)."""
        now = self.clock()
        waits = [(now - job.due_at).total_seconds() for job in self.jobs.due(now, limit=1).items if job.due_at]
        return sum(waits), len(self.jobs.all(JobStatus.RUNNING).items)

    def stop(self, timeout: float) -> None:
        """Wait up to ``timeout`` seconds for the jobs that this process runs, then put the unfinished ones back."""
        self.runner.stopping.set()
        if not self.queue.close(timeout):
            self.runner.hand_back()

    def delete_for_user(self, user_id: str) -> None:
        """Cancel and remove every job of a user."""
        while jobs := self.jobs.list_for_user(user_id).items:
            for job in jobs:
                if not job.status.ended:
                    with suppress(Ended, NotFound):  # meanwhile
                        self._cancel(job)
                self.jobs.remove(job.id)

    def _cancel(self, job: Job) -> None:
        if not job.status.ended and (handler := self.runner.handlers.get(job.kind)):
            handler.abandon(job)
        self.jobs.update(job.id, lambda stored: stored.cancelled(self.clock()))
