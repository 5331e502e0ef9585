"""How long a check takes, as multiples of a bare loop over the csv module's rows, and how much memory.

    python -m bench.tables [ROWS] [REPEATS]

Ratios are of runs side by side; the middle one of the repeats counts, the lowest and the highest are in brackets.
With frictionless installed somewhere, ``FRICTIONLESS=/path/to/its/python`` compares with it on 100 000 rows.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import defects
from bench.measures import MIB, Measure, ratio, ratios, seconds, show
from src.domain.tables import Column, TableEngine, parse_schema
from src.infrastructure.tables.polars import PolarsTables
from src.infrastructure.tables.python import PythonTables

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


def peak(engine: str, small: Path, file: Path, way: str) -> float:
    """How many MiB a check takes at most, in a process that has checked a small file before."""
    command: list[str | Path] = [sys.executable, "-c", _PEAK, engine, small, file, way]
    done = subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    return float(done.stdout)


def measure(rows: int, repeats: int) -> Iterator[Measure]:
    """Measure all of it."""
    fast, plain = PolarsTables(), PythonTables()
    with tempfile.TemporaryDirectory(prefix="portero-bench-") as folder:
        file, small, tenth = Path(folder, "table.csv"), Path(folder, "small.csv"), Path(folder, "tenth.csv")
        expected = defects.write(file, rows)
        defects.write(small, 2_000)
        defects.write(tenth, 100_000)
        report = fast.check(file, schema(fast))
        counts = {(each.rule, each.column): each.count for each in report.validations}
        assert counts == expected.counts, "the counts are wrong"
        runs: dict[str, Callable[[], object]] = {
            "check": lambda: fast.check(file, schema(fast)),
            "infer and check": lambda: fast.check(file),
            "check, and hand over all rows": lambda: fast.check(file, schema(fast), store=lambda _: None),
        }
        what = f"{rows} rows, {file.stat().st_size / MIB:.0f} MiB"
        for name, measured in ratios(file, repeats, runs).items():
            yield ratio(f"polars, {what}: {name}", measured, 10)
        for name, measured in ratios(tenth, 3, {"check": lambda: plain.check(tenth, schema(plain))}).items():
            yield ratio(f"python, 100000 rows: {name}", measured)
        if other := os.environ.get("FRICTIONLESS"):
            # It stops at bytes that it cannot decode.
            tenth.write_bytes(tenth.read_bytes().replace(b"P\xe9rson", b"Person"))
            command = [other, "-c", _FRICTIONLESS, tenth.name, json.dumps(defects.SCHEMA)]
            done = subprocess.run(command, check=True, capture_output=True, cwd=folder)  # noqa: S603
            took = statistics.median(seconds(lambda: fast.check(tenth, schema(fast))) for _ in range(5))
            yield Measure("frictionless takes, times polars", float(done.stdout) / took, "x")
            took = statistics.median(seconds(lambda: plain.check(tenth, schema(plain))) for _ in range(5))
            yield Measure("frictionless takes, times python", float(done.stdout) / took, "x")
        large = Path(folder, "large.csv")
        defects.write(large, rows * 5 // 2)
        for one in (file, large):
            for way in ("check", "infer", "store"):
                size = one.stat().st_size / MIB
                yield Measure(f"polars, {size:.0f} MiB: memory, {way}", peak("polars", small, one, way), "MiB", 250)
        yield Measure("python: memory, store", peak("python", small, file, "store"), "MiB", 250)


if __name__ == "__main__":
    for line in show(measure(*map(int, (sys.argv[1:] + ["1000000", "5"][len(sys.argv) - 1 :])))):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
