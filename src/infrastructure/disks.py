"""The free space of disks."""

import errno
import os
from pathlib import Path

RESERVE_BYTES = 4 * 1024 * 1024
"""The space that new data leaves free, because deleting needs some: SQLite writes each change to its log first.

The log has about this size when SQLite begins to write it from its start again.
"""


def require_free(folder: Path, size: int = RESERVE_BYTES) -> None:
    """Raise OSError (ENOSPC) unless the disk of a folder has ``size`` bytes left."""
    found = os.statvfs(folder)
    if found.f_bavail * found.f_frsize < size:
        raise OSError(errno.ENOSPC, f"the disk of {folder} is nearly full; delete data or enlarge it")
