"""Databases on a PostgreSQL server that the tests share."""

from uuid import uuid4

import psycopg


def create_database(server: str, *, template: str = "template0", name: str | None = None) -> str:
    """Create a database as a copy of ``template``, under a new name unless ``name`` is given; return its URL."""
    name = name or f"portero_{uuid4().hex}"
    _execute(f"postgresql://postgres@{server}/postgres", f"CREATE DATABASE {name} TEMPLATE {template}")
    return f"postgresql://postgres@{server}/{name}"


def drop_database(url: str) -> None:
    """Drop a database and end its connections."""
    server, _, name = url.rpartition("/")
    _execute(f"{server}/postgres", f"DROP DATABASE {name} WITH (FORCE)")


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
