"""The bare loop over csv.reader that every time for a CSV file is compared with."""

import csv
import time
from collections.abc import Callable
from pathlib import Path

MIB = 1 << 20


def bare(file: Path) -> None:
    """Read a file with csv.reader, and do nothing with the rows."""
    with file.open(newline="", encoding="utf-8", errors="replace") as lines:
        for _ in csv.reader(lines):
            pass


def seconds(run: Callable[[], object]) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def loop_ratios(file: Path, rounds: int, runs: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Return the time of each run over the mean of the bare loops just before and just after it."""
    measured: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        before = seconds(lambda: bare(file))
        for name, run in runs.items():
            took = seconds(run)
            after = seconds(lambda: bare(file))
            measured[name].append(2 * took / (before + after))
            before = after
    return measured
