"""Measures requests on the Firestore emulator with thousands of users, one request after another.

The emulator has no indexes: a query reads all documents of its collection. Firestore itself has them.
"""

import time
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.contestants import PORTERO, Live, Request, serving
from bench.load import Sample
from bench.processes import cpu_seconds
from bench.results import Options, Result
from bench.rounds import Load, compare, take_rounds
from bench.users import add_to_firestore
from tests.support.emulators import firestore

_PARTS = (1_000, 200, 50)
"""The numbers of users, as parts of the million of the other stores."""
_SCAN = "the emulator reads all users for a query, Firestore an index"
_LIMITS = {"`GET /user`": "it reads two documents by key at every size, and rounds on the emulator differ by more"}
"""The reason for which a figure misses its goal, by request; the others are queries."""


def measure(options: Options) -> Result:
    """Compare login, `GET /user` and a page of users."""
    few, *many = (options.users // part for part in _PARTS)
    with firestore() as emulator, TemporaryDirectory(prefix="portero-bench-") as name, ExitStack() as stack:
        loads: dict[str, Load] = {}
        for users in (few, *many):
            settings = {"STORE_URL": f"firestore://users-{users}", "FIRESTORE_EMULATOR_HOST": emulator}
            live = stack.enter_context(serving(PORTERO, Path(name, f"{users}"), settings))
            add_to_firestore(settings["STORE_URL"], emulator, users)
            requests = {
                "`GET /user`": live.get_user,
                "login": live.login,
                "page of users": live.request("GET", "/users?limit=50"),
            }
            loads |= {f"{what}, {users:,} users": partial(_load, live, each) for what, each in requests.items()}
        series = take_rounds(replace(options, seconds=options.seconds / 3), loads)
    figures = [
        compare(
            series,
            f"Firestore emulator, {what}: {users:,} users ÷ {few:,}",
            f"{what}, {users:,} users",
            f"{what}, {few:,} users",
            0.95,
            _LIMITS.get(what, _SCAN),
        )
        for users in many
        for what in requests
    ]
    return Result("Users in the Firestore emulator, one request after another", series, figures)


def _load(live: Live, request: Request, seconds: float) -> Sample:
    count, cpu, started = 0, cpu_seconds(live.pid), time.perf_counter()
    while (took := time.perf_counter() - started) < seconds:
        request.send(live.url)
        count += 1
    return Sample(count / took, 1000 * (cpu_seconds(live.pid) - cpu) / count)
