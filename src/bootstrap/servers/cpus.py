"""Lets each worker of gunicorn serve its requests on a CPU of its own.

The threads of a worker take turns with the lock of the interpreter, and hand it on at each SQL statement. On several
CPUs each turn wakes another CPU up, which takes longer than the statement.
"""

import os
import sys
from contextlib import suppress


def cpus_for(workers: int) -> list[int]:
    """Return the CPUs that this process may use, if there are as many as ``workers``, else an empty list.

    With fewer workers than CPUs other programs are likely to share the machine, and the system places workers better.
    The list is also empty where the system does not name the CPUs.
    """
    cpus = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
    return cpus if len(cpus) == workers else []


def move_to(cpu: int | None) -> None:
    """Let this thread, and all threads that it starts from now on, run on one CPU only. Do nothing if it is None."""
    if cpu is not None:
        with suppress(OSError):  # the CPU has been taken from the container since the start
            os.sched_setaffinity(0, {cpu})


def leave_cpu() -> None:
    """Let this thread, and all threads that it starts from now on, run wherever the main thread of its process may."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.sched_setaffinity(0, os.sched_getaffinity(os.getpid()))
