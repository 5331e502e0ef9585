"""Queue workers in child processes, and jobs that report to the test."""

import logging
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from uuid import uuid4

from src.infrastructure.queues.celery import work
from tests.support.clock import Stopwatch

THREADS = 2
"""The number of jobs that run at a time."""
PATIENCE = 60.0
"""The time that a test waits for an event, in seconds."""

_spawn = multiprocessing.get_context("spawn")


def named(kind: str) -> str:
    """Return a new job id. ``kind`` says what ``Jobs.run`` does with the job."""
    return f"{kind}-{uuid4().hex}"


class Jobs:
    """Jobs that report to the test from the process in which they run."""

    def __init__(self) -> None:
        self._said: multiprocessing.Queue[tuple[str, str, float]] = _spawn.Queue()
        # Not an Event: setting an Event waits for every process that waits for it, including killed ones.
        self._permits = _spawn.Semaphore(0)
        self._seen: set[str] = set()

    def run(self, job_id: str) -> float | None:
        """Do what the kind of the job says: raise, wait for ``release``, or run again. Implements Run."""
        first = job_id not in self._seen
        self._seen.add(job_id)
        self._say("begun", job_id)
        kind = job_id.partition("-")[0]
        if "broken" in kind:
            raise RuntimeError("broken on purpose")
        if "held" in kind:
            self._permits.acquire(timeout=10 * PATIENCE)
        self._say("ended", job_id)
        return 0.5 if "again" in kind and first else None

    def stopping(self) -> None:
        self._say("stopping", "")

    def heard(self, timeout: float = PATIENCE) -> tuple[str, str, float]:
        """Return the next event, its job id, and its time on the clock of time.monotonic()."""
        return self._said.get(timeout=timeout)

    def begun(self, timeout: float = PATIENCE) -> tuple[str, float]:
        """Return the id of the next job that begins, and the time."""
        while True:
            what, job_id, when = self.heard(timeout)
            if what == "begun":
                return job_id, when

    def release(self) -> None:
        """Let all held jobs end."""
        for _ in range(100):
            self._permits.release()

    def close(self) -> None:
        self._said.close()
        self._said.join_thread()

    def _say(self, what: str, job_id: str) -> None:
        self._said.put((what, job_id, time.monotonic()))


@contextmanager
def worker(url: str, jobs: Jobs) -> Iterator[BaseProcess]:
    """Run a worker process; kill it at the end of the block if it still runs."""
    process = _spawn.Process(target=_work, args=(url, jobs))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()
        process.close()


def _work(url: str, jobs: Jobs) -> None:
    logging.basicConfig(level=logging.INFO)
    work(url, jobs.run, jobs.stopping, THREADS)


def ended(process: BaseProcess, timeout: float) -> bool:
    """Send TERM; return whether the worker ends within ``timeout`` seconds with exit code 0."""
    process.terminate()
    watch = Stopwatch()
    while process.is_alive() and watch.seconds < timeout:
        process.join(0.05)
    return process.exitcode == 0
