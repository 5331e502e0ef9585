"""Measures requests with a million users in the SQLite database against the same requests with a thousand."""

import random
import re
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.contestants import PORTERO, Live, Request, serving
from bench.load import load
from bench.results import Options, Result
from bench.rounds import Load, compare, take_rounds
from src.domain.users import Claim
from src.infrastructure.repositories.claims import claim_key

_FEW = 1_000
_GOAL = 0.95


def measure(options: Options) -> Result:
    """Compare login, `GET /user`, the first page of users and a page in the middle."""
    many = f"{options.users:,} users"
    with TemporaryDirectory(prefix="portero-bench-") as name:
        small, large = Path(name, "small"), Path(name, "large")
        for folder, users in ((small, _FEW), (large, options.users)):
            with serving(PORTERO, folder):
                pass
            add_users(folder / "portero.db", users)
        with serving(PORTERO, small) as few, serving(PORTERO, large) as lots:
            loads: dict[str, Load] = {}
            for users, live in ((_FEW, few), (options.users, lots)):
                requests = {
                    "GET /user": live.get_user,
                    "login": live.login,
                    "first page": live.request("GET", "/users?limit=50"),
                    "page in the middle": _middle_page(live, users),
                }
                loads |= {
                    f"{what}, {users:,} users": partial(load, live, request) for what, request in requests.items()
                }
            series = take_rounds(options, loads)
    figures = [
        compare(series, f"{what}: {many} ÷ {_FEW:,}", f"{what}, {many}", f"{what}, {_FEW:,} users", _GOAL)
        for what in requests
    ]
    return Result(f"A database of {many} against one of {_FEW:,}", series, figures)


def add_users(database: Path, count: int) -> None:
    """Add copies of the only user, with other ids, names and addresses, and the claims on these."""
    chance = random.Random(1)
    names = {f"{chance.getrandbits(128):032x}": f"user{number:07}" for number in range(count)}
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        [columns] = connection.execute("SELECT group_concat(name) FROM pragma_table_info('users')").fetchone()
        values = re.sub(r"\b(username|username_key)\b", ":name", columns)
        values = re.sub(r"\b(email|email_key)\b", ":name || '@example.com'", values)
        values = re.sub(r"\bid\b", ":id", values)
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'users' AND sql LIKE 'CREATE INDEX%'"
        ).fetchall()
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN IMMEDIATE")
        for index, _ in indexes:  # it is faster to create them again than to maintain them
            connection.execute(f"DROP INDEX {index}")
        connection.executemany(
            f"INSERT INTO users ({columns}) SELECT {values} FROM users WHERE rowid = 1",
            ({"id": id, "name": name} for id, name in sorted(names.items())),
        )
        claims = (
            (claim_key(claim).id, id, claim.kind, id)
            for id, name in names.items()
            for claim in (Claim("username", name), Claim("email", f"{name}@example.com"))
        )
        connection.executemany("INSERT INTO claims (id, revision, kind, holder_id) VALUES (?, ?, ?, ?)", sorted(claims))
        for _, statement in indexes:
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _middle_page(live: Live, users: int) -> Request:
    """Follow the links from page to page to the middle of the list. Return the request for 50 users there."""
    path = "/users?limit=500"
    for _ in range(max(1, users // 2 // 500)):
        _, headers = live.request("GET", path).exchange(live.url)
        path = headers["Link"].partition(">")[0].removeprefix("<")
    return live.request("GET", path.replace("limit=500", "limit=50"))
