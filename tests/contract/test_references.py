"""PostgreSQL stores nothing without its owner, and accepts the order in which the service deletes."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from src.domain.errors import Unavailable
from src.infrastructure.stores.driver import Delete, Insert
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.sql import SqlStore
from tests.contract.documents import account, login, only, session, user
from tests.support.databases import create_database, drop_database
from tests.support.revisions import restore


@pytest.fixture
def url(postgres_server: str) -> Iterator[str]:
    url = create_database(postgres_server)
    yield url
    drop_database(url)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    SqlStore.prepare(url)
    with closing(SqlStore.open(url, pool_size=1)) as store:
        yield store


def test_a_document_and_its_owner_are_stored_and_removed_in_one_commit(store: Store) -> None:
    """The order of the writes does not matter: PostgreSQL checks the references at the end of the commit."""
    store.commit(Insert(session("1"), login(user_id="ada")), Insert(user("ada"), account()))
    store.commit(Delete(user("ada")), Delete(session("1")))
    assert store.get(user("ada"), session("1")) == [None, None]


def test_nothing_is_stored_for_an_owner_who_is_gone(store: Store) -> None:
    with pytest.raises(Unavailable):
        store.commit(Insert(session("1"), login(user_id="ada")))
    assert store.get(session("1")) == [None]


def test_an_owner_is_not_removed_while_something_is_left(store: Store) -> None:
    store.commit(Insert(user("ada"), account()), Insert(session("1"), login(user_id="ada")))
    with pytest.raises(Unavailable):
        store.commit(Delete(user("ada")))
    assert only(store, user("ada")).fields == account()
    store.commit(Delete(session("1")))
    store.commit(Delete(user("ada")))


def test_the_migration_removes_what_guests_have_left_and_keeps_everything_else(url: str) -> None:
    restore(url, "0001")
    with psycopg.connect(url) as database:
        database.execute("UPDATE sessions SET user_id = 'gone' WHERE id = 'bare'")
        database.execute("UPDATE tasks SET user_id = 'gone' WHERE id = 'bare'")
    SqlStore.prepare(url)
    with psycopg.connect(url) as database:
        for table, left in {"sessions": 1, "tasks": 1, "receipts": 2, "files": 2, "users": 2}.items():
            assert database.execute(f"SELECT count(*) FROM {table}".encode()).fetchall() == [(left,)]
