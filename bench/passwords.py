"""Measures login and registration against a bare loop over Argon2id on all cores, and against the peers.

``python -m bench.passwords verify|hash SECONDS`` runs the bare loop on one core, and prints its number of operations
and its CPU time as JSON.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from argon2 import PasswordHasher

from bench.contestants import ALL_PEERS, FLASK_JWT_EXTENDED, PASSWORD, PORTERO, ROOT, Live, serving
from bench.load import Sample, load
from bench.results import Options, Result
from bench.rounds import Load, compare, take_rounds

_RAW = "Argon2id on all cores"
_LIMIT = "the commit, the tokens and the audit line cost CPU beside the hash, and so does the client"


def login(options: Options) -> Result:
    """Compare logins."""
    return _measure(options, "login", lambda live: partial(load, live, live.login), "verify", 0.90, 1.05)


def register(options: Options) -> Result:
    """Compare registrations."""
    return _measure(options, "register", lambda live: partial(load, live, live.register), "hash", 0.88, 1.15)


def _measure(
    options: Options, name: str, make_load: Callable[[Live], Load], operation: str, raw_goal: float, peer_goal: float
) -> Result:
    # One of these requests costs as much as a hundred others, so a load takes longer than usual.
    options = replace(options, seconds=4 * options.seconds / 3)
    with TemporaryDirectory(prefix="portero-bench-") as folder, ExitStack() as stack:
        lives = [
            stack.enter_context(serving(each, Path(folder, f"{number}")))
            for number, each in enumerate((PORTERO, *ALL_PEERS))
        ]
        loads = {live.title: make_load(live) for live in lives}
        series = take_rounds(options, {**loads, _RAW: partial(_raw, operation)})
    goals = {_RAW: raw_goal, FLASK_JWT_EXTENDED.title: peer_goal}
    figures = [
        compare(series, f"{name} ÷ {each}", PORTERO.title, each, goals.get(each), _LIMIT)
        for each in series["requests per second"]
    ]
    return Result(f"{name}, 16 connections, Argon2id with t=2, m=19456 KiB, p=1", series, figures[1:])


def _raw(operation: str, seconds: float) -> Sample:
    """Run the bare loop in one process for each core."""
    command = [sys.executable, "-m", "bench.passwords", operation, f"{seconds}"]
    loops = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) for _ in range(os.cpu_count() or 1)]
    done = [json.loads(each.communicate()[0]) for each in loops]
    count = sum(each["count"] for each in done)
    return Sample(sum(each["rate"] for each in done), 1000 * sum(each["cpu"] for each in done) / count)


def _loop(operation: str, seconds: float) -> dict[str, float]:
    """Verify or hash a password again and again, and return how often and how fast."""
    hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
    hashed = hasher.hash(PASSWORD)
    run: Callable[[], object] = {
        "verify": lambda: hasher.verify(hashed, PASSWORD),
        "hash": lambda: hasher.hash(PASSWORD),
    }[operation]
    count, cpu, started = 0, time.process_time(), time.perf_counter()
    while time.perf_counter() < started + seconds:
        run()
        count += 1
    return {
        "count": count,
        "rate": count / (time.perf_counter() - started),
        "cpu": time.process_time() - cpu,
    }


if __name__ == "__main__":
    print(json.dumps(_loop(sys.argv[1], float(sys.argv[2]))))
