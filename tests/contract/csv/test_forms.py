"""Lines, quotes, delimiters and encodings, and the files that are not CSV."""

import csv
import gzip
import lzma
import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from src.domain.csv import InvalidOption, NotCsv, Report, Row
from src.infrastructure.csv.checking import results
from src.infrastructure.csv.reading import records
from src.infrastructure.csv.reading.header import unique_names
from tests.support.csv_reports import refusal, validation_of


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_row_has_the_line_of_the_file_where_it_begins(rows: Callable[..., list[Row]], end: str) -> None:
    text = end.join(["a,b", '1,"x', "", 'y"', "", "2,z", '"a""b","c,d"', '3,"e\rf"', "4,"])
    assert rows(text, {"a": "string", "b": "string"}) == [
        (2, True, ["1", f"x{end}{end}y"]),
        (6, True, ["2", "z"]),
        (7, True, ['a"b', "c,d"]),
        (8, True, ["3", "e\rf"]),
        (10, True, ["4", ""]),
    ]


def test_quotes_inside_cells_are_read_as_the_csv_module_reads_them_and_open_ones_are_left_out(
    rows: Callable[..., list[Row]],
) -> None:
    text = 'a,b\n5" pipe,6\n"x"y,z\n "q",r\n1,"open\nto the end\n'
    assert rows(text) == [
        (2, True, ['5" pipe', "6"]),
        (3, True, ["xy", "z"]),
        (4, True, [' "q"', "r"]),
        (5, False, ["1", "open"]),
        (6, False, ["to the end", ""]),
    ]


def test_lines_after_a_mistaken_quote_may_still_be_joined_by_a_quote(rows: Callable[..., list[Row]]) -> None:
    assert rows('a,b\np"q,"r\ns,t\nu","v\nw"\nx,y\n') == [
        (2, False, ['p"q', "r"]),
        (3, True, ["s", "t"]),
        (4, True, ['u"', "v\nw"]),
        (6, True, ["x", "y"]),
    ]


@pytest.mark.parametrize(
    "text",
    [
        'a"b,"c\n' * 1000 + 'x"\nq,r\n',
        'a"b,"c\n' * 1000,
        'a"b,"c\n' * 1000 + "x\n",
        'a"b,"c\nd,e\n' * 500 + 'x"\nq,r\n',
        'a"b,"c\nd,e\n' * 500,
        'a"b,"c\nd,"e\n' * 500 + 'x"\n',
        'a,"b\n' * 1001,
        '"a,b\n' * 1001,
        ('a"b,"c\n' * 9 + 'x"\n') * 100,
        ('a"b,"c\n' * 9 + 'u","v\n' * 9) * 50 + 'x"\n',
    ],
)
def test_mistaken_quotes_are_read_in_linear_time(
    check: Callable[..., Report], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    read, taken = csv.reader, 0

    def counted(line: str) -> str:
        nonlocal taken
        taken += 1
        return line

    def counting_reader(lines: Iterable[str], **options: Any) -> Any:
        return read(map(counted, lines), **options)

    monkeypatch.setattr(csv, "reader", counting_reader)
    check("a,b\n" + text, delimiter=",")
    assert taken < 40 * text.count("\n")


def test_blank_lines_are_skipped(check: Callable[..., Report], rows: Callable[..., list[Row]]) -> None:
    assert [row[0] for row in rows("\n\na,b\n\n1,2\n\n\n3,4\n\n")] == [5, 8]
    assert rows('a\n\n""\n \n') == [(3, True, [""]), (4, True, [" "])]
    assert check("\n,a\n1,2\n").validations[0].samples[0].row == 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_across_long_runs_of_blank_lines(rows: Callable[..., list[Row]], end: str) -> None:
    assert rows(f"a,b{end}{end * 600_001}1,2{end}") == [(600_003, True, ["1", "2"])]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_detected(check: Callable[..., Report], delimiter: str) -> None:
    cells = [["a", "b x", "c"], ['1,5"', "x; y", "t|u"], ["2,5", "z", "v\tw"]] * 3
    lines = [delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in cells]
    report = check("\n".join(lines))
    assert (report.delimiter, len(report.columns), report.rows) == (delimiter, 3, 8)


def test_delimiters_in_prose_are_not_detected(check: Callable[..., Report]) -> None:
    assert check("id;note, long;x\n1;a, b;2\n3;c, d, e;4\n").delimiter == ";"
    assert check("x,y\n1,a;b;c\n2,d\n").delimiter == ","
    assert check("price\n1;2\n").delimiter == ","
    assert [column.name for column in check("a:b\n1:2\n", delimiter=":").columns] == ["a", "b"]
    for bad in ("", ",,", '"', "\n", "é", "a"):
        with pytest.raises(InvalidOption) as refused:
            check("a\n1\n", delimiter=bad)
        assert refused.value.option == "delimiter"


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
def test_the_encoding_is_detected(
    rows: Callable[..., list[Row]], check: Callable[..., Report], codec: str, reported: str
) -> None:
    text = "naïve,b\nñandú,é\nÿ,x\n" + ("€,“x”\n" if codec != "latin-1" else "")
    report = check(text.encode(codec))
    assert (report.encoding, report.columns[0].name) == (reported, "naïve")
    assert rows(text.encode(codec))[0] == (2, True, ["ñandú", "é"])
    assert validation_of(report, "encoding").passed
    assert check(text.encode(codec), encoding=reported) == report


def test_an_unsupported_encoding_is_refused(check: Callable[..., Report]) -> None:
    for name in ("klingon", "zlib", "utf-7", "shift_jis", "\0"):
        with pytest.raises(InvalidOption) as refused:
            check("a\n1\n", encoding=name)
        assert refused.value.option == "encoding"
    assert refusal(check, b"\xff\xfea\0\x00\xd8", encoding="utf-16") == "encoding"


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
def test_a_file_that_is_not_csv_is_refused(check: Callable[..., Report], data: bytes, code: str) -> None:
    assert refusal(check, data) == code


def test_the_error_about_a_long_row_names_its_line(check: Callable[..., Report]) -> None:
    with pytest.raises(NotCsv, match="line 300002 "):
        check("a,b\n" + "1,2\n" * 300_000 + '1,"' + "x\n" * 600_000)


@pytest.mark.parametrize(
    "cell", ["x" * 131_073, "x" * (records.MAX_ROW - 3), '"' + "x\n" * (records.MAX_ROW // 2 - 2) + '"']
)
def test_a_cell_may_be_as_long_as_a_row(check: Callable[..., Report], cell: str) -> None:
    before, after = "a,b\n" + "1,2\n" * 100_000, ",é\n" + "1,2\n" * 100_000
    report = check(before + cell + after, {"a": "integer"})
    assert [sample.row for sample in validation_of(report, "type", "a").samples] == [100_002]
    assert report.rows == 200_001
    if len(cell) > 131_073:
        assert refusal(check, before + cell.replace("x", "xxxx", 1) + after) == "row_too_long"


def test_a_header_that_is_too_long_is_refused(check: Callable[..., Report]) -> None:
    for header in (b"x" * 110 + b",", b"name\t", b'"name",'):
        with pytest.raises(NotCsv, match="longer than 1 MiB") as refused:
            check((header * (1_100_000 // len(header)))[:1_100_000] + b"\n1,2\n", delimiter=":")
        assert refused.value.field.code == "row_too_long"


def test_a_few_control_characters_are_data(check: Callable[..., Report], rows: Callable[..., list[Row]]) -> None:
    assert rows("a,b\n1,x\x01\n\x7f,2\n") == [(2, True, ["1", "x\x01"]), (3, True, ["\x7f", "2"])]
    assert check("a,b\n" + "12345678,\x02\n" + "1234567,90\n" * 9).rows == 10
    assert check("a,b\n" + "\x1b[1m,\x0b\x0c\n" * 9).rows == 9


def test_random_bytes_are_refused(check: Callable[..., Report]) -> None:
    for seed in range(200):
        chance = random.Random(seed)
        data = bytes(chance.choices(range(1, 256), k=chance.randint(300, 3_000)))
        for encoding in (None, "utf-8", "windows-1252"):
            with pytest.raises(NotCsv):
                check(data, encoding=encoding)


def test_more_rows_than_can_be_compared_are_refused(
    check: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "MAX_HASHES", 20)
    assert check("a\n" + "x\n" * 20).rows == 20
    assert refusal(check, "a\n" + "x\n" * 21) == "too_many_rows"
    assert check("a\n" + "x\n" * 10, {"a": {"unique": True}}).rows == 10


def test_numbers_are_column_names_when_the_schema_has_them(check: Callable[..., Report]) -> None:
    assert check("2019,2020\n1,2\n", {"2019": "integer"}).columns[0].type == "integer"


@pytest.mark.parametrize("data", ["a", "a\n", "\n\na\n\n\n", '"a\nb"\n', "a;b", "prose without an end"])
def test_one_column_without_a_data_row_is_refused(check: Callable[..., Report], data: str) -> None:
    assert refusal(check, data, delimiter=",") == "no_rows"


def test_one_column_with_an_empty_cell_has_a_row(check: Callable[..., Report]) -> None:
    assert check('a\n""\n').rows == 1


def test_several_columns_without_a_data_row_are_a_table(check: Callable[..., Report]) -> None:
    assert (check("a,b\n").rows, check("a,b").rows) == (0, 0)


def test_many_columns_without_a_name_are_numbered_in_linear_time() -> None:
    compared = 0

    class CountingName(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

    numbered = [CountingName(f"column_{number}") for number in range(501, 1001)]
    names, _ = unique_names([*numbered, *[""] * 500])
    assert names[500:] == [f"column_{number}" for number in range(1001, 1501)]
    assert compared < 3 * len(names)


def test_a_column_without_a_name_gets_the_first_unused_number_from_its_position_on() -> None:
    names, problems = unique_names(["", "column_3", "", "", "column_3", "", "x"])
    assert names == ["column_1", "column_3", "column_4", "column_5", "column_3_2", "column_6", "x"]
    assert [*problems] == [0, 2, 3, 4, 5]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_notes_below_the_rows_are_found_however_many_bytes_the_quoted_header_has(
    check: Callable[..., Report], encoding: str
) -> None:
    for rows in ('"2020","1"\n"2021","2"\n', "2020,1\n2021,2\n"):
        report = check(f'"año","total"\n{rows}Fuente: INE\n'.encode(encoding))
        assert (report.rows, [each.value for each in report.notes if each.kind == "note"]) == (2, ["Fuente: INE"])
