"""Changes of several threads in one transaction of SQLite."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import Connection
from threading import Event
from types import NoneType

import pytest

from src.domain.errors import Unavailable
from src.infrastructure.stores.driver import PreconditionFailed
from src.infrastructure.stores.sqlite import connections
from src.infrastructure.stores.sqlite.commits import CommitQueue
from src.infrastructure.stores.sqlite.connections import Connections
from src.infrastructure.stores.sqlite.pool import BUSY_SECONDS, connect

Change = Callable[[Connection], None]


class CountedTransactions(Connections):
    """Connections that count their transactions."""

    begun = 0

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with super().writing() as connection:
            self.begun += 1
            yield connection


class Table:
    """A table of names, and a queue of commits whose first change waits until the other changes are queued."""

    def __init__(self, file: Path) -> None:
        self.file = file
        with closing(connect(file, create=True)) as connection:
            connection.execute("CREATE TABLE names (name TEXT PRIMARY KEY)")
        self.connections = CountedTransactions(file, 2)
        self.queue = CommitQueue(self.connections)

    def commit_together(self, *changes: Change) -> list[Future[None]]:
        """Commit changes that all wait in the queue while the change that adds "first" is in its transaction."""
        held, released = Event(), Event()

        def first(connection: Connection) -> None:
            held.set()
            assert released.wait(30)
            add("first")(connection)

        with ThreadPoolExecutor(1 + len(changes)) as pool:
            begun = pool.submit(self.queue.commit, first)
            assert held.wait(30)
            outcomes = []
            for number, change in enumerate(changes, 1):
                outcomes.append(pool.submit(self.queue.commit, change))
                while len(self.queue.waiting) < number:
                    time.sleep(0.001)
            released.set()
        begun.result()
        return outcomes

    def writer(self) -> Connection:
        """Return the connection that writes."""
        with self.connections.writing() as connection:
            return connection

    def statements(self) -> list[str]:
        """Return a list that receives the statements of the connection that writes."""
        statements: list[str] = []
        self.writer().set_trace_callback(statements.append)
        return statements

    def names(self) -> set[str]:
        with closing(sqlite3.connect(self.file)) as connection:
            return {name for (name,) in connection.execute("SELECT name FROM names")}


def add(name: str) -> Change:
    def insert(connection: Connection) -> None:
        connection.execute("INSERT INTO names VALUES (?)", (name,))

    return insert


def fail(error: BaseException, *statements: str) -> Change:
    def execute(connection: Connection) -> None:
        add("failed")(connection)
        for statement in statements:
            connection.execute(statement)
        raise error

    return execute


def kinds(outcomes: list[Future[None]]) -> list[type]:
    return [type(outcome.exception()) for outcome in outcomes]


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    table = Table(tmp_path / "names.db")
    yield table
    table.connections.close()


def test_changes_that_wait_share_a_transaction(table: Table) -> None:
    outcomes = table.commit_together(*map(add, "abcdef"))
    assert [outcome.result() for outcome in outcomes] == [None] * 6
    assert table.names() == {"first", *"abcdef"}
    assert table.connections.begun == 2


def test_a_change_that_fails_is_undone_alone_and_its_thread_gets_the_error(table: Table) -> None:
    outcomes = table.commit_together(add("a"), add("first"), fail(ValueError("mine")), add("b"))
    assert kinds(outcomes) == [NoneType, PreconditionFailed, ValueError, NoneType]
    assert table.names() == {"first", "a", "b"}
    assert table.connections.begun == 2


def test_an_outage_during_one_change_is_unavailable_for_its_thread_only(table: Table) -> None:
    errors = sqlite3.OperationalError("disk I/O error"), sqlite3.DatabaseError("malformed"), sqlite3.ProgrammingError()
    outcomes = table.commit_together(add("a"), *map(fail, errors))
    assert kinds(outcomes) == [NoneType, Unavailable, Unavailable, sqlite3.ProgrammingError]
    assert table.names() == {"first", "a"}


def test_no_change_succeeds_in_a_transaction_that_sqlite_has_undone(table: Table) -> None:
    """SQLite undoes the whole transaction when, for example, the disk is full."""
    outcomes = table.commit_together(add("a"), fail(sqlite3.OperationalError("full"), "ROLLBACK"), add("b"))
    assert kinds(outcomes) == [Unavailable] * 3
    assert table.names() == {"first"}
    table.queue.commit(add("b"))
    assert table.names() == {"first", "b"}


def test_an_interrupted_commit_fails_for_all_and_the_next_one_succeeds(table: Table) -> None:
    outcomes = table.commit_together(fail(KeyboardInterrupt()), add("a"))
    assert set(kinds(outcomes)) == {KeyboardInterrupt, Unavailable}
    assert table.names() == {"first"}
    table.queue.commit(add("b"))
    assert table.names() == {"first", "b"}


def test_all_that_wait_fail_when_the_transaction_cannot_begin(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BUSY_SECONDS", 0.1)
    with closing(sqlite3.connect(table.file, isolation_level=None)) as other, ThreadPoolExecutor(8) as pool:
        other.execute("BEGIN IMMEDIATE")
        outcomes = [pool.submit(table.queue.commit, add(name)) for name in "abcdefgh"]
        assert kinds(outcomes) == [Unavailable] * 8
        other.execute("ROLLBACK")
    table.queue.commit(add("b"))
    assert table.names() == {"b"}


def test_changes_that_succeed_need_no_savepoints_of_their_own(table: Table) -> None:
    statements = table.statements()
    table.commit_together(*map(add, "abc"))
    kinds = [statement.split()[0] for statement in statements if not statement.startswith("PRAGMA")]
    first = ["BEGIN", "SAVEPOINT", "INSERT", "COMMIT"]
    assert kinds == [*first, "BEGIN", "SAVEPOINT", "INSERT", "INSERT", "INSERT", "COMMIT"]


def test_changes_keep_the_lock_of_the_database_when_one_of_them_fails(table: Table) -> None:
    statements = table.statements()
    with pytest.raises(ValueError, match="mine"):
        table.queue.commit(fail(ValueError("mine")))
    assert "ROLLBACK TO change" in statements
    assert statements.count("BEGIN IMMEDIATE") == statements.count("COMMIT") == 1


@pytest.mark.parametrize("undone", [(), ("ROLLBACK",)])
def test_an_outage_names_its_cause(table: Table, undone: tuple[str, ...]) -> None:
    full = sqlite3.OperationalError("full")
    with pytest.raises(Unavailable) as raised:
        table.queue.commit(fail(full, *undone))
    assert raised.value.__cause__ is full


def test_every_thread_learns_why_the_transaction_failed(table: Table) -> None:
    full = sqlite3.OperationalError("full")
    outcomes = table.commit_together(add("a"), fail(full, "ROLLBACK"), add("b"))
    errors = [outcome.exception() for outcome in outcomes]
    assert [error and error.__cause__ for error in errors] == [full] * 3


def test_a_commit_waits_for_readers_without_a_write_ahead_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite keeps no write-ahead log where memory cannot be shared, as on some network file systems."""
    open_file = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda url, **options: open_file(f"{url}&vfs=unix-dotfile", **options))
    table = Table(tmp_path / "without_log.db")
    assert table.writer().execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert table.writer().execute("PRAGMA busy_timeout").fetchone() == (BUSY_SECONDS * 1000,)
    table.connections.close()


def test_a_change_asks_again_and_again_for_the_lock_of_another_process(table: Table) -> None:
    """SQLite by itself would sleep between its attempts for longer than most transactions take."""
    statements = table.statements()
    with closing(sqlite3.connect(table.file, isolation_level=None)) as other, ThreadPoolExecutor(1) as pool:
        other.execute("BEGIN IMMEDIATE")
        outcome = pool.submit(table.queue.commit, add("a"))
        while statements.count("BEGIN IMMEDIATE") < 3 and not outcome.done():
            time.sleep(0.001)
        other.execute("ROLLBACK")
        outcome.result()
    assert statements.count("BEGIN IMMEDIATE") >= 3
    assert table.names() == {"a"}
