"""Workers and a store whose steps a test can interrupt."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from src.application.jobs import JobRunner, JobService, Progress
from src.domain.jobs import Job, JobRepository, JobStatus
from src.infrastructure.repositories.jobs import Jobs
from src.infrastructure.stores.memory import MemoryStore
from tests.support.remote import Observed
from tests.support.working import NOON, FakeHandler, Interruptions, RecordingQueue, Watch, person

SECOND = timedelta(seconds=1)
ADA = person()


def new_job(kind: str = "test", **fields: Any) -> Job:
    return replace(Job.new(kind=kind, subject_id="subject", user_id="ada", now=NOON), **fields)


def in_state(status: JobStatus) -> Job:
    """Return a job with the ticket ``mine`` that reached this status at noon."""
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


class JobWorld(Interruptions):
    """Workers that share a store. A test can interrupt every update of a job."""

    def __init__(self) -> None:
        super().__init__()
        self.watch = Watch()
        self.stored = Jobs(MemoryStore())
        self.work = FakeHandler()
        self.queue = RecordingQueue()
        self.runner = self.worker()
        self.run = self.runner.run
        self.service = JobService(jobs=self.jobs(), queue=self.queue, runner=self.runner, clock=self.watch)

    def jobs(self) -> JobRepository:
        return cast(JobRepository, Observed(self.stored, {"update"}, self.observe))

    def worker(self, pause: float = 0, stopping: threading.Event | None = None) -> JobRunner:
        """Return a runner of another process."""
        handlers = {"test": self.work}
        return JobRunner(
            jobs=self.jobs(),
            handlers=handlers,
            delay=timedelta(seconds=pause),
            clock=self.watch,
            stopping=stopping or threading.Event(),
        )

    def add(self, job: Job | None = None) -> str:
        job = job or new_job()
        self.stored._store.commit(self.stored.write(job))
        return job.id

    def job(self, id: str) -> Job:
        job = self.stored.get(id)
        assert job
        return job

    def start_and_die(self, id: str) -> None:
        """Leave the job as if its worker was killed while it ran."""
        self.stored.update(id, lambda job: job.started("dead", self.watch()))


def raising(error: BaseException) -> Callable[[Job, Progress], Any]:
    def work(job: Job, progress: Progress) -> Any:
        raise error

    return work


class Pause(threading.Event):
    """An event whose ``wait`` moves the watch forward, and that is set after ``stops_after`` seconds."""

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
