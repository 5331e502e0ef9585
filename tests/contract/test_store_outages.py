"""A store that does not answer raises Unavailable within its timeout."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from src.domain.errors import Unavailable
from src.infrastructure.stores.driver import Delete, Insert
from src.infrastructure.stores.firestore import FirestoreStore
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import USERS
from src.infrastructure.stores.sql import SqlStore
from src.infrastructure.stores.sqlite import SqliteStore, connections
from tests.contract.documents import CLAIM, claim, only, user
from tests.contract.test_store_queries import active
from tests.support.clock import outcome_within
from tests.support.races import at_once

USES = pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda store: store.get(user("1"), claim("1")), id="get"),
        pytest.param(lambda store: store.find(active()), id="find"),
        pytest.param(lambda store: store.scan(USERS, limit=1), id="scan"),
        pytest.param(lambda store: store.commit(Insert(claim("1"), CLAIM)), id="commit"),
    ],
)


class TestUnreachable:
    """A store that does not answer is Unavailable, and soon."""

    @pytest.mark.parametrize("port", ["closed_port", "silent_port"])
    @USES
    def test_an_unreachable_firestore_is_unavailable_in_time(
        self,
        use: Callable[[Store], Any],
        port: str,
        request: pytest.FixtureRequest,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", request.getfixturevalue(port))
        store = FirestoreStore("demo-nowhere", timeout=0.5)
        assert isinstance(outcome_within(15, lambda: use(store)), Unavailable)
        store.close()

    @USES
    def test_firestore_without_credentials_is_unavailable(
        self, use: Callable[[Store], Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/absent.json")
        store = FirestoreStore("demo-nowhere")
        with pytest.raises(Unavailable):
            use(store)
        store.close()

    @pytest.mark.parametrize("port", ["closed_port", "silent_port"])
    @USES
    def test_an_unreachable_postgresql_is_unavailable_in_time(
        self, use: Callable[[Store], Any], port: str, request: pytest.FixtureRequest
    ) -> None:
        address = request.getfixturevalue(port)
        store = SqlStore.open(f"postgresql://postgres@{address}/portero?connect_timeout=2", pool_size=1)
        assert isinstance(outcome_within(15, lambda: use(store)), Unavailable)
        store.close()

    @USES
    def test_connections_that_postgresql_has_closed_are_replaced(
        self, use: Callable[[Store], Any], postgresql: Callable[[], Store]
    ) -> None:
        store = postgresql()
        assert isinstance(store, SqlStore)
        store.get(claim("1"))
        with store.engine.connect(), store.engine.connect():
            pass  # the pool now has two connections
        server = store.engine.url.set(query={}).render_as_string().replace("postgresql+psycopg:", "postgresql:")
        with psycopg.connect(server, autocommit=True) as admin:
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            closed = admin.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}").fetchall()
        assert len(closed) == 2
        use(store)
        store.close()

    def test_a_locked_sqlite_database_is_unavailable_in_time(
        self, sqlite: Callable[[], Store], database: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connections, "BUSY_SECONDS", 0.1)
        store = sqlite()
        store.commit(Insert(claim("1"), CLAIM))
        with closing(sqlite3.connect(database, isolation_level=None)) as locker:
            locker.execute("BEGIN IMMEDIATE")
            assert isinstance(outcome_within(15, lambda: store.commit(Delete(claim("1")))), Unavailable)
            assert only(store, claim("1")).fields == CLAIM  # readers do not wait for the lock
            locker.execute("ROLLBACK")
        store.commit(Delete(claim("1")))
        assert store.get(claim("1")) == [None]
        store.close()

    def test_no_thread_of_many_waits_too_long_for_sqlite(self, sqlite: Callable[[], Store]) -> None:
        store = sqlite()

        def commit_often(thread: int) -> None:
            for number in range(20):
                store.commit(Insert(claim(f"{thread}-{number}"), CLAIM))

        assert at_once(commit_often, range(50)) == [None] * 50
        store.close()

    def test_a_full_disk_is_unavailable_and_nothing_is_written(
        self, sqlite: Callable[[], Store], database: Path
    ) -> None:
        store = sqlite()
        store.commit(Insert(claim("1"), CLAIM))
        assert isinstance(store, SqliteStore)
        with store.connections.writing() as connection:  # no other connection can write
            connection.execute(f"PRAGMA max_page_count={database.stat().st_size // 4096 + 10}")
        large = CLAIM | {"holder_id": "x" * 100_000}
        with pytest.raises(Unavailable):
            store.commit(Delete(claim("1")), Insert(claim("2"), large))
        assert store.get(claim("2")) == [None]
        store.commit(Insert(claim("3"), CLAIM), Delete(claim("1")))
        assert store.get(claim("1")) == [None]
        store.close()

    @pytest.mark.parametrize("file", ["nowhere/portero.db", "portero.db"])
    def test_a_missing_sqlite_database_is_unavailable_and_is_not_created(self, file: str, tmp_path: Path) -> None:
        store = SqliteStore(tmp_path / file, pool_size=1)
        for use in (lambda: store.get(claim("1")), lambda: store.commit(Delete(claim("1")))):
            with pytest.raises(Unavailable):
                use()
        store.close()
        assert list(tmp_path.iterdir()) == []
