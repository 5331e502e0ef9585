"""Commits the changes of several threads in one transaction, because each commit waits for the disk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from sqlite3 import Connection
from threading import Condition, Lock

from src.domain.errors import Unavailable
from src.infrastructure.stores.sqlite.connections import Connections
from src.infrastructure.stores.sqlite.pool import translate


@dataclass(eq=False, slots=True)
class _Change:
    """A change that a thread waits for. ``error`` is None once the change is on the disk."""

    apply: Callable[[Connection], None]
    is_decided: bool = False
    error: Exception | None = field(default_factory=Unavailable)

    def attempt(self, connection: Connection) -> Exception | None:
        """Apply the change, or undo it and return its error. The other changes of the transaction stay."""
        connection.execute("SAVEPOINT change")
        try:
            self.apply(connection)
        except Exception as error:
            # This fails too if SQLite has undone the whole transaction, for example because the disk is full.
            connection.execute("ROLLBACK TO change")
            return translate(error)
        connection.execute("RELEASE change")
        return None


class CommitQueue:
    """Collects changes while a transaction is written to the disk. The next transaction commits all of them.

    There is no thread for commits: one of the threads whose changes wait commits them. ``waiting`` has the changes of
    the next transaction.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.waiting: list[_Change] = []
        self._decided = Condition(Lock())
        self._is_committing = False

    def commit(self, apply: Callable[[Connection], None]) -> None:
        """Apply a change, and return when it is on the disk.

        ``apply`` may be called twice: all changes of a transaction are undone and applied again if one of them fails.
        Raises the error of ``apply``, PreconditionFailed if the change violates a constraint of the database, and
        Unavailable.
        """
        change = _Change(apply)
        with self._decided:
            self.waiting.append(change)
            while self._is_committing and not change.is_decided:
                self._decided.wait()
            must_commit = not change.is_decided
            self._is_committing |= must_commit
        if must_commit:
            self._commit_waiting()
        if change.error:
            raise change.error

    def _commit_waiting(self) -> None:
        """Commit the changes that wait when the transaction has begun. All of them fail if it cannot begin."""
        batch: list[_Change] = []
        try:
            with self._connections.writing() as connection:
                batch = self._take()
                errors = _apply(batch, connection)
            for change, error in zip(batch, errors, strict=True):
                change.error = error
        except Unavailable as error:
            batch = batch or self._take()
            for change in batch:  # each thread can see the cause, and remove the reserve if the disk is full
                change.error = error
        finally:
            batch = batch or self._take()
            with self._decided:
                for change in batch:
                    change.is_decided = True
                self._is_committing = False
                self._decided.notify_all()

    def _take(self) -> list[_Change]:
        with self._decided:
            batch, self.waiting = self.waiting, []
        return batch


def _apply(changes: Sequence[_Change], connection: Connection) -> list[Exception | None]:
    """Apply changes in a transaction; return the error of each change, or None. A change that fails is undone."""
    # Few changes fail, and a savepoint for each one would make three statements of one.
    connection.execute("SAVEPOINT batch")
    try:
        for change in changes:
            change.apply(connection)
    except Exception:
        if not connection.in_transaction:  # SQLite has undone it, for example because the disk is full
            raise
        connection.execute("ROLLBACK TO batch")
        return [change.attempt(connection) for change in changes]
    return [None] * len(changes)
