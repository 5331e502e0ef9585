"""The statements that the SQL store sends to SQL Server. No server runs here: the statements are parsed and not run."""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlglot

from src.domain.errors import Unavailable
from src.infrastructure.stores.driver import Delete, Insert, InvalidStoreUrl, Key, PreconditionFailed, Query, Update
from src.infrastructure.stores.migrations.upgrade import upgrade
from src.infrastructure.stores.schema import COLLECTIONS
from src.infrastructure.stores.schema.types import Type
from src.infrastructure.stores.sql import SqlStore
from tests.contract.documents import CLAIM, NOON, account, claim, user
from tests.support.rows import first_page
from tests.support.sqlserver import Recorder

URL = "mssql+mssqlpython://sa:secret@db.example:1433/portero?Encrypt=yes"
OTHER_DATABASES = re.compile(
    r"\bLIMIT\b|::|\|\||\bILIKE\b|\bRETURNING\b|\bTRUE\b|\bFALSE\b|\bTEXT\b|\bBOOLEAN\b|\bTIMESTAMP\b|\bJSON\b"
    r'|ON CONFLICT|FOR UPDATE|NULLS |COLLATE "C"|DEFERR|\) *[<>]=? *\(',
)
"""Syntax that PostgreSQL or SQLite understands and SQL Server does not. The last one is a comparison of tuples."""


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setitem(sys.modules, "mssql_python", recorder)
    return recorder


@pytest.fixture
def store(driver: Recorder) -> Iterator[SqlStore]:
    store = SqlStore.open(URL, pool_size=2)
    with store.engine.connect():
        driver.statements.clear()  # SQLAlchemy's queries about the server
    yield store
    store.close()


_VALUES = {Type.BOOLEAN: True, Type.INTEGER: 1}
"""Values of the fields that a query compares, by their types; the others are texts."""


def assert_is_for_sql_server(driver: Recorder, count: int) -> None:
    assert len(driver.statements) >= count
    for statement, parameters in driver.statements:
        assert sqlglot.parse_one(statement, dialect="tsql", error_level=sqlglot.ErrorLevel.RAISE)
        assert not OTHER_DATABASES.search(statement), statement
        assert statement.count("?") == len(parameters), statement


def test_the_migrations_are_statements_of_sql_server(driver: Recorder) -> None:
    upgrade(URL)
    lock, *_ = [statement for statement, _ in driver.statements if statement.startswith("EXEC")]
    assert lock == "EXEC sp_getapplock @Resource = 'portero', @LockMode = 'Exclusive'"
    driver.statements = [
        each for each in driver.statements if re.match(r"\s*(CREATE|INSERT|UPDATE|DELETE|ALTER)", each[0])
    ]
    created = [statement for statement, _ in driver.statements if statement.strip().startswith("CREATE TABLE")]
    assert len(created) == len(COLLECTIONS) + 2  # plus the tables of Alembic and of rows
    assert_is_for_sql_server(driver, 2 * len(COLLECTIONS))


def test_no_column_is_altered_while_an_index_has_it(driver: Recorder) -> None:
    """SQL Server refuses such a change."""
    upgrade(URL)
    indexes: dict[tuple[str, str], str] = {}
    altered = 0
    for statement, _ in driver.statements:
        if index := re.match(r"CREATE INDEX (\w+) ON (\w+) \((.*?)\)", statement):
            indexes[index[2], index[1]] = index[3]
        elif index := re.match(r"\s*DROP INDEX (\w+) ON (\w+)", statement):
            del indexes[index[2], index[1]]
        elif column := re.match(r"ALTER TABLE (\w+) ALTER COLUMN (\w+) ", statement):
            altered += 1
            held = [columns.split(", ") for (table, _), columns in indexes.items() if table == column[1]]
            assert not any(column[2] in columns for columns in held), statement
    assert altered == 1
    declared = {(each.name, len(each.indexes)) for each in COLLECTIONS if each.indexes}
    assert {(name, [table for table, _ in indexes].count(name)) for name, _ in declared} == declared


def test_what_is_indexed_has_a_bounded_length_and_every_text_a_binary_collation(driver: Recorder) -> None:
    upgrade(URL)
    columns, indexed = {}, set()
    for statement, _ in driver.statements:
        if table := re.match(r"\s*CREATE TABLE (\w+)", statement):
            for name, declared in re.findall(r"^\t\[?(\w+)\]? (N?VARCHAR.*?),? *$", statement, re.MULTILINE):
                columns[table[1], name] = declared
        elif index := re.match(r"CREATE INDEX \w+ ON (\w+) \((.*?)\)", statement):
            indexed |= {(index[1], name) for name in index[2].split(", ")}
    json = {(each.name, name) for each in COLLECTIONS for name, field in each.fields.items() if field.type is Type.JSON}
    texts = columns.keys() - json - {("alembic_version", "version_num")}
    assert all("COLLATE Latin1_General_100_BIN2 " in columns[text] for text in texts)
    keys = {(table, name) for table, name in texts if name in ("id", "revision")} | (indexed & columns.keys())
    assert {columns[key].split()[0] for key in keys} == {"NVARCHAR(450)"}  # 900 bytes, the most that a key may have


def test_every_declared_query_is_a_statement_of_sql_server(driver: Recorder, store: SqlStore) -> None:
    queries = 0
    for collection in COLLECTIONS:
        for index in collection.indexes:
            is_time = collection.fields[index.order].type is Type.TIMESTAMP
            query = Query(
                collection,
                index.order,
                {name: _VALUES.get(collection.fields[name].type, "x") for name in index.equal},
                until=NOON if is_time else "z",
                start=None if is_time else "a",
                descending=index.descending,
            )
            for each in (query, replace(query, until=None, start=None)):
                store.find(each)
                store._find(each, (NOON if is_time else "m", "1"))
                queries += 2
        store.scan(collection, limit=10)
    assert_is_for_sql_server(driver, queries)
    limit = re.compile(r"FETCH FIRST (\?|\d+) ROWS ONLY")
    assert all(limit.search(statement) for statement, _ in driver.statements if " FROM " in statement)


def test_reading_and_writing_are_statements_of_sql_server(driver: Recorder, store: SqlStore) -> None:
    for collection in COLLECTIONS:
        store.get(Key(collection, "1"))
        store.get(Key(collection, "1"), Key(collection, "2"))
    store.commit(
        Insert(user("1"), account(reserved=[["email", "å"]])),
        Update(claim("1"), CLAIM, "old"),
        Delete(claim("2")),
        Delete(claim("3"), "old"),
    )
    rows = store.bulk_rows()
    rows.append("set", [(2, True, '["å"]'), (3, False, "[]")])
    for valid in (None, True, False):
        first_page(rows, "set", valid=valid, after=7, limit=5)
    driver.statements.append(_removal(driver, store))
    assert_is_for_sql_server(driver, 2 * len(COLLECTIONS) + 9)


def _removal(driver: Recorder, store: SqlStore) -> tuple[str, tuple[object, ...]]:
    """Return the statement that removes rows. The store repeats it until no row is left, so a failure ends it here."""
    driver.error = driver.OperationalError("Disconnect error")
    with pytest.raises(Unavailable):
        store.bulk_rows().remove("set")
    driver.error = None
    statement, parameters = driver.statements.pop()
    return statement, tuple(parameters)


def test_errors_of_the_driver_become_those_of_a_store(driver: Recorder, store: SqlStore) -> None:
    for error, expected in [
        (driver.IntegrityError("Integrity constraint violation"), PreconditionFailed),
        (driver.OperationalError("Serialization failure"), PreconditionFailed),
        (driver.OperationalError("Timeout expired"), Unavailable),
    ]:
        driver.error = error
        with pytest.raises(expected):
            store._commit([Insert(claim("1"), CLAIM)], "operation")


def test_the_connection_has_a_timeout_and_a_migration_none(driver: Recorder, store: SqlStore) -> None:
    upgrade(URL)
    text = "Server=db.example,1433;Database=portero;UID=sa;PWD=secret;Encrypt=yes"
    assert driver.connected == [(text, {"timeout": 10}), (text, {})]


def test_a_described_url_has_no_password() -> None:
    assert SqlStore.describe(URL) == "mssql://sa:***@db.example:1433/portero"


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mssql_python", None)
    with pytest.raises(InvalidStoreUrl, match=r"mssql:// needs requirements/mssql\.txt installed"):
        SqlStore.open(URL, pool_size=1)
