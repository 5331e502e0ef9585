"""Databases on a PostgreSQL server that the tests share."""

from collections.abc import Iterator
from itertools import chain
from uuid import uuid4

import psycopg

from src.infrastructure.stores.sql import SqlStore


def create_database(server: str, *, template: str = "template0", name: str | None = None) -> str:
    """Create a database as a copy of ``template``, under a random name unless ``name`` is given. Return its URL."""
    name = name or f"portero_{uuid4().hex}"
    _execute(f"postgresql://postgres@{server}/postgres", f"CREATE DATABASE {name} TEMPLATE {template}")
    return f"postgresql://postgres@{server}/{name}"


def migrated_database(server: str) -> str:
    """Create a database with the tables of the service. Return its URL."""
    url = create_database(server)
    SqlStore.prepare(url)
    return url


def databases_to_drop() -> Iterator[dict[str, list[str]]]:
    """Yield an empty dictionary of lists of URLs. In the end, drop the databases that it holds."""
    held: dict[str, list[str]] = {}
    yield held
    for url in chain(*held.values()):
        drop_database(url)


def drop_database(url: str) -> None:
    """Drop a database and end its connections."""
    server, _, name = url.rpartition("/")
    _execute(f"{server}/postgres", f"DROP DATABASE {name} WITH (FORCE)")


def empty_database(url: str) -> None:
    """End the other connections to a database, and delete all rows except the version of the migration."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid != pg_backend_pid()"
        )
        connection.execute(_DELETE_ROWS)


def structure(url: str) -> list[tuple[str, str]]:
    """Return the names of the tables and indexes of a database with their kinds, and of triggers with their tables."""
    with psycopg.connect(url) as connection:
        return connection.execute(_STRUCTURE).fetchall()


_DELETE_ROWS = """
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;  -- checks no references
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        IF name NOT IN ('alembic_version', 'nobody') THEN
            EXECUTE format('DELETE FROM %I', name);
        END IF;
    END LOOP;
END $$
"""
_STRUCTURE = """
SELECT relname::text, relkind::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
UNION ALL
SELECT tgname::text, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal
ORDER BY 1, 2
"""


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
