"""Dumps of databases with data, one for each revision of the schema.

A new migration needs a dump of its own: ``python -m tests.support.revisions`` writes that of the newest one, for each
kind of database. The dump of a published migration is never written again.
"""

import json
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from src.infrastructure.rows import make_rows
from src.infrastructure.stores.driver import Insert, Key
from src.infrastructure.stores.migrated import newest_version
from src.infrastructure.stores.registry import store_class
from src.infrastructure.stores.schema import COLLECTIONS
from src.infrastructure.stores.schema.types import Field, Type
from tests.contract.documents import NOON
from tests.support.databases import create_database
from tests.support.emulators import postgres

FOLDER = Path(__file__).parents[1] / "contract" / "revisions"

_VALUES: dict[Type, Any] = {
    Type.TEXT: "Å 😀 'quoted' 100 %",
    Type.INTEGER: 2**53 + 1,
    Type.FLOAT: 0.1,
    Type.BOOLEAN: True,
    Type.TIMESTAMP: NOON,
    Type.JSON: [["email", "å"], {"a": None, "b": [1.5]}],
}


def dump_file(revision: str, database: str) -> Path:
    """Return the path of the dump of a kind of database, "sqlite" or "postgresql", at a revision."""
    return FOLDER / f"{revision}.{database}.sql"


def restore(url: str, revision: str) -> None:
    """Fill an empty database with the dump of a revision."""
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            file.executescript(dump_file(revision, "sqlite").read_text())
    else:
        with psycopg.connect(url) as server:
            server.execute(dump_file(revision, "postgresql").read_bytes())


def fill(url: str) -> None:
    """Store two documents of every collection, one of them without optional values, and some rows."""
    store = store_class(url).open(url, pool_size=1)
    for collection in COLLECTIONS:
        full = {name: _value(name, field) for name, field in collection.fields.items()}
        bare = {name: None if field.nullable else full[name] for name, field in collection.fields.items()}
        store.commit(Insert(Key(collection, "full"), full), Insert(Key(collection, "bare"), bare))
    make_rows(store).append("full", [(line, line != 3, json.dumps({"å": f"{line}"})) for line in (2, 3, 4)])
    store.close()


def _value(name: str, field: Field) -> Any:
    return "full" if name == "user_id" else _VALUES[field.type]


def _dump_sqlite(url: str) -> str:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
        return "\n".join(file.iterdump()) + "\n"


def _dump_postgresql(url: str) -> str:
    command = ["pg_dump", "--inserts", "--no-owner", "--no-privileges", url]
    dumped = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    # Without comments, and without the commands of psql, which the server does not understand.
    return "\n".join(line for line in dumped if line and not line.startswith(("--", "\\"))) + "\n"


def _write(database: str, url: str, dump: Callable[[str], str]) -> None:
    store_class(url).prepare(url)
    fill(url)
    dump_file(newest_version(), database).write_text(dump(url))


if __name__ == "__main__":
    with TemporaryDirectory() as folder, postgres() as server:
        _write("sqlite", f"sqlite:///{folder}/portero.db", _dump_sqlite)
        _write("postgresql", create_database(server), _dump_postgresql)
