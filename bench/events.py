"""Measures pages of events with a million events in the database against the same pages with a thousand."""

import re
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import psycopg

from bench.contestants import Live, Request
from bench.million import compare_sizes, databases_of_postgresql, databases_of_sqlite
from bench.results import Options, Result


def sqlite(options: Options) -> Result:
    """Compare pages on SQLite."""
    return compare_sizes(options, "SQLite", "events", databases_of_sqlite(add_to_sqlite), requests_of)


def postgresql(options: Options) -> Result:
    """Compare pages on PostgreSQL."""
    with databases_of_postgresql(add_to_postgresql) as fill:
        return compare_sizes(options, "PostgreSQL", "events", fill, requests_of)


def add_to_sqlite(database: Path, count: int) -> None:
    """Make the only user of a SQLite database an admin, and add older copies of an event, a second apart."""
    with closing(sqlite3.connect(database)) as connection, connection:
        [columns] = connection.execute("SELECT group_concat(name) FROM pragma_table_info('events')").fetchone()
        values = _values(columns, "printf('%032x', number)", "datetime(at, -number || ' seconds') || '.000000'")
        connection.execute(
            f"WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers LIMIT {count})"
            f" INSERT INTO events ({columns}) SELECT {values} FROM numbers, (SELECT * FROM events LIMIT 1)"
        )
        connection.execute("UPDATE users SET role = 'admin'")


def add_to_postgresql(url: str, count: int) -> None:
    """Do the same in a PostgreSQL database."""
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(column_name, ',') FROM information_schema.columns WHERE table_name = 'events'"
        )
        [columns] = cursor.fetchone() or [""]
        values = _values(columns, "lpad(to_hex(number), 32, '0')", "at - number * interval '1 second'")
        cursor.execute(
            f"INSERT INTO events ({columns}) SELECT {values}"
            f" FROM generate_series(1, {count}) AS number, (SELECT * FROM events LIMIT 1) AS model".encode()
        )
        for statement in ("UPDATE users SET role = 'admin'", "VACUUM ANALYZE", "CHECKPOINT"):
            cursor.execute(statement.encode())


def _values(columns: str, id: str, at: str) -> str:
    """Return the SQL values of a copied event, with its own id, time and shard."""
    changed = {"id": id, "at": at, "shard": "number % 4", "due_at": "NULL"}
    return re.sub(r"\w+", lambda column: changed.get(column[0], column[0]), columns)


def requests_of(live: Live, events: int) -> dict[str, Request]:
    """Return the requests for the newest 50 events, of all users and of one, and for 50 in the middle."""
    [newest] = live.request("GET", "/events?limit=1").send(live.url)
    middle = datetime.fromisoformat(newest["at"]) - timedelta(seconds=events // 2)
    return {
        "first page of events": live.request("GET", "/events?limit=50"),
        "page in the middle": live.request("GET", f"/events?limit=50&until={middle:%Y-%m-%dT%H:%M:%SZ}"),
        "first page of a user's events": live.request("GET", "/user/events?limit=50"),
    }
