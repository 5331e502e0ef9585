"""Summaries of tables: their text, the suggested schema, and the use of an adviser's proposals."""

import csv
import io
import json
import logging
import random
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, reject, settings
from hypothesis import strategies as st

from src.application.ports import EncodedRow
from src.application.summaries import Advice, Statistics, Summariser, Summary, shown_positions, summarise_by_rules
from src.application.summaries.rules import MAX_TEXT, plain_text
from src.application.summaries.service import facts_of
from src.application.summaries.statistics import MAX_CELLS, MAX_IDS, MAX_ROWS, looks_like_id
from src.application.summaries.texts import described
from src.domain.csv import (
    SUSPICIONS,
    CheckedRow,
    Column,
    ColumnType,
    NotCsv,
    ReadOptions,
    Report,
    Row,
    Sample,
    Validation,
    parse_schema,
)
from src.domain.errors import Unavailable
from src.domain.values import batches
from src.infrastructure.csv import PolarsCsvChecker
from src.infrastructure.csv.checking import patterns

CHECKER = PolarsCsvChecker()


@dataclass
class Rows:
    """A RowStore of one set."""

    rows: list[Row] = field(default_factory=list)

    def append(self, set_id: str, rows: Sequence[EncodedRow]) -> None:
        self.rows += [(line, valid, json.loads(text)) for line, valid, text in rows]

    def pages(self, set_id: str, *, valid: bool | None = None, after: int = 0, limit: int = 500) -> Iterator[list[Row]]:
        assert (set_id, valid, after) == ("set", None, 0)
        yield from batches(self.rows, limit)

    def remove(self, set_id: str) -> None:
        self.rows.clear()


@dataclass
class FixedAdviser:
    """An Adviser that always returns the same advice, or raises the same error."""

    schema: object = None
    text: str = "All is well."
    error: Exception | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def advise(self, facts: Mapping[str, Any], language: str = "en") -> Advice:
        self.facts = facts
        if self.error:
            raise self.error
        return Advice(self.text, self.schema)


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., tuple[Report, Rows]]:
    return lambda data, schema=None: checked(tmp_path, data, schema)


def checked(folder: Path, data: str | bytes, schema: object = None) -> tuple[Report, Rows]:
    file, rows = folder / "table.csv", Rows()
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    options = ReadOptions(parse_schema(schema, CHECKER.pattern_flaws))
    return CHECKER.check(file, options, store=partial(rows.append, "set")), rows


def summary(table: tuple[Report, Rows], adviser: FixedAdviser | None = None) -> Summary:
    report, rows = table
    return Summariser(adviser, rows, CHECKER.pattern_flaws, patterns.compiled).summarise(report, "set")


def table(rows: int, **columns: Callable[[int], object]) -> str:
    lines = (",".join(str(cell(row)) for cell in columns.values()) for row in range(rows))
    return "\n".join([",".join(columns), *lines]) + "\n"


# The text.


def test_the_text_names_every_violation_with_its_lines_and_a_remedy(check: Callable[..., tuple[Report, Rows]]) -> None:
    schema = {
        "id": {"type": "integer", "unique": True},
        "age": {"type": "integer", "min": 0, "max": 99, "required": True},
        "code": {"type": "string", "pattern": "[A-Z]+"},
        "state": {"type": "string", "enum": ["on", "off"]},
        "gone": "string",
    }
    data = (
        "id,age,code,state\n1,5,AB,on\n1,6,AB,on\n2,-1,AB,on\n3,100,AB,on\n4,x,AB,on\n5,,AB,on\n"
        "6,1,ab,on\n7,1,AB,secret\n8,1\n9,2,AB,on\n9,2,AB,on\n"
    )
    said = summary(check(data, schema))
    assert said.source == "rules"
    assert said.text.splitlines() == [
        "The table has 11 rows and 4 columns. 2 rows (18.1 %) have no error.",
        "- The header has 1 problem (missing: gone). Name every column once, in the words of the schema, or change the "
        "schema.",
        "- Cells are too many or too few in 1 row, at line 10. Put quotes around values that hold the "
        "delimiter or a line break, and complete short rows.",
        "- An earlier row is repeated in 1 row, at line 12. Remove the copies.",
        "- “id” repeats an earlier value in 2 rows, at lines 3, 12. Correct or remove the repeated values, or do not "
        "ask for unique ones.",
        "- “age” has no value in 1 row, at line 7. Fill in the values, or do not require them.",
        "- “age” holds no whole number in 1 row, at line 6. Write digits only: no decimals, units or leading zeros. "
        "Or ask for another type.",
        "- “age” is less than 0 in 1 row, at line 4. Correct the values, or lower the minimum.",
        "- “age” is more than 99 in 1 row, at line 5. Correct the values, or raise the maximum.",
        "- “code” does not match the pattern in 1 row, at line 8. Write the values as the pattern says, or "
        "change the pattern.",
        "- “state” holds a value that is not allowed in 1 row, at line 9. Use one of the allowed values, spelt exactly "
        "as in the schema, or allow more.",
        "The suggested schema adds rules that all rows keep already: “id” has a value in every row.",
    ]
    assert "secret" not in said.text


def test_the_text_of_a_clean_table_says_so(check: Callable[..., tuple[Report, Rows]]) -> None:
    said = summary(check("a,b\n1,x\n2,y\n", {"a": {"type": "integer", "required": True}, "b": "string"}))
    assert said.text.splitlines() == [
        "The table has 2 rows and 2 columns. 2 rows (100 %) have no error.",
        "Nothing was found. Checked were the rows, the types, and suspicious values.",
        "Not checked, because no schema says it: whether values must differ; which numbers and dates are possible; "
        "which words are allowed.",
        "The suggested schema adds rules that all rows keep already: “b” has a value in every row.",
    ]
    assert said.suggested_schema == {
        "a": {"type": "integer", "required": True},
        "b": {"type": "string", "required": True},
    }


def test_a_single_word_for_yes_is_described_without_a_word_for_no(
    check: Callable[..., tuple[Report, Rows]],
) -> None:
    said = summary(check(table(12, n=lambda row: row, paid=lambda row: "X" if row == 5 else ["SI", "NO"][row % 2])))
    assert "“paid” is written as SI/NO, but as x in 1 row, at line 7." in said.text


@pytest.mark.parametrize(
    ("column", "example"),
    [
        (Column("n", ColumnType.INTEGER), "1234"),
        (Column("n", ColumnType.INTEGER, thousands="."), "1.234"),
        (Column("n", ColumnType.NUMBER), "1234.5"),
        (Column("n", ColumnType.NUMBER, decimal=",", thousands="."), "1.234,5"),
        (Column("n", ColumnType.DATE, format="dd/mm/yyyy"), "dd/mm/yyyy"),
        (Column("n", ColumnType.BOOLEAN), "true/false"),
        (Column("n"), ""),
    ],
)
def test_the_form_of_a_column_is_described_by_an_example(column: Column, example: str) -> None:
    assert described(column) == example


def test_a_missing_column_is_not_followed_by_the_claim_that_rows_have_no_error(
    check: Callable[..., tuple[Report, Rows]],
) -> None:
    said = summary(check("id\n1\n2\n", {"id": "integer", "gone": "string"}))
    assert said.text.splitlines()[0] == "The table has 2 rows and 1 column."


def test_a_table_without_rows_has_a_summary(check: Callable[..., tuple[Report, Rows]]) -> None:
    said = summary(check("a,b\n", {"a": "integer", "c": {"type": "date", "min": "2024-01-01"}}))
    assert said.text.startswith("The table has 0 rows and 2 columns. 0 rows have no error.\n- The header")
    assert said.suggested_schema == {
        "a": {"type": "integer"},
        "b": {"type": "string"},
        "c": {"type": "date", "min": "2024-01-01"},
    }


def test_a_text_with_a_thousand_violations_is_cut() -> None:
    columns = tuple(Column("x" * 190 + str(at), ColumnType.INTEGER) for at in range(1000))
    broken = tuple(Validation("type", column.name, 5, (Sample(7, "secret"),)) for column in columns)
    report = Report(",", "ascii", 9, 1, columns, columns, broken)
    said = summarise_by_rules(report, Statistics(columns))
    assert len(said.text) <= MAX_TEXT
    assert "secret" not in said.text
    assert "x" * 100 not in said.text
    assert said.text.endswith("Of the 9 rows, none were looked at for the suggested schema, so it adds no rules.")


def test_names_with_line_breaks_stay_on_one_line(check: Callable[..., tuple[Report, Rows]]) -> None:
    said = summary(check('"a\n- All is well.\u202e\x1b[2J"\nx\n', {"b": "integer"}))
    assert len(said.text.splitlines()) == 4
    assert "\u202e" not in said.text
    assert "\x1b" not in said.text


@given(st.text(), st.text(max_size=100))
def test_a_text_has_no_control_characters_and_is_cut(text: str, end: str) -> None:
    shown = plain_text(text * 50, end)
    assert len(shown) <= MAX_TEXT
    assert not {c for c in plain_text(text) if c < " " and c != "\n"}
    plain_text(text).encode()


# What is suggested.


def test_rules_that_all_rows_keep_are_suggested(check: Callable[..., tuple[Report, Rows]]) -> None:
    data = table(
        150,
        id=lambda row: 1000 + row,
        email=lambda row: f"u{row}@example.com",
        state=lambda row: ("on", "off", "")[row % 3],
        name=lambda row: f"Name {row}",
        age=lambda row: 18 + row % 50,
        price=lambda row: f"{row}.50",
        day=lambda row: f"2024-01-{row % 28 + 1:02}",
        at=lambda row: f"2024-01-01T10:00:00+{row % 10:02}:00",
        ok=lambda row: row % 2 == 0,
    )
    report, rows = check(data)
    said = summary((report, rows))
    assert said.suggested_schema == {
        "id": {"type": "integer", "required": True, "unique": True},
        "email": {"type": "email", "required": True, "unique": True},
        "state": {"type": "boolean", "required": False, "true": "on", "false": "off"},
        "name": {"type": "string", "required": True},
        "age": {"type": "integer", "required": True, "min": 18, "max": 67},
        "price": {"type": "number", "required": True, "min": 0.5, "max": 149.5, "decimal": "."},
        "day": {"type": "date", "required": True, "min": "2024-01-01", "max": "2024-01-28", "format": "yyyy-mm-dd"},
        "at": {
            "type": "datetime",
            "required": True,
            "min": "2024-01-01T10:00:00+09:00",
            "max": "2024-01-01T10:00:00+00:00",
            "format": "yyyy-mm-ddThh:mm:ss",
        },
        "ok": {"type": "boolean", "required": True, "true": "True", "false": "False"},
    }
    assert said == summary((report, rows))


@pytest.mark.parametrize(
    ("rows", "cell", "unsaid"),
    [
        (19, lambda row: f"{row}", "unique"),
        (50, lambda row: f"{row % 49}", "unique"),
        (99, lambda row: f"v{row % 3}", "enum"),
        (110, lambda row: f"v{row % 11}", "enum"),
        (110, lambda row: ("v" * 201, "w")[row % 2], "enum"),
        (110, lambda row: ("a\x1b", "b")[row % 2], "enum"),
        (110, lambda row: "" if row > 95 else "v", "enum"),
        (110, lambda row: "" if row == 100 else "v", "required"),
    ],
)
def test_rules_that_are_not_certain_are_not_suggested(
    check: Callable[..., tuple[Report, Rows]], rows: int, cell: Callable[[int], object], unsaid: str
) -> None:
    said = summary(check(table(rows, id=cell, other=lambda row: row), {"id": "string", "other": "integer"}))
    assert unsaid not in said.suggested_schema["id"]


def test_empty_cells_of_a_file_of_totals_do_not_make_a_column_optional(
    check: Callable[..., tuple[Report, Rows]],
) -> None:
    said = summary(check("name,amount,note\nann,5,x\nbob,6,y\n" + "Total,11,\n" * 3))
    assert said.suggested_schema["note"] == {"type": "string"}


def test_rules_of_the_schema_are_kept(check: Callable[..., tuple[Report, Rows]]) -> None:
    given: dict[str, dict[str, object]] = {
        "n": {"type": "integer", "min": 5, "max": 50},
        "s": {"type": "string", "pattern": "v[0-9]", "enum": ["v1", "v2"]},
        "k": {"type": "string", "required": True, "unique": True},
    }
    data = table(120, n=lambda row: row, s=lambda row: f"v{row % 4}", k=lambda row: row % 7 or "")
    said = summary(check(data, given))
    for name, rules in given.items():
        assert said.suggested_schema[name].items() >= rules.items()


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\x1f"])
def test_uniqueness_and_words_are_suggested_only_if_cells_of_blanks_keep_them(
    check: Callable[..., tuple[Report, Rows]], blank: str
) -> None:
    proposed = {"e-mail": {"type": "string", "unique": True, "enum": ["é", "a"]}}
    said = summary(check(f"n,e-mail\n1,é\n2,{blank}\n3,{blank}\n4,a\n"), FixedAdviser(proposed))
    assert not said.suggested_schema["e-mail"].keys() & {"unique", "enum"}


def test_uniqueness_is_not_suggested_where_typed_values_differ_by_blanks_only(
    check: Callable[..., tuple[Report, Rows]],
) -> None:
    said = summary(check("id,n\n1,a\n2,b\n 2,c\n3,d\n", {"id": "integer"}))
    assert "unique" not in said.suggested_schema["id"]


def test_a_total_suggests_no_bound_and_breaks_none(check: Callable[..., tuple[Report, Rows]]) -> None:
    data = table(25, name=lambda row: f"n{row}", cost=lambda row: row) + "Total,300\n"
    assert "max" not in summary(check(data)).suggested_schema["cost"]


def test_an_invalid_row_does_not_widen_suggested_bounds(check: Callable[..., tuple[Report, Rows]]) -> None:
    data = table(120, n=lambda row: row, s=lambda row: "a") + "5000,junk,too many\n"
    said = summary(check(data, {"n": "integer", "s": "string"}))
    assert said.suggested_schema == {
        "n": {"type": "integer", "required": True, "min": 0},
        "s": {"type": "string", "required": True},
    }


def test_only_the_first_rows_of_a_long_table_are_counted() -> None:
    columns = (Column("id"),)
    rows = Rows([(line, True, [f"{line}"]) for line in range(2, MAX_ROWS + 5)])
    report = Report(",", "ascii", len(rows.rows), len(rows.rows), columns, columns, ())
    adviser = FixedAdviser({"id": {"type": "string", "required": True, "unique": True}})
    for said in (summary((report, rows)), summary((report, rows), adviser)):
        assert said.suggested_schema == {"id": {"type": "string"}}
        assert said.text.endswith(
            "Of the 100,003 rows, the first 100,000 were looked at for the suggested schema, so it adds no rules."
        )
    assert adviser.facts["rows_looked_at"] == MAX_ROWS


def test_the_share_of_wrong_values_in_a_long_table_is_that_of_all_rows(
    check: Callable[..., tuple[Report, Rows]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("src.application.summaries.statistics.MAX_CELLS", 20)
    said = summary(
        check(
            table(
                100, day=lambda row: f"soon {row}" if row % 3 == 0 else f"2026-01-{row % 28 + 1:02}", n=lambda row: row
            )
        )
    )
    assert "holds dates in most rows (66 of 100 values), but not in 34 rows" in said.text


def test_a_wide_table_takes_bounded_time_and_memory() -> None:
    columns = tuple(Column(f"{at}_id") for at in range(10_000))
    statistics = Statistics(columns)
    assert statistics.most == MAX_CELLS // 10_000
    tracemalloc.start()
    statistics.add(
        [CheckedRow(line, True, [f"{at}-{line}{'x' * 1000}" for at in range(10_000)], []) for line in range(2)]
    )
    before, _ = tracemalloc.get_traced_memory()
    for line in range(20):
        statistics.add([CheckedRow(line, line % 2 == 0, [f"{at}-{line + 2}{'x' * 1000}" for at in range(10_000)], [])])
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 4 << 20
    assert sum(column.all_differ for column in statistics.columns.values()) == MAX_IDS


@pytest.mark.parametrize("name", ["id", "ID", "user_id", "userId", "UserID", "order id", "sku", "E-Mail", "uuid"])
def test_a_column_name_looks_like_an_id(name: str) -> None:
    assert looks_like_id(Column(name))
    assert not looks_like_id(Column(name, ColumnType.DATE))


@pytest.mark.parametrize("name", ["paid", "valid", "monkey", "identity", "keyboard", "name", "", "id\nx"])
def test_a_column_name_does_not_look_like_an_id(name: str) -> None:
    assert not looks_like_id(Column(name))


CELLS: list[Callable[[random.Random, int], str]] = [
    lambda chance, row: str(row),
    lambda chance, row: f"{chance.randint(-9, 9)}",
    lambda chance, row: f"{chance.choice(['1e5', '-0', '0.10', '1e99', '-1.5E-300', '12345678901234567890'])}",
    lambda chance, row: chance.choice(["on", "off"]),
    lambda chance, row: chance.choice(["true", "FALSE", "yes"]),
    lambda chance, row: f"20{chance.randint(10, 30)}-0{chance.randint(1, 9)}-1{chance.randint(0, 9)}",
    lambda chance, row: f"2024-01-01 10:{chance.randint(10, 59)}:01.{chance.randint(0, 9)}-0{chance.randint(0, 9)}:30",
    lambda chance, row: f"u{row}@example.com",
    lambda chance, row: chance.choice(["é", " ", "\udcff", "\u2028", "0\x1b", "\x1f", "\u00a0", "\u200b"]),
    lambda chance, row: f"{chance.randint(-9, 999)},{chance.randint(0, 99):02}",
    lambda chance, row: f"{chance.randint(1, 9)}.{chance.randint(0, 999):03}",
    lambda chance, row: f"{chance.randint(1, 9)}.{chance.randint(0, 999):03},{chance.choice(['5', '50', '05'])}",
    lambda chance, row: f"{chance.randint(1, 31)}/{chance.randint(1, 12):02}/2024",
    lambda chance, row: f"{chance.randint(1, 31)}.{chance.randint(1, 12)}.{chance.choice(['24', '2024'])}",
    lambda chance, row: f"{chance.randint(1, 28)}/{chance.randint(1, 12)}/2024 {chance.randint(0, 23)}:30",
    lambda chance, row: chance.choice(["Sí", "Sí", "No", "si", "SI ", "x", ""]),
    lambda chance, row: chance.choice([" ", "", "\u00a0"]) + str(chance.randint(0, 50)) + chance.choice([" ", ""]),
    lambda chance, row: f"{row:05}",
    lambda chance, row: f"+34 600 {chance.randint(100, 999)} {row:03}",
    lambda chance, row: chance.choice(["12,50 €", "1.200 €", "15 %", "-", "n/a", "1E+12"]),
]
DIRT = ["", "?", "99", "2024-01-01", "Total", " 7 ", "30/02/2024", "1,5", "\u00a0", "  ", "(3)", "1.234", "sí"]
DIALECTS = [(",", "utf-8"), (",", "utf-8"), (";", "utf-8-sig"), (";", "cp1252"), ("\t", "utf-16"), ("|", "utf-8")]
SCHEMAS: list[object] = [
    *["string", "integer", "number", "boolean", "date", "datetime", "email"],
    {"type": "integer", "max": 5},
    {"type": "string", "pattern": "[a-z0-9]+", "required": True},
    {"type": "string", "enum": ["on", "1", "2"], "unique": True},
    {"type": "number", "decimal": ",", "thousands": ".", "allow": ["blanks", "out_of_range"]},
    {"type": "date", "format": "dd/mm/yyyy", "min": "2024-02-01"},
    {"type": "boolean", "true": "sí", "false": "no", "allow": ["spelling"]},
]


@settings(max_examples=100, deadline=None)
@example(seed=2691249995, width=4, rows=32, adviser=False)  # values with blanks around them were not bounded
@example(seed=964587457, width=5, rows=35, adviser=False)  # a title that is the name of a column became the header
@example(seed=2391333493, width=5, rows=35, adviser=True)  # a pattern was tried on valid rows only
@given(seed=st.integers(0, 2**32), width=st.integers(1, 5), rows=st.integers(0, 160), adviser=st.booleans())
def test_a_check_with_the_suggested_schema_finds_nothing_new(
    tmp_path_factory: pytest.TempPathFactory, seed: int, width: int, rows: int, adviser: bool
) -> None:
    chance = random.Random(seed)
    names = chance.sample(["id", "user_id", "state", "n", "", "day", "ids", "e-mail", "n"], width)
    cells = [chance.choice(CELLS) for _ in names]
    dirt = chance.choice([0.0, 0.0, 0.01, 0.2])
    delimiter, encoding = chance.choice(DIALECTS)

    def lines() -> Iterable[list[str]]:
        if chance.random() < 0.2 and not dirt and rows and width > 2 and "" not in names and len({*names}) == width:
            yield [chance.choice(["A report", "n"])]
        yield [*names[:-1], names[-1] or "last"]
        for row in range(rows):
            values = [chance.choice(DIRT) if chance.random() < dirt else cell(chance, row) for cell in cells]
            size = chance.choice([width, width + 1, width - 1]) if chance.random() < dirt else width
            yield (values + ["off"])[:size] or ["x"]

    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(lines())
    data = text.getvalue().encode(encoding, "surrogateescape" if encoding == "utf-8" else "replace")
    asked: dict[str, object] = {
        name or "x": chance.choice(SCHEMAS) for name in [*names, "gone"] if chance.random() < 0.7
    }
    if chance.random() < 0.2:
        asked = {"locale": chance.choice(["es", "en"]), "columns": asked}
    folder = tmp_path_factory.mktemp("tables")
    try:
        report, stored = checked(folder, data, asked if chance.random() < 0.7 else None)
    except NotCsv:  # such as a single column without a row
        reject()
    says = FixedAdviser({column.name: proposal(chance, column) for column in report.columns})
    said = summary((report, stored), says if adviser else None)
    suggested = json.loads(json.dumps(said.suggested_schema))
    again, stored_again = checked(folder, data, suggested)
    old, new = ({(each.rule, each.column): each.count for each in one.validations} for one in (report, again))
    # A column gets the type that most of its values have. Its other values then break another rule.
    mostly = {column for rule, column in old if rule == "mostly_type"}
    new = {
        place: count
        for place, count in new.items()
        if place[1] not in mostly and place[0] not in {*SUSPICIONS, "not_empty"}
    }
    worse = {place: count for place, count in new.items() if count > old.get(place, 0)}
    assert not worse
    if not mostly:
        assert [row[1] for row in stored_again.rows] >= [row[1] for row in stored.rows]
        assert again.valid_rows >= report.valid_rows


def proposal(chance: random.Random, column: Column) -> dict[str, object]:
    """Return rules that may be right, wrong or of another type."""
    all_bounds: dict[ColumnType, list[object]] = {
        ColumnType.INTEGER: [-50, 0, 3, 500],
        ColumnType.NUMBER: [-1e200, 0, 0.5, 1e250],
        ColumnType.DATE: ["1999-01-01", "2020-01-01", "2031-01-01"],
        ColumnType.DATETIME: ["1999-01-01 00:00", "2024-01-01T10:30Z", "2031-01-01 00:00"],
    }
    bounds = all_bounds.get(column.type)
    rules: dict[str, object] = {"type": str(column.type), "required": True, "unique": chance.random() < 0.5}
    if bounds:
        least, most = sorted(chance.choices(range(len(bounds)), k=2))
        rules |= {"min": bounds[least], "max": bounds[most]}
    if column.type is ColumnType.STRING:
        rules |= {"enum": ["on", "off"], "pattern": chance.choice(["[a-z]+", ".*", "[0-9]+"])}
    return rules


# The adviser.

BOUND = {"n": "integer", "s": "string"}
NUMBERS = table(30, n=lambda row: row + 10, s=lambda row: f"v{row}")


def test_proposed_rules_that_no_row_breaks_are_used(check: Callable[..., tuple[Report, Rows]]) -> None:
    proposed = {"n": {"type": "integer", "required": True, "min": 0, "max": 120}, "s": {"pattern": "v[0-9]+"}}
    said = summary(check(NUMBERS, BOUND), FixedAdviser(proposed, "Fine\x00 \u202etext\r\n\x1b[31m\ud800."))
    assert said == Summary(
        "ai",
        "Fine text\n[31m.",
        {
            "n": {"type": "integer", "required": True, "min": 0, "max": 120},
            "s": {"type": "string", "required": True, "pattern": "v[0-9]+"},
        },
    )


BY_RULES = {
    "n": {"type": "integer", "required": True, "min": 10, "max": 39},
    "s": {"type": "string", "required": True},
}


@pytest.mark.parametrize(
    "proposed",
    [
        {},
        {"n": {"type": "integer", "min": 11, "max": 38}},
        {"n": {"type": "integer", "unique": True}},
        {"n": {"type": "number", "min": 0}},
        {"n": "string", "s": "email"},
        {"s": {"pattern": "v[0-8]+"}},
        {"s": {"enum": ["v1", "v2"]}},
        {"s": {"type": "string", "unique": True}},
        # Not a schema, or a schema of another file.
        None,
        [],
        "integer",
        {"n": {"type": "integer", "min": 0}, "unknown": "string"},
        {"n": {"type": "integer", "min": 0}, "s": {"pattern": "(?=(a+)+$)b"}},
        {"n": {"type": "integer", "min": 0}, "s": {"pattern": "((a{100}){100}){100}"}},
        {"n": {"type": "integer", "min": 0}, "s": {"pattern": "x" * 201}},
        {"n": {"type": "integer", "min": 5, "max": 3}},
        {"n": {"type": "integer", "min": "0"}},
        {"n": {"type": "integer", "min": 0, "code": "rm"}},
        {"n": {"type": "integer", "min": 0}, "s": {"enum": [f"v{at}" for at in range(2000)]}},
        {"n": {"type": "integer", "min": 0}, **{f"c{at}": "string" for at in range(200)}},
    ],
)
def test_proposals_that_cannot_be_proved_are_ignored(
    check: Callable[..., tuple[Report, Rows]], proposed: object
) -> None:
    said = summary(check(NUMBERS, BOUND), FixedAdviser(proposed))
    assert (said.source, said.text) == ("ai", "All is well.")
    assert said.suggested_schema == BY_RULES


def test_an_adviser_cannot_remove_rules(check: Callable[..., tuple[Report, Rows]]) -> None:
    given = {"n": {"type": "integer", "min": 0, "max": 20}, "s": {"pattern": "v1.*"}}
    proposed = {"n": {"type": "integer", "min": -5, "max": 99}, "s": {"required": False, "pattern": ".*"}}
    said = summary(check(NUMBERS, given), FixedAdviser(proposed))
    assert said.suggested_schema["n"] == {"type": "integer", "required": True, "min": 0, "max": 20}
    assert said.suggested_schema["s"] == {"type": "string", "required": True, "pattern": "v1.*"}


def test_no_rules_are_suggested_for_an_empty_column(check: Callable[..., tuple[Report, Rows]]) -> None:
    data = table(150, n=lambda row: "", s=lambda row: "", k=lambda row: row)
    schema = {"n": "integer", "s": "string", "k": "string"}
    proposed = {"n": {"type": "integer", "min": 5, "unique": True}, "s": {"enum": ["x"], "pattern": "x"}}
    said = summary(check(data, schema), FixedAdviser(proposed))
    assert (said.suggested_schema["n"], said.suggested_schema["s"]) == ({"type": "integer"}, {"type": "string"})


def test_a_column_with_a_name_too_long_for_a_schema_is_left_out(check: Callable[..., tuple[Report, Rows]]) -> None:
    name = "x" * 200
    said = summary(check(f"{name},{name},a\n1,2,3\n"))
    assert [*said.suggested_schema] == [name, "a"]
    assert parse_schema(said.suggested_schema, CHECKER.pattern_flaws)


@pytest.mark.parametrize(("count", "believed"), [(100, True), (101, False)])
def test_a_proposed_schema_with_too_many_columns_is_ignored(
    check: Callable[..., tuple[Report, Rows]], count: int, believed: bool
) -> None:
    names = [f"c{at}" for at in range(150)]
    data = "\n".join([",".join(names), *[",".join([str(row)] * 150) for row in range(3)]])
    proposed = {name: {"type": "integer", "min": 0} for name in names[:count]}
    said = summary(check(data, dict.fromkeys(names, "integer")), FixedAdviser(proposed))
    assert ("min" in said.suggested_schema["c7"]) is believed


@pytest.mark.parametrize(
    "adviser",
    [
        None,
        FixedAdviser(error=Unavailable("The AI service took too long to answer.")),
        FixedAdviser(error=RuntimeError("secret-key")),
        FixedAdviser({}, ""),
        FixedAdviser({}, " \x00\n\u202e"),
        FixedAdviser({}, 7),  # type: ignore[arg-type]
    ],
)
def test_the_summary_is_made_by_rules_when_the_adviser_fails(
    check: Callable[..., tuple[Report, Rows]], adviser: FixedAdviser | None, caplog: pytest.LogCaptureFixture
) -> None:
    said = summary(check(NUMBERS, BOUND), adviser)
    assert (said.source, said.suggested_schema) == ("rules", BY_RULES)
    assert ("A summary is made by rules" in caplog.text) is (adviser is not None)
    assert "secret-key" not in caplog.text


def test_a_long_text_of_an_adviser_is_cut(check: Callable[..., tuple[Report, Rows]]) -> None:
    said = summary(check(NUMBERS, BOUND), FixedAdviser({}, "word " * 10_000))
    assert len(said.text) == MAX_TEXT
    assert said.text.endswith("…")


def test_an_error_of_the_row_store_is_raised(check: Callable[..., tuple[Report, Rows]]) -> None:
    class Broken(Rows):
        def pages(
            self, set_id: str, *, valid: bool | None = None, after: int = 0, limit: int = 500
        ) -> Iterator[list[Row]]:
            raise Unavailable

    report, _ = check(NUMBERS, BOUND)
    with pytest.raises(Unavailable):
        summary((report, Broken()), FixedAdviser({}))


def test_the_facts_for_an_adviser_have_counts_and_no_values(
    check: Callable[..., tuple[Report, Rows]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    given = {"n": {"type": "integer", "min": 4242}, "s": {"enum": ["hidden"], "required": True}, "gone": "date"}
    adviser = FixedAdviser({})
    summary(check("n,s,new\n1,hidden,x\n7777,other,\n", given), adviser)
    assert adviser.facts == {
        "rows": 2,
        "valid_rows": 0,
        "rows_looked_at": 2,
        "columns": [
            {
                "name": "n",
                "type": "integer",
                "rules": ["min"],
                "in_file": True,
                "filled_share": 1.0,
                "distinct": 2,
                "all_differ": False,
                "longest": 4,
            },
            {
                "name": "s",
                "type": "string",
                "rules": ["required", "enum"],
                "in_file": True,
                "filled_share": 1.0,
                "distinct": 2,
                "all_differ": False,
                "longest": 6,
            },
            {
                "name": "new",
                "type": "string",
                "rules": [],
                "in_file": True,
                "filled_share": 0.5,
                "distinct": 1,
                "all_differ": False,
                "longest": 1,
            },
            {"name": "gone", "type": "date", "rules": [], "in_file": False},
        ],
        "columns_not_listed": 0,
        "rules_broken": [
            {"rule": "header", "column": None, "severity": "error", "count": 1, "share": None},
            {"rule": "min", "column": "n", "severity": "error", "count": 1, "share": 0.5},
            {"rule": "enum", "column": "s", "severity": "error", "count": 1, "share": 0.5},
            {"rule": "not_empty", "column": "new", "severity": "warning", "count": 1, "share": 0.5},
        ],
        "rules_broken_not_listed": 0,
    }
    assert "hidden" not in caplog.text


def test_the_facts_list_at_most_100_columns() -> None:
    columns = tuple(Column(f"c{at}") for at in range(10_000))
    broken = tuple(Validation("unique", column.name, 1, ()) for column in columns)
    facts = facts_of(Report(",", "ascii", 1, 0, columns, columns, broken), Statistics(columns))
    assert len(facts["columns"]) == len(facts["rules_broken"]) == 100
    assert facts["columns_not_listed"] == facts["rules_broken_not_listed"] == 9_900
    assert len(json.dumps(facts)) < 40_000


def test_of_many_columns_a_page_shows_those_with_findings(check: Callable[..., tuple[Report, Rows]]) -> None:
    names = [f"c{at}" for at in range(200)]
    report, _ = check(f"{','.join(names)}\n" + ",".join("x" * 200) + "\n", {"c150": "integer"})
    assert 150 in shown_positions(report)
