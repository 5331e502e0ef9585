"""Real queue workers, in processes of their own, and jobs that tell the test what becomes of them."""

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
"""How many jobs run at a time."""
PATIENCE = 30.0
"""How long a test waits for what is to happen."""

_spawn = multiprocessing.get_context("spawn")


def named(kind: str) -> str:
    """A job id that nobody has used; ``kind`` is what the job does, see Jobs.run."""
    return f"{kind}-{uuid4().hex}"


class Jobs:
    """What jobs do, in whatever process they run, and what the test hears of it."""

    def __init__(self) -> None:
        self._said: multiprocessing.Queue[tuple[str, str, float]] = _spawn.Queue()
        # Not an Event: setting it waits for those that wait for it, also when they have been killed.
        self._permits = _spawn.Semaphore(0)
        self._seen: set[str] = set()

    def run(self, job_id: str) -> float | None:
        """See Run."""
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
        """What happened next, to which job, and when on the clock of time.monotonic()."""
        return self._said.get(timeout=timeout)

    def begun(self, timeout: float = PATIENCE) -> tuple[str, float]:
        """Which job began next, and when."""
        while True:
            what, job_id, when = self.heard(timeout)
            if what == "begun":
                return job_id, when

    def release(self) -> None:
        """Let all that is held end."""
        for _ in range(100):
            self._permits.release()

    def close(self) -> None:
        self._said.close()
        self._said.join_thread()

    def _say(self, what: str, job_id: str) -> None:
        self._said.put((what, job_id, time.monotonic()))


@contextmanager
def worker(url: str, jobs: Jobs) -> Iterator[BaseProcess]:
    """A worker in a process of its own; killed at the end of the block if it is still there."""
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
    """Whether the worker ends within so many seconds of being told to, as if nothing had been wrong."""
    process.terminate()
    watch = Stopwatch()
    while process.is_alive() and watch.seconds < timeout:
        process.join(0.05)
    return process.exitcode == 0
