"""Measures with targets: times as multiples of a bare loop, and memory."""

import csv
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Measure:
    """A number, the most that it should be, and the lowest and the highest of the repeats."""

    name: str
    value: float
    unit: str
    target: float | None = None
    span: tuple[float, float] | None = None

    def __str__(self) -> str:
        target = "" if self.target is None else f"<= {self.target:g}"
        missed = "  MISSED" if self.target is not None and self.value > self.target else ""
        span = f"  [{self.span[0]:.2f} to {self.span[1]:.2f}]" if self.span else ""
        value = f"{self.value:.2f}" if self.unit == "x" else f"{self.value:.0f}"
        return f"{self.name:60}{value:>8} {self.unit:4}{target:>8}{span}{missed}"


def ratio(name: str, measured: list[float], target: float | None = None) -> Measure:
    """Return the median of several multiples of the bare loop."""
    return Measure(name, statistics.median(measured), "x", target, (min(measured), max(measured)))


def show(measures: Iterable[Measure]) -> Iterator[str]:
    """Yield the lines of a table, each as soon as its measure is there."""
    yield f"{'':60}{'':>8} {'':4}{'target':>8}"
    yield from map(str, measures)


def bare(file: Path) -> None:
    """Read a file with csv.reader: the loop that everything is compared with."""
    with file.open(newline="", encoding="utf-8", errors="replace") as lines:
        for _ in csv.reader(lines):
            pass


def seconds(run: Callable[[], object]) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def ratios(file: Path, repeats: int, runs: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Return the time of each run over the mean of the bare loops just before and just after it."""
    measured: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        before = seconds(lambda: bare(file))
        for name, run in runs.items():
            took = seconds(run)
            after = seconds(lambda: bare(file))
            measured[name].append(2 * took / (before + after))
            before = after
    return measured
