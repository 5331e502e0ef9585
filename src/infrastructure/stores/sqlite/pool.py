"""Opens connections to a SQLite database, keeps idle ones for their next use, and translates their errors."""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import finalize

from src.domain.errors import Unavailable
from src.infrastructure.stores.driver import PreconditionFailed

BUSY_SECONDS = 5.0
"""The time that a transaction waits for another one that writes."""


def connect(file: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open a database that keeps a write-ahead log and syncs every commit to the disk.

    The connection begins no transactions by itself. Raises sqlite3.OperationalError when there is no such file,
    unless ``create`` is set.
    """
    url = f"{file.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
    connection = sqlite3.connect(url, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_writer(file: Path) -> sqlite3.Connection:
    """Open a connection that asks for the write lock every millisecond.

    SQLite does not queue the processes that write. It lets each process sleep for 1, 2, 5, 10, 15 and more milliseconds
    between its attempts, although a transaction of another process is over after one or two. With a busy timeout of 2
    ms, SQLite gives up after two sleeps of 1 ms, and the caller asks again.
    """
    connection = connect(file)
    # A commit never waits then. On a file system that supports no write-ahead log it waits for those who read.
    if connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
        connection.execute("PRAGMA busy_timeout=2")
    return connection


def translate(error: Exception) -> Exception:
    """Translate an error of sqlite3 into PreconditionFailed or Unavailable. Return any other error unchanged."""
    translated: Exception
    if isinstance(error, sqlite3.IntegrityError):
        translated = PreconditionFailed()
    # A DatabaseError itself means that the file is damaged, or no database.
    elif type(error) in (sqlite3.OperationalError, sqlite3.DatabaseError):
        translated = Unavailable()
    else:
        return error
    translated.__cause__ = error
    return translated


class Pool:
    """Connections of one kind, each used by one thread at a time. Closing the pool closes the idle connections."""

    def __init__(self, open: Callable[[], sqlite3.Connection], size: int) -> None:
        """Keep up to ``size`` idle connections open."""
        self._open = open
        self._size = size
        self._idle = deque[sqlite3.Connection]()
        finalize(self, _close_all, self._idle)

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection. Raises PreconditionFailed and Unavailable for errors of sqlite3 in the block."""
        try:
            connection = self._take()
            try:
                yield connection
            finally:
                connection.rollback()  # does nothing without a transaction
                self._give_back(connection)
        except sqlite3.DatabaseError as error:
            if (translated := translate(error)) is error:
                raise
            raise translated from error

    def close(self) -> None:
        """Close the idle connections. Connections in use are closed after their use."""
        self._size = 0
        _close_all(self._idle)

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._open()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if len(self._idle) < self._size:
            self._idle.append(connection)
        else:
            connection.close()


def _close_all(connections: deque[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()
