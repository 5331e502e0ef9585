"""A job queue without a broker. Jobs run in threads of the process that sends them."""

import heapq
import logging
import threading
import time
from contextlib import suppress

from src.application.ports import Run
from src.domain.errors import Unavailable

_log = logging.getLogger("portero.queues")


class InlineQueue:
    """Runs jobs in threads of this process. Implements JobQueue.

    The queue forgets its waiting jobs when the process ends. They are recorded in the store, and a sweep sends them
    again.
    """

    def __init__(self, run: Run, threads: int = 4) -> None:
        """Run up to ``threads`` jobs at a time. The threads start with the first job."""
        self._run = run
        self._count = threads
        self._changed = threading.Condition()
        self._heap: list[tuple[float, str]] = []
        self._due: dict[str, float] = {}  # The time of each waiting job. A heap entry with another time is void.
        self._threads: list[threading.Thread] = []
        self._closed = False

    def send(self, job_id: str, delay: float = 0) -> None:
        """Run the job in ``delay`` seconds, or earlier if it already waits for an earlier time.

        Raise Unavailable once the queue is closed.
        """
        when = time.monotonic() + delay
        with self._changed:
            if self._closed:
                raise Unavailable
            self._start()
            if when < self._due.get(job_id, float("inf")):
                self._due[job_id] = when
                heapq.heappush(self._heap, (when, job_id))
                self._changed.notify()

    def notify(self, job_id: str) -> None:
        with suppress(Unavailable):
            self.send(job_id)

    def check(self) -> None:
        """Do nothing: there is no broker."""

    def close(self, timeout: float) -> bool:
        """Start no more jobs, and wait up to ``timeout`` seconds. Return whether all running jobs have ended."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        end = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _start(self) -> None:
        # Not in __init__: threads do not survive the fork of the web server.
        while len(self._threads) < self._count:
            thread = threading.Thread(target=self._work, name=f"job-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        while (job_id := self._next()) is not None:
            try:
                again = self._run(job_id)
            except Exception:
                _log.exception("job %s failed", job_id)
                continue
            if again is not None:
                with suppress(Unavailable):
                    self.send(job_id, again)

    def _next(self) -> str | None:
        """Wait for the next job that is due and return its id, or None once the queue is closed."""
        with self._changed:
            while not self._closed:
                if not self._heap:
                    self._changed.wait()
                    continue
                when, job_id = self._heap[0]
                if (left := when - time.monotonic()) > 0:
                    self._changed.wait(left)
                    continue
                heapq.heappop(self._heap)
                if self._due.get(job_id) == when:
                    del self._due[job_id]
                    return job_id
        return None
