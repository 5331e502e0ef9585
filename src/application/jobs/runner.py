"""Runs jobs."""

import logging
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar, Protocol

from src.application.ports import Clock, CountEvent, TraceStep, uncounted, untraced
from src.domain.errors import AttemptFailed, Busy, NotFound, PorteroError, Postponed, Unavailable
from src.domain.jobs import LEASE, MAX_ATTEMPTS, Job, JobRepository, NotRunnable
from src.domain.messages import Translatable
from src.domain.values import new_id

_log = logging.getLogger("portero.jobs")

Progress = Callable[[float], None]
"""A function that reports the progress of a job, from 0 to 1. Raises NotRunnable when the worker has lost the job."""

RENEW_EVERY = LEASE / 3
"""The time between two renewals of the lease on a job."""
SPREAD_SECONDS = 1.0
"""The seconds over which the retries of jobs that were postponed at the same time are spread."""


class JobHandler(Protocol):
    """Does the work of one kind of job. Every step must be repeatable, because a job may run several times."""

    waits: ClassVar[tuple[float, float, float]]
    """The seconds to wait after the first, second and third failed attempt. They vary by up to a quarter."""
    postponed_until: ClassVar[tuple[float, float, float, float]]
    """For each attempt, the age of the job in seconds after which a postponement counts as a failure.

    A postponement by Busy never does.
    """

    def run(self, job: Job, progress: Progress) -> Any:
        """Do the work and return the job's result as JSON. Raises AttemptFailed."""

    def abandon(self, job: Job) -> None:
        """Record that the work has failed for good, unless it is done. Called before the job is marked as failed."""

    def resume(self, job: Job) -> None:
        """Record that the work will be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRunner:
    """Runs jobs. Of several workers that try to run the same job, one gets the lease, and the others do nothing.

    If that worker loses its lease, another one may run the job again.
    """

    jobs: JobRepository
    handlers: Mapping[str, JobHandler]
    delay: timedelta
    """The time that every job waits before its work begins, so that users of a demonstration can watch it."""
    clock: Clock
    count: CountEvent = uncounted
    trace: TraceStep = untraced
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when the process is about to end. Then no job is started, and a job that still waits is put back."""
    _running: dict[str, str] = field(default_factory=dict)
    """The ids of the jobs that this process is running, by the ticket of the lease."""

    def run(self, id: str) -> float | None:
        """Run a job once. Return the seconds after which it must run again, or None. Raises Unavailable.

        Does nothing when the process is about to end. The job is then sent to the queue again.
        """
        if self.stopping.is_set():
            return None
        ticket, now = new_id(), self.clock()
        try:
            job = self.jobs.update(id, lambda job: job.started(ticket, now))
        except (NotFound, NotRunnable):
            return None
        self._running[ticket] = id
        try:
            with self._renewing(job):
                return self._attempt(job)
        except (NotFound, NotRunnable):
            return None  # cancelled, removed, or taken over by another worker
        finally:
            self._running.pop(ticket, None)

    def hand_back(self) -> None:
        """Put the running jobs of this process back in the queue, so that other processes run them."""
        for ticket, id in list(self._running.items()):
            with suppress(PorteroError, NotRunnable):
                self.jobs.update(id, partial(Job.put_back, ticket=ticket, now=self.clock(), error=None))

    def _attempt(self, job: Job) -> float | None:
        """Make one attempt and record its outcome. Raises NotRunnable, NotFound."""
        handler = self.handlers.get(job.kind)
        if handler is None:
            error = Translatable("There is nothing here that does {kind}.", kind=job.kind)
            self._transition(job, Job.failed, error=error)
            self.count("jobs", job.kind, "failed")
            return None
        if job.attempts > MAX_ATTEMPTS:
            return self._failed(job, handler, job.error or "No worker survived it.", final=True)
        try:
            if self._stopped_while_waiting(job):
                self._transition(job, Job.put_back, error=None)
                return None
            with self.trace(f"run {job.kind}", parent=job.trace):
                result = handler.run(job, self._progress_of(job))
        except NotRunnable:
            raise
        except Postponed as error:
            return self._postponed(job, handler, error)
        except PorteroError as error:
            final = isinstance(error, AttemptFailed) and error.final
            return self._failed(job, handler, error.detail, final=final)
        except Exception:
            _log.exception("job %s crashed", job.id)
            return self._failed(job, handler, "Something went wrong here.", final=False)
        self._transition(job, Job.succeeded, result=result)
        self.count("jobs", job.kind, "succeeded")
        return None

    def _postponed(self, job: Job, handler: JobHandler, error: Postponed) -> float | None:
        age = (self.clock() - job.created_at).total_seconds()
        if age > handler.postponed_until[job.attempts - 1] and not isinstance(error, Busy):
            return self._failed(job, handler, error.detail, final=False)
        wait = error.retry_after + random.uniform(0, SPREAD_SECONDS)  # noqa: S311 - spreads jobs, hides nothing
        self._transition(job, Job.postponed, error=error.detail, wait=timedelta(seconds=wait))
        self.count("jobs", job.kind, "postponed")
        return wait

    def _failed(self, job: Job, handler: JobHandler, error: str, final: bool) -> float | None:
        _log.warning("job %s, %s, attempt %d: %s", job.id, job.kind, job.attempts, error)
        if final or job.attempts >= MAX_ATTEMPTS:
            handler.abandon(job)
            self._transition(job, Job.failed, error=error)
            self.count("jobs", job.kind, "failed")
            return None
        wait = handler.waits[job.attempts - 1] * random.uniform(0.75, 1.25)  # noqa: S311 - spreads jobs, hides nothing
        self._transition(job, Job.put_back, error=error, wait=timedelta(seconds=wait))
        self.count("jobs", job.kind, "retried")
        return wait

    def _transition(self, job: Job, change: Callable[..., Job], **outcome: Any) -> None:
        self.jobs.update(job.id, partial(change, ticket=job.ticket, now=self.clock(), **outcome))

    def _stopped_while_waiting(self, job: Job) -> bool:
        """Wait for ``delay``, and report progress meanwhile.

        Return True at once when the process is about to end, and False after the whole delay.
        """
        progress, steps = self._progress_of(job), 10
        for step in range(steps if self.delay else 0):
            progress(step / steps)
            if self.stopping.wait(self.delay.total_seconds() / steps):
                return True
        return False

    def _progress_of(self, job: Job) -> Progress:
        last = [self.clock() - timedelta(seconds=1)]

        def progress(done: float) -> None:
            now = self.clock()
            if abs(now - last[0]) >= timedelta(seconds=1):  # one commit a second is enough for users who watch
                last[0] = now
                try:
                    self._transition(job, Job.renewed, progress=done)
                except NotFound:
                    raise NotRunnable from None
                except Unavailable as error:  # a later report may be stored
                    _log.warning("the progress of job %s is not stored: %s", job.id, error.__cause__ or error)

        return progress

    @contextmanager
    def _renewing(self, job: Job) -> Iterator[None]:
        """Renew the lease in a thread while the block runs."""
        ended = threading.Event()

        def renew() -> None:
            while not ended.wait(RENEW_EVERY.total_seconds()):
                try:
                    self._transition(job, Job.renewed)
                except (NotFound, NotRunnable):
                    return
                except PorteroError as error:
                    _log.warning("the lease of job %s is not renewed: %s", job.id, error)

        threading.Thread(target=renew, name="lease", daemon=True).start()
        try:
            yield
        finally:
            ended.set()
