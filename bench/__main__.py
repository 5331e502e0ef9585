"""Runs the benchmarks and prints a table.

    python -m bench [--quick] [--only NAME …] [--rounds N] [--seconds S] [--save]

All measures take about 28 minutes, and with --quick about five. --save writes bench/results, the plots, and the
lines in README.md and tables in docs/performance.md.
"""

import argparse
import os
import platform
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bench import (
    console,
    csv_checks,
    datasets,
    events,
    firestore,
    firestore_users,
    footprint,
    login_timing,
    million,
    passwords,
    render,
    requests,
)
from bench.results import FOLDER, QUICK, Options, Result

MEASURES: dict[str, Callable[[Options], Result]] = {
    "get_user": requests.get_user,
    "routes": requests.routes,
    "login": passwords.login,
    "register": passwords.register,
    "login_timing": login_timing.measure,
    "mail_timing": login_timing.measure_mails,
    "start": footprint.start,
    "memory": footprint.memory,
    "firestore": firestore.get_user,
    "firestore_start": firestore.start,
    "firestore_users": firestore_users.measure,
    "million_sqlite": million.sqlite,
    "million_postgresql": million.postgresql,
    "csv_check": csv_checks.measure,
    "csv_upload": datasets.measure,
    "events_sqlite": events.sqlite,
    "events_postgresql": events.postgresql,
    "console": console.first_page,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the measures that the command line names, or all. A measure that fails does not stop the others."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--quick", action="store_true", help="small counts, about five minutes")
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=list(MEASURES), metavar="NAME")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int, help="length of one load")
    parser.add_argument("--save", action="store_true", help="write bench/results and the documentation")
    given = parser.parse_args(arguments)
    sizes = {name: getattr(given, name) for name in ("rounds", "seconds") if getattr(given, name)}
    options = replace(QUICK if given.quick else Options(), **sizes)
    started = time.monotonic()
    for name in given.only:
        result = run(name, options)
        show(result)
        if given.save:
            FOLDER.mkdir(exist_ok=True)
            result.save(FOLDER / f"{name}.json")
    if given.save:
        render.write()
    print(f"\nTotal: {time.monotonic() - started:.0f} s")


def run(name: str, options: Options) -> Result:
    """Return the result of a measure. An error becomes a result that says so."""
    started = time.monotonic()
    try:
        result = MEASURES[name](options)
    except Exception as error:
        traceback.print_exc()
        result = Result(name, error=f"{type(error).__name__}: {error}".splitlines()[0])
    facts = {
        "position": list(MEASURES).index(name),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "rounds": options.rounds,
        "took_seconds": round(time.monotonic() - started),
    }
    return replace(result, run=facts)


def show(result: Result) -> None:
    """Print the samples and the figures of a result."""
    print(f"\n{result.title}  ({result.run['took_seconds']} s)")
    if result.error:
        print(f"  FAILED: {result.error}")
    for quantity, samples in result.series.items():
        print(f"  {quantity}")
        for name, values in samples.items():
            print(f"    {name:36}{'  '.join(f'{value:9.3f}' for value in values)}")
    for figure in result.figures:
        title, value, spread, cpu, goal, outcome = figure.cells()
        by_cpu = f"by CPU {cpu}" if cpu else ""
        print(f"  {title:58}{value:>9}  [{spread:16}]  {by_cpu:12}{goal:>9}  {outcome}", flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the servers end too
    main()
