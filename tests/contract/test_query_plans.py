"""PostgreSQL answers every query that the schema declares from one index, in its order, without reading the table."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa

from src.infrastructure.stores.base import Query, Store
from src.infrastructure.stores.declarations import Collection, Index, Type
from src.infrastructure.stores.schema import COLLECTIONS
from src.infrastructure.stores.sql import SqlStore
from src.infrastructure.stores.sql.statements import STATEMENTS, find
from src.infrastructure.stores.sql.tables import TABLES
from tests.contract.documents import NOON
from tests.support.databases import create_database, drop_database

QUERIES = [(collection, index) for collection in COLLECTIONS for index in collection.indexes]


@pytest.fixture(scope="module")
def connection(postgres_server: str, migrated_template: str) -> Iterator[sa.Connection]:
    """A connection that reads a table or sorts only where no index helps: the tables are empty."""
    url = create_database(postgres_server, template=migrated_template.rpartition("/")[2])
    with closing(SqlStore.open(url, pool_size=1)) as store, store._engine.connect() as connection:
        for method in ("seqscan", "bitmapscan", "sort"):
            connection.exec_driver_sql(f"SET LOCAL enable_{method} = off")
        yield connection
    drop_database(url)


def plan(connection: sa.Connection, statement: sa.ClauseElement, **parameters: Any) -> str:
    compiled = statement.compile(dialect=connection.dialect)
    rows = connection.exec_driver_sql(f"EXPLAIN {compiled}", {name: parameters[name] for name in compiled.params})
    return "\n".join(line for [line] in rows)


def example(collection: Collection, name: str) -> Any:
    return {Type.BOOLEAN: True, Type.TIMESTAMP: NOON}.get(collection.fields[name].type, "x")


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


def test_the_user_of_a_name_is_found_by_one_probe_of_an_index(postgresql: Callable[[], Store]) -> None:
    """Also as the planner decides by itself, with the figures of ten thousand users."""
    store = postgresql()
    assert isinstance(store, SqlStore)
    with closing(store), store._engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO users SELECT made.* FROM nobody, generate_series(1, 10000) AS number, jsonb_populate_record("
            "nobody, jsonb_build_object('id', number::text, 'username_key', number::text, 'state', 'active')) AS made"
        )
        connection.exec_driver_sql("ANALYZE users")
        [users] = [collection for collection in COLLECTIONS if collection.name == "users"]
        exact = Query(users, "username_key", start="77", until="77", limit=1)
        found = plan(connection, find(exact, after=False), start="77", until="77", count=2)
        assert "Index Scan using ix_users_username_key" in found, found
        page = Query(users, "username_key", {"state": "active"})
        found = plan(connection, find(page, after=True), state="active", after_value="77", after_id="77", count=101)
        assert "Index Scan using ix_users_state_username_key" in found, found
        assert "Sort" not in found, found
