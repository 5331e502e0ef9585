"""The connections to a SQLite database, its transactions, and the check that its file is still there."""

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from src.domain.errors import Unavailable
from src.infrastructure.stores.driver import InvalidStoreUrl
from src.infrastructure.stores.sqlite.pool import BUSY_SECONDS, Pool, connect, connect_writer

_log = logging.getLogger("portero.store")

CHECK_SECONDS = 1.0
"""The time for which a file that was there counts as there for those who read. Each commit looks at it again."""


def parse_path(url: str) -> Path:
    """Return the path in a URL. Raises InvalidStoreUrl."""
    path = url.removeprefix("sqlite:///")
    if path in (url, "", ":memory:") or "?" in path:
        raise InvalidStoreUrl("name a file, as in sqlite:///data/portero.db, without ? and options")
    return Path(path)


class Connections:
    """The connections to one database, for all threads of a process. No connection is opened before the first use.

    SQLite does not notice that its file was removed or replaced, and would go on writing to a file that nobody reads.
    The file is therefore checked before use.
    """

    def __init__(self, file: Path, size: int) -> None:
        """Keep up to ``size`` idle connections open for reading, and one for writing."""
        self._file = file
        self._size = size
        self._opened: _OpenedFile | None = None
        self._checked_at = 0.0
        self._open_lock = Lock()
        self._write_lock = Lock()

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Yield a connection without a transaction: each statement reads the newest state. Raises Unavailable."""
        return self._current(CHECK_SECONDS).readers.connection()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection in a transaction that commits at the end, unless the block raises an error.

        Raises PreconditionFailed when a constraint of the database is violated, and Unavailable.
        """
        # The threads of this process queue here, so that at most one of them polls for the lock of the database.
        if not self._write_lock.acquire(timeout=BUSY_SECONDS):
            raise Unavailable
        try:
            opened = self._current()
            with opened.writers.connection() as connection:
                _begin(connection)
                yield connection
                connection.execute("COMMIT")
            if self._current() is not opened:
                raise Unavailable from FileNotFoundError(f"{self._file} was replaced during a commit")
        finally:
            self._write_lock.release()

    def close(self) -> None:
        """Close the idle connections. Connections in use are closed after their use."""
        if self._opened:
            self._opened.readers.close()
            self._opened.writers.close()

    def _current(self, max_age: float = 0) -> "_OpenedFile":
        """Return the connections to the file that is now at the path, or was there up to ``max_age`` seconds ago.

        Closes connections to a file that was removed or replaced. Raises Unavailable if the file or its log is missing.
        """
        opened = self._opened
        if opened and time.monotonic() < self._checked_at + max_age:
            return opened
        with self._open_lock:
            inode = _inode(self._file)
            if not inode:
                self._forget("is gone")
                raise Unavailable from FileNotFoundError(f"{self._file} is gone")
            if self._opened and self._opened.inode != inode:
                self._forget("was replaced")
            if not self._opened:
                self._opened = self._open(inode)
            for log, log_inode in self._opened.logs.items():
                if _inode(log) != log_inode:
                    # The connections stay open. The last one that is closed writes the lost log into the database.
                    raise Unavailable from FileNotFoundError(f"{log} was removed; restart all processes that use it")
            self._checked_at = time.monotonic()
            return self._opened

    def _open(self, inode: "_Inode") -> "_OpenedFile":
        """Return the connections to a file.

        The first connection creates the log, which exists until the last one is closed.
        """
        readers = Pool(partial(connect, self._file), self._size)
        with readers.connection():
            logs = {log: _inode(log) for log in (Path(f"{self._file}-wal"), Path(f"{self._file}-shm"))}
        return _OpenedFile(inode, logs, readers, Pool(partial(connect_writer, self._file), 1))

    def _forget(self, what_happened: str) -> None:
        if self._opened:
            _log.error("the database %s %s", self._file, what_happened)
            self.close()
            self._opened = None


def _begin(connection: sqlite3.Connection) -> None:
    """Begin a transaction that writes. Raises sqlite3.OperationalError."""
    end = time.monotonic() + BUSY_SECONDS
    # A transaction that reads first and then asks for the write lock fails when another one has written.
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # the other bits say why
            if not is_busy or time.monotonic() > end:
                raise
        else:
            return


_Inode = tuple[int, int] | None
"""The device and the inode of a file, or None if there is no file."""


def _inode(file: Path) -> _Inode:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


class _OpenedFile(NamedTuple):
    """The connections to one file of the database.

    They are used as long as the database's path leads to the same inode.
    """

    inode: _Inode
    logs: dict[Path, _Inode]
    """The write-ahead log and its index."""
    readers: Pool
    writers: Pool
