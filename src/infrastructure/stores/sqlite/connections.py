"""Connections to a SQLite database, their transactions, and the translation of their errors."""

import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
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
    """Return PreconditionFailed or Unavailable for an error of sqlite3 that means so, and any other error itself."""
    if isinstance(error, sqlite3.IntegrityError):
        return PreconditionFailed()
    # A DatabaseError itself means that the file is damaged, or no database.
    return Unavailable() if type(error) in (sqlite3.OperationalError, sqlite3.DatabaseError) else error


class Connections:
    """A pool of connections to one database, for all threads of a process. It opens none before the first use."""

    def __init__(self, file: Path, size: int) -> None:
        """Keep up to ``size`` connections open while nobody uses them."""
        self._file = file
        self._size = size
        self._idle = deque[sqlite3.Connection]()
        self._write_lock = Lock()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection without a transaction: each statement reads the newest state. Raises Unavailable."""
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

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection in a transaction that commits at the end, unless the block raises an error.

        Raises PreconditionFailed when a constraint of the database is violated, and Unavailable.
        """
        # SQLite does not queue writers, they poll for its lock. The threads of this process queue for this one first.
        if not self._write_lock.acquire(timeout=BUSY_SECONDS):
            raise Unavailable
        try:
            with self.reading() as connection:
                # A transaction that reads first and then asks for the write lock fails when another one has written.
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
        finally:
            self._write_lock.release()

    def close(self) -> None:
        """Close the connections that nobody uses; the others are closed after their use."""
        self._size = 0
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return connect(self._file)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if len(self._idle) < self._size:
            self._idle.append(connection)
        else:
            connection.close()
