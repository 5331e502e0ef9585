"""A SQLite database whose file is removed, replaced or made read-only while it is open."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from src.domain.errors import Unavailable
from src.infrastructure.stores.driver import Insert
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.sqlite import SqliteStore, connections, pool
from tests.contract.documents import CLAIM, claim, only
from tests.support.world import build, client_of, join, log_in


@pytest.fixture
def store(sqlite: Callable[[], Store]) -> Iterator[Store]:
    """A store with connections that read and one that writes."""
    store = sqlite()
    store.commit(Insert(claim("old"), CLAIM))
    assert store.get(claim("old")) != [None]
    yield store
    store.close()


def remove(database: Path) -> None:
    """Remove a database with its log, as ``rm portero.db*`` does."""
    for file in database.parent.glob(f"{database.name}*"):
        file.unlink()


def test_a_write_into_a_removed_file_fails_and_the_log_names_the_file(
    store: Store, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    remove(database)
    for id in ("1", "2"):
        with pytest.raises(Unavailable) as refused:
            store.commit(Insert(claim(id), CLAIM))
        assert str(database) in str(refused.value.__cause__)
    assert [(each.levelno, each.getMessage()) for each in caplog.records if each.name == "portero.store"] == [
        (logging.ERROR, f"the database {database} is gone")
    ]
    assert not database.exists()


def test_a_commit_into_a_file_that_was_removed_meanwhile_fails(store: Store, database: Path) -> None:
    def commit_late() -> None:
        with connections.Connections(database, 1).writing() as connection:
            connection.execute("UPDATE claims SET holder_id = 'new'")
            remove(database)

    with pytest.raises(Unavailable):
        commit_late()


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
def test_without_its_log_a_database_takes_no_more_writes_and_keeps_those_that_it_took(
    store: Store, database: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(f"{database}{suffix}").unlink()
    with pytest.raises(Unavailable) as refused:
        store.commit(Insert(claim("1"), CLAIM))
    assert f"{database}{suffix}" in str(refused.value.__cause__)
    monkeypatch.setattr(connections, "CHECK_SECONDS", 0)
    with pytest.raises(Unavailable):
        store.ping()
    store.close()
    other = SqliteStore(database, pool_size=1)
    assert only(other, claim("old")).fields == CLAIM
    assert other.get(claim("1")) == [None]
    other.close()


def test_reads_notice_a_removed_file_within_the_time_of_a_check(
    store: Store, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert connections.CHECK_SECONDS <= 1  # as documented
    monkeypatch.setattr(connections, "CHECK_SECONDS", 60)  # on a busy machine, too
    remove(database)
    assert store.get(claim("old")) != [None]  # checked a moment ago
    monkeypatch.setattr(connections, "CHECK_SECONDS", 0)
    with pytest.raises(Unavailable):
        store.ping()


def test_a_file_that_comes_back_is_used_without_a_restart(store: Store, database: Path) -> None:
    remove(database)
    with pytest.raises(Unavailable):
        store.commit(Insert(claim("1"), CLAIM))
    SqliteStore.prepare(f"sqlite:///{database}")
    store.commit(Insert(claim("1"), CLAIM))
    assert only(store, claim("1")).fields == CLAIM
    assert store.get(claim("old")) == [None]
    other = SqliteStore(database, pool_size=1)
    assert only(other, claim("1")).fields == CLAIM
    other.close()


def test_a_file_that_was_replaced_is_used_without_a_restart(store: Store, database: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.db"
    SqliteStore.prepare(f"sqlite:///{new}")
    remove(database)
    new.rename(database)
    store.commit(Insert(claim("1"), CLAIM))
    assert store.get(claim("old"), claim("1"))[0] is None
    assert only(store, claim("1")).fields == CLAIM


def test_while_a_database_is_read_only_reads_are_answered_and_writes_return_503(
    sqlite: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``PRAGMA query_only`` causes the error of a read-only file, which the permissions do not cause for root."""
    writers: list[sqlite3.Connection] = []

    def connect_and_note(file: Path) -> sqlite3.Connection:
        writers.append(pool.connect_writer(file))
        return writers[-1]

    monkeypatch.setattr(connections, "connect_writer", connect_and_note)
    store = sqlite()
    client = client_of(build(store))
    anna = join(client)
    for is_read_only in (True, False):
        for writer in writers:
            writer.execute(f"PRAGMA query_only = {is_read_only}")
        writes = {
            201: client.post("/tasks", json={"title": "Walk the dog"}, headers=anna.headers),
            200: log_in(client, anna),
        }
        assert client.get("/user", headers=anna.headers).json == anna.user
        assert client.get("/tasks", headers=anna.headers).status_code == 200
        for status, answer in writes.items():
            assert answer.status_code == (503 if is_read_only else status)
            assert ("Retry-After" in answer.headers) == is_read_only
    assert len(client.get("/tasks", headers=anna.headers).json) == 1
    store.close()
