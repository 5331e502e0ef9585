"""Running jobs, watching them, and sending them again until they are done."""

import logging
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

from src.application.ports import Clock, JobQueue
from src.domain.errors import AttemptFailed, NotFound, PorteroError, Postponed, Unavailable
from src.domain.jobs import LEASE, MAX_ATTEMPTS, Job, JobRepository, JobStatus, NotRunnable
from src.domain.users import User
from src.domain.values import Page, Role, new_id

_log = logging.getLogger("portero.jobs")

Progress = Callable[[float], None]
"""Is told how far something is, from 0 to 1. Raises NotRunnable when the job is no longer wanted."""

_RENEW = LEASE / 3
_SPREAD = 1.0
"""Seconds over which jobs come back that were postponed together."""


class JobHandler(Protocol):
    """What a kind of job does. Each step can be repeated: a job runs at least once."""

    @property
    def waits(self) -> tuple[float, float, float]:
        """Seconds after the first, second and third attempt, give or take a quarter."""

    @property
    def postponed_until(self) -> tuple[float, float, float, float]:
        """The age in seconds up to which an attempt may be postponed, by those that failed before; then that counts."""

    def run(self, job: Job, progress: Progress) -> Any:
        """Do it; returns what the job's result will be, as JSON. Raises AttemptFailed."""

    def abandon(self, job: Job) -> None:
        """It will not be done: called before the job says so, and harmless if it is done after all."""

    def resume(self, job: Job) -> None:
        """It will be tried again."""


@dataclass(frozen=True, slots=True)
class JobService:
    """What people and operators do with jobs."""

    jobs: JobRepository
    handlers: Mapping[str, JobHandler]
    queue: JobQueue
    clock: Clock

    def show(self, caller: User, id: str) -> Job:
        """A job of yours; admins see everybody's. Raises NotFound."""
        job = self.jobs.get(id)
        if job is None or (job.user_id != caller.id and caller.role is not Role.ADMIN):
            raise NotFound("There is no such job.")
        return job

    def cancel(self, caller: User, id: str) -> None:
        """Give up a job of yours that has not ended; a worker that is at it stops at its next step.

        Raises NotFound, Ended.
        """
        self._cancel(self.show(caller, id))

    def list(self, status: JobStatus | None = None, cursor: str | None = None, limit: int = 100) -> Page[Job]:
        """The jobs of everybody, the newest first."""
        return self.jobs.all(status, cursor, limit)

    def retry(self, id: str) -> Job:
        """Have a job run again that failed or was cancelled, soon. Raises NotFound, and NotRunnable for others."""
        now = self.clock()
        job = self.jobs.update(id, lambda job: job.revived(now))
        if job.kind in self.handlers:
            self.handlers[job.kind].resume(job)
        return job

    def resend(self) -> int:
        """Send what is overdue to a worker again; returns how many. Stops when the queue does not take it."""
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

    def remove_of(self, user_id: str) -> None:
        """Cancel and remove every job of a user."""
        while jobs := self.jobs.of(user_id).items:
            for job in jobs:
                if not job.status.ended:
                    with suppress(PorteroError):  # it ended meanwhile
                        self._cancel(job)
                self.jobs.remove(job.id)

    def _cancel(self, job: Job) -> None:
        if not job.status.ended and job.kind in self.handlers:
            self.handlers[job.kind].abandon(job)
        self.jobs.update(job.id, lambda stored: stored.cancelled(self.clock()))


@dataclass(frozen=True, slots=True)
class RunJob:
    """Runs a job, once; any number of workers may try at the same time."""

    jobs: JobRepository
    handlers: Mapping[str, JobHandler]
    pause: timedelta
    """How long every job waits before its work begins, for people who want to watch."""
    clock: Clock
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when the process is about to end: who waits hands the job back."""
    _in_hand: dict[str, str] = field(default_factory=dict)
    """The jobs that this process has, by ticket."""

    def __call__(self, id: str) -> float | None:
        """Returns the seconds after which it is to be run again, if it is. Raises Unavailable."""
        ticket, now = new_id(), self.clock()
        try:
            job = self.jobs.update(id, lambda job: job.started(ticket, now))
        except (NotFound, NotRunnable):
            return None
        self._in_hand[ticket] = id
        try:
            with self._renewing(job):
                return self._attempt(job)
        except (NotFound, NotRunnable):
            return None  # cancelled, removed, or taken over by another worker
        finally:
            self._in_hand.pop(ticket, None)

    def hand_back(self) -> None:
        """Let others have the jobs that this process could not finish in time."""
        for ticket, id in list(self._in_hand.items()):
            with suppress(PorteroError, NotRunnable):
                self.jobs.update(id, partial(Job.put_back, ticket=ticket, now=self.clock(), error=None))

    def _attempt(self, job: Job) -> float | None:
        """One attempt, and what the job is after it. Raises NotRunnable, NotFound."""
        handler = self.handlers.get(job.kind)
        if handler is None:
            self._become(job, Job.failed, error=f"There is nothing here that does {job.kind}.")
            return None
        if job.attempts > MAX_ATTEMPTS:
            return self._failed(job, handler, job.error or "No worker survived it.", final=True)
        try:
            if self._paused(job):
                self._become(job, Job.put_back, error=None)
                return None
            result = handler.run(job, self._progress_of(job))
        except NotRunnable:
            raise
        except Postponed as error:
            return self._postponed(job, handler, error)
        except PorteroError as error:
            return self._failed(job, handler, error.detail, final=isinstance(error, AttemptFailed) and error.final)
        except Exception:
            _log.exception("job %s crashed", job.id)
            return self._failed(job, handler, "Something went wrong here.", final=False)
        self._become(job, Job.succeeded, result=result)
        return None

    def _postponed(self, job: Job, handler: JobHandler, error: Postponed) -> float | None:
        age = (self.clock() - job.created_at).total_seconds()
        if age > handler.postponed_until[job.attempts - 1]:
            return self._failed(job, handler, error.detail, final=False)
        wait = error.retry_after + random.uniform(0, _SPREAD)  # noqa: S311 - spreads them, hides nothing
        self._become(job, Job.postponed, error=error.detail, wait=timedelta(seconds=wait))
        return wait

    def _failed(self, job: Job, handler: JobHandler, error: str, final: bool) -> float | None:
        _log.warning("job %s, %s, attempt %d: %s", job.id, job.kind, job.attempts, error)
        if final or job.attempts >= MAX_ATTEMPTS:
            handler.abandon(job)
            self._become(job, Job.failed, error=error)
            return None
        wait = handler.waits[job.attempts - 1] * random.uniform(0.75, 1.25)  # noqa: S311 - spreads them, hides nothing
        self._become(job, Job.put_back, error=error, wait=timedelta(seconds=wait))
        return wait

    def _become(self, job: Job, change: Callable[..., Job], **outcome: Any) -> None:
        self.jobs.update(job.id, partial(change, ticket=job.ticket, now=self.clock(), **outcome))

    def _paused(self, job: Job) -> bool:
        """Wait as long as the operator wants; returns whether the process is about to end."""
        progress, steps = self._progress_of(job), 10
        for step in range(steps if self.pause else 0):
            progress(step / steps)
            if self.stopping.wait(self.pause.total_seconds() / steps):
                return True
        return False

    def _progress_of(self, job: Job) -> Progress:
        last = [self.clock() - timedelta(seconds=1)]

        def progress(done: float) -> None:
            now = self.clock()
            if now - last[0] >= timedelta(seconds=1):  # a commit a second is enough for who watches
                last[0] = now
                try:
                    self._become(job, Job.renewed, progress=done)
                except NotFound:
                    raise NotRunnable from None
                except Unavailable as error:  # who watches sees it later
                    _log.warning("the progress of job %s is not stored: %s", job.id, error.__cause__ or error)

        return progress

    @contextmanager
    def _renewing(self, job: Job) -> Iterator[None]:
        """Keep the lease while a step takes long."""
        ended = threading.Event()

        def renew() -> None:
            while not ended.wait(_RENEW.total_seconds()):
                try:
                    self._become(job, Job.renewed)
                except (NotFound, NotRunnable):
                    return
                except PorteroError as error:
                    _log.warning("the lease of job %s is not renewed: %s", job.id, error)

        threading.Thread(target=renew, name="lease", daemon=True).start()
        try:
            yield
        finally:
            ended.set()
