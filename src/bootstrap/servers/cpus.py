"""Lets each worker of a web server serve its requests on a CPU of its own.

The threads of a worker take turns with the lock of the interpreter, and hand the lock on at each SQL statement. On
several CPUs each turn wakes another CPU up, which takes longer than the statement.
"""

import fcntl
import os
import sys
from collections.abc import Sequence
from contextlib import suppress


def cpus_for(workers: int) -> list[int]:
    """Return the CPUs that this process may use if there are exactly ``workers``, or else an empty list.

    With fewer workers than CPUs, other programs are likely to share the machine, and the system places workers better.
    The list is also empty on systems other than Linux.
    """
    cpus = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
    return cpus if len(cpus) == workers else []


def move_to(cpu: int | None) -> None:
    """Run this thread, and all threads that it starts from now on, on the CPU ``cpu`` only.

    Do nothing if ``cpu`` is None.
    """
    if cpu is not None:
        with suppress(OSError):  # the CPU has been taken from the container since the start
            os.sched_setaffinity(0, {cpu})


def leave_cpu() -> None:
    """Run this thread, and all threads that it starts from now on, on every CPU that the main thread may use."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.sched_setaffinity(0, os.sched_getaffinity(os.getpid()))


def create_cpu_locks() -> int:
    """Return the file descriptor of the locks that ``claim_cpu`` takes, or -1 if the system refuses to create it.

    Forks inherit the descriptor.
    """
    try:
        return os.memfd_create("portero-cpus")
    except OSError:
        return -1


def claim_cpu(locks: int, cpus: Sequence[int]) -> None:
    """Move this process to a CPU that no other process has claimed, if there is one. The claim ends with the process.

    A worker that begins before its predecessor has ended finds no free CPU, and runs on all CPUs.
    """
    for byte, cpu in enumerate(cpus):
        with suppress(OSError, ValueError):  # another process has it, or there are no locks
            # The system drops the lock of a process that ends.
            fcntl.lockf(locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
            move_to(cpu)
            return
