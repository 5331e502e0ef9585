"""Connections to a SQLite database, their transactions, and the translation of their errors."""

import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from threading import Lock

from src.domain.errors import Unavailable
from src.infrastructure.stores.base import PreconditionFailed

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


class Connections:
    """The connections to one database, for all threads of a process. It opens none before the first use."""

    def __init__(self, file: Path, size: int) -> None:
        """Keep up to ``size`` connections that read, and one that writes, open while nobody uses them."""
        self._readers = _Pool(partial(connect, file), size)
        self._writers = _Pool(partial(_connect_writer, file), 1)
        self._write_lock = Lock()

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Yield a connection without a transaction: each statement reads the newest state. Raises Unavailable."""
        return self._readers.connection()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection in a transaction that commits at the end, unless the block raises an error.

        Raises PreconditionFailed when a constraint of the database is violated, and Unavailable.
        """
        # The threads of this process queue here, so that at most one of them polls for the lock of the database.
        if not self._write_lock.acquire(timeout=BUSY_SECONDS):
            raise Unavailable
        try:
            with self._writers.connection() as connection:
                _begin(connection)
                yield connection
                connection.execute("COMMIT")
        finally:
            self._write_lock.release()

    def close(self) -> None:
        """Close the connections that nobody uses; the others are closed after their use."""
        self._readers.close()
        self._writers.close()


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


def _connect_writer(file: Path) -> sqlite3.Connection:
    """Open a connection that asks for the write lock every millisecond.

    SQLite does not queue the processes that write. It lets each one sleep for 1, 2, 5, 10, 15 and more milliseconds
    between its attempts, and a transaction of another process is over after one or two. With a limit of 2 ms it gives
    up after two sleeps of 1 ms, and ``_begin`` asks again.
    """
    connection = connect(file)
    # A commit never waits then. On a file system that supports no write-ahead log it waits for those who read.
    if connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
        connection.execute("PRAGMA busy_timeout=2")
    return connection


class _Pool:
    """Connections of one kind, each used by one thread at a time."""

    def __init__(self, open: Callable[[], sqlite3.Connection], size: int) -> None:
        """Keep up to ``size`` connections open while nobody uses them."""
        self._open = open
        self._size = size
        self._idle = deque[sqlite3.Connection]()

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
        """Close the connections that nobody uses; the others are closed after their use."""
        self._size = 0
        while self._idle:
            self._idle.pop().close()

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
