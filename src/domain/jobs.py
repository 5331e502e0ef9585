"""The Job entity: work that runs in the background.

    queued ──> running ──> succeeded
      │  ^        │ ├────> failed      no attempt is left, or another attempt cannot help
      │  └────────┘ │                  an attempt failed or was postponed, or the worker stopped: queued again
      └─────────────┴────> cancelled

The stored record, not the queue, decides whether a job runs: a job is sent to the queue again until it has ended. A
running job is leased to one worker. A worker that does not renew its lease in time loses the job to another one.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from src.domain.errors import Ended
from src.domain.messages import Translatable
from src.domain.repositories import Repository
from src.domain.values import Page, new_id

MAX_ATTEMPTS = 4
LEASE = timedelta(seconds=15)
"""The duration of a lease. A worker that does not renew its lease for this long loses the job."""
RESEND = timedelta(seconds=6)
"""The time that a job in the queue may wait for a worker before it is sent again."""
CLOCK_SKEW = timedelta(minutes=1)
"""The time by which the clocks of two machines may differ."""
RETENTION = timedelta(days=30)
"""The time that a job is stored after it has ended."""
_MAX_UNFINISHED_PROGRESS = 0.99
"""The highest progress of a job that has not succeeded. Only success is 1."""


class JobStatus(StrEnum):
    """The state of a job."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether the job is over: it succeeded, failed or was cancelled."""
        return self not in (JobStatus.QUEUED, JobStatus.RUNNING)


class NotRunnable(Exception):
    """The job has ended, may not start yet, or is leased to another worker."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job. ``revision`` identifies this version in the store, and is empty until the job is stored."""

    id: str
    user_id: str | None
    """The id of the owner, or None for a job of the service itself, which only admins can see."""
    kind: str
    subject_id: str
    """The id of the dog, file, dataset or mail that the job works on."""
    created_at: datetime
    updated_at: datetime
    run_at: datetime
    """The time from which a worker may start the job: the end of a lease, or of the wait after a failed attempt."""
    due_at: datetime | None
    """The time at which the job is sent to the queue again, or None once it has ended."""
    status: JobStatus = JobStatus.QUEUED
    progress: float = 0.0
    """The progress from 0 to 1. It never falls."""
    attempts: int = 0
    error: str | None = None
    """The reason why the last attempt failed or was postponed."""
    result: Any = None
    ticket: str | None = None
    """The random id of the lease. A worker that holds another ticket has lost the job."""
    expires_at: datetime | None = None
    trace: str | None = None
    """The trace context (W3C) of the work that stored the job. Each run continues its trace. None if it has none."""
    revision: str = ""

    @classmethod
    def new(cls, *, kind: str, subject_id: str, user_id: str | None, now: datetime, id: str | None = None) -> "Job":
        """Return a job that can run now and is not stored yet. ``id`` is random unless given."""
        return cls(id or new_id(), user_id, kind, subject_id, now, now, run_at=now, due_at=now + RESEND)

    def started(self, ticket: str, now: datetime) -> "Job":
        """Return the job as running, with one more attempt and a lease for ``ticket``.

        Raises NotRunnable when the job has ended, or when ``run_at`` lies ahead. A queued job does not wait for its
        ``run_at`` if the clock has been set back since the job was stored.
        """
        set_back = self.status is JobStatus.QUEUED and now < self.updated_at - CLOCK_SKEW
        if self.status.ended or (now < self.run_at and not set_back):
            raise NotRunnable
        running = replace(self, status=JobStatus.RUNNING, ticket=ticket, attempts=self.attempts + 1, updated_at=now)
        return running.renewed(ticket, now)

    def renewed(self, ticket: str, now: datetime, progress: float = 0.0) -> "Job":
        """Return the job with its lease extended. Raises NotRunnable when the worker has lost its lease."""
        self._require_lease(ticket)
        progress = max(self.progress, min(progress, _MAX_UNFINISHED_PROGRESS))
        return replace(self, run_at=now + LEASE, due_at=now + LEASE, progress=progress)

    def succeeded(self, ticket: str, result: Any, now: datetime) -> "Job":
        """Return the job as succeeded, with its result. Raises NotRunnable when the worker has lost its lease."""
        self._require_lease(ticket)
        return replace(self._ended(JobStatus.SUCCEEDED, now), result=result, error=None, progress=1.0)

    def failed(self, ticket: str, error: str, now: datetime) -> "Job":
        """Return the job as failed, with its last error. Raises NotRunnable when the worker has lost its lease."""
        self._require_lease(ticket)
        # A job whose last worker died is started once more, only to mark it as failed: that is no attempt.
        return replace(self._ended(JobStatus.FAILED, now), error=error, attempts=min(self.attempts, MAX_ATTEMPTS))

    def put_back(self, ticket: str, now: datetime, *, wait: timedelta = timedelta(0), error: str | None) -> "Job":
        """Return the job as queued for another attempt after ``wait``.

        An attempt that ended without an ``error`` is not counted. Raises NotRunnable when the worker has lost its
        lease.
        """
        self._require_lease(ticket)
        return replace(
            self,
            status=JobStatus.QUEUED,
            ticket=None,
            attempts=self.attempts - (error is None),
            error=error or self.error,
            run_at=now + wait,
            due_at=now + wait + (RESEND if error else timedelta(0)),
            updated_at=now,
        )

    def postponed(self, ticket: str, now: datetime, *, wait: timedelta, error: str) -> "Job":
        """Return the job as queued again after an attempt that was not made and is not counted.

        Raises NotRunnable when the worker has lost its lease.
        """
        return replace(self.put_back(ticket, now, wait=wait, error=error), attempts=self.attempts - 1)

    def cancelled(self, now: datetime) -> "Job":
        """Return the job as cancelled. Raises Ended when it has succeeded or failed."""
        if self.status is JobStatus.CANCELLED:
            return self
        if self.status.ended:
            raise Ended(Translatable("The job has {status} already.", status=self.status))
        return self._ended(JobStatus.CANCELLED, now)

    def retried(self, now: datetime) -> "Job":
        """Return a failed or cancelled job as queued, with all attempts left. Raises NotRunnable for any other job."""
        if self.status not in (JobStatus.FAILED, JobStatus.CANCELLED):
            raise NotRunnable
        return replace(
            self, status=JobStatus.QUEUED, attempts=0, run_at=now, due_at=now, updated_at=now, expires_at=None
        )

    def sent(self, due_at: datetime | None, now: datetime) -> "Job":
        """Return the job after it was sent to the queue, with a new ``due_at``, at which it will be sent again.

        ``due_at`` is the value that the sender has read. If the job has another value by now, the job is returned
        unchanged.
        """
        return replace(self, due_at=now + RESEND) if self.due_at == due_at and due_at is not None else self

    def _ended(self, status: JobStatus, now: datetime) -> "Job":
        return replace(self, status=status, ticket=None, due_at=None, updated_at=now, expires_at=now + RETENTION)

    def _require_lease(self, ticket: str) -> None:
        if self.ticket != ticket or self.status is not JobStatus.RUNNING:
            raise NotRunnable


class JobRepository(Repository[Job], Protocol):
    """Stores jobs. A new job is stored by the repository of its subject, in the same commit."""

    def remove(self, id: str) -> None:
        """Remove a job, if it exists."""

    def due(self, now: datetime, limit: int = 500) -> Page[Job]:
        """Return jobs whose ``due_at`` has passed, the oldest first."""

    def list_for_user(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[Job]:
        """Return a page of a user's jobs, the newest first."""

    def all(self, status: JobStatus | None = None, cursor: str | None = None, limit: int = 100) -> Page[Job]:
        """Return a page of all users' jobs, the newest first."""
