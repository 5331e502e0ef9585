"""Measures requests with a million users in the database against the same requests with a thousand."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.contestants import PORTERO, Live, Request, serving
from bench.load import load
from bench.results import Options, Result
from bench.rounds import Load, compare, take_rounds
from bench.users import add_to_postgresql, add_to_sqlite
from tests.support.databases import create_database
from tests.support.emulators import postgres

_FEW = 1_000
_GOAL = 0.95


def sqlite(options: Options) -> Result:
    """Compare requests on SQLite."""

    def fill(folder: Path, users: int) -> dict[str, str]:
        with serving(PORTERO, folder):
            pass
        add_to_sqlite(folder / "portero.db", users)
        return {}

    return _measure(options, "SQLite", fill)


def postgresql(options: Options) -> Result:
    """Compare requests on PostgreSQL."""
    with postgres() as server:

        def fill(folder: Path, users: int) -> dict[str, str]:
            url = create_database(server)
            with serving(PORTERO, folder, {"STORE_URL": url}):
                pass
            add_to_postgresql(url, users)
            return {"STORE_URL": url}

        return _measure(options, "PostgreSQL", fill)


def _measure(options: Options, store: str, fill: Callable[[Path, int], dict[str, str]]) -> Result:
    """Compare login, `GET /user`, the first page of users and a page in the middle.

    ``fill`` makes a database with a number of users and returns the settings of the service that uses it.
    """
    with TemporaryDirectory(prefix="portero-bench-") as name, ExitStack() as stack:
        loads: dict[str, Load] = {}
        for users in (_FEW, options.users):
            folder = Path(name, f"{users}")
            live = stack.enter_context(serving(PORTERO, folder, fill(folder, users)))
            requests = {
                "`GET /user`": live.get_user,
                "login": live.login,
                "first page of users": live.request("GET", "/users?limit=50"),
                "page in the middle": _middle_page(live, users),
            }
            loads |= {f"{what}, {users:,} users": partial(load, live, request) for what, request in requests.items()}
        # There are many loads, and the service with many users differs from the other one in its database only.
        series = take_rounds(replace(options, seconds=2 * options.seconds / 3), loads)
    figures = [
        compare(
            series,
            f"{store}, {what}: {options.users:,} users ÷ {_FEW:,}",
            f"{what}, {options.users:,} users",
            f"{what}, {_FEW:,} users",
            _GOAL,
        )
        for what in requests
    ]
    return Result(f"A {store} database of {options.users:,} users against one of {_FEW:,}", series, figures)


def _middle_page(live: Live, users: int) -> Request:
    """Follow the links from page to page to the middle of the list. Return the request for 50 users there."""
    path = "/users?limit=500"
    for _ in range(max(1, users // 2 // 500)):
        _, headers = live.request("GET", path).exchange(live.url)
        path = headers["Link"].partition(">")[0].removeprefix("<")
    return live.request("GET", path.replace("limit=500", "limit=50"))
