"""Lets each worker of a web server run on a CPU of its own.

The threads of a worker take turns with the lock of the interpreter, and hand it on at each SQL statement. On several
CPUs each turn wakes another CPU up, and the same request takes up to half as much CPU time again.
"""

import fcntl
import os
import sys
from collections.abc import Sequence
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


def open_places() -> int:
    """Return a descriptor for ``take_place``, which forks inherit."""
    return os.memfd_create("portero-cpus")


def take_place(places: int, cpus: Sequence[int]) -> None:
    """Move this process to a CPU that no other one has taken, if there is one. It is free again when the process ends.

    A worker that begins before its predecessor has ended finds no free CPU, and runs on all of them.
    """
    for place, cpu in enumerate(cpus):
        with suppress(OSError):  # another process has it
            # The system drops the lock of a process that ends.
            fcntl.lockf(places, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
            move_to(cpu)
            return
