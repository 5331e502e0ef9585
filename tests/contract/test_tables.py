"""Both engines on the CSV files of this world: each rule with its exact lines, and never two opinions."""

import csv
import gzip
import io
import json
import lzma
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from operator import add
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bench import defects
from src.domain.errors import Invalid
from src.domain.tables import (
    Column,
    ColumnType,
    Report,
    Row,
    Sample,
    TableEngine,
    Validation,
    parse_schema,
    schema_json,
)
from src.infrastructure import tables
from src.infrastructure.tables import encodings, findings, patterns, python, records
from src.infrastructure.tables.polars import PolarsTables, duplicates, ordinary, pieces
from src.infrastructure.tables.polars import engine as polars
from src.infrastructure.tables.python import PythonTables

ENGINES: dict[str, Callable[[], TableEngine]] = {"python": PythonTables, "polars": PolarsTables}


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> TableEngine:
    return ENGINES[request.param]()


@pytest.fixture
def check(engine: TableEngine, tmp_path: Path) -> Callable[..., Report]:
    """Checks a text or bytes."""

    def checked(data: str | bytes, schema: object = None, **options: Any) -> Report:
        file = tmp_path / "table.csv"
        file.write_bytes(data.encode() if isinstance(data, str) else data)
        return engine.check(file, parse_schema(schema, engine.pattern_flaw), **options)

    return checked


@pytest.fixture
def rows(engine: TableEngine, tmp_path: Path) -> Callable[..., list[Row]]:
    """The rows that a text or bytes are stored as."""

    def stored(data: str | bytes, schema: object = None, **options: Any) -> list[Row]:
        file = tmp_path / "table.csv"
        file.write_bytes(data.encode() if isinstance(data, str) else data)
        rows: list[Row] = []
        engine.check(file, parse_schema(schema, engine.pattern_flaw), store=rows.extend, **options)
        return rows

    return stored


def found(report: Report, rule: str, column: str | None = None) -> Validation:
    [validation] = [each for each in report.validations if (each.rule, each.column) == (rule, column)]
    assert validation.passed is (validation.count == 0)
    return validation


def at(report: Report, rule: str, column: str | None = None) -> list[tuple[int, str]]:
    """Where a rule was broken, all of its samples."""
    validation = found(report, rule, column)
    assert validation.count == len(validation.samples)
    return [(sample.row, sample.value) for sample in validation.samples]


def refusal(check: Callable[..., Report], data: str | bytes, **options: str) -> str:
    with pytest.raises(Invalid) as refused:
        check(data, **options)
    [error] = refused.value.errors
    assert error.field == "file"
    assert error.message.endswith((".", "?"))
    return error.code


# The rules.


def test_not_empty(check: Callable[..., Report]) -> None:
    report = check('a,b\n1,\n,2\n"",3\n4,x\n', {"a": {"type": "string", "required": True}, "b": "integer"})
    assert at(report, "not_empty", "a") == [(3, ""), (4, "")]
    assert at(report, "type", "b") == [(5, "x")]
    assert (report.rows, report.valid_rows) == (4, 1)
    assert [(each.rule, each.column) for each in report.validations] == [
        ("header", None),
        ("row_width", None),
        ("encoding", None),
        ("duplicate_row", None),
        ("not_empty", "a"),
        ("type", "a"),
        ("type", "b"),
    ]


RIGHT = {
    "integer": ["0", "-0", "7", "-12", "9223372036854775808", "9" * 38, "-" + "9" * 38],
    "number": ["0", "-1.50", "1e5", "1E-5", "1.5e+99", "12345678901234567890", "1e-999", "9" * 100 + "e199"]
    + ["1e100", "9.9e+307", "-1E308", "1.6999e308", "1.797693e+308", repr(sys.float_info.max), "5e-324"],
    "boolean": ["true", "FALSE", "True"],
    "date": ["2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31", "1900-02-28"],
    "datetime": [
        "2024-02-29T10:00:00Z",
        "2024-02-29t10:00:00.123456789z",
        "2024-01-01 10:00",
        "2024-01-01T23:59:59+05:30",
        "2024-01-01T00:00:00-00:00",
    ],
    "email": ["a@b.c", "o'hara+x@example.co.uk", "a.b@x-y.example", "x" * 64 + "@1.b2"],
    "string": ["anything", " ", "\t"],
}
WRONG = {
    "integer": ["007", "+1", "1.0", "1e5", " 1", "1 ", "٣", "1_000", "1" + "0" * 38, "0x1", "-", "1,0"],
    "number": ["nan", "NaN", "inf", "-Infinity", "1.", ".5", "1,5", "01.5", "1e999", "+1", "1e", "\uff11", " 1"]
    + ["1.8e308", "10e308", "1e309", "-1e400"],
    "boolean": ["0", "1", "yes", "t", "tRu\u0435"],
    "date": [
        "2023-02-29",
        "1900-02-29",
        "2024-13-01",
        "2024-00-10",
        "0000-01-01",
        "2024-1-1",
        "20240101",
        "2024-04-31",
    ],
    "datetime": ["2024-02-30T10:00:00Z", "2024-01-01T24:00", "2024-01-01T10:60", "2024-01-01", "2024-01-01T10", "x"],
    "email": ["a@b", "a b@c.d", "@c.d", "a@-c.d", "a@c.d.", "ä@c.d", "a@c..d"]
    + [".a@c.de", "a.@c.de", "a..b@c.de", "a@c.123", "a@127.0.0.1", "x" * 65 + "@c.de"],
}


@pytest.mark.parametrize("type", ColumnType)
def test_type(check: Callable[..., Report], type: str, tmp_path: Path) -> None:
    right, wrong = RIGHT[type], WRONG.get(type, [])
    with (tmp_path / "typed.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["n", "x"], *enumerate([*right, *wrong])])
    report = check((tmp_path / "typed.csv").read_bytes(), {"n": "integer", "x": type})
    if type == "string":
        assert all(validation.passed for validation in report.validations)
    else:
        assert found(report, "type", "x").count == len(wrong)
        expected = [Sample(row, value) for row, value in enumerate(wrong, len(right) + 2)]
        assert [*found(report, "type", "x").samples] == expected[:10]


def test_a_value_of_the_wrong_type_is_not_tested_further(check: Callable[..., Report]) -> None:
    schema = {"a": {"type": "integer", "min": 5, "unique": True, "pattern": "[0-9]", "enum": [6]}}
    report = check("a\nx\nx\n6\n", schema)
    assert [validation.count for validation in report.validations if validation.column] == [2, 0, 0, 0, 0]
    assert at(report, "duplicate_row") == [(3, "x")]


def test_duplicates_are_second_and_later_ones(check: Callable[..., Report], rows: Callable[..., list[Row]]) -> None:
    text = "a,b\n1,x\n2,y\n1,x\n2,x\n1,x\n,\n,\n"
    schema = {"a": {"unique": True}, "b": "string"}
    report = check(text, schema)
    assert at(report, "duplicate_row") == [(4, "1,x"), (6, "1,x"), (8, ",")]
    assert at(report, "unique", "a") == [(4, "1"), (5, "2"), (6, "1")]
    assert [row[:2] for row in rows(text, schema)] == [
        (2, True),
        (3, True),
        (4, False),
        (5, False),
        (6, False),
        (7, True),
        (8, False),
    ]


def test_cells_that_run_together_are_no_duplicates(check: Callable[..., Report]) -> None:
    assert at(check('a,b\nx,y\n"xy",\n,xy\ny,x\n"x,y",\n'), "duplicate_row") == []


@pytest.mark.parametrize(
    ("type", "least", "most", "values", "low", "high"),
    [
        ("integer", -1, 10, ["-2", "-1", "10", "11", "", "x"], ["-2"], ["11"]),
        ("integer", 0, 999999999999999998, ["999999999999999998", "999999999999999999"], [], ["999999999999999999"]),
        (
            "integer",
            -(10**37),
            2**63,
            [str(-(10**37) - 1), str(2**63), str(2**63 + 1)],
            [str(-(10**37) - 1)],
            [str(2**63 + 1)],
        ),
        ("integer", 1 - 10**38, 10**38 - 1, ["9" * 38, "-" + "9" * 38], [], []),
        ("number", -0.5, 1e3, ["-0.51", "-5e-1", "1000.0", "1000.01", "1e4"], ["-0.51"], ["1000.01", "1e4"]),
        ("number", 1e-300, 1e300, ["1e-999", "1e-300", "1e300", "1.1e300"], ["1e-999"], ["1.1e300"]),
        ("number", 1, sys.float_info.max, ["-1e308", repr(sys.float_info.max)], ["-1e308"], []),
        (
            "date",
            "2024-02-29",
            "2024-12-31",
            ["2024-02-28", "2024-02-29", "2025-01-01"],
            ["2024-02-28"],
            ["2025-01-01"],
        ),
        (
            "datetime",
            "2024-01-01T00:00:00Z",
            "2024-01-01T12:00",
            ["2024-01-01T00:59+01:00", "2023-12-31T23:00-01:00", "2024-01-01T12:00:00.000000001", "2024-01-01 12:00Z"],
            ["2024-01-01T00:59+01:00"],
            ["2024-01-01T12:00:00.000000001"],
        ),
    ],
)
def test_bounds_are_inclusive(
    check: Callable[..., Report],
    type: str,
    least: object,
    most: object,
    values: list[str],
    low: list[str],
    high: list[str],
) -> None:
    report = check(
        "a,b\n" + "".join(f"{value},\n" for value in values), {"a": {"type": type, "min": least, "max": most}}
    )
    assert [sample.value for sample in found(report, "min", "a").samples] == low
    assert [sample.value for sample in found(report, "max", "a").samples] == high


def test_a_pattern_is_matched_whole(check: Callable[..., Report]) -> None:
    schema = {"a": {"pattern": "[A-Z]{2}|x"}}
    assert at(check("a\nAB\nABC\nxx\nx\n", schema), "pattern", "a") == [(3, "ABC"), (4, "xx")]


def test_a_pattern_means_ascii_unless_it_says_otherwise(check: Callable[..., Report]) -> None:
    assert at(check("a\n12\n٣\n", {"a": {"pattern": r"\d+"}}), "pattern", "a") == [(3, "٣")]
    assert at(check("a\né\n1\n", {"a": {"pattern": r"\p{L}"}}), "pattern", "a") == [(3, "1")]


def test_a_pattern_takes_linear_time(check: Callable[..., Report]) -> None:
    report = check("a\n" + f"{'a' * 5000}b\n" * 20, {"a": {"pattern": "(a|a)*(a|aa)*(?:(?:a+)+)+$"}})
    assert found(report, "pattern", "a").count == 20


def test_enum(check: Callable[..., Report]) -> None:
    report = check("a\nx\ny\nX\n", {"a": {"enum": ["x", "y"]}})
    assert at(report, "enum", "a") == [(4, "X")]
    assert at(check("a\n1\n3\n", {"a": {"type": "integer", "enum": [1, 2]}}), "enum", "a") == [(3, "3")]


def test_an_enum_compares_values_as_they_are_written(check: Callable[..., Report]) -> None:
    schema = {"a": {"type": "number", "enum": [0.5, 1]}, "b": {"type": "boolean", "enum": [True]}}
    report = check("a,b\n0.5,true\n1,TRUE\n0.50,\n", schema)
    assert at(report, "enum", "a") == [(4, "0.50")]
    assert at(report, "enum", "b") == [(3, "TRUE")]


def test_a_header_with_duplicate_and_empty_names(check: Callable[..., Report]) -> None:
    report = check("name, name ,,name_2,column_3\n1,2,3,4,5\n")
    assert [column.name for column in report.columns] == ["name", "name_3", "column_4", "name_2", "column_3"]
    assert at(report, "header") == [(1, "duplicate: name"), (1, "empty: column 3")]


def test_a_repeated_name_is_told_once(check: Callable[..., Report]) -> None:
    report = check("a,a,,b\n1,2,3,4\n", {"a": "integer"})
    assert at(report, "header") == [(1, "duplicate: a"), (1, "empty: column 3"), (1, "extra: b")]
    again = check("a,a\n1,2\n", schema_json(check("a,a\n1,2\n").schema))
    assert at(again, "header") == [(1, "duplicate: a")]


def test_a_header_that_is_not_the_schema(check: Callable[..., Report]) -> None:
    report = check("b,a\n1,2\n", {"a": "integer", "c": {"required": True}})
    assert at(report, "header") == [(1, "missing: c"), (1, "extra: b")]
    assert [(column.name, column.type) for column in report.columns] == [("b", "string"), ("a", "integer")]
    assert [column.name for column in report.schema] == ["a", "c"]
    assert report.valid_rows == 1


def test_ragged_rows_are_told_and_not_tested_further(
    check: Callable[..., Report], rows: Callable[..., list[Row]]
) -> None:
    text = "a,b\n1,2\n1\n1,2,3\n1,2\n"
    report = check(text, {"a": {"type": "integer", "unique": True}, "b": {"required": True}})
    assert at(report, "row_width") == [(3, "1 cells"), (4, "3 cells")]
    assert at(report, "duplicate_row") == [(5, "1,2")]
    assert found(report, "not_empty", "b").count == 0
    assert rows(text)[1:3] == [(3, False, ["1", ""]), (4, False, ["1", "2"])]


def test_ragged_rows_may_repeat_each_other(check: Callable[..., Report], rows: Callable[..., list[Row]]) -> None:
    text = b'a,b\n1,\n1\n1,,\n1\n"1,"\n1,,\n1,\n\xff\n\xff\n'
    report = check(text, {"a": {"unique": True}}, encoding="utf-8")
    assert at(report, "duplicate_row") == [(5, "1"), (7, "1,,"), (8, "1,"), (10, "\ufffd")]
    assert at(report, "unique", "a") == [(8, "1")]
    assert (found(report, "row_width").count, report.valid_rows) == (7, 1)
    assert [row[0] for row in rows(text) if row[1]] == [2]


def test_bytes_that_cannot_be_decoded(check: Callable[..., Report], rows: Callable[..., list[Row]]) -> None:
    data = "a,b\né,1\n".encode() + b"\xff,2\nx,3,\xfe\n" + "\ufffd,ñ\n".encode()
    report = check(data)
    assert report.encoding == "utf-8"
    assert at(report, "encoding") == [(3, "\ufffd"), (4, "\ufffd")]
    assert rows(data) == [
        (2, True, ["é", "1"]),
        (3, False, ["\ufffd", "2"]),
        (4, False, ["x", "3"]),
        (5, True, ["\ufffd", "ñ"]),
    ]
    assert at(check(b"a,b\n\x81,1\n", encoding="windows-1252"), "encoding") == [(2, "\ufffd")]
    assert at(check(b"a,b\n\xe9,1\n", encoding="utf-8"), "encoding") == [(2, "\ufffd")]


def test_a_header_that_cannot_be_decoded(check: Callable[..., Report]) -> None:
    report = check("\na,é,ü\n1,2,3\n".encode("latin-1"), encoding="utf-8")
    assert at(report, "encoding") == [(2, "\ufffd")]
    assert (report.columns[1].name, report.rows, report.valid_rows) == ("\ufffd", 1, 1)
    assert at(check(b"a,\xe9\n1,\xe9\n", encoding="utf-8"), "encoding") == [(1, "\ufffd"), (2, "\ufffd")]
    assert check("a,é\n1,é\n".encode("latin-1")).valid_rows == 1


def test_ten_samples_in_the_order_of_the_file(check: Callable[..., Report]) -> None:
    validation = found(check("a\n" + "x\n" * 30, {"a": "integer"}), "type", "a")
    assert (validation.count, [sample.row for sample in validation.samples]) == (30, list(range(2, 12)))
    assert found(check("a\n" + "x" * 300, {"a": "integer"}), "type", "a").samples == (Sample(2, "x" * 200 + "…"),)


# Lines, quotes, delimiters, encodings.


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_physical(rows: Callable[..., list[Row]], end: str) -> None:
    text = end.join(["a,b", '1,"x', "", 'y"', "", "2,z", '"a""b","c,d"', '3,"e\rf"', "4,"])
    assert rows(text) == [
        (2, True, ["1", f"x{end}{end}y"]),
        (6, True, ["2", "z"]),
        (7, True, ['a"b', "c,d"]),
        (8, True, ["3", "e\rf"]),
        (10, True, ["4", ""]),
    ]


def test_quotes_in_odd_places_are_read_like_the_csv_module_does(rows: Callable[..., list[Row]]) -> None:
    text = 'a,b\n5" pipe,6\n"x"y,z\n "q",r\n1,"open\nto the end\n'
    assert rows(text) == [
        (2, True, ['5" pipe', "6"]),
        (3, True, ["xy", "z"]),
        (4, True, [' "q"', "r"]),
        (5, True, ["1", "open\nto the end\n"]),
    ]


def test_blank_lines_are_no_rows(check: Callable[..., Report], rows: Callable[..., list[Row]]) -> None:
    assert [row[0] for row in rows("\n\na,b\n\n1,2\n\n\n3,4\n\n")] == [5, 8]
    assert rows('a\n\n""\n \n') == [(3, True, [""]), (4, True, [" "])]
    assert check("\n,a\n1,2\n").validations[0].samples[0].row == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(check: Callable[..., Report], delimiter: str) -> None:
    cells = [["a", "b x", "c"], ['1,5"', "x; y", "t|u"], ["2,5", "z", "v\tw"]] * 3
    lines = [delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in cells]
    report = check("\n".join(lines))
    assert (report.delimiter, len(report.columns), report.rows) == (delimiter, 3, 8)


def test_delimiters_in_prose_do_not_count(check: Callable[..., Report]) -> None:
    assert check("id;note, long;x\n1;a, b;2\n3;c, d, e;4\n").delimiter == ";"
    assert check("x,y\n1,a;b;c\n2,d\n").delimiter == ","
    assert check("price\n1;2\n").delimiter == ","
    assert [column.name for column in check("a:b\n1:2\n", delimiter=":").columns] == ["a", "b"]
    for bad in ("", ",,", '"', "\n", "é", "a"):
        with pytest.raises(Invalid, match="not valid") as refused:
            check("a\n1\n", delimiter=bad)
        assert refused.value.errors[0].field == "delimiter"


@pytest.mark.parametrize(
    ("codec", "reported"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("latin-1", "iso-8859-1"),
        ("cp1252", "windows-1252"),
    ],
)
def test_encodings_are_found(
    rows: Callable[..., list[Row]], check: Callable[..., Report], codec: str, reported: str
) -> None:
    text = "naïve,b\nñandú,é\nÿ,x\n" + ("€,“x”\n" if codec != "latin-1" else "")
    report = check(text.encode(codec))
    assert (report.encoding, report.columns[0].name) == (reported, "naïve")
    assert rows(text.encode(codec))[0] == (2, True, ["ñandú", "é"])
    assert found(report, "encoding").passed
    assert check(text.encode(codec), encoding=reported) == report


def test_encodings_that_nobody_knows(check: Callable[..., Report]) -> None:
    for name in ("klingon", "zlib", "utf-7", "shift_jis", "\0"):
        with pytest.raises(Invalid) as refused:
            check("a\n1\n", encoding=name)
        assert refused.value.errors[0].field == "encoding"
    assert refusal(check, b"\xff\xfea\0\x00\xd8", encoding="utf-16") == "encoding"


# What is no CSV file.


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\n\r\n\n", "empty"),
        (b"\x89PNG\r\n\x1a\n1234", "not_csv"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "not_csv"),
        (lzma.compress(b"a,b\n1,2\n"), "not_csv"),
        (b"PK\x03\x04....", "not_csv"),
        (b"\x28\xb5\x2f\xfd....", "not_csv"),
        (b"\x1f\x9d\x90a,b\n", "not_csv"),
        (b"\xff\xfb\x90\x44a,b\n1,2\n", "not_csv"),
        (bytes(range(1, 256)) * 9, "not_csv"),
        (b"BM6\x0c\x01\x02\x03\x04\n", "not_csv"),
        (b"a,b\x7f\n1,2\n", "not_csv"),
        (b'\na,"b\n\x01"\n1,2\n', "not_csv"),
        (b"a,b\n" + b"1,\x01\n" * 3, "not_csv"),
        ("a\x01,b\n1,2\n".encode("utf-16"), "not_csv"),
        (b"a,b\n1,2\n" * 200_000 + b"\0", "nul"),
        (b"a,b\n1,\0\n", "nul"),
        (b",,,\n1,2,3,4\n", "no_header"),
        (b"1,2.5\n3,4\n", "no_header"),
        (b"a" * 201 + b",b\n1,2\n", "no_header"),
        (b"a," * 1_000_000 + b"\n", "too_many_columns"),
        (b"a," * 10_000 + b"b\n", "too_many_columns"),
        (b'a,b\n1,"' + b"x" * 1_100_000, "row_too_long"),
        (b'a,b\n1,"' + b"x\n" * 600_000, "row_too_long"),
        (b"a,b\n" + b"x," * 600_000 + b"\n", "row_too_long"),
        (b"a,b\n" + b'"\n",' * 900_000 + b"\n", "row_too_long"),
        (b'"a,b\n' + b"x\n" * 900_000, "row_too_long"),
    ],
)
def test_what_is_no_csv_file_is_refused(check: Callable[..., Report], data: bytes, code: str) -> None:
    assert refusal(check, data) == code


def test_a_row_too_long_is_named(check: Callable[..., Report]) -> None:
    with pytest.raises(Invalid) as refused:
        check("a,b\n" + "1,2\n" * 300_000 + '1,"' + "x\n" * 600_000)
    assert "line 300002 " in refused.value.errors[0].message


@pytest.mark.parametrize("cell", ["x" * 131_073, "x" * (records.MAX_ROW - 3), '"' + "\n" * (records.MAX_ROW - 3) + '"'])
def test_a_cell_may_be_as_long_as_a_row(check: Callable[..., Report], cell: str) -> None:
    before, after = "a,b\n" + "1,2\n" * 100_000, ",é\n" + "1,2\n" * 100_000
    report = check(before + cell + after, {"a": "integer"})
    assert [sample.row for sample in found(report, "type", "a").samples] == [100_002]
    assert report.rows == 200_001
    if len(cell) > 131_073:
        assert refusal(check, before + cell.replace("x", "xx", 1).replace("\n", "\n\n", 1) + after) == "row_too_long"


def test_a_header_that_is_too_long_is_told_so(check: Callable[..., Report]) -> None:
    for header in (b"x" * 110 + b",", b"name\t", b'"name",'):
        with pytest.raises(Invalid, match="not valid") as refused:
            check((header * (1_100_000 // len(header)))[:1_100_000] + b"\n1,2\n", delimiter=":")
        [error] = refused.value.errors
        assert (error.code, "longer than 1 MiB" in error.message) == ("row_too_long", True)


def test_a_stray_control_character_is_data(check: Callable[..., Report], rows: Callable[..., list[Row]]) -> None:
    assert rows("a,b\n1,x\x01\n\x7f,2\n") == [(2, True, ["1", "x\x01"]), (3, True, ["\x7f", "2"])]
    assert check("a,b\n" + "12345678,\x02\n" + "1234567,90\n" * 9).rows == 10
    assert check("a,b\n" + "\x1b[1m,\x0b\x0c\n" * 9).rows == 9


def test_random_bytes_are_no_text(check: Callable[..., Report]) -> None:
    for seed in range(200):
        chance = random.Random(seed)
        data = bytes(chance.choices(range(1, 256), k=chance.randint(300, 3_000)))
        for encoding in (None, "utf-8", "windows-1252"):
            with pytest.raises(Invalid):
                check(data, encoding=encoding)


def test_too_many_rows(check: Callable[..., Report], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "MAX_HASHES", 20)
    assert check("a\n" + "x\n" * 20).rows == 20
    assert refusal(check, "a\n" + "x\n" * 21) == "too_many_rows"
    assert check("a\n" + "x\n" * 10, {"a": {"unique": True}}).rows == 10


def test_numbers_are_a_header_when_the_schema_says_so(check: Callable[..., Report]) -> None:
    assert check("2019,2020\n1,2\n", {"2019": "integer"}).columns[0].type == "integer"


# Inference.


@pytest.mark.parametrize(
    ("values", "type"),
    [
        (["1", "-2", "999999999999999"], "integer"),
        (["1", "2.50"], "number"),
        (["1", "007"] * 300, "string"),
        (["1"] * 500 + ["007"], "string"),
        (["+34600111222"], "string"),
        (["600 111 222", "1"], "string"),
        (["1234567890123456"], "string"),
        (["1e5", "2e7"], "string"),
        (["1,5"], "string"),
        (["true", "False"], "boolean"),
        (["0", "1"], "integer"),
        (["2024-02-29", ""], "date"),
        (["2023-02-29"], "string"),
        (["2024-01-01T10:00:00Z", "2024-01-01 10:00"], "datetime"),
        (["a@b.example"], "email"),
        (["NaN", "1.5"], "string"),
        (["٣"], "string"),
        (["", ""], "string"),
        ([" 1"], "string"),
        (["1"] * 99 + ["x"], "integer"),
        (["1"] * 98 + ["x"], "string"),
    ],
)
def test_types_are_inferred_cautiously(check: Callable[..., Report], values: list[str], type: str) -> None:
    report = check("n,x\n" + "".join(f'n,"{value}"\n' for value in values))
    assert report.columns[1].type == type
    again = check(
        "n,x\n" + "".join(f'n,"{value}"\n' for value in values), json.loads(json.dumps(schema_json(report.schema)))
    )
    assert again == report


def test_required_is_inferred_from_99_percent(check: Callable[..., Report]) -> None:
    report = check("a,b\n" + "1,1\n" * 98 + "1,\n,\n")
    assert [column.required for column in report.columns] == [True, False]
    assert at(report, "not_empty", "a") == [(101, "")]
    assert check("a,b\n").columns == (Column("a"), Column("b"))


# PendingObject and progress.


def test_progress_rises_and_may_cancel(engine: TableEngine, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("a,b\n" + f"1,{'2' * 100}\n" * 100_000)
    seen: list[float] = []
    batches: list[int] = []
    engine.check(file, progress=seen.append, store=lambda rows: batches.append(len(rows)))
    assert seen == sorted(seen)
    assert (seen[0], seen[-1], len(seen) > 8) == (0.0, 1.0, True)
    assert (sum(batches), max(batches) <= 10_000) == (100_000, True)

    class Cancelled(Exception):
        pass

    def cancel(part: float) -> None:
        if part > 0.4:
            raise Cancelled

    with pytest.raises(Cancelled):
        engine.check(file, progress=cancel)

    def full(rows: Sequence[Row]) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        engine.check(file, store=full)


def test_wide_files(check: Callable[..., Report]) -> None:
    names = [f"c{at}" for at in range(3_000)]
    report = check(",".join(names) + "\n" + ",".join(["1"] * 3_000) + "\n" + ",".join(["1"] * 2_999) + "\n")
    assert (len(report.columns), at(report, "row_width")) == (3_000, [(3, "2999 cells")])


def test_the_engine_is_chosen_by_what_is_installed() -> None:
    assert isinstance(tables.chosen(), PolarsTables)
    code = (
        "import sys; from unittest.mock import patch\n"
        "from src.infrastructure import tables\n"
        "with patch.object(tables, 'find_spec', return_value=None): engine = tables.chosen()\n"
        "assert type(engine).__name__ == 'PythonTables' and 'polars' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# Generated defects: every count is known.


@pytest.mark.parametrize("inferred", [False, True])
def test_all_generated_defects_are_found(engine: TableEngine, tmp_path: Path, inferred: bool) -> None:
    file = tmp_path / "defects.csv"
    expected = defects.write(file, 20_000)
    schema = () if inferred else parse_schema(defects.SCHEMA, engine.pattern_flaw)
    stored: list[Row] = []
    report = engine.check(file, schema, store=stored.extend)
    assert report.rows == len(stored) == expected.rows
    counts = {(each.rule, each.column): each.count for each in report.validations}
    if not inferred:
        assert counts == expected.counts
        strings = {("type", column.name) for column in schema if column.type is ColumnType.STRING}
        assert {rule for rule, count in counts.items() if not count} == {("header", None), *strings}
        lines = {(each.rule, each.column): [sample.row for sample in each.samples] for each in report.validations}
        assert lines == {rule: lines[:10] for rule, lines in expected.lines.items()}
        assert [row for row, valid, _ in stored if not valid] == sorted({*chain(*expected.lines.values())})
    assert report.valid_rows == sum(valid for _, valid, _ in stored)


_MEMORY = """
import resource, sys
from pathlib import Path
from src.infrastructure.tables.{module} import {name}
from src.infrastructure.tables.python import PythonTables
engine = {name}()
def peak():
    lines = Path('/proc/self/status').read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith('VmHWM')) // 1024
small = Path(sys.argv[1]).with_name('small.csv'); small.write_text('a,b' + chr(10) + '1,2' + chr(10))
engine.check(small)
idle = peak()
engine.check(Path(sys.argv[1]), store=lambda rows: None)
print(peak() - idle)
"""


@pytest.mark.parametrize(("name", "rows"), [("PythonTables", 150_000), ("PolarsTables", 500_000)])
def test_memory_is_bounded(tmp_path: Path, name: str, rows: int) -> None:
    file = tmp_path / "big.csv"
    defects.write(file, rows)
    code = _MEMORY.format(module=name.removesuffix("Tables").lower(), name=name)
    grown = int(subprocess.run([sys.executable, "-c", code, file], check=True, capture_output=True).stdout)
    assert grown < 200, f"{grown} MiB for {file.stat().st_size >> 20} MiB"


# Two engines, one opinion.


@contextmanager
def small_pieces(chunk: int, big: int, small: int, longest: int) -> Iterator[None]:
    """Cut files where it hurts."""
    before = csv.field_size_limit()
    try:
        with (
            patch.object(encodings, "CHUNK", chunk),
            patch.object(pieces, "BIG", big),
            patch.object(pieces, "SMALL", small),
            patch.object(pieces, "ROWS", 3),
            patch.object(ordinary, "WINDOW", small),
            patch.object(pieces, "LONG", longest),
            patch.object(records, "MAX_ROW", longest),
            patch.object(polars, "BATCH", 3),
            patch.object(python, "BATCH", 3),
            patch.object(duplicates, "_AT_ONCE", 5),
            patch.object(python, "_AT_ONCE", 5),
        ):
            yield
    finally:
        csv.field_size_limit(before)


def verdict(engine: TableEngine, file: Path, schema: object, **options: Any) -> object:
    rows: list[Row] = []
    try:
        report = engine.check(file, parse_schema(schema, engine.pattern_flaw), store=rows.extend, **options)
        assert report == engine.check(file, parse_schema(schema, engine.pattern_flaw), **options)
    except Invalid as refused:
        return refused.errors
    assert report.valid_rows == sum(valid for _, valid, _ in rows)
    json.dumps([row for _, _, row in rows]).encode()
    return report, rows


def cells() -> st.SearchStrategy[str]:
    """Values that are almost of a type."""
    return st.one_of(
        st.sampled_from(["", "1", "x", "é", "\ufeff", "true", "a@b.cd", "\u2028", "x^", "\x0b", "\x01"]),
        st.sampled_from([value for values in [*RIGHT.values(), *WRONG.values()] for value in values]),
        st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{1,20})?(e-?[0-9]{1,3})?", fullmatch=True),
        st.from_regex(r"-?[1-9][0-9]{17,38}", fullmatch=True),
        st.from_regex(r"[a.]{1,5}@[a.-]{1,3}\.[a1]{1,3}", fullmatch=True),
        st.from_regex(r"(19|20|00)(00|0[0-9]|1[0-9])-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-5]0Z)?", fullmatch=True),
        st.text('ab" \n\r,;', max_size=4),
    )


@st.composite
def written(draw: st.DrawFn) -> bytes:
    """What a program that writes CSV may write."""
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(cells(), min_size=width, max_size=width), max_size=12))
    rows += draw(st.lists(st.sampled_from(rows), max_size=3)) if rows else []
    delimiter = draw(st.sampled_from(",;\t|"))
    quoting: Any = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(
        [["a", "b", "c", "d"][:width], *rows]
    )
    codec = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"]))
    return text.getvalue().encode(codec, "replace")


RAW_HEADER = st.sampled_from([b"a,b\n"] * 5 + [b"a,\xff\n", b"a,\xc3\xa9\n", b"a,a\n", b",b\n", b"a,\x01\n"])
RAW_BODY = st.lists(
    st.sampled_from(
        [
            b'"',
            b'""',
            b",",
            b",",
            b"\n",
            b"\n",
            b"\r",
            b"\r\n",
            b"a",
            b"1",
            b"x^",
            b" ",
            b";",
            b"\xef\xbb\xbf",
            b"\xc3\xa9",
            b"\x01",
            b"1,2,3\n",
            b"1\n",
            b"1,\n",
            b"\xff,2,3\n",
        ]
        + [b"\xff", b"\x81", b"\xc3", b"2024-02-29", b"1.5", b"true", b"1,2\n", b"a,b\n", b'"x","y"\n', b'"\n"']
    ),
    max_size=30,
).map(b"".join)

PATTERNS = [
    "[0-9]+",
    r"\w*",
    r"[^\d\-]*",
    r"\p{L}+",
    "(?i)TRUE|x",
    r"\S+@\S+",
    ".*",
    "(?s).*",
    "^$|a|1$",
    "[[:alpha:]]",
    "x*?",
]


@st.composite
def schemas(draw: st.DrawFn) -> object:
    if draw(st.booleans()):
        return None
    schema = {}
    for name in draw(st.sets(st.sampled_from("abce"), min_size=1)):
        type = draw(st.sampled_from(ColumnType))
        rules: dict[str, object] = {"type": type, "required": draw(st.booleans()), "unique": draw(st.booleans())}
        if draw(st.booleans()):
            rules["pattern"] = draw(st.sampled_from(PATTERNS))
        bounds: dict[str, list[object]] = {
            "integer": [-1, 0, 5, 10**17, 10**20, -(10**37)],
            "number": [-1.5, 0, 1, 1e20, -1e300, sys.float_info.max],
            "date": ["2000-02-29", "2024-02-29"],
            "datetime": ["2024-01-01T00:00:00Z", "2024-01-01T10:00+02:00"],
        }
        if type in bounds and draw(st.booleans()):
            rules[draw(st.sampled_from(["min", "max"]))] = draw(st.sampled_from(bounds[type]))
        if draw(st.booleans()) and type in RIGHT:
            rules["enum"] = RIGHT[type][:2]
        schema[name] = rules
    return schema


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "fuzzed.csv"


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    data=st.one_of(written(), st.builds(add, RAW_HEADER, RAW_BODY)),
    schema=schemas(),
    sizes=st.tuples(st.integers(1, 40), st.integers(30, 80), st.integers(8, 30)),
    longest=st.integers(40, 400),
    encoding=st.sampled_from([None, None, None, "utf-8", "windows-1252", "utf-16"]),
    delimiter=st.sampled_from([None, None, ",", ";"]),
)
@example(b"a,b\n\xef\xbb\xbf1,2\n", None, (1, 30, 8), 100, None, None)
@example(b"a,b\n" + b'1,"\r\n"\r\n' * 20, None, (7, 30, 9), 100, None, None)
@example(b"a,b\n" + b'1,"\n",\n' * 20, None, (7, 30, 9), 9, None, None)
@example(b"a,b\n1,\n1\n1,,\n1,2\n1,2,3\n1,2,4\n" * 2, None, (7, 30, 9), 100, None, ",")
@example(b"a,b\n" + b"\xe2\x82,2,3\n" * 9, None, (7, 30, 9), 100, "utf-8", None)
@example(b"a,b\n" + (b"\xe2\x82" * 150 + b",\n") * 2, None, (7, 30, 9), 1000, "utf-8", None)
@example(b"a\n1900-00-00\n2024-01-01T24:00\n1900-00-00T00:00Z\n", None, (1, 30, 8), 40, None, None)
def test_both_engines_say_the_same(
    fuzzed: Path,
    data: bytes,
    schema: object,
    sizes: tuple[int, int, int],
    longest: int,
    encoding: str | None,
    delimiter: str | None,
) -> None:
    fuzzed.write_bytes(data)
    with small_pieces(*sizes, longest):
        one = verdict(PythonTables(), fuzzed, schema, encoding=encoding, delimiter=delimiter)
        other = verdict(PolarsTables(), fuzzed, schema, encoding=encoding, delimiter=delimiter)
    assert one == other, (data, schema, sizes, longest, encoding, delimiter)


TOKENS = ["a", "b", "1", "-", "é", "[a-c]", "[^a1]", r"\d", r"\w", r"\s", r"\D", r"\.", r"\-", ".", "^", "$", "("]
TOKENS += ["(?:", ")", "|", "*", "+", "?", "{2}", "{1,2}", "{0,}", "[-a]", r"[\w-]", r"[\]a]", " ", "#", "&", "~"]
TOKENS += ["/", "[!-b]", "[a&&b]", "[a~~b]", r"\x", "[", "]", "{", "}"]


@settings(max_examples=600, deadline=None)
@given(
    st.lists(st.sampled_from(TOKENS), max_size=8).map("".join),
    st.lists(st.text("ab1-é \n.]\\&~c_٣", max_size=4), min_size=1),
)
def test_a_translated_pattern_means_the_same(pattern: str, texts: list[str]) -> None:
    if not pattern or patterns.flaw(pattern) or (translated := patterns.portable(pattern)) is None:
        return
    matches = patterns.compiled(pattern)
    assert pl.Series(texts).str.contains(translated).to_list() == [bool(matches(text)) for text in texts]
