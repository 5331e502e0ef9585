"""Inference, progress, storing, and checks of large files."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

import pytest

from bench import defects
from src.application.ports import EncodedRow
from src.domain.csv import Column, ColumnType, ReadOptions, Report, Severity, parse_schema, schema_json
from src.domain.errors import Unavailable
from src.infrastructure.csv import PolarsCsvChecker
from tests.support.clock import until
from tests.support.csv_reports import asked_rules, violations


@pytest.mark.parametrize(
    ("values", "type"),
    [
        (["1", "-2", "999999999999999"], "integer"),
        (["1", "2.50"], "number"),
        (["1", "007"] * 300, "string"),
        (["1"] * 500 + ["007"], "integer"),
        (["001", "007"], "string"),
        (["+34600111222"], "string"),
        (["600 111 222", "1"], "string"),
        (["1234567890123456"], "integer"),
        (["1e5", "2e7"], "number"),
        (["1,5"], "number"),
        (["true", "False"], "boolean"),
        (["0", "1"], "integer"),
        (["2024-02-29", ""], "date"),
        (["2023-02-29"], "string"),
        (["2024-01-01T10:00:00Z", "2024-01-01 10:00"], "datetime"),
        (["a@b.example"], "email"),
        (["NaN", "1.5"], "string"),
        (["٣"], "string"),
        (["", ""], "string"),
        ([" 1"], "integer"),
        (["1"] * 8 + ["x", "y"], "integer"),
        (["1"] * 7 + ["x", "y"], "string"),
        (["1", "2", "3", "x", ""], "string"),
        (["1", "2", "3", "4", "x", "", "", "", ""], "integer"),
        (["1", "2", "3", "4", "5.5"], "integer"),
        (["1", "2", "3.5", "4", "x"], "number"),
        (["a@b.example"] * 4 + ["nobody"], "email"),
    ],
)
def test_the_inferred_type_is_the_most_specific_one_that_80_percent_of_the_cells_have(
    check: Callable[..., Report], values: list[str], type: str
) -> None:
    report = check("n,x\n" + "".join(f'n,"{value}"\n' for value in values))
    assert report.columns[1].type == type
    again = check(
        "n,x\n" + "".join(f'n,"{value}"\n' for value in values), json.loads(json.dumps(schema_json(report.schema)))
    )
    # Warnings about unusual values are left out, because they depend on whether there is a schema.
    errors = [[each for each in asked_rules(either) if each.severity is Severity.ERROR] for either in (again, report)]
    assert errors[0] == errors[1]
    assert (again.columns, again.valid_rows) == (report.columns, report.valid_rows)


def test_no_column_is_inferred_as_required(check: Callable[..., Report]) -> None:
    report = check("a,b\n" + "1,1\n" * 98 + "1,\n,\n")
    assert [column.required for column in report.columns] == [None, None]
    assert violations(report, "not_empty", "b") == [(100, "")]
    assert violations(report, "empty_row") == [(101, ",")]
    assert check("a,b\n").columns == (Column("a"), Column("b"))


def test_every_planted_error_of_a_table_of_ten_rows_is_found(check: Callable[..., Report]) -> None:
    report = check(
        "id,name,email,age,joined\n"
        "1,Ana,ana@example.com,31,2024-01-05\n"
        "2,Ben,ben@example.com,28,2024-02-11\n"
        "3,,carla@example.com,45,2024-02-29\n"
        "4,Dan,dan@example.com,treinta,2024-03-01\n"
        "5,Eva,eva.example.com,39,2024-03-15\n"
        "6,Fer,fer@example.com,52,31/04/2024\n"
        "2,Ben,ben@example.com,28,2024-02-11\n"
        "8,Hugo,hugo@example.com,,2024-05-02\n"
        "9,Ines,ines@example.com,33,2024-06-07\n"
        "10,Jon,jon@example.com,41,2024-07-08\n"
    )
    assert {
        (each.rule, each.column, each.severity.value, *(sample.row for sample in each.samples))
        for each in report.validations
        if not each.passed
    } == {
        ("not_empty", "name", "warning", 4),
        ("type", "age", "error", 5),
        ("type", "email", "error", 6),
        ("type", "joined", "error", 7),
        ("duplicate_row", None, "error", 8),
        ("not_empty", "age", "warning", 9),
    }
    assert report.valid_rows == 6


def test_progress_rises_and_its_errors_are_raised(checker: PolarsCsvChecker, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("a,b\n" + f"1,{'2' * 100}\n" * 100_000)
    seen: list[float] = []
    batches: list[int] = []
    checker.check(file, ReadOptions(), progress=seen.append, store=lambda rows: batches.append(len(rows)))
    assert seen == sorted(seen)
    assert (seen[0], seen[-1], len(seen) > 8) == (0.0, 1.0, True)
    assert (sum(batches), max(batches) <= 10_000) == (100_000, True)

    class Cancelled(Exception):
        pass

    def cancel(part: float) -> None:
        if part > 0.4:
            raise Cancelled

    with pytest.raises(Cancelled):
        checker.check(file, ReadOptions(), progress=cancel)

    def full(rows: Sequence[EncodedRow]) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        checker.check(file, ReadOptions(), store=full)


def test_a_check_that_fails_leaves_no_thread_behind(checker: PolarsCsvChecker, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("a,b\n" + "1,2\n" * 100)

    def full(rows: Sequence[EncodedRow]) -> None:
        raise Unavailable

    before = {*threading.enumerate()}
    with pytest.raises(Unavailable) as failed:
        checker.check(file, ReadOptions(), store=full)

    def started() -> list[threading.Thread]:
        """Return the new threads, without those that the checker and the clock of the tests keep."""
        new = [thread for thread in threading.enumerate() if thread not in before]
        return [thread for thread in new if not thread.name.startswith(("csv_", "ticker"))]

    until(lambda: started() == [], "no thread is left, also none of another library")
    assert failed.tb  # the traceback still refers to everything that the check left behind


def test_a_file_of_3000_columns_is_checked(check: Callable[..., Report]) -> None:
    names = [f"c{at}" for at in range(3_000)]
    report = check(",".join(names) + "\n" + ",".join(["1"] * 3_000) + "\n" + ",".join(["1"] * 2_999) + "\n")
    assert (len(report.columns), violations(report, "row_width")) == (3_000, [(3, "2999 cells")])


@pytest.mark.parametrize("inferred", [False, True])
def test_all_generated_defects_are_reported(checker: PolarsCsvChecker, tmp_path: Path, inferred: bool) -> None:
    file = tmp_path / "defects.csv"
    expected = defects.write(file, 20_000)
    schema = parse_schema(None if inferred else defects.SCHEMA, checker.pattern_flaws)
    stored: list[EncodedRow] = []
    report = checker.check(file, ReadOptions(schema), store=stored.extend)
    assert report.rows == len(stored) == expected.rows
    counts = {(each.rule, each.column): each.count for each in asked_rules(report)}
    if not inferred:
        assert counts == expected.counts
        strings = {("type", column.name) for column in schema.columns if column.type is ColumnType.STRING}
        optional = {("not_empty", column.name) for column in schema.columns if not column.required}
        assert {rule for rule, count in counts.items() if not count} == {("header", None), *strings, *optional}
        lines = {(each.rule, each.column): [sample.row for sample in each.samples] for each in asked_rules(report)}
        assert lines == {rule: lines[:10] for rule, lines in expected.lines.items()}
        assert [row for row, valid, _ in stored if not valid] == sorted({*chain(*expected.lines.values())})
    assert report.valid_rows == sum(valid for _, valid, _ in stored)


_MEMORY = """
import sys
from pathlib import Path
from src.domain.csv import ReadOptions
from src.infrastructure.csv import PolarsCsvChecker
checker = PolarsCsvChecker()
def peak():
    lines = Path('/proc/self/status').read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith('VmHWM')) // 1024
small = Path(sys.argv[1]).with_name('small.csv'); small.write_text('a,b' + chr(10) + '1,2' + chr(10))
checker.check(small, ReadOptions())
idle = peak()
checker.check(Path(sys.argv[1]), ReadOptions(), store=lambda rows: None)
print(peak() - idle)
"""


def _memory(file: Path) -> int:
    """Return the MiB of memory that a check takes above those after the check of a small file."""
    return int(subprocess.run([sys.executable, "-c", _MEMORY, file], check=True, capture_output=True).stdout)


def test_memory_is_bounded_for_long_files(tmp_path: Path) -> None:
    file = tmp_path / "big.csv"
    defects.write(file, 500_000)
    assert _memory(file) < 200


def test_memory_is_bounded_for_wide_files(tmp_path: Path) -> None:
    file = tmp_path / "wide.csv"
    with file.open("w") as out:
        out.write(",".join(f"c{at}" for at in range(5_000)) + "\n")
        out.writelines(",".join(str(row + at) for at in range(5_000)) + "\n" for row in range(500))
    assert _memory(file) < 250


def test_memory_is_bounded_for_long_cells(tmp_path: Path) -> None:
    file = tmp_path / "long.csv"
    cell = "x" * 100_000 + "\N{GRINNING FACE}"  # Python keeps such a text with four bytes a character
    with file.open("w") as out:
        out.write("a,b\n")
        out.writelines(f"{cell}{row},{cell}\n" for row in range(400))
    assert _memory(file) < 250


@pytest.mark.parametrize("end", ["\n", "\r"])
def test_memory_is_bounded_for_blank_lines(tmp_path: Path, end: str) -> None:
    file = tmp_path / "blank.csv"
    file.write_text("a,b\n" + end * 20_000_000, newline="")
    assert _memory(file) < 200
