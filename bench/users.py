"""Fills databases with many users: copies of the only one, with other ids, names and addresses, and their claims."""

import os
import random
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

import psycopg

from src.domain.users import Claim
from src.infrastructure.repositories.claims import claim_key
from src.infrastructure.stores.driver import Insert, Key
from src.infrastructure.stores.firestore import FirestoreStore
from src.infrastructure.stores.schema import CLAIMS, USERS

_CLAIM_COLUMNS = "id, revision, kind, holder_id"


def add_to_sqlite(database: Path, count: int) -> None:
    """Add users to a SQLite database."""
    names = _names(count)
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        [columns] = connection.execute("SELECT group_concat(name) FROM pragma_table_info('users')").fetchone()
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'users' AND sql LIKE 'CREATE INDEX%'"
        ).fetchall()
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN IMMEDIATE")
        for index, _ in indexes:  # it is faster to create them again than to maintain them
            connection.execute(f"DROP INDEX {index}")
        connection.executemany(
            f"INSERT INTO users ({columns}) SELECT {_values(columns, ':id', ':name')} FROM users WHERE rowid = 1",
            ({"id": id, "name": name} for id, name in sorted(names.items())),
        )
        connection.executemany(f"INSERT INTO claims ({_CLAIM_COLUMNS}) VALUES (?, ?, ?, ?)", sorted(_claims(names)))
        for _, statement in indexes:
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def add_to_postgresql(url: str, count: int) -> None:
    """Add users to a PostgreSQL database."""
    names = _names(count)
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE made (made_id text, made_name text)")
        with cursor.copy("COPY made FROM STDIN") as copy:
            for row in names.items():
                copy.write_row(row)
        cursor.execute("SELECT string_agg(column_name, ',') FROM information_schema.columns WHERE table_name = 'users'")
        [columns] = cursor.fetchone() or [""]
        values = _values(columns, "made_id", "made_name")
        cursor.execute(f"INSERT INTO users ({columns}) SELECT {values} FROM users, made".encode())
        with cursor.copy(f"COPY claims ({_CLAIM_COLUMNS}) FROM STDIN".encode()) as copy:
            for claim in _claims(names):
                copy.write_row(claim)
        for statement in ("VACUUM ANALYZE", "CHECKPOINT"):  # as the server does by itself some minutes later
            cursor.execute(statement.encode())


def add_to_firestore(url: str, emulator: str, count: int) -> None:
    """Add users to a project of the Firestore emulator."""
    names = list(_names(count).items())
    with (
        patch.dict(os.environ, FIRESTORE_EMULATOR_HOST=emulator),
        closing(FirestoreStore.open(url, pool_size=1)) as store,
    ):
        [model] = store.scan(USERS, limit=1)
        for start in range(0, count, 100):  # a commit has up to 500 writes
            batch = dict(names[start : start + 100])
            users = [Insert(Key(USERS, id), {**model.fields, **_fields(name)}) for id, name in batch.items()]
            claims = [
                Insert(Key(CLAIMS, id), {"kind": kind, "holder_id": user}) for id, _, kind, user in _claims(batch)
            ]
            store.commit(*users, *claims)


def _fields(name: str) -> dict[str, str]:
    """Return the fields in which a copied user differs."""
    address = f"{name}@example.com"
    return {"username": name, "username_key": name, "email": address, "email_key": address}


def _names(count: int) -> dict[str, str]:
    """Return the names of the users by their ids."""
    chance = random.Random(1)
    return {f"{chance.getrandbits(128):032x}": f"user{number:07}" for number in range(count)}


def _values(columns: str, id: str, name: str) -> str:
    """Return the SQL values of a copied user, with its own id, name and address."""
    values = re.sub(r"\b(username|username_key)\b", name, columns)
    values = re.sub(r"\b(email|email_key)\b", f"{name} || '@example.com'", values)
    return re.sub(r"\bid\b", id, values)


def _claims(names: Mapping[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """Yield the rows of the claims on the names and the addresses."""
    for id, name in names.items():
        for claim in (Claim("username", name), Claim("email", f"{name}@example.com")):
            yield claim_key(claim).id, id, claim.kind, id
