"""Lets each worker of a web server serve its requests on a CPU of its own.

The threads of a worker take turns with the lock of the interpreter, and hand it on at each SQL statement. On several
CPUs each turn wakes another CPU up, which takes longer than the statement.
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


def leave_cpu() -> None:
    """Let this thread, and all threads that it starts from now on, run wherever the main thread of its process may."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.sched_setaffinity(0, os.sched_getaffinity(os.getpid()))


def create_cpu_locks() -> int:
    """Return a file descriptor for ``claim_cpu``, which forks inherit, or -1 if the system refuses it."""
    try:
        return os.memfd_create("portero-cpus")
    except OSError:
        return -1


def claim_cpu(locks: int, cpus: Sequence[int]) -> None:
    """Move this process to a CPU that no other one has claimed, if there is one. The claim ends with the process.

    A worker that begins before its predecessor has ended finds no free CPU, and runs on all of them.
    """
    for byte, cpu in enumerate(cpus):
        with suppress(OSError, ValueError):  # another process has it, or there are no locks
            # The system drops the lock of a process that ends.
            fcntl.lockf(locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
            move_to(cpu)
            return
