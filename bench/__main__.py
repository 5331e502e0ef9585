"""Runs the benchmarks and prints a table.

    python -m bench [--quick] [--only NAME …] [--rounds N] [--seconds S] [--save]

All measures take about 20 minutes, and --quick about two. --save writes bench/results, the plots, and the tables in
README.md and docs/performance.md.
"""

import argparse
import os
import platform
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bench import datasets, firestore, footprint, million, passwords, requests, tables
from bench.results import FOLDER, QUICK, Options, Result

MEASURES: dict[str, Callable[[Options], Result]] = {
    "get_user": requests.get_user,
    "routes": requests.routes,
    "login": passwords.login,
    "register": passwords.register,
    "start": footprint.start,
    "memory": footprint.memory,
    "firestore": firestore.get_user,
    "firestore_start": firestore.start,
    "million": million.measure,
    "csv_check": tables.measure,
    "csv_upload": datasets.measure,
}


def main() -> None:
    """Run the measures that the command line names, or all. A measure that fails does not stop the others."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--quick", action="store_true", help="small counts: about two minutes")
    parser.add_argument(
        "--only", nargs="+", choices=MEASURES, default=list(MEASURES), metavar="NAME", help=", ".join(MEASURES)
    )
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="length of one load")
    parser.add_argument("--save", action="store_true", help="write bench/results and the tables in the documentation")
    given = parser.parse_args()
    sizes = {name: getattr(given, name) for name in ("rounds", "seconds") if getattr(given, name)}
    options = replace(QUICK if given.quick else Options(), **sizes)
    started = time.monotonic()
    for name in given.only:
        result, seconds = run(name, options)
        show(result, seconds)
        if given.save:
            result.save(FOLDER / f"{name}.json", about(options, seconds))
    print(f"Total: {time.monotonic() - started:.0f} s")


def run(name: str, options: Options) -> tuple[Result, float]:
    """Return the result of a measure and how many seconds it took. An error becomes a result that says so."""
    started = time.monotonic()
    try:
        result = MEASURES[name](options)
    except Exception as error:
        traceback.print_exc()
        result = Result(name, error=f"{type(error).__name__}: {error}".splitlines()[0])
    return result, time.monotonic() - started


def show(result: Result, seconds: float) -> None:
    """Print the samples and the figures of a result."""
    print(f"\n{result.title}  ({seconds:.0f} s)")
    if result.error:
        print(f"  FAILED: {result.error}")
    for quantity, samples in result.series.items():
        print(f"  {quantity}")
        for name, values in samples.items():
            print(f"    {name:32}{'  '.join(f'{value:10.3f}' for value in values)}")
    for figure in result.figures:
        title, value, spread, cpu, goal, outcome = figure.cells()
        print(
            f"  {title:44}{value:>10}  [{spread}]  {f'by CPU {cpu}' if cpu else '':14}{goal:>9}  {outcome}", flush=True
        )


def about(options: Options, seconds: float) -> dict[str, Any]:
    """Return facts about the run that its results are saved with."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "rounds": options.rounds,
        "took_seconds": round(seconds),
    }


if __name__ == "__main__":
    main()
