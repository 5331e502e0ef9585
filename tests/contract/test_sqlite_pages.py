"""Pages of documents in SQLite, read by many threads."""

from collections.abc import Callable

from src.infrastructure.stores.driver import Insert, Query
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import USERS
from src.infrastructure.stores.sqlite import SqliteStore
from tests.contract.documents import account, user


def test_a_page_is_one_row_because_the_lock_of_the_interpreter_is_released_for_each(
    sqlite: Callable[[], Store],
) -> None:
    """When it was fifty rows, sixteen threads passed the lock on 250 times a request, and used three times the CPU."""
    store = sqlite()
    assert isinstance(store, SqliteStore)
    statements: list[str] = []
    names = [f"user{number:02}" for number in range(20)]
    store.commit(*(Insert(user(name), account(username=name, username_key=name)) for name in names))
    with store.connections.reading() as connection:
        pass  # the pool keeps it
    connection.set_trace_callback(statements.append)
    assert [found.key for found in store.find(Query(USERS, "username_key", limit=20)).items] == [*map(user, names)]
    connection.set_trace_callback(None)
    [statement] = statements
    assert len(connection.execute(statement).fetchall()) == 1
    store.close()
