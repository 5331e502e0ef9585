"""Limits how many requests of a process run at the same time."""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Lock, local
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger("portero.server")

STALL_SECONDS = 0.3
"""The time after which a call no longer counts, because its thread is likely to wait for a dependency."""


@dataclass(eq=False, slots=True)
class _Call:
    """A call that waits for a thread, or runs in one. While ``resumes`` is locked, its thread waits."""

    function: Callable[[], Any]
    queued: float
    """When it began to wait for its turn."""
    result: Future[Any] = field(default_factory=Future)
    waited: float = 0.0
    """The seconds that it has waited for its turn, or for the last one if it has paused."""
    resumes: "Lock | None" = None

    def run(self) -> None:
        if not self.result.set_running_or_notify_cancel():
            return
        try:
            result = self.function()
        except BaseException as error:
            self.result.set_exception(error)
        else:
            self.result.set_result(result)


class Turns(Executor):
    """Calls functions in the threads of a pool, a few at the same time, in the order in which they were submitted.

    Hundreds of threads that all want the lock of the interpreter wake up every few milliseconds, overtake each other
    and hold up the main thread. Here a call waits without a thread, and a thread goes from one call to the next.

    At most ``limit`` calls count. A call that has run for ``STALL_SECONDS`` goes on, but no longer counts, so that
    calls that wait for a slow store or another service do not hold up the others. While paused calls hold all threads,
    they go on before others begin.
    """

    def __init__(self, threads: int, limit: int, initializer: Callable[[], None] | None = None) -> None:
        """Let ``limit`` calls run at the same time in up to ``threads`` threads, which call ``initializer`` first."""
        self._threads = ThreadPoolExecutor(threads, initializer=initializer)
        self._free: float = threads
        """The threads that have no call. A call that began without one would count, and keep others from running."""
        self._limit: float = limit
        self._counted: dict[_Call, float] = {}
        """When the turn of each call that counts has begun, the oldest first."""
        self._waiting = deque[_Call]()
        self._is_held = False
        self._lock = Lock()
        self._thread = local()

    @property
    def waiting(self) -> int:
        """Return how many calls wait."""
        return len(self._waiting)

    @property
    def waited(self) -> float:
        """Return the seconds that the call of this thread has waited for its turn."""
        waited: float = self._thread.call.waited
        return waited

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call a function in a thread when its turn has come. Return its future result."""
        return self._queue(partial(function, *args, **kwargs), self._waiting.append)

    def submit_first(self, function: Callable[[], T]) -> Future[T]:
        """Call a function before all calls that wait. Return its future result."""
        return self._queue(function, self._waiting.appendleft)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let all calls run that wait, and accept no others."""
        with self._lock:
            self._limit = self._free = math.inf
            self._admit()
        self._threads.shutdown(wait, cancel_futures=cancel_futures)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let no call begin before the block has ended."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
            self.admit()

    def admit(self) -> None:
        """Let calls begin in place of calls that no longer count.

        This happens when another call is submitted, ends or waits to go on, too. Call it every ``STALL_SECONDS`` while
        calls wait.
        """
        with self._lock:
            self._admit()

    def leave(self) -> None:
        """Count the call of this thread no longer."""
        with self._lock:
            self._counted.pop(self._thread.call, None)
            self._admit()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Do not count the call of this thread in the block. After the block, it waits for another turn."""
        self.leave()
        try:
            yield
        finally:
            call: _Call = self._thread.call
            call.resumes = Lock()
            call.resumes.acquire()
            call.queued = time.monotonic()
            with self._lock:
                self._waiting.append(call)
                self._admit()
            while not call.resumes.acquire(timeout=STALL_SECONDS):
                self.admit()

    def _queue(self, function: Callable[[], T], add: Callable[[_Call], None]) -> Future[T]:
        call = _Call(function, time.monotonic())
        with self._lock:
            add(call)
            self._admit()
        return call.result

    def _run(self, call: _Call | None) -> None:
        while call:
            self._thread.call = call
            call.run()
            del self._thread.call  # or a thread without a call would keep the connection of its last one
            with self._lock:
                self._counted.pop(call, None)
                self._free += 1
                call = self._admit(takes_one=True)

    def _admit(self, *, takes_one: bool = False) -> _Call | None:
        """Let as many calls go on or begin as may run, those that have waited longest first.

        With ``takes_one``, return the first one that has no thread for the thread that asks.
        """
        taken = None
        now = time.monotonic()
        while not self._is_held and (call := self._first()):
            if len(self._counted) >= self._limit:
                oldest = next(iter(self._counted))
                if now < self._counted[oldest] + STALL_SECONDS:
                    break
                del self._counted[oldest]
            self._waiting.remove(call)
            self._counted[call] = now
            call.waited = now - call.queued
            if call.resumes:
                call.resumes.release()
                continue
            self._free -= 1
            if takes_one and not taken:
                taken = call
            else:
                self._begin(call)
        return taken

    def _begin(self, call: _Call) -> None:
        try:
            self._threads.submit(self._run, call)
        except RuntimeError:
            if self._limit == math.inf:  # after a shutdown
                raise
            _log.warning("The system starts no more threads; a request waits for one of %s", threading.active_count())

    def _first(self) -> _Call | None:
        """Return the call that has waited longest of those that have a thread or can get one."""
        return next((call for call in self._waiting if self._free or call.resumes), None)
