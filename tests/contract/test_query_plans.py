"""PostgreSQL answers every query that the schema declares from one index, in its order, without reading the table."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.sql.compiler import SQLCompiler

from src.infrastructure.stores.driver import Query
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import COLLECTIONS, USERS
from src.infrastructure.stores.schema.types import Collection, Index, Type
from src.infrastructure.stores.sql import SqlStore
from src.infrastructure.stores.sql.statements import STATEMENTS, find
from src.infrastructure.stores.sql.tables import TABLES
from tests.contract.documents import NOON
from tests.support.databases import create_database, databases_to_drop, drop_database

QUERIES = [(collection, index) for collection in COLLECTIONS for index in collection.indexes]


@pytest.fixture(scope="module")
def connection(postgres_server: str, migrated_template: str) -> Iterator[sa.Connection]:
    """A connection that reads a table or sorts only where no index helps: the tables are empty."""
    url = create_database(postgres_server, template=migrated_template.rpartition("/")[2])
    with closing(SqlStore.open(url, pool_size=1)) as store, store.engine.connect() as connection:
        for method in ("seqscan", "bitmapscan", "sort"):
            connection.exec_driver_sql(f"SET LOCAL enable_{method} = off")
        yield connection
    drop_database(url)


def plan(connection: sa.Connection, statement: sa.ClauseElement, **parameters: Any) -> str:
    compiled = statement.compile(dialect=connection.dialect)
    assert isinstance(compiled, SQLCompiler)
    state = compiled.construct_expanded_state({name: parameters[name] for name in compiled.params})
    rows = connection.exec_driver_sql(f"EXPLAIN {state.statement}", state.parameters)
    return "\n".join(line for [line] in rows)


def example(collection: Collection, name: str) -> Any:
    return {Type.BOOLEAN: True, Type.INTEGER: 1, Type.TIMESTAMP: NOON}.get(collection.fields[name].type, "x")


@pytest.mark.parametrize("after", [False, True], ids=["first page", "later page"])
@pytest.mark.parametrize(("collection", "index"), QUERIES, ids=lambda each: getattr(each, "name", None))
def test_a_page_of_a_declared_query_is_read_from_its_index(
    connection: sa.Connection, collection: Collection, index: Index, after: bool
) -> None:
    equal = {name: example(collection, name) for name in index.equal}
    value = example(collection, index.order)
    query = Query(collection, index.order, equal, until=value, descending=index.descending)
    bounds = {"until": value, "count": 101, "after_value": value, "after_id": "1"}
    name = "_".join(("ix", collection.name, *index.equal, index.order))
    with connection.begin_nested() as undo:
        # Of several indexes that would do, the planner may take any while the table is empty.
        for other in TABLES[collection.name].indexes:
            if other.name != name:
                connection.execute(sa.schema.DropIndex(other))
        found = plan(connection, find(query, after=after), **equal, **bounds)
        undo.rollback()
    assert re.search(rf"Index Scan (Backward )?using {name} on", found), found
    assert not re.search("Sort|Seq Scan|Bitmap", found), found
    [condition] = re.findall(r"Index Cond: (.*)", found)
    assert all(field in condition for field in (*index.equal, index.order)), found


@pytest.mark.parametrize("collection", COLLECTIONS, ids=lambda collection: collection.name)
def test_documents_are_read_and_scanned_by_their_primary_key(connection: sa.Connection, collection: Collection) -> None:
    statements = STATEMENTS[collection.name]
    for statement in (statements.get, statements.scan, statements.delete, statements.delete_at_revision):
        found = plan(connection, statement, document_id="1", after="1", count=100, old_revision="1")
        assert f"Index Scan using {collection.name}_pkey" in found, found
        assert not re.search("Sort|Seq Scan|Bitmap", found), found


@pytest.fixture
def spare_databases() -> Iterator[dict[str, list[str]]]:
    """No databases are reused from other tests: what a database has held before can change its plans."""
    yield from databases_to_drop()


@pytest.fixture
def ten_thousand_users(postgresql: Callable[[], Store]) -> Iterator[SqlStore]:
    """Users named "00001" to "10000". The last one is the only admin, and the only disabled one."""
    store = postgresql()
    assert isinstance(store, SqlStore)
    with closing(store):
        with store.engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO users SELECT made.* FROM nobody, generate_series(1, 10000) AS number, "
                "jsonb_populate_record(nobody, jsonb_build_object('id', number::text, 'username_key', "
                "to_char(number, 'FM00000'), 'state', 'active', 'disabled', number = 10000, 'role', "
                "CASE number WHEN 10000 THEN 'admin' ELSE 'user' END)) AS made"
            )
            connection.exec_driver_sql("ANALYZE users")
        yield store


BY_NAME = Query(USERS, "username_key", start="00077", until="00077", limit=1)
FIRST_PAGE = Query(USERS, "username_key", {"state": "active"}, limit=50)
ADMINS = replace(FIRST_PAGE, equal={"state": "active", "role": "admin"})

DISABLED = replace(FIRST_PAGE, equal={"state": "active", "disabled": True})


@pytest.mark.parametrize("query", [BY_NAME, FIRST_PAGE, ADMINS, DISABLED], ids=["name", "all", "admins", "disabled"])
@pytest.mark.parametrize("after", [False, True], ids=["first page", "later page"])
def test_postgresql_keeps_a_plan_that_reads_no_more_users_than_it_finds(
    ten_thousand_users: SqlStore, query: Query, after: bool
) -> None:
    """Planning each execution would cost as much as the execution. PostgreSQL always plans the first five."""
    statement = find(query, after=after)
    values = {**query.equal, "start": query.start, "until": query.until, "count": query.limit + 1}
    read = sa.text("SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'users'")
    planned = sa.text("SELECT custom_plans FROM pg_prepared_statements WHERE statement LIKE '%FROM users%'")
    with ten_thousand_users.engine.connect() as connection:
        for _ in range(15):
            connection.execute(statement, {**values, "after_value": "00076", "after_id": "76"})
        assert connection.scalar(read) <= 20 * (query.limit + 2)  # planning reads some users too
        [plans] = connection.scalars(planned)
    assert plans <= 5
