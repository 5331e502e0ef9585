"""Every rule, with the exact rows that break it."""

import csv
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest

from src.application.ports import CsvChecker
from src.domain.csv import Column, ColumnType, InvalidOption, Note, Report, Row, Sample, Severity, schema_json
from src.domain.csv.forms import grammar
from src.infrastructure.csv.checking import patterns
from tests.support.csv_reports import asked_rules, validation_of, violations
from tests.support.csv_values import INVALID, VALID


def test_an_empty_cell_of_a_required_column_breaks_not_empty(check: Callable[..., Report]) -> None:
    report = check('a,b\n1,\n,2\n"",3\n4,x\n', {"a": {"type": "string", "required": True}, "b": "integer"})
    assert violations(report, "not_empty", "a") == [(3, ""), (4, "")]
    assert violations(report, "type", "b") == [(5, "x")]
    assert (report.rows, report.valid_rows) == (4, 1)
    assert [(each.rule, each.column) for each in asked_rules(report)] == [
        ("header", None),
        ("row_width", None),
        ("encoding", None),
        ("duplicate_row", None),
        ("not_empty", "a"),
        ("type", "a"),
        ("not_empty", "b"),
        ("type", "b"),
    ]


@pytest.mark.parametrize("schema", [None, {"a": "integer", "b": "string"}, {"a": {"type": "integer"}, "b": {}}])
def test_an_empty_cell_is_a_warning_where_the_schema_says_nothing(
    check: Callable[..., Report], rows: Callable[..., list[Row]], schema: object
) -> None:
    report = check("a,b\n1,x\n,y\n3,\n", schema)
    warnings = [each for each in asked_rules(report) if each.severity is Severity.WARNING]
    assert [(each.rule, each.column, each.samples) for each in warnings] == [
        ("not_empty", "a", (Sample(3, ""),)),
        ("not_empty", "b", (Sample(4, ""),)),
    ]
    assert not any(each.passed for each in warnings)
    assert report.valid_rows == 3
    assert all(valid for _, valid, _ in rows("a,b\n1,x\n,y\n3,\n", schema))


def test_an_empty_cell_of_an_optional_column_is_not_looked_for(check: Callable[..., Report]) -> None:
    schema = {"a": {"type": "integer", "required": False}, "b": {"required": True}}
    report = check("a,b\n,x\n2,\n", schema)
    found = {(each.rule, each.column): (each.count, each.severity) for each in report.validations}
    assert ("not_empty", "a") not in found
    assert found["not_empty", "b"] == (1, "error")
    assert report.valid_rows == 1
    assert schema_json(report.schema)["a"] == {"type": "integer", "required": False}


@pytest.mark.parametrize("type", ColumnType)
def test_every_type_accepts_its_values_and_no_others(check: Callable[..., Report], type: str, tmp_path: Path) -> None:
    right, wrong = VALID[type], INVALID.get(type, [])
    with (tmp_path / "typed.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["n", "x"], *enumerate([*right, *wrong])])
    report = check((tmp_path / "typed.csv").read_bytes(), {"n": "integer", "x": type})
    if type == "string":
        assert all(validation.passed for validation in report.validations)
    else:
        assert validation_of(report, "type", "x").count == len(wrong)
        expected = [Sample(row, value) for row, value in enumerate(wrong, len(right) + 2)]
        assert [*validation_of(report, "type", "x").samples] == expected[:10]


def test_a_value_of_the_wrong_type_is_not_tested_further(check: Callable[..., Report]) -> None:
    schema = {"a": {"type": "integer", "min": 5, "unique": True, "pattern": "[0-9]", "enum": [6]}}
    report = check("a\nx\nx\n6\n", schema)
    assert [validation.count for validation in asked_rules(report) if validation.column] == [0, 2, 0, 0, 0, 0]
    assert violations(report, "duplicate_row") == [(3, "x")]


def test_a_text_of_blanks_is_no_value(check: Callable[..., Report]) -> None:
    schema = {"a": {"required": True, "unique": True, "pattern": "[a-z]*", "enum": ["x", "y"]}, "b": "integer"}
    report = check("a,b\nx,1\n ,2\n ,3\ny,4\n", schema)
    assert [(each.rule, each.count) for each in asked_rules(report) if each.column == "a"] == [
        *(("not_empty", 2), ("type", 0), ("unique", 0), ("pattern", 0), ("enum", 0))
    ]
    assert violations(report, "blanks", "a") == [(3, " "), (4, " ")]


@pytest.mark.parametrize("repeated", [" 5", "5 ", "\t5"])
def test_blanks_around_a_typed_value_are_no_part_of_it(check: Callable[..., Report], repeated: str) -> None:
    schema = {"a": {"type": "integer", "unique": True, "max": 6, "enum": [5, 7]}, "b": "integer"}
    report = check(f"a,b\n5,1\n{repeated},2\n 7,3\n 8,4\n", schema)
    assert violations(report, "unique", "a") == [(3, repeated)]
    assert violations(report, "max", "a") == [(4, " 7"), (5, " 8")]
    assert violations(report, "enum", "a") == [(5, " 8")]


def test_second_and_later_occurrences_are_duplicates(
    check: Callable[..., Report], rows: Callable[..., list[Row]]
) -> None:
    text = "a,b\n1,x\n2,y\n1,x\n2,x\n1,x\n,\n,\n"
    schema = {"a": {"unique": True}, "b": "string"}
    report = check(text, schema)
    assert violations(report, "duplicate_row") == [(4, "1,x"), (6, "1,x")]
    assert violations(report, "empty_row") == [(7, ","), (8, ",")]
    assert violations(report, "unique", "a") == [(4, "1"), (5, "2"), (6, "1")]
    assert [row[:2] for row in rows(text, schema)] == [
        (2, True),
        (3, True),
        (4, False),
        (5, False),
        (6, False),
        (7, True),
        (8, True),
    ]


def test_rows_with_the_same_text_in_other_cells_are_no_duplicates(check: Callable[..., Report]) -> None:
    assert violations(check('a,b\nx,y\n"xy",\n,xy\ny,x\n"x,y",\n'), "duplicate_row") == []


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
    assert [sample.value for sample in validation_of(report, "min", "a").samples] == low
    assert [sample.value for sample in validation_of(report, "max", "a").samples] == high


def test_a_pattern_is_matched_whole(check: Callable[..., Report]) -> None:
    schema = {"a": {"pattern": "[A-Z]{2}|x"}}
    assert violations(check("a\nAB\nABC\nxx\nx\n", schema), "pattern", "a") == [(3, "ABC"), (4, "xx")]


def test_the_classes_of_a_pattern_are_ascii_unless_it_asks_for_unicode(check: Callable[..., Report]) -> None:
    assert violations(check("a\n12\n٣\n", {"a": {"pattern": r"\d+"}}), "pattern", "a") == [(3, "٣")]
    assert violations(check("a\né\n1\n", {"a": {"pattern": r"\p{L}"}}), "pattern", "a") == [(3, "1")]


def test_a_pattern_takes_linear_time(check: Callable[..., Report]) -> None:
    report = check("a\n" + f"{'a' * 5000}b\n" * 20, {"a": {"pattern": "(a|a)*(a|aa)*(?:(?:a+)+)+$"}})
    assert validation_of(report, "pattern", "a").count == 20


def test_patterns_that_are_too_large_together_are_refused_before_they_take_minutes(checker: CsvChecker) -> None:
    large = [rf"\pL{{0,60}}{number}" for number in range(10_000)]
    flaws = checker.pattern_flaws(large)
    assert [*flaws] == large[3:]
    assert {*flaws.values()} == {"the patterns of the schema are too large together"}
    ordinary = [f"[A-Z]{{2}}-{number}" for number in range(5_000)]
    assert checker.pattern_flaws(ordinary) == {}


def test_patterns_that_are_too_large_alone_count_too(checker: CsvChecker) -> None:
    flaws = checker.pattern_flaws([rf"\pL{{0,500}}{number}" for number in range(100)])
    assert Counter(flaws.values()) == {
        "pattern too large - compile failed": 3,
        "the patterns of the schema are too large together": 97,
    }


def test_a_pattern_of_many_columns_is_compiled_once_for_a_check(
    check: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = Mock(side_effect=patterns.compiled)
    monkeypatch.setattr(patterns, "compiled", compiled)
    schema = {f"c{number}": {"pattern": r"\pL{0,9}", "enum": ["a", f"{number}"]} for number in range(20)}
    check(",".join(schema) + "\n" + ",".join("a" * 20) + "\n", schema)
    assert compiled.call_count == 1


def test_nothing_that_a_client_has_written_is_kept_for_ever(checker: CsvChecker) -> None:
    tracemalloc.start()
    for number in range(100):
        grammar(Column(f"{number}", enum=(f"{number}" * 10_000,)))
        with pytest.raises(InvalidOption):
            checker.declared_encoding(f"{number}" * 10_000)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 200_000


def test_a_value_outside_an_enum_breaks_it(check: Callable[..., Report]) -> None:
    report = check("a\nx\ny\nX\n", {"a": {"enum": ["x", "y"]}})
    assert violations(report, "enum", "a") == [(4, "X")]
    assert violations(check("a\n1\n3\n", {"a": {"type": "integer", "enum": [1, 2]}}), "enum", "a") == [(3, "3")]


def test_an_enum_compares_values_as_they_are_written(check: Callable[..., Report]) -> None:
    schema = {"a": {"type": "number", "enum": [0.5, 1]}, "b": {"type": "boolean", "enum": [True]}}
    report = check("a,b\n0.5,true\n1,TRUE\n0.50,\n", schema)
    assert violations(report, "enum", "a") == [(4, "0.50")]
    assert violations(report, "enum", "b") == [(3, "TRUE")]


def test_a_header_with_duplicate_and_empty_names(check: Callable[..., Report]) -> None:
    report = check("name, name ,,name_2,column_3\n1,2,3,4,5\n")
    assert [column.name for column in report.columns] == ["name", "name_3", "column_4", "name_2", "column_3"]
    assert violations(report, "header") == [(1, "duplicate: name"), (1, "empty: column 3")]


def test_a_repeated_name_is_reported_once(check: Callable[..., Report]) -> None:
    report = check("a,a,,b\n1,2,3,4\n", {"a": "integer"})
    assert violations(report, "header") == [(1, "duplicate: a"), (1, "empty: column 3")]
    again = check("a,a\n1,2\n", schema_json(check("a,a\n1,2\n").schema))
    assert violations(again, "header") == [(1, "duplicate: a")]


def test_missing_columns_and_in_a_closed_schema_extra_ones_are_reported(check: Callable[..., Report]) -> None:
    columns = {"a": "integer", "c": {"required": True}}
    closed = check("b,a\n1,2\n", {"closed": True, "columns": columns})
    assert violations(closed, "header") == [(1, "missing: c"), (1, "extra: b")]
    report = check("b,a\n1,2\n", columns)
    assert violations(report, "header") == [(1, "missing: c")]
    assert report.notes == (Note("unknown", None, "b"),)
    assert [(column.name, column.type) for column in report.columns] == [("b", "integer"), ("a", "integer")]
    assert [column.name for column in report.schema] == ["a", "c"]
    assert report.valid_rows == 1


def test_ragged_rows_are_reported_and_not_checked_further(
    check: Callable[..., Report], rows: Callable[..., list[Row]]
) -> None:
    text = "a,b\n1,2\n1\n1,2,3\n1,2\n"
    report = check(text, {"a": {"type": "integer", "unique": True}, "b": {"required": True}})
    assert violations(report, "row_width") == [(3, "1 cells"), (4, "3 cells")]
    assert violations(report, "duplicate_row") == [(5, "1,2")]
    assert validation_of(report, "not_empty", "b").count == 0
    assert rows(text)[1:3] == [(3, False, ["1", ""]), (4, False, ["1", "2"])]


def test_ragged_rows_can_be_duplicates(check: Callable[..., Report], rows: Callable[..., list[Row]]) -> None:
    text = b'a,b\n1,\n1\n1,,\n1\n"1,"\n1,,\n1,\n\xff\n\xff\n'
    report = check(text, {"a": {"unique": True}}, encoding="utf-8")
    assert violations(report, "duplicate_row") == [(5, "1"), (7, "1,,"), (8, "1,"), (10, "\ufffd")]
    assert violations(report, "unique", "a") == [(8, "1")]
    assert (validation_of(report, "row_width").count, report.valid_rows) == (7, 1)
    assert [row[0] for row in rows(text) if row[1]] == [2]


def test_undecodable_bytes_are_reported_and_replaced(
    check: Callable[..., Report], rows: Callable[..., list[Row]]
) -> None:
    data = "a,b\né,1\n".encode() + b"\xff,2\nx,3,\xfe\n" + "\ufffd,ñ\n".encode()
    report = check(data)
    assert report.encoding == "utf-8"
    assert violations(report, "encoding") == [(3, "\ufffd"), (4, "\ufffd")]
    assert rows(data) == [
        (2, True, ["é", "1"]),
        (3, False, ["\ufffd", "2"]),
        (4, False, ["x", "3"]),
        (5, True, ["\ufffd", "ñ"]),
    ]
    assert violations(check(b"a,b\n\x81,1\n", encoding="windows-1252"), "encoding") == [(2, "\ufffd")]
    assert violations(check(b"a,b\n\xe9,1\n", encoding="utf-8"), "encoding") == [(2, "\ufffd")]


def test_undecodable_bytes_in_the_header_are_reported(check: Callable[..., Report]) -> None:
    report = check("\na,é,ü\n1,2,3\n".encode("latin-1"), encoding="utf-8")
    assert violations(report, "encoding") == [(2, "\ufffd")]
    assert (report.columns[1].name, report.rows, report.valid_rows) == ("\ufffd", 1, 1)
    assert violations(check(b"a,\xe9\n1,\xe9\n", encoding="utf-8"), "encoding") == [(1, "\ufffd"), (2, "\ufffd")]
    assert check("a,é\n1,é\n".encode("latin-1")).valid_rows == 1


def test_samples_are_the_first_ten_in_file_order_and_cut_to_size(check: Callable[..., Report]) -> None:
    validation = validation_of(check("a\n" + "x\n" * 30, {"a": "integer"}), "type", "a")
    assert (validation.count, [sample.row for sample in validation.samples]) == (30, list(range(2, 12)))
    assert validation_of(check("a\n" + "x" * 300, {"a": "integer"}), "type", "a").samples == (
        Sample(2, "x" * 200 + "…"),
    )
