"""A store that does not answer raises Unavailable within its timeout."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from src.domain.errors import Unavailable
from src.infrastructure.stores.base import (
    Delete,
    Insert,
    Store,
)
from src.infrastructure.stores.firestore import FirestoreStore
from src.infrastructure.stores.sql import SqlStore, make_engine
from tests.contract.documents import CLAIM, claim, only, user
from tests.contract.test_store_queries import active
from tests.support.clock import outcome_within
from tests.support.emulators import free_port


class TestUnreachable:
    """A store that does not answer is Unavailable, and soon."""

    @pytest.fixture
    def closed_port(self) -> str:
        return f"127.0.0.1:{free_port()}"

    @pytest.fixture
    def silent_port(self) -> Iterator[str]:
        """Takes connections, and never says a word."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            yield f"127.0.0.1:{listener.getsockname()[1]}"

    @pytest.mark.parametrize("port", ["closed_port", "silent_port"])
    @pytest.mark.parametrize(
        "use",
        [
            pytest.param(lambda store: store.get(user("1"), claim("1")), id="get"),
            pytest.param(lambda store: store.find(active()), id="find"),
            pytest.param(lambda store: store.commit(Insert(claim("1"), CLAIM)), id="commit"),
        ],
    )
    def test_an_unreachable_firestore_is_unavailable_in_time(
        self,
        use: Callable[[Store], Any],
        port: str,
        request: pytest.FixtureRequest,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", request.getfixturevalue(port))
        store = FirestoreStore("demo-nowhere", timeout=0.5)
        assert isinstance(outcome_within(1.5, lambda: use(store)), Unavailable)
        store.close()

    def test_a_locked_sqlite_database_is_unavailable_in_time(self, sqlite: Callable[[], Store]) -> None:
        opened = sqlite()
        assert isinstance(opened, SqlStore)
        url = opened._engine.url
        opened.close()
        engine, locker = (make_engine(str(url), pool_size=1) for _ in range(2))
        sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=100"))
        store = SqlStore(engine)
        store.commit(Insert(claim("1"), CLAIM))
        with locker.connect() as connection:
            connection.begin()
            assert isinstance(outcome_within(1.5, lambda: store.commit(Delete(claim("1")))), Unavailable)
            assert only(store, claim("1")).fields == CLAIM  # readers do not wait
            connection.rollback()
        store.commit(Delete(claim("1")))
        assert store.get(claim("1")) == [None]
        store.close()
        locker.dispose()

    def test_sqlite_in_a_missing_folder_is_unavailable(self, tmp_path: Any) -> None:
        store = SqlStore(make_engine(f"sqlite:///{tmp_path}/nowhere/portero.db", pool_size=1))
        for use in (lambda: store.get(claim("1")), lambda: store.commit(Delete(claim("1")))):
            with pytest.raises(Unavailable):
                use()
        store.close()
