"""Measures requests with a million users in the database against the same requests with a thousand."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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


Fill = Callable[[Path, int], dict[str, str]]
"""A function that makes a database with a number of entities, and returns the settings of its service."""


def sqlite(options: Options) -> Result:
    """Compare requests on SQLite."""
    return compare_sizes(options, "SQLite", "users", databases_of_sqlite(add_to_sqlite), _requests)


def postgresql(options: Options) -> Result:
    """Compare requests on PostgreSQL."""
    with databases_of_postgresql(add_to_postgresql) as fill:
        return compare_sizes(options, "PostgreSQL", "users", fill, _requests)


def databases_of_sqlite(add: Callable[[Path, int], None]) -> Fill:
    """Return a function that makes a SQLite database with one account, to which ``add`` adds a number of entities."""

    def fill(folder: Path, count: int) -> dict[str, str]:
        with serving(PORTERO, folder):
            pass
        add(folder / "portero.db", count)
        return {}

    return fill


@contextmanager
def databases_of_postgresql(add: Callable[[str, int], None]) -> Iterator[Fill]:
    """Yield a function that makes a PostgreSQL database as ``databases_of_sqlite`` does."""
    with postgres() as server:

        def fill(folder: Path, count: int) -> dict[str, str]:
            url = create_database(server)
            with serving(PORTERO, folder, {"STORE_URL": url}):
                pass
            add(url, count)
            return {"STORE_URL": url}

        yield fill


def compare_sizes(
    options: Options, store: str, entities: str, fill: Fill, requests_of: Callable[[Live, int], dict[str, Request]]
) -> Result:
    """Compare requests to a service with many entities in its database and to one with few."""
    with TemporaryDirectory(prefix="portero-bench-") as name, ExitStack() as stack:
        loads: dict[str, Load] = {}
        for count in (_FEW, options.users):
            folder = Path(name, f"{count}")
            live = stack.enter_context(serving(PORTERO, folder, fill(folder, count)))
            requests = requests_of(live, count)
            loads |= {
                f"{what}, {count:,} {entities}": partial(load, live, request) for what, request in requests.items()
            }
        # Each load is shorter than usual, because there are many, and the two services differ in their databases only.
        series = take_rounds(replace(options, seconds=2 * options.seconds / 3), loads)
    figures = [
        compare(
            series,
            f"{store}, {what}: {options.users:,} {entities} ÷ {_FEW:,}",
            f"{what}, {options.users:,} {entities}",
            f"{what}, {_FEW:,} {entities}",
            _GOAL,
        )
        for what in requests
    ]
    return Result(f"A {store} database of {options.users:,} {entities} against one of {_FEW:,}", series, figures)


def _requests(live: Live, users: int) -> dict[str, Request]:
    """Return the requests for login, `GET /user`, the first page of users and a page in the middle."""
    return {
        "`GET /user`": live.get_user,
        "login": live.login,
        "first page of users": live.request("GET", "/users?limit=50"),
        "page in the middle": _middle_page(live, users),
    }


def _middle_page(live: Live, users: int) -> Request:
    """Follow the links from page to page to the middle of the list. Return the request for 50 users there."""
    path = "/users?limit=500"
    for _ in range(max(1, users // 2 // 500)):
        _, headers = live.request("GET", path).exchange(live.url)
        path = headers["Link"].partition(">")[0].removeprefix("<")
    return live.request("GET", path.replace("limit=500", "limit=50"))
