"""The contents of uploaded files: values, column names, delimiters and encodings."""

import gzip
import hashlib
import io
import zipfile
from urllib.parse import unquote

import pytest
from flask import Flask

from src.infrastructure.stores.memory import MemoryStore
from tests.http.datasets.support import (
    ASYNC,
    MAX_UPLOAD,
    NAME_PART,
    UPLOAD_PATHS,
    broken_rules,
    get,
    get_job,
    get_rows,
    list_datasets,
    post_body,
    remaining,
    row_values,
    run_job,
    upload,
)
from tests.support.uploading import body, part
from tests.support.world import (
    CSV,
    Client,
    Person,
    errors_of,
)


def _zip_archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.csv", CSV)
    return file.getvalue()


NOT_CSV: dict[str, tuple[bytes, str]] = {
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(100), "not_csv"),
    "PNG in letters": (b"\x89PNG\r\n\x1a\na,b\n1,2\n", "not_csv"),
    "gzip": (gzip.compress(CSV), "not_csv"),
    "zip": (_zip_archive(), "not_csv"),
    "empty zip": (b"PK\x05\x06" + bytes(18), "not_csv"),
    "PDF": (b"%PDF-1.7\na,b\n", "not_csv"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1a,b\n", "not_csv"),
    "NUL in the header": (b"a,\0b\n1,2\n", "nul"),
    "NUL in a row": (b"a,b\n1,\0\n", "nul"),
    "NUL at the very end": (b"a,b\n" + b"1,2\n" * 20_000 + b"\0", "nul"),
    "UTF-16 without a mark": ("a,b\n1,2\n".encode("utf-16-le"), "nul"),
    "empty": (b"", "empty"),
    "byte-order mark only": (b"\xef\xbb\xbf", "empty"),
    "empty lines": (b"\n\r\n\n", "empty"),
    "one column and no row": (b"name\n", "no_rows"),
    "one line of prose": (b"Dear all: it is not a table", "no_rows"),
    "numbers for a header": (b"1,2.5,-3\n4,5,6\n", "no_header"),
    "no names": (b",,\n1,2,3\n", "no_header"),
    "blank names": (b" , \n1,2\n", "no_header"),
    "a name without end": (b"x" * 201 + b",b\n1,2\n", "no_header"),
    "a quote without end": (b'a,b\n"' + b"1,2\n" * 40_000, "row_too_long"),
}


@pytest.mark.parametrize("name", NOT_CSV)
def test_a_file_that_is_not_csv_returns_422_and_stores_nothing(
    app: Flask, client: Client, anna: Person, store: MemoryStore, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("src.infrastructure.csv.reading.records.MAX_ROW", MAX_UPLOAD // 2)
    content, code = NOT_CSV[name]
    for path, headers in ((UPLOAD_PATHS[0], {}), (UPLOAD_PATHS[1], {}), (UPLOAD_PATHS[0], ASYNC)):
        answer = upload(client, anna, content, path=path, headers=headers)
        assert (answer.status_code, errors_of(answer)) == (422, {("file", code)})
        assert remaining(app, store) == []
        assert list_datasets(client, anna).json == []


def test_numbers_are_column_names_when_the_schema_has_them(client: Client, anna: Person) -> None:
    made = upload(client, anna, b"2023,2024\n1,2\n", schema={"2023": "integer", "2024": "integer"})
    assert (made.status_code, made.json["status"]) == (201, "clean")


VALUES = {
    "formulas": ["=1+1", "+49 30 1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1"],
    "space": [" x ", "  ", "\u00a0", "a\tb", "\u2028", "\u200b"],
    "quotes": ['"', '""', "'", 'a"b', "a,b", "a\nb", "a\r\nb", "\\", "\\n"],
    "texts that mean something elsewhere": ["NULL", "null", "NaN", "None", "#N/A", "-", "0x1F", "1e5", "007", "١٢"],
    "other scripts": ["Ünï", "собака", "柴犬", "كلب", "\U0001f415", "e\u0301", "\u202eabc", "\ufeffx", "\x7f", "\x01"],
    "markup": ["<script>alert(1)</script>", "&amp;", "%00", "${x}", "{{x}}", "'; DROP TABLE rows; --"],
    "long": ["x" * 50_000, "9" * 400],
}


@pytest.mark.parametrize("name", VALUES)
def test_values_are_stored_unchanged(client: Client, anna: Person, name: str) -> None:
    values = VALUES[name]
    quoted = [value.replace('"', '""') for value in values]
    made = upload(client, anna, "no,value\n" + "".join(f'{no},"{value}"\n' for no, value in enumerate(quoted)))
    assert made.status_code == 201, made.text
    assert [row["value"] for row in row_values(client, anna, made)] == values
    wrong = upload(
        client,
        anna,
        "no,value\n" + "".join(f'{no},"{value}"\n' for no, value in enumerate(quoted)),
        schema={"no": "integer", "value": {"enum": ["none"]}},
    )
    [samples] = [each["samples"] for each in wrong.json["validations"] if each["rule"] == "enum"]
    shown = [value if len(value) <= 200 else f"{value[:200]}…" for value in values if value.strip()]
    assert [sample["value"] for sample in samples] == shown[:10]


HEADERS = {
    "a,b": ["a", "b"],
    "a,a,a": ["a", "a_2", "a_3"],
    "a,a,a_2": ["a", "a_3", "a_2"],
    "a,,": ["a", "column_2", "column_3"],
    " a , b": ["a", "b"],
    "größe,名前,\U0001f415": ["größe", "名前", "\U0001f415"],
    '"a,b","c""d"': ["a,b", 'c"d'],
    "__proto__,constructor,id": ["__proto__", "constructor", "id"],
    "A,a": ["A", "a"],
    "=1+1,@x": ["=1+1", "@x"],
}


@pytest.mark.parametrize("header", HEADERS)
def test_every_column_gets_a_unique_name(client: Client, anna: Person, header: str) -> None:
    names = HEADERS[header]
    made = upload(client, anna, f"{header}\n" + ",".join(map(str, range(len(names)))) + "\n")
    assert [column["name"] for column in made.json["columns"]] == names
    assert row_values(client, anna, made) == [{name: str(no) for no, name in enumerate(names)}]
    count = len([name for name in header.split(",") if header.split(",").count(name) > 1]) and 1
    assert (made.json["status"] == "findings") == bool(count or header == "a,a,a_2")


def test_ragged_rows_are_filled_up_or_cut(client: Client, anna: Person) -> None:
    made = upload(client, anna, b"a,b,c\n1\n1,2,3,4,5\n1,2,3\n")
    assert broken_rules(made.json) == {("row_width", None): (2, [2, 3])}
    assert row_values(client, anna, made) == [
        {"a": "1", "b": "", "c": ""},
        {"a": "1", "b": "2", "c": "3"},
        {"a": "1", "b": "2", "c": "3"},
    ]
    ragged = [{"rule": "row_width", "column": None}]
    assert [(row["line"], row["valid"], row["findings"]) for row in get_rows(client, anna, made)] == [
        (2, False, ragged),
        (3, False, ragged),
        (4, True, []),
    ]
    assert get(client, anna, made, "/file").data == b"a,b,c\n1\n1,2,3,4,5\n1,2,3\n"


def test_a_file_may_have_1000_columns(client: Client, anna: Person) -> None:
    names = [f"column {no}" for no in range(1_000)]
    made = upload(client, anna, f"{','.join(names)}\n{','.join(map(str, range(1_000)))}\n")
    assert (made.status_code, len(made.json["columns"])) == (201, 1_000)
    assert row_values(client, anna, made) == [{name: str(no) for no, name in enumerate(names)}]
    assert get(client, anna, made).json == made.json


FORMAT_TEXT = "größe{0}näme\n1,5{0}Ann\n2,5{0}Bén\n"
FORMATS: dict[str, tuple[bytes, dict[str, str], str, str]] = {
    "UTF-8": (FORMAT_TEXT.format(";").encode(), {}, ";", "utf-8"),
    "byte-order mark": (FORMAT_TEXT.format(";").encode("utf-8-sig"), {}, ";", "utf-8-sig"),
    "UTF-16": (FORMAT_TEXT.format(";").encode("utf-16"), {}, ";", "utf-16"),
    "tab": (FORMAT_TEXT.format("\t").encode(), {}, "\t", "utf-8"),
    "bar": (FORMAT_TEXT.format("|").encode(), {}, "|", "utf-8"),
    "Latin-1": (FORMAT_TEXT.format(";").encode("latin-1"), {}, ";", "iso-8859-1"),
    "Latin-1, said so": (FORMAT_TEXT.format(";").encode("latin-1"), {"encoding": "Latin1"}, ";", "iso-8859-1"),
    "Windows, said so": (FORMAT_TEXT.format("|").encode("cp1252"), {"encoding": "cp1252"}, "|", "windows-1252"),
    "CRLF": (FORMAT_TEXT.format(";").replace("\n", "\r\n").encode(), {}, ";", "utf-8"),
    "CR": (FORMAT_TEXT.format(";").replace("\n", "\r").encode(), {}, ";", "utf-8"),
    "no line break at the end": (FORMAT_TEXT.format(";").rstrip().encode(), {}, ";", "utf-8"),
    "tab by name": (FORMAT_TEXT.format("\t").encode(), {"delimiter": "tab"}, "\t", "utf-8"),
    "tab escaped": (FORMAT_TEXT.format("\t").encode(), {"delimiter": "\\t"}, "\t", "utf-8"),
    "tab itself": (FORMAT_TEXT.format("\t").encode(), {"delimiter": "\t"}, "\t", "utf-8"),
    "found out": (FORMAT_TEXT.format(";").encode(), {"delimiter": "", "encoding": ""}, ";", "utf-8"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_delimiter_and_encoding_are_detected_or_declared(client: Client, anna: Person, name: str) -> None:
    content, fields, delimiter, encoding = FORMATS[name]
    made = upload(client, anna, content, headers={}, **fields)
    assert made.status_code == 201, made.text
    assert (made.json["delimiter"], made.json["encoding"]) == (delimiter, encoding)
    assert made.json["status"] == "clean"
    expected = [{"größe": "1,5", "näme": "Ann"}, {"größe": "2,5", "näme": "Bén"}]
    assert row_values(client, anna, made) == expected
    assert get(client, anna, made, "/file").data == content


def test_a_declared_delimiter_overrides_detection(client: Client, anna: Person) -> None:
    made = upload(client, anna, "a;b\n1;2\n", delimiter=",")
    assert row_values(client, anna, made) == [{"a;b": "1;2"}]


def test_undecodable_bytes_are_reported_and_replaced(client: Client, anna: Person) -> None:
    made = upload(client, anna, b"a,b\n1,\xff\n2,x\n", encoding="utf-8")
    assert broken_rules(made.json) == {("encoding", None): (1, [2]), ("mojibake", "b"): (1, [2])}
    assert row_values(client, anna, made)[0] == {"a": "1", "b": "\ufffd"}
    assert get(client, anna, made, "/file").data == b"a,b\n1,\xff\n2,x\n"


@pytest.mark.parametrize("later", [{}, ASYNC], ids=["now", "later"])
def test_undecodable_bytes_in_the_header_cause_no_server_error(
    app: Flask, client: Client, anna: Person, later: dict[str, str]
) -> None:
    made = upload(client, anna, b"a,b\xff\n1,2\n", encoding="utf-8", headers=later)
    assert made.status_code in (201, 202, 422)
    if made.status_code == 202:
        run_job(app, made)
        assert get_job(client, anna, made)["error"] != "Something went wrong here."


@pytest.mark.parametrize("name", ["a.csv", "Übersicht 2024.csv", "собака.csv", "../../etc/passwd", 'a"b;c.txt'])
def test_the_file_is_downloaded_byte_for_byte(client: Client, anna: Person, name: str) -> None:
    content = b'\xef\xbb\xbfa,b\r\n"1\n",\xc3\xa9\r\n\r\n=1+1,'
    made = post_body(client, anna, body(NAME_PART, part("file", content, name.replace('"', "%22"))))
    answer = get(client, anna, made, "/file")
    assert answer.data == content
    assert hashlib.sha256(answer.data).hexdigest() == made.json["sha256"]
    headers = answer.headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Length"] == str(len(content)) == str(made.json["size"])
    assert headers["Content-Disposition"].startswith("attachment; filename=")
    assert unquote(headers["Content-Disposition"].partition("filename*=UTF-8''")[2]) == made.json["filename"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
