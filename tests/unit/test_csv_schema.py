"""Valid schemas, and the errors of invalid ones."""

import calendar
import json
import math
import re
import sys
from collections.abc import Iterable
from itertools import pairwise

import pytest

from src.domain.csv import Column, ColumnType, Schema, instant, parse_schema, schema_json
from src.domain.csv.forms import any_form, date_grammar, normalised, typed_value
from src.domain.csv.schema import MAX_ENUM, MAX_ERRORS, MAX_NAME, MAX_PATTERN, MAX_WORD, MAX_WORDS
from src.domain.csv.spelling import match_key
from src.domain.errors import Invalid


def flaws(patterns: Iterable[str]) -> dict[str, str]:
    return {each: "unbalanced" for each in patterns if each.count("(") != each.count(")")}


def errors(schema: object) -> set[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        parse_schema(schema, flaws)
    assert all(error.message.endswith(".") for error in refused.value.errors)
    return {(error.field, error.code) for error in refused.value.errors}


def test_short_and_long_form() -> None:
    schema = {
        "id": "integer",
        "n": {"type": "number", "required": True, "unique": True, "min": -1, "max": 2.5},
        "s": {"pattern": "(a)", "enum": ["a", "b"]},
        "i": {"type": "integer", "enum": [1, "2"]},
        "f": {"type": "number", "enum": [1, 0.5, 1e22, sys.float_info.max, "2.50"], "max": sys.float_info.max},
        "b": {"type": "boolean", "enum": [True, False, "TRUE"]},
        "u": {"type": None, "required": None, "unique": None},
        "h": {"type": "integer", "min": 1 - 10**38, "max": 10**38 - 1},
        "d": {"type": "date", "min": "2024-01-01", "max": "2024-01-01"},
        "t": {"type": "datetime", "max": "2024-01-01 10:00", "min": None, "pattern": None, "enum": None},
    }
    assert parse_schema(schema, flaws).columns == (
        Column("id", ColumnType.INTEGER),
        Column("n", ColumnType.NUMBER, required=True, unique=True, min=-1, max=2.5),
        Column("s", pattern="(a)", enum=("a", "b")),
        Column("i", ColumnType.INTEGER, enum=("1", "2")),
        Column(
            "f",
            ColumnType.NUMBER,
            enum=("1", "0.5", "1e+22", "1.7976931348623157e+308", "2.50"),
            max=sys.float_info.max,
        ),
        Column("b", ColumnType.BOOLEAN, enum=("true", "false", "TRUE")),
        Column("u"),
        Column("h", ColumnType.INTEGER, min=1 - 10**38, max=10**38 - 1),
        Column("d", ColumnType.DATE, min="2024-01-01", max="2024-01-01"),
        Column("t", ColumnType.DATETIME, max="2024-01-01 10:00"),
    )


@pytest.mark.parametrize("nothing", [None, {}])
def test_no_schema(nothing: object) -> None:
    assert parse_schema(nothing, flaws) == Schema()


def test_a_schema_can_be_posted_back() -> None:
    columns = (
        Column("a"),
        Column("b", ColumnType.NUMBER, required=True, unique=True, min=0, max=1.5, pattern=".*", enum=("1", "0.5")),
        Column("c", ColumnType.DATE, min="2024-02-29"),
    )
    assert schema_json(columns)["a"] == {"type": "string"}
    assert parse_schema(json.loads(json.dumps(schema_json(columns))), flaws).columns == columns


@pytest.mark.parametrize(("text", "year"), [("01/02/68", 2068), ("01/02/69", 1969), ("01/02/00", 2000)])
def test_years_of_two_digits_are_from_1969_to_2068(text: str, year: int) -> None:
    assert normalised(Column("a", ColumnType.DATE, format="dd/mm/yy"), text) == f"{year}-02-01"


def test_a_column_may_have_a_thousand_values() -> None:
    values = [str(number) for number in range(MAX_ENUM)]
    assert parse_schema({"a": {"enum": values}}, flaws).columns == (Column("a", enum=tuple(values)),)
    with pytest.raises(Invalid):
        parse_schema({"a": {"enum": [*values, "more"]}}, flaws)


@pytest.mark.parametrize(
    ("schema", "bad"),
    [
        ([], {("schema", "type")}),
        ("integer", {("schema", "type")}),
        ({str(n): "string" for n in range(10_001)}, {("schema", "too_many_columns")}),
        ({"": "string"}, {("schema.", "name")}),
        ({" a": "string"}, {("schema. a", "name")}),
        ({"a" * 201: "string"}, {("schema." + "a" * 201, "name")}),
        ({"a": "int"}, {("schema.a.type", "type")}),
        ({"a": 5}, {("schema.a", "type")}),
        ({"a": {"type": ["integer"]}}, {("schema.a.type", "type")}),
        ({"a": {"requred": True}}, {("schema.a.requred", "unknown")}),
        ({"a": {"name": "b"}}, {("schema.a.name", "unknown")}),
        ({"a": {"required": "yes", "unique": 1}}, {("schema.a.required", "type"), ("schema.a.unique", "type")}),
        ({"a": {"min": 1}}, {("schema.a.min", "min")}),
        ({"a": {"type": "boolean", "max": True}}, {("schema.a.max", "max")}),
        ({"a": {"type": "integer", "min": 1.5, "max": True}}, {("schema.a.min", "min"), ("schema.a.max", "max")}),
        (
            {"a": {"type": "integer", "min": 10**38, "max": -(10**38)}},
            {("schema.a.min", "min"), ("schema.a.max", "max")},
        ),
        (
            {"a": {"type": "number", "min": math.nan, "max": math.inf}},
            {("schema.a.min", "min"), ("schema.a.max", "max")},
        ),
        ({"a": {"type": "number", "min": 10**309}}, {("schema.a.min", "min")}),
        ({"a": {"type": "number", "min": "1"}}, {("schema.a.min", "min")}),
        ({"a": {"type": "date", "min": "2023-02-29"}}, {("schema.a.min", "min")}),
        ({"a": {"type": "datetime", "max": "2024-01-01"}}, {("schema.a.max", "max")}),
        ({"a": {"type": "integer", "min": 2, "max": 1}}, {("schema.a.min", "min")}),
        ({"a": {"type": "integer", "max": 1, "min": 2}}, {("schema.a.min", "min")}),
        (
            {"a": {"type": "datetime", "min": "2024-01-01T00:00Z", "max": "2024-01-01T00:30+01:00"}},
            {("schema.a.min", "min")},
        ),
        ({"a": {"pattern": "("}}, {("schema.a.pattern", "pattern")}),
        ({"a": {"pattern": ""}}, {("schema.a.pattern", "pattern")}),
        ({"a": {"pattern": "a" * 201}}, {("schema.a.pattern", "pattern")}),
        ({"a": {"pattern": 1}}, {("schema.a.pattern", "pattern")}),
        ({"a": {"enum": []}}, {("schema.a.enum", "enum")}),
        ({"a": {"enum": "ab"}}, {("schema.a.enum", "enum")}),
        ({"a": {"enum": ["a", "a"]}}, {("schema.a.enum", "enum")}),
        ({"a": {"enum": [1]}}, {("schema.a.enum", "enum")}),
        ({"a": {"enum": [["a"]]}}, {("schema.a.enum", "enum")}),
        ({"a": {"enum": [""]}}, {("schema.a.enum", "enum")}),
        ({"a": {"type": "integer", "enum": ["x"]}}, {("schema.a.enum", "enum")}),
        ({"a": {"type": "integer", "enum": [True]}}, {("schema.a.enum", "enum")}),
        ({"a": {"type": "integer", "enum": [1.0]}}, {("schema.a.enum", "enum")}),
        ({"a": {"type": "number", "enum": [math.nan]}}, {("schema.a.enum", "enum")}),
        ({"a": {"type": "number", "enum": [math.inf]}}, {("schema.a.enum", "enum")}),
        ({"a": {"type": "number", "enum": [False]}}, {("schema.a.enum", "enum")}),
        ({"a": {"type": "number", "enum": [1, "1"]}}, {("schema.a.enum", "enum")}),
        ({"a": {"type": "boolean", "enum": [1]}}, {("schema.a.enum", "enum")}),
        ({"a": {"type": "email", "enum": [1]}}, {("schema.a.enum", "enum")}),
        ({"a": {"type": "date", "format": "dd-mmm-yyyy"}}, {("schema.a.format", "format")}),
        ({"a": {"format": "dd/mm/yyyy"}}, {("schema.a.format", "format")}),
        ({"a": {"type": "date", "format": "dd/mm/yyyy hh:mm"}}, {("schema.a.format", "format")}),
        ({"a": {"type": "boolean", "true": "sí", "false": "SI"}}, {("schema.a.false", "false")}),
        ({"a": {"type": "number", "decimal": ";"}}, {("schema.a.decimal", "decimal")}),
        ({"a": {"type": "number", "thousands": [","]}}, {("schema.a.thousands", "thousands")}),
        ({"a": {"type": "number", "decimal": ",", "thousands": ","}}, {("schema.a.thousands", "thousands")}),
        ({"a": {"type": "boolean", "true": " "}}, {("schema.a.true", "true")}),
        ({"a": {"allow": ["blank"]}}, {("schema.a.allow", "allow")}),
        (
            {"a": "int", "b": {"min": 1, "pattern": "("}},
            {("schema.a.type", "type"), ("schema.b.min", "min"), ("schema.b.pattern", "pattern")},
        ),
    ],
)
def test_each_error_of_a_schema_is_named(schema: object, bad: set[tuple[str, str]]) -> None:
    assert errors(schema) == bad


def test_the_longest_values_of_a_schema_are_accepted() -> None:
    column = {"pattern": "a" * MAX_PATTERN, "enum": ["b" * MAX_NAME]}
    schema = parse_schema({"columns": {"n" * MAX_NAME: column}, "locale": f"es-{'x' * 32}"}, flaws)
    assert schema.columns == (Column("n" * MAX_NAME, pattern="a" * MAX_PATTERN, enum=("b" * MAX_NAME,)),)
    words = parse_schema({"a": {"type": "boolean", "true": "y" * MAX_WORD, "false": "n"}}, flaws)
    assert words.columns[0].true == "y" * MAX_WORD


def test_only_types_with_several_forms_have_an_expression_of_all_of_them() -> None:
    several = {type for type in ColumnType if any_form(type) is not None}
    assert several == {
        ColumnType.BOOLEAN,
        ColumnType.DATE,
        ColumnType.DATETIME,
        ColumnType.INTEGER,
        ColumnType.NUMBER,
    }


@pytest.mark.parametrize("locale", ["xx", 5, ["es"], f"es-{'x' * 33}"])
def test_an_unknown_locale_is_named(locale: object) -> None:
    assert errors({"columns": {"a": "date"}, "locale": locale}) == {("schema.locale", "locale")}


def test_days_and_months_may_have_one_digit_but_no_third_one() -> None:
    [column] = parse_schema({"a": {"type": "date", "format": "d/m/yyyy"}}, flaws).columns
    dates = [text for text in ("1/2/2020", "01/10/2020", "01/010/2020", "031/1/2020") if typed_value(column, text)]
    assert dates == ["1/2/2020", "01/10/2020"]


def test_a_word_for_yes_has_fifty_characters_at_most() -> None:
    assert parse_schema({"a": {"type": "boolean", "true": "x" * MAX_WORD}}, flaws).columns
    for word in ("x" * (MAX_WORD + 1), " " * MAX_WORD + "x"):
        assert errors({"a": {"type": "boolean", "true": word}}) == {("schema.a.true", "true")}


def test_a_schema_has_a_hundred_words_for_yes_and_no_at_most() -> None:
    schema = {f"{at}": {"type": "boolean", "true": f"yes{at}", "false": "no"} for at in range(MAX_WORDS)}
    assert errors(schema) == {("schema", "too_many_words")}
    del schema["0"]
    assert len(parse_schema(schema, flaws).columns) == MAX_WORDS - 1


def test_a_schema_with_many_errors_names_the_first_ones() -> None:
    for schema in ({"a": {f"{at}": 0 for at in range(5_000)}}, {f"{at}": {"kind": 1} for at in range(5_000)}):
        with pytest.raises(Invalid) as raised:
            parse_schema(schema, flaws)
        assert len(raised.value.errors) == MAX_ERRORS


def test_a_long_text_is_not_normalised() -> None:
    assert match_key("Año  NUEVO") == "ano nuevo"
    marks = "\u0301\u0316" * 500_000  # would take minutes
    assert match_key(marks) is marks


def test_instants_are_in_the_order_of_time() -> None:
    ordered = [
        "0001-01-01T00:00+23:59",
        "2023-12-31T23:59:59.999999999Z",
        "2024-01-01T01:30:00+01:30",
        "2024-01-01 00:00:00.000000001",
        "2024-01-01t00:00:00.1z",
        "2024-01-01T00:00:00.99",
        "2023-12-31T23:00:01-01:00",
        "9999-12-31T23:59-23:59",
    ]
    assert all(instant(one) < instant(other) for one, other in pairwise(ordered))
    assert instant("2024-01-01T00:00Z") == instant("2024-01-01T00:00:00.0") == instant("2024-01-01T05:30:00+05:30")


def test_columns_may_have_the_names_of_properties_of_a_schema() -> None:
    columns = parse_schema({"columns": {"type": "string"}, "locale": "string", "closed": {}}, flaws).columns
    assert [column.name for column in columns] == ["columns", "locale", "closed"]


def test_a_date_has_a_year_of_four_digits_also_on_leap_days() -> None:
    is_date = re.compile(date_grammar("dd/mm/yyyy")).fullmatch
    years = [year for year in range(10_000) if is_date(f"29/02/{year:04}")]
    assert years == [year for year in range(1000, 10_000) if calendar.isleap(year)]
    assert not is_date("28/02/0804")
