"""The job: work that is due, and the record from which it is sent to a worker until it is done.

    queued ──> running ──> succeeded
      │  ^        │ ├────> failed      no attempt is left, or none can help
      │  └────────┘ │                  an attempt failed, or was postponed, or the worker stopped: queued again
      └─────────────┴────> cancelled

A running job is leased to one worker. When that says nothing for a while another one may take it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from src.domain.errors import Ended
from src.domain.values import Page, new_id

MAX_ATTEMPTS = 4
LEASE = timedelta(seconds=15)
"""How long a worker that says nothing keeps a job."""
RESEND = timedelta(seconds=6)
"""How long a job that was sent to a worker may wait before it is sent again."""
RETENTION = timedelta(days=30)
"""How long a job stays after it ended."""
_NEARLY = 0.99
"""The most progress of what has not succeeded."""


class JobStatus(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing happens any more."""
        return self not in (JobStatus.QUEUED, JobStatus.RUNNING)


class NotRunnable(Exception):
    """Somebody else has the job, it has ended, or it is too early."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job. ``revision`` is the store's mark of this version, empty until stored."""

    id: str
    user_id: str
    kind: str
    subject_id: str
    """What it is about: the id of a dog, a file …"""
    created_at: datetime
    updated_at: datetime
    run_at: datetime
    """Nobody may start it before: after a failed attempt, or while somebody has it."""
    due_at: datetime | None
    """When it is to be sent to a worker (again); None once it has ended."""
    status: JobStatus = JobStatus.QUEUED
    progress: float = 0.0
    """From 0 to 1, which only success is; never falls."""
    attempts: int = 0
    error: str | None = None
    """Why the last attempt failed, or was postponed."""
    result: Any = None
    ticket: str | None = None
    """Who has it: what comes back with another ticket comes too late."""
    expires_at: datetime | None = None
    revision: str = ""

    @classmethod
    def new(cls, *, kind: str, subject_id: str, user_id: str, now: datetime, id: str | None = None) -> "Job":
        """A job that can run now."""
        return cls(id or new_id(), user_id, kind, subject_id, now, now, run_at=now, due_at=now + RESEND)

    def started(self, ticket: str, now: datetime) -> "Job":
        """Leased for one attempt. Raises NotRunnable."""
        if self.status.ended or now < self.run_at:
            raise NotRunnable
        running = replace(self, status=JobStatus.RUNNING, ticket=ticket, attempts=self.attempts + 1, updated_at=now)
        return running.renewed(ticket, now)

    def renewed(self, ticket: str, now: datetime, progress: float = 0.0) -> "Job":
        """With a longer lease. Raises NotRunnable when somebody else has it by now, or nobody."""
        self._require_lease(ticket)
        progress = max(self.progress, min(progress, _NEARLY))
        return replace(self, run_at=now + LEASE, due_at=now + LEASE, progress=progress)

    def succeeded(self, ticket: str, result: Any, now: datetime) -> "Job":
        """Done. Raises NotRunnable."""
        self._require_lease(ticket)
        return replace(self._over(JobStatus.SUCCEEDED, now), result=result, error=None, progress=1.0)

    def failed(self, ticket: str, error: str, now: datetime) -> "Job":
        """Given up. Raises NotRunnable."""
        self._require_lease(ticket)
        # One that no worker survived was begun once more, to find that out.
        return replace(self._over(JobStatus.FAILED, now), error=error, attempts=min(self.attempts, MAX_ATTEMPTS))

    def put_back(self, ticket: str, now: datetime, *, wait: timedelta = timedelta(0), error: str | None) -> "Job":
        """For another attempt after ``wait``; one without an ``error`` does not count. Raises NotRunnable."""
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
        """Put back for after ``wait``, since nothing could be tried: that does not count. Raises NotRunnable."""
        return replace(self.put_back(ticket, now, wait=wait, error=error), attempts=self.attempts - 1)

    def cancelled(self, now: datetime) -> "Job":
        """Not wanted any more. Raises Ended when it is too late."""
        if self.status is JobStatus.CANCELLED:
            return self
        if self.status.ended:
            raise Ended(f"The job has {self.status} already.")
        return self._over(JobStatus.CANCELLED, now)

    def revived(self, now: datetime) -> "Job":
        """To be tried again from the first attempt on. Raises NotRunnable unless it failed or was cancelled."""
        if self.status not in (JobStatus.FAILED, JobStatus.CANCELLED):
            raise NotRunnable
        return replace(
            self, status=JobStatus.QUEUED, attempts=0, run_at=now, due_at=now, updated_at=now, expires_at=None
        )

    def sent(self, due_at: datetime | None, now: datetime) -> "Job":
        """Sent to a worker again, unless something happened since it was due at ``due_at``."""
        return replace(self, due_at=now + RESEND) if self.due_at == due_at and due_at is not None else self

    def _over(self, status: JobStatus, now: datetime) -> "Job":
        return replace(self, status=status, ticket=None, due_at=None, updated_at=now, expires_at=now + RETENTION)

    def _require_lease(self, ticket: str) -> None:
        if self.ticket != ticket or self.status is not JobStatus.RUNNING:
            raise NotRunnable


class JobRepository(Protocol):
    """Keeps jobs; a new one is stored with what it is about, in one commit."""

    def get(self, id: str) -> Job | None:
        """The job with this id."""

    def several(self, *ids: str) -> list[Job | None]:
        """The jobs with these ids, in one round trip; None where there is none."""

    def update(self, id: str, change: Callable[[Job], Job]) -> Job:
        """Apply the pure function ``change`` to one revision. Raises NotFound, and what ``change`` raises."""

    def remove(self, id: str) -> None:
        """Remove a job, if it is there."""

    def due(self, now: datetime, limit: int = 500) -> Page[Job]:
        """The jobs to be sent to a worker, the longest due first."""

    def of(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[Job]:
        """The jobs of a user, the newest first."""

    def all(self, status: JobStatus | None = None, cursor: str | None = None, limit: int = 100) -> Page[Job]:
        """The jobs of everybody, the newest first."""
