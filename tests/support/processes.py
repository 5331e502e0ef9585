"""Processes that tests started, as Linux shows them. What ends while it is read is left out."""

import os
from contextlib import suppress
from pathlib import Path


def children(pid: int) -> list[int]:
    """Return the processes that the threads of a process have started, in the order of their ids."""
    found: list[int] = []
    for thread in _threads(pid):
        with suppress(FileNotFoundError, ProcessLookupError):
            found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
    return sorted(found)


def usable_cpus(pid: int) -> list[set[int]]:
    """Return the CPUs that each thread of a process may use."""
    usable = []
    for thread in _threads(pid):
        with suppress(ProcessLookupError):
            usable.append(os.sched_getaffinity(thread))
    return usable


def _threads(pid: int) -> list[int]:
    try:
        return [int(thread.name) for thread in Path(f"/proc/{pid}/task").iterdir()]
    except FileNotFoundError:
        return []
