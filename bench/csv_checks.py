"""Measures the time of a CSV check as a multiple of a bare loop over csv.reader, and its memory.

Each check runs between two bare loops. ``FRICTIONLESS=/path/to/its/python`` compares with an installed frictionless
on 100 000 rows.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import defects
from bench.csv_loop import MIB, loop_ratios, seconds
from bench.results import Figure, Options, Result
from src.domain.csv import SUSPICIONS, ReadOptions, parse_schema
from src.infrastructure.csv import PolarsCsvChecker

_PEAK = """
import sys
from pathlib import Path
from bench import defects
from bench.csv_checks import read_options
from src.domain.csv import ReadOptions
from src.infrastructure.csv import PolarsCsvChecker

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024

small, file, mode = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
checker = PolarsCsvChecker()
checker.check(small, read_options(checker))
idle = peak()
store = (lambda rows: None) if mode == "store" else None
checker.check(file, read_options(checker) if mode != "infer" else ReadOptions(), store=store)
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


def read_options(checker: PolarsCsvChecker) -> ReadOptions:
    """Return the options with the schema of the generated tables."""
    return ReadOptions(parse_schema(defects.SCHEMA, checker.pattern_flaws))


def peak(small: Path, file: Path, mode: str) -> float:
    """Return the MiB that a check takes at most, in a process that has checked a small file before."""
    command: list[str | Path] = [sys.executable, "-c", _PEAK, small, file, mode]
    done = subprocess.run(command, check=True, capture_output=True)
    return float(done.stdout)


def measure(options: Options) -> Result:
    """Return the times and the memory of checks."""
    checker = PolarsCsvChecker()
    figures = []
    with tempfile.TemporaryDirectory(prefix="portero-bench-") as folder:
        file, small, tenth = Path(folder, "table.csv"), Path(folder, "small.csv"), Path(folder, "tenth.csv")
        expected = defects.write(file, options.rows)
        defects.write(small, 2_000)
        defects.write(tenth, 100_000)
        report = checker.check(file, read_options(checker))
        counts = {(each.rule, each.column): each.count for each in report.validations if each.rule not in SUSPICIONS}
        assert counts == expected.counts, "the counts are wrong"
        runs: dict[str, Callable[[], object]] = {
            "check": lambda: checker.check(file, read_options(checker)),
            "infer and check": lambda: checker.check(file, ReadOptions()),
            "check, and hand over all rows": lambda: checker.check(file, read_options(checker), store=lambda _: None),
        }
        goals = {"check": 1.5, "infer and check": 3}
        for name, samples in loop_ratios(file, options.rounds, runs).items():
            figures.append(Figure(f"CSV: {name} ÷ csv.reader", samples, goal=goals.get(name, 10), better="lower"))
        if other := os.environ.get("FRICTIONLESS"):
            # Frictionless stops at bytes that it cannot decode.
            tenth.write_bytes(tenth.read_bytes().replace(b"P\xe9rson", b"Person"))
            command = [other, "-c", _FRICTIONLESS, tenth.name, json.dumps(defects.SCHEMA)]
            done = subprocess.run(command, check=True, capture_output=True, cwd=folder)
            took = statistics.median(seconds(lambda: checker.check(tenth, read_options(checker))) for _ in range(5))
            figures.append(Figure("CSV: frictionless ÷ check", [float(done.stdout) / took]))
        for mode in ("check", "infer", "store"):
            figures.append(
                Figure(f"CSV: memory above idle, {mode}", [peak(small, file, mode)], "MiB", goal=250, better="lower")
            )
        size = file.stat().st_size / MIB
    return Result(f"Check a CSV file of {options.rows:,} rows, 8 columns, {size:.0f} MiB", figures=figures)
