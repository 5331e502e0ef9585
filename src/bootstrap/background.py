"""Starts and stops the background tasks of a process."""

import os
import time
from threading import Event

from src.application.jobs import JobRunner
from src.infrastructure.periodic import repeat
from src.infrastructure.spooling import remove_abandoned_files
from src.interfaces.services import Services

_SWEEP_SECONDS = 30.0
_RESEND_SECONDS = 5.0
"""The interval in which overdue jobs are sent again. Each run takes one query, and one write for each overdue job.

The job of a killed worker continues after LEASE and one interval. A job that the queue has lost starts after RESEND and
one interval.
"""
_DISPATCH_SECONDS = 2.0
"""The interval in which events are handed to the webhooks. Each run takes a query, and six if there are webhooks."""
_CLEAN_SECONDS = 3600.0
"""The interval in which the temporary files of killed processes are looked for."""
_STOP_SECONDS = 6.0
"""The seconds for which a stopping process waits for its jobs. Cloud Run kills the process after ten seconds."""


def start_background(services: Services) -> list[Event]:
    """Start the periodic tasks in threads. Return their events, each of which stops a task when it is set."""
    remove_abandoned_files()
    return [
        repeat(remove_abandoned_files, _CLEAN_SECONDS),
        repeat(services.maintenance.sweep, _SWEEP_SECONDS),
        repeat(services.jobs.resend, _RESEND_SECONDS),
        repeat(services.dispatcher.run, _DISPATCH_SECONDS),
    ]


def stop_background(services: Services, tasks: list[Event]) -> None:
    """End the periodic tasks, wait for the jobs that run in this process, and hand back the unfinished ones."""
    for task in tasks:
        task.set()
    services.dispatcher.stopping.set()
    services.jobs.stop(_STOP_SECONDS)


def end_stopping_worker(runner: JobRunner) -> None:
    """Wait until the worker is told to stop and its jobs have had time to finish; then hand the jobs back and exit.

    A worker whose jobs finish earlier exits by itself. This function exits the process because a thread that runs a job
    cannot be stopped, and killing the process would cost the job an attempt.
    """
    runner.stopping.wait()
    time.sleep(_STOP_SECONDS)
    runner.hand_back()
    os._exit(0)
