"""How long a check takes, as multiples of a bare loop over the csv module's rows, and how much memory.

    python -m bench.tables [ROWS] [REPEATS]

Ratios are of runs side by side; the middle one of the repeats counts, the lowest and the highest are in brackets.
With frictionless installed somewhere, ``FRICTIONLESS=/path/to/its/python`` compares with it on 100 000 rows.
"""

import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import defects
from src.domain.tables import Column, TableEngine, parse_schema
from src.infrastructure.tables.polars import PolarsTables
from src.infrastructure.tables.python import PythonTables

MIB = 1 << 20

_PEAK = """
import sys
from pathlib import Path
from bench import defects
from bench.tables import schema
from src.infrastructure.tables.polars import PolarsTables
from src.infrastructure.tables.python import PythonTables

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024

engine = {"polars": PolarsTables, "python": PythonTables}[sys.argv[1]]()
engine.check(Path(sys.argv[2]), schema(engine))
idle = peak()
store = (lambda rows: None) if sys.argv[4] == "store" else None
engine.check(Path(sys.argv[3]), schema(engine) if sys.argv[4] != "infer" else (), store=store)
print(peak() - idle)
"""
_FRICTIONLESS = """
import json, sys, time
from frictionless import Checklist, Schema, checks, validate
words = {"min": "minimum", "max": "maximum"}
fields = []
for name, rules in json.loads(sys.argv[2]).items():
    type = rules.pop("type", "string")
    field = {"name": name, "type": {"email": "string"}.get(type, type)}
    if type == "email":
        field["format"] = "email"
    field["constraints"] = {words.get(rule, rule): value for rule, value in rules.items()}
    fields.append(field)
schema = Schema.from_descriptor({"fields": fields})
checklist = Checklist(checks=[checks.duplicate_row()])
started = time.perf_counter()
report = validate(sys.argv[1], schema=schema, checklist=checklist, encoding="utf-8", limit_errors=1_000_000)
took = time.perf_counter() - started
assert report.tasks[0].stats["rows"] == 100_000 and report.stats["errors"] > 100, report
print(took)
"""


def schema(engine: TableEngine) -> tuple[Column, ...]:
    """What the generated tables ought to be."""
    return parse_schema(defects.SCHEMA, engine.pattern_flaw)


def bare(file: Path) -> None:
    """The loop that everything is compared with."""
    with file.open(newline="", encoding="utf-8", errors="replace") as lines:
        for _ in csv.reader(lines):
            pass


def seconds(run: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def ratios(file: Path, repeats: int, runs: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Each run's time over the mean of the bare loops just before and just after it."""
    measured: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        before = seconds(lambda: bare(file))
        for name, run in runs.items():
            took = seconds(run)
            after = seconds(lambda: bare(file))
            measured[name].append(2 * took / (before + after))
            before = after
    return measured


def peak(engine: str, small: Path, file: Path, way: str) -> float:
    """How many MiB a check takes at most, in a process that has checked a small file before."""
    command: list[str | Path] = [sys.executable, "-c", _PEAK, engine, small, file, way]
    done = subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    return float(done.stdout)


def main(rows: int, repeats: int) -> None:
    """Measure and print."""
    out = sys.stdout.write
    fast, plain = PolarsTables(), PythonTables()
    with tempfile.TemporaryDirectory() as folder:
        file, small, tenth = Path(folder, "table.csv"), Path(folder, "small.csv"), Path(folder, "tenth.csv")
        expected = defects.write(file, rows)
        defects.write(small, 2_000)
        defects.write(tenth, 100_000)
        report = fast.check(file, schema(fast))
        counts = {(each.rule, each.column): each.count for each in report.validations}
        assert counts == expected.counts, "the counts are wrong"
        out(f"{rows} rows, {file.stat().st_size / MIB:.0f} MiB, {sum(counts.values())} findings; times of the loop\n")
        runs: dict[str, Callable[[], object]] = {
            "polars": lambda: fast.check(file, schema(fast)),
            "polars, inferring": lambda: fast.check(file),
            "polars, storing nowhere": lambda: fast.check(file, schema(fast), store=lambda _: None),
        }
        for name, measured in ratios(file, repeats, runs).items():
            out(f"{name:26}{statistics.median(measured):6.2f}  [{min(measured):.2f} to {max(measured):.2f}]\n")
        for name, measured in ratios(tenth, 3, {"python": lambda: plain.check(tenth, schema(plain))}).items():
            out(f"{name + ', 100 000 rows':26}{statistics.median(measured):6.2f}\n")
        if other := os.environ.get("FRICTIONLESS"):
            # It stops at bytes that it cannot decode.
            tenth.write_bytes(tenth.read_bytes().replace(b"P\xe9rson", b"Person"))
            command = [other, "-c", _FRICTIONLESS, tenth.name, json.dumps(defects.SCHEMA)]
            done = subprocess.run(command, check=True, capture_output=True, cwd=folder)  # noqa: S603
            for name, engine in (("polars", fast), ("python", plain)):
                took = statistics.median(seconds(lambda e=engine: e.check(tenth, schema(e))) for _ in range(5))  # type: ignore[misc]
                out(f"frictionless takes {float(done.stdout) / took:.0f} times as long as {name}, 100 000 rows\n")
        large = Path(folder, "large.csv")
        defects.write(large, rows * 5 // 2)
        for size, one in (("", file), (" large", large)):
            for way in ("check", "infer", "store"):
                grown = peak("polars", small, one, way)
                out(f"polars, {way}{size}: {grown:.0f} MiB above idle for {one.stat().st_size / MIB:.0f} MiB\n")
        out(f"python, store: {peak('python', small, file, 'store'):.0f} MiB above idle\n")


if __name__ == "__main__":
    main(*map(int, (sys.argv[1:] + ["1000000", "5"][len(sys.argv) - 1 :])))
