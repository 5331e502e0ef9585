"""What every running process does in the background, and how it stops."""

import os
import time
from threading import Event

from src.application.datasets import remove_abandoned_files
from src.application.jobs import JobRunner
from src.infrastructure.periodic import repeat
from src.interfaces.services import Services

_SWEEP_SECONDS = 30.0
_RESEND_SECONDS = 5.0
"""Each run costs one query, and one write for each job that is due.

A job that a worker was running when it was killed goes on after LEASE and one interval; a job that was sent to the
queue and lost, after RESEND and one interval.
"""
_MEMORY_SECONDS = 10.0
_STOP_SECONDS = 6.0
"""How long a process that stops waits for its jobs before it hands them back. Cloud Run kills it after ten seconds."""


def start_background(services: Services) -> list[Event]:
    """Start the periodic tasks in threads. Each runs until its event is set."""
    remove_abandoned_files()
    return [
        repeat(services.operations.sweep, _SWEEP_SECONDS),
        repeat(services.jobs.resend, _RESEND_SECONDS),
        repeat(_return_memory, _MEMORY_SECONDS),
    ]


def stop_background(services: Services, tasks: list[Event]) -> None:
    """End the periodic tasks, wait for the jobs that run in this process, and hand back the unfinished ones."""
    for task in tasks:
        task.set()
    services.jobs.stop(_STOP_SECONDS)


def _return_memory() -> int:
    """Give memory that is free back to the system. Return 0, since no records are processed.

    Small allocations during a hash keep the C library from using the memory of the hash for the next one, so that a
    process held the memory of two hashes where it computes one at a time.
    """
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # not in every C library
    if trim:
        trim(0)
    return 0


def end_stopping_worker(runner: JobRunner) -> None:
    """Wait until the worker is told to stop and its jobs have had time to finish; then hand them back and exit.

    A worker whose jobs finish earlier ends by itself. This ends the process because a thread that runs a job cannot be
    stopped, and killing the process would cost the job an attempt.
    """
    runner.stopping.wait()
    time.sleep(_STOP_SECONDS)
    runner.hand_back()
    os._exit(0)
