"""A reserve of disk space, so that data can still be deleted when other programs have filled the disk."""

import os
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path

from src.domain.errors import Unavailable
from src.infrastructure.chunks import CHUNK_BYTES
from src.infrastructure.disks import RESERVE_BYTES, require_free
from src.infrastructure.outages import unavailable_on

_translated = partial(unavailable_on, OSError)


class Reserve:
    """A file beside the database that holds disk space.

    Deleting needs disk space too: SQLite writes each change to its log first. A deletion that finds the disk full
    removes the reserve and is repeated. No lasting data is added until there is room for the reserve again.
    """

    def __init__(self, database: Path) -> None:
        self._file = Path(f"{database}-reserve")

    def check(self) -> None:
        """Raise Unavailable when the disk is nearly full."""
        with _translated():
            require_free(self._file.parent)

    def ensure(self) -> None:
        """Create the reserve, unless it is complete. Raises Unavailable when the disk is nearly full."""
        with _translated():
            if self._is_complete():
                require_free(self._file.parent)
                return
            require_free(self._file.parent, 2 * RESERVE_BYTES)  # the reserve, and room for data
            self._create()

    def _is_complete(self) -> bool:
        """Return whether the reserve has its full size. A process that is killed may leave a smaller file."""
        try:
            return self._file.stat().st_size >= RESERVE_BYTES
        except FileNotFoundError:
            return False

    def _create(self) -> None:
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                # macOS has no posix_fallocate. Freeing 4 MiB at once would let glibc keep as large blocks for itself.
                for _ in range(RESERVE_BYTES // CHUNK_BYTES):
                    file.write(bytes(CHUNK_BYTES))
        except OSError:
            self._file.unlink(missing_ok=True)
            raise

    def retry_without(self, change: Callable[[], None]) -> None:
        """Call ``change``. If it finds the disk full, remove the reserve and call ``change`` once more.

        Raises the errors of ``change``.
        """
        try:
            change()
        except Unavailable as error:
            if not _is_full(error.__cause__):
                raise
            try:
                self._file.unlink(missing_ok=True)  # another deletion may have removed it
            except OSError:
                raise error from error.__cause__
            change()


def _is_full(error: BaseException | None) -> bool:
    """Return whether SQLite could not write to a file. The index of its log reports a full disk as an input error."""
    full = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF in full
