"""Limits how many CSV files are checked at the same time, so that the checks fit into the memory.

The limit covers all processes of a user that share the memory of a machine or a container.
"""

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import BoundedSemaphore

from src.infrastructure.outages import unavailable_on

CHECK_BYTES = 256 << 20
"""The memory of a check: the most that was measured, for the files that take most."""
PROCESS_BYTES = 128 << 20
"""The memory that a process has without a check, after its first one."""
_POLL_SECONDS = 0.1
_MAX_WAITING = 64
"""The threads of a process that wait for a place at most. They are a part of those that serve requests."""


def places_for(memory: int, processes: int) -> int:
    """Return how many checks fit into ``memory`` beside ``processes`` processes: at least one."""
    return max(1, (memory - processes * PROCESS_BYTES) // CHECK_BYTES)


def available_memory(cgroups: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> int:
    """Return the bytes of memory that the machine has, or the lowest limit of the control groups of this process."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    with suppress(OSError):  # the system has no control groups
        for line in own.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            # Version 2 has one hierarchy of groups. Version 1 has one for each controller.
            name = "memory.limit_in_bytes" if controllers else "memory.max"
            group = Path(path.lstrip("/"))
            # A container sees its own group as the root, though the path may be that of the host.
            for each in (group, *group.parents):
                with suppress(OSError, ValueError):  # no such group, or "max": no limit
                    limits.append(int((cgroups / controllers / each / name).read_text()))
    return min(limits)


class CheckPlaces:
    """Places for checks, one for each check that the memory allows at once. All processes of a user share them."""

    def __init__(self, count: int, folder: Path | None = None) -> None:
        """Keep the places in a folder in shared memory, for all processes that share the memory."""
        shared_memory = Path("/dev/shm")  # noqa: S108 - only its owner can use the folder in it
        shared = shared_memory if shared_memory.is_dir() else Path(tempfile.gettempdir())
        self._folder = folder or shared / f"portero-checks-{os.getuid()}"
        self._count = count
        self._waiting = BoundedSemaphore(_MAX_WAITING)

    @contextmanager
    def take(self, timeout: float) -> Iterator[bool]:
        """Hold a place within the block. Yield False if there is none within ``timeout`` seconds.

        Yield False at once if too many threads wait already. The system frees the place of a process that is killed.
        Raises Unavailable.
        """
        place = self._free_place()
        if place is None and timeout and self._waiting.acquire(blocking=False):
            try:
                place = self._wait_for_place(time.monotonic() + timeout)
            finally:
                self._waiting.release()
        try:
            yield place is not None
        finally:
            if place is not None:
                os.close(place)

    def _wait_for_place(self, end: float) -> int | None:
        place = None
        while place is None and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
            place = self._free_place()
        return place

    @unavailable_on(OSError)
    def _free_place(self) -> int | None:
        """Return a descriptor that holds a place until it is closed, or None."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        for number in range(self._count):
            file = os.open(self._folder / str(number), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
            else:
                return file
        return None
