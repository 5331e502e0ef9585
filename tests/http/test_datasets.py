"""What people do with datasets; what is found in a file, see tests/contract/test_tables.py."""

import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask

from src.application.summaries import Advice
from src.domain.errors import Unavailable
from src.domain.tables import Row
from src.domain.values import Role
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.tables import results
from tests.support.races import at_once
from tests.support.uploading import TYPE, body, part
from tests.support.world import (
    CSV,
    SECRET,
    Answer,
    Client,
    Halfway,
    Person,
    Watch,
    build,
    client_of,
    errors_of,
    join,
    services_of,
)

FIELDS = {
    "id",
    "name",
    "filename",
    "file_uri",
    "size",
    "sha256",
    "delimiter",
    "encoding",
    "rows",
    "columns",
    "schema",
    "status",
    "validations",
    "created_at",
}
OF_ITS_OWN = {"id", "file_uri", "created_at"}
PATHS = ("/datasets", "/files/csv")
MAX = 1 << 18
LATER = {"Prefer": "respond-async"}
NOBODY = "0" * 32


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def app(store: MemoryStore) -> Flask:
    return build(store, max_upload_bytes=MAX)


@pytest.fixture
def anna(client: Client) -> Person:
    return join(client, "uploader")


def _add(
    client: Client,
    person: Person,
    content: bytes | str = CSV,
    filename: str = "a.csv",
    *,
    path: str = "/datasets",
    headers: Mapping[str, str] | None = None,
    schema: object = None,
    **fields: str,
) -> Answer:
    """Send a file; a ``schema`` that is not a text yet is written as JSON."""
    if schema is not None:
        fields["schema"] = schema if isinstance(schema, str) else json.dumps(schema)
    content = content.encode() if isinstance(content, str) else content
    before = [part(field, value.encode()) for field, value in {"name": "Customers", **fields}.items()]
    sent = body(*before, part("file", content, filename))
    return client.post(path, data=sent, content_type=TYPE, headers={**person.headers, **(headers or {})})


def _send(client: Client, person: Person, data: bytes, **options: Any) -> Answer:
    return client.post("/datasets", data=data, content_type=TYPE, headers=person.headers, **options)


def _see(client: Client, person: Person, made: Answer, of_it: str = "", **query: Any) -> Answer:
    url = f"/datasets/{made.json['id']}{of_it}"
    return client.get(url, headers=person.headers, query_string=query)


def _rows(client: Client, person: Person, made: Answer, **query: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = _see(client, person, made, "/rows", **query).json
    return rows


def _values(client: Client, person: Person, made: Answer) -> list[dict[str, str]]:
    return [row["values"] for row in _rows(client, person, made)]


def _list(client: Client, person: Person, **query: Any) -> Answer:
    return client.get("/datasets", headers=person.headers, query_string=query)


def _delete(client: Client, person: Person, made: Answer) -> Answer:
    return client.delete(f"/datasets/{made.json['id']}", headers=person.headers)


def _summary(client: Client, person: Person, made: Answer) -> Answer:
    return client.post(f"/datasets/{made.json['id']}/summary", headers=person.headers)


def _pages(client: Client, person: Person, url: str) -> list[dict[str, Any]]:
    """Everything, page by page."""
    seen: list[dict[str, Any]] = []
    while url:
        answer = client.get(url, headers=person.headers)
        assert answer.status_code == 200
        seen += answer.json
        url = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
    return seen


def _job(made: Answer) -> str:
    """The id of the job."""
    id = made.headers["Link"].removeprefix("</jobs/").removesuffix('>; rel="monitor"')
    assert id.isalnum()
    return id


def _job_of(client: Client, person: Person, made: Answer) -> dict[str, Any]:
    job: dict[str, Any] = client.get(f"/jobs/{_job(made)}", headers=person.headers).json
    return job


def _run(app: Flask, made: Answer) -> float | None:
    return services_of(app).jobs.runner.run(_job(made))


def _retry(app: Flask, made: Answer) -> None:
    services_of(app).jobs.retry(_job(made))


def _verdict(dataset: dict[str, Any]) -> dict[str, Any]:
    """All that two datasets of the same file have in common."""
    return {name: value for name, value in dataset.items() if name not in OF_ITS_OWN}


def _found(dataset: dict[str, Any]) -> dict[tuple[str, str | None], tuple[int, list[int]]]:
    """How often each rule was broken, and on which lines first."""
    for each in dataset["validations"]:
        assert each["passed"] is (each["count"] == 0)
    return {
        (each["rule"], each["column"]): (each["count"], [sample["row"] for sample in each["samples"]])
        for each in dataset["validations"]
    }


def _broken(dataset: dict[str, Any]) -> dict[tuple[str, str | None], tuple[int, list[int]]]:
    return {rule: found for rule, found in _found(dataset).items() if found[0]}


def _kept(app: Flask, store: MemoryStore) -> list[str]:
    """What is left of datasets, their rows, reports and objects, and of the requests and jobs about them."""
    kinds = ("datasets", "reports", "packs", "jobs", "receipts")
    return [name for name, _ in store._documents if name in kinds] + _objects(app)


def _objects(app: Flask) -> list[str]:
    blobs: Any = services_of(app).datasets.blobs
    return [each["path"] for page in blobs._store.list() for each in page]


def _meanwhile(app: Flask, patched: pytest.MonkeyPatch, act: Callable[[], object]) -> list[Any]:
    """Do something when the first rows are being stored; returns what came out."""
    rows, seen = services_of(app).datasets.rows, list[Any]()
    append = rows.append

    def appending(set_id: str, some: Sequence[Row]) -> None:
        patched.setattr(rows, "append", append)
        append(set_id, some[:1])
        if not seen:
            seen.append(act())
        append(set_id, some[1:])

    patched.setattr(rows, "append", appending)
    return seen


def _break(patched: pytest.MonkeyPatch, what: object, name: str, error: BaseException) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    patched.setattr(what, name, fail)


# A file in, a verdict out


@pytest.mark.parametrize("path", PATHS)
def test_a_file_gets_a_verdict(client: Client, anna: Person, path: str) -> None:
    made = _add(client, anna, path=path, filename="people.csv")
    id = made.json["id"]
    bare = {"unique": False, "min": None, "max": None, "pattern": None, "enum": None}
    kept = {"passed": True, "count": 0, "samples": []}
    assert made.status_code == 201
    assert set(made.json) == FIELDS
    assert made.json == {
        "id": id,
        "name": "Customers",
        "filename": "people.csv",
        "file_uri": f"memory:datasets/{id}",
        "size": len(CSV),
        "sha256": hashlib.sha256(CSV).hexdigest(),
        "delimiter": ",",
        "encoding": "utf-8",
        "rows": 2,
        "columns": [
            {"name": "id", "type": "integer", "required": True, **bare},
            {"name": "name", "type": "string", "required": True, **bare},
        ],
        "schema": {"id": {"type": "integer", "required": True}, "name": {"type": "string", "required": True}},
        "status": "clean",
        "validations": [
            {"rule": "header", "column": None, **kept},
            {"rule": "row_width", "column": None, **kept},
            {"rule": "encoding", "column": None, **kept},
            {"rule": "duplicate_row", "column": None, **kept},
            {"rule": "not_empty", "column": "id", **kept},
            {"rule": "type", "column": "id", **kept},
            {"rule": "not_empty", "column": "name", **kept},
            {"rule": "type", "column": "name", **kept},
        ],
        "created_at": made.json["created_at"],
    }
    assert made.json["created_at"].endswith("Z")
    assert made.headers["Location"] == f"/datasets/{id}"
    assert "Link" not in made.headers
    shown = _see(client, anna, made)
    assert shown.json == made.json
    assert shown.headers["ETag"] == made.headers["ETag"]
    assert _list(client, anna).json == [made.json]
    assert _rows(client, anna, made) == [
        {"line": 2, "valid": True, "values": {"id": "1", "name": "Anna"}},
        {"line": 3, "valid": True, "values": {"id": "2", "name": "Ben"}},
    ]


@pytest.mark.parametrize(
    ("url", "uri"), [("s3://bucket", "s3://bucket/"), ("gs://bucket/some/prefix", "gs://bucket/some/prefix/")]
)
def test_the_uri_says_where_the_file_is(
    app: Flask, client: Client, anna: Person, monkeypatch: pytest.MonkeyPatch, url: str, uri: str
) -> None:
    from src.infrastructure.blobs import make_blobs

    monkeypatch.setattr(services_of(app).datasets.blobs, "uri", make_blobs(url).uri)
    made = _add(client, anna)
    assert made.json["file_uri"] == f"{uri}datasets/{made.json['id']}"


EVERY_RULE = {
    "id": {"type": "integer", "required": True, "unique": True, "min": 1, "max": 100},
    "mail": "email",
    "code": {"pattern": "[A-Z]{2}"},
    "kind": {"enum": ["a", "b"]},
    "note": "string",
    "born": "date",
}
BAD_EVERYWHERE = """id,mail,code,kind,note,more
1,ann@example.com,AB,a,x,
x,nobody,ABC,c,"two
lines",
,ben@example.com,AB,b,x,
1,cat@example.com,AB,a,x,
0,dan@example.com,AB,a,x,
101,eve@example.com,AB,a,x,
1,ann@example.com,AB,a,x,
5,too,few
7,fay@example.com,AB,a,x,,one,more
"""


def test_every_rule_that_was_applied_is_told(client: Client, anna: Person) -> None:
    made = _add(client, anna, BAD_EVERYWHERE, schema=EVERY_RULE)
    assert made.status_code == 201
    assert (made.json["status"], made.json["rows"]) == ("findings", 9)
    assert _found(made.json) == {
        ("header", None): (2, [1, 1]),  # born is missing, more is not asked for
        ("row_width", None): (2, [10, 11]),
        ("encoding", None): (0, []),
        ("duplicate_row", None): (1, [9]),
        ("not_empty", "id"): (1, [5]),
        ("type", "id"): (1, [3]),
        ("unique", "id"): (2, [6, 9]),
        ("min", "id"): (1, [7]),
        ("max", "id"): (1, [8]),
        ("type", "mail"): (1, [3]),
        ("type", "code"): (0, []),
        ("pattern", "code"): (1, [3]),
        ("type", "kind"): (0, []),
        ("enum", "kind"): (1, [3]),
        ("type", "note"): (0, []),
        ("type", "more"): (0, []),
    }
    samples = {(each["rule"], each["column"]): each["samples"] for each in made.json["validations"]}
    assert [sample["value"] for sample in samples["header", None]] == ["missing: born", "extra: more"]
    assert samples["type", "id"] == [{"row": 3, "value": "x"}]
    assert samples["max", "id"] == [{"row": 8, "value": "101"}]
    assert samples["duplicate_row", None] == [{"row": 9, "value": "1,ann@example.com,AB,a,x,"}]
    assert [column["name"] for column in made.json["columns"]] == ["id", "mail", "code", "kind", "note", "more"]
    assert set(made.json["schema"]) == set(EVERY_RULE)
    assert [row["line"] for row in _rows(client, anna, made, valid="true")] == [2]
    assert [row["line"] for row in _rows(client, anna, made, valid="false")] == [3, 5, 6, 7, 8, 9, 10, 11]


def test_the_first_ten_are_shown_of_many(client: Client, anna: Person) -> None:
    made = _add(
        client,
        anna,
        "id,no\n" + "".join(f"{no},x{no}\n" for no in range(30)),
        schema={"id": "integer", "no": "integer"},
    )
    assert _found(made.json)["type", "no"] == (30, list(range(2, 12)))
    [samples] = [each["samples"] for each in made.json["validations"] if each["count"]]
    assert [sample["value"] for sample in samples] == [f"x{no}" for no in range(10)]


def test_lines_are_those_of_the_file(client: Client, anna: Person) -> None:
    """The header may span lines, too, and empty lines are no rows."""
    made = _add(
        client, anna, '\n"id\nof it",n\r\n1,a\r\n\r\n"2\n\n",b\n3,"c""\nd"\nx,e', schema={"id\nof it": "integer"}
    )
    assert [row["line"] for row in _rows(client, anna, made)] == [4, 6, 9, 11]
    assert _found(made.json)["type", "id\nof it"] == (2, [6, 11])
    assert _values(client, anna, made)[1:3] == [{"id\nof it": "2\n\n", "n": "b"}, {"id\nof it": "3", "n": 'c"\nd'}]


def test_an_inferred_column_is_required_when_hardly_a_cell_is_empty(client: Client, anna: Person) -> None:
    made = _add(client, anna, "id,often,rarely\n" + "".join(
        f"{no},{no if no else ''},{no if no > 1 else ''}\n" for no in range(100)
    ))  # fmt: skip
    assert made.json["schema"] == {
        "id": {"type": "integer", "required": True},
        "often": {"type": "integer", "required": True},
        "rarely": {"type": "integer"},
    }
    assert _broken(made.json) == {("not_empty", "often"): (1, [2])}


def test_every_type_is_inferred_and_every_rule_shown(client: Client, anna: Person) -> None:
    types = ["string", "integer", "number", "boolean", "date", "datetime", "email"]
    values = ["x", "1", "1.5", "true", "2024-02-29", "2024-02-29T12:00:00Z", "a@example.com"]
    made = _add(client, anna, f"{','.join(types)}\n{','.join(values)}\n")
    assert {column["name"]: column["type"] for column in made.json["columns"]} == {name: name for name in types}
    asked: dict[str, dict[str, Any]] = {
        "string": {"type": "string", "required": True, "unique": True, "pattern": "[a-z]", "enum": ["x", "y"]},
        "integer": {"type": "integer", "min": -1, "max": 1},
        "number": {"type": "number", "min": 0.5, "max": 2},
        "date": {"type": "date", "min": "2024-01-01", "max": "2024-12-31"},
    }
    made = _add(client, anna, f"{','.join(types)}\n{','.join(values)}\n", schema=asked)
    assert made.json["schema"] == asked
    shown = {column["name"]: column for column in made.json["columns"]}
    for name, rules in asked.items():
        assert {rule: shown[name][rule] for rule in rules} == rules
    assert _broken(made.json) == {("header", None): (3, [1, 1, 1])}  # what the schema does not name


# The parameters


@pytest.mark.parametrize("schema", ["", "  ", "{}", " { } ", "null"])
def test_an_empty_schema_is_an_absent_one(client: Client, anna: Person, schema: str) -> None:
    assert _verdict(_add(client, anna, schema=schema).json) == _verdict(_add(client, anna).json)


def test_a_schema_may_be_short_or_long(client: Client, anna: Person) -> None:
    short = _add(client, anna, schema={"id": "integer", "name": "string"})
    long = _add(client, anna, schema={"id": {"type": "integer"}, "name": {}})
    assert short.status_code == 201
    assert _verdict(short.json) == _verdict(long.json)
    assert short.json["schema"] == {"id": {"type": "integer"}, "name": {"type": "string"}}


TABLES = {
    "clean": CSV,
    "findings": BAD_EVERYWHERE.encode(),
    "duplicate names": b"a,a,\n1,2,3\n1,2,3\n",
    "other names": 'größe,имя,名前,"a.b ""c""",$1\n1,2,3,4,5\n'.encode(),
    "no rows": b"a,b\n",
    "one column": b"a\n1\n\n2\n",
    "semicolons": b"a;b\n1,5;2\n3,5;x\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_an_inferred_schema_can_be_posted_back(client: Client, anna: Person, name: str) -> None:
    first = _add(client, anna, TABLES[name])
    again = _add(client, anna, TABLES[name], schema=first.json["schema"])
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json["schema"] == first.json["schema"]
    if name != "duplicate names":  # which the schema cannot take away
        assert _verdict(again.json) == _verdict(first.json)
    assert _rows(client, anna, again) == _rows(client, anna, first)


BAD_SCHEMAS: dict[str, set[tuple[str, str]]] = {
    "{": {("schema", "json")},
    "id": {("schema", "json")},
    '{"a": "integer", "a": "date"}': {("schema", "json")},
    '{"a": NaN}': {("schema", "json")},
    '{"a": "\\u0000"}': {("schema", "json")},
    '{"\\ud800": "date"}': {("schema", "json")},
    "[" * 5_000: {("schema", "json")},
    "[]": {("schema", "type")},
    '"integer"': {("schema", "type")},
    "1": {("schema", "type")},
    "false": {("schema", "type")},
    '{"": "date"}': {("schema.", "name")},
    '{" a": "date"}': {("schema. a", "name")},
    '{"a": 1}': {("schema.a", "type")},
    '{"a": ["date"]}': {("schema.a", "type")},
    '{"a": null}': {("schema.a", "type")},
    '{"a": "text"}': {("schema.a.type", "type")},
    '{"a": {"type": "Integer"}}': {("schema.a.type", "type")},
    '{"a": {"kind": "date"}}': {("schema.a.kind", "unknown")},
    '{"a": {"required": "true"}}': {("schema.a.required", "type")},
    '{"a": {"unique": 1}}': {("schema.a.unique", "type")},
    '{"a": {"min": 1}}': {("schema.a.min", "min")},
    '{"a": {"type": "integer", "min": "1"}}': {("schema.a.min", "min")},
    '{"a": {"type": "integer", "max": 1.5}}': {("schema.a.max", "max")},
    '{"a": {"type": "number", "max": 1e999}}': {("schema.a.max", "max")},
    '{"a": {"type": "date", "min": "2023-02-29"}}': {("schema.a.min", "min")},
    '{"a": {"type": "integer", "min": 2, "max": 1}}': {("schema.a.min", "min")},
    '{"a": {"pattern": "("}}': {("schema.a.pattern", "pattern")},
    '{"a": {"pattern": "(a)\\\\1"}}': {("schema.a.pattern", "pattern")},
    '{"a": {"pattern": "%s"}}' % ("a" * 201): {("schema.a.pattern", "pattern")},
    '{"a": {"pattern": ""}}': {("schema.a.pattern", "pattern")},
    '{"a": {"enum": []}}': {("schema.a.enum", "enum")},
    '{"a": {"enum": ["x", "x"]}}': {("schema.a.enum", "enum")},
    '{"a": {"type": "integer", "enum": ["x"]}}': {("schema.a.enum", "enum")},
    '{"a": "text", "b": {"min": 1, "enum": 2}, "c": "date"}': {
        ("schema.a.type", "type"), ("schema.b.min", "min"), ("schema.b.enum", "enum")
    },
}  # fmt: skip


@pytest.mark.parametrize("schema", BAD_SCHEMAS)
def test_a_bad_schema_is_refused(app: Flask, client: Client, anna: Person, store: MemoryStore, schema: str) -> None:
    for headers in ({}, LATER):
        answer = _add(client, anna, schema=schema, headers=headers)
        assert (answer.status_code, errors_of(answer)) == (422, BAD_SCHEMAS[schema])
        assert _kept(app, store) == []


BAD_FIELDS: dict[str, tuple[dict[str, str], set[tuple[str, str]]]] = {
    "empty name": ({"name": ""}, {("name", "required")}),
    "blank name": ({"name": "  "}, {("name", "required")}),
    "long name": ({"name": "x" * 201}, {("name", "name")}),
    "two lines": ({"name": "a\nb"}, {("name", "name")}),
    "two delimiters": ({"delimiter": ",,"}, {("delimiter", "delimiter")}),
    "letter for delimiter": ({"delimiter": "x"}, {("delimiter", "delimiter")}),
    "all": (
        {"name": "", "schema": "{", "delimiter": "x"},
        {("name", "required"), ("schema", "json"), ("delimiter", "delimiter")},
    ),
    "all, and rules": (
        {"name": "", "schema": '{"a": {"min": 1}}', "delimiter": "x"},
        {("name", "required"), ("schema.a.min", "min"), ("delimiter", "delimiter")},
    ),
}


@pytest.mark.parametrize("name", BAD_FIELDS)
def test_every_bad_field_is_named(app: Flask, client: Client, anna: Person, store: MemoryStore, name: str) -> None:
    fields, wrong = BAD_FIELDS[name]
    for headers in ({}, LATER):
        answer = _add(client, anna, headers=headers, **fields)
        assert (answer.status_code, errors_of(answer)) == (422, wrong)
        assert _kept(app, store) == []


@pytest.mark.parametrize("encoding", ["klingon", "zlib", "shift_jis", "x" * 10_000, "ü"])
@pytest.mark.parametrize("later", [{}, LATER], ids=["now", "later"])
def test_an_encoding_that_is_not_read_is_refused(
    app: Flask, client: Client, anna: Person, store: MemoryStore, encoding: str, later: dict[str, str]
) -> None:
    answer = _add(client, anna, encoding=encoding, headers=later)
    assert answer.status_code == 422
    assert errors_of(answer) == {("encoding", "encoding")}
    assert _kept(app, store) == []


def test_a_bad_encoding_is_named_with_the_rest(client: Client, anna: Person) -> None:
    answer = _add(client, anna, name="", encoding="klingon")
    assert errors_of(answer) == {("name", "required"), ("encoding", "encoding")}


FILE = part("file", CSV, "a.csv")
NAME = part("name", b"Customers")
REFUSED: dict[str, tuple[bytes, int, set[tuple[str, str]]]] = {
    "no part": (body(), 422, {("file", "required"), ("name", "required")}),
    "no file": (body(NAME), 422, {("file", "required")}),
    "a field instead": (body(NAME, part("file", CSV)), 422, {("file", "required")}),
    "everything wrong": (
        body(part("schema", b"{"), part("delimiter", b"x"), part("encoding", b"x")),
        422,
        {
            ("file", "required"),
            ("name", "required"),
            ("schema", "json"),
            ("delimiter", "delimiter"),
            ("encoding", "encoding"),
        },
    ),
    "another file instead": (body(part("data", CSV, "a.csv"), NAME), 422, {("file", "required")}),
    "another file first": (body(part("data", CSV, "a.csv"), FILE, NAME), 422, {("file", "required")}),
    "an encoding that there is not": (body(FILE, NAME, part("encoding", b"klingon")), 422, {("encoding", "encoding")}),
    "two wrong, and two files": (body(FILE, part("other", CSV, "b.csv"), NAME), 422, {("other", "repeated")}),
    "no CSV file, and no name": (body(part("file", b"", "a.csv")), 422, {("file", "empty"), ("name", "required")}),
    "no name": (body(FILE), 422, {("name", "required")}),
    "two files": (body(NAME, FILE, part("other", CSV, "b.csv")), 422, {("other", "repeated")}),
    "the same file twice": (body(NAME, FILE, FILE), 422, {("file", "repeated")}),
    "two names": (body(NAME, FILE, NAME), 422, {("name", "repeated")}),
    "no UTF-8": (body(FILE, part("name", b"\xff")), 400, set()),
    "a NUL": (body(FILE, part("name", b"a\0")), 400, set()),
    "cut off": (body(NAME, FILE)[:-10], 400, set()),
    "no multipart": (b"x", 400, set()),
    "too large": (body(NAME, part("file", b"a\n" * MAX, "a.csv")), 413, set()),
    "a field too large": (body(FILE, part("schema", b" " * (2 << 20))), 413, set()),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_body_that_is_refused_leaves_nothing(
    app: Flask, client: Client, anna: Person, store: MemoryStore, name: str
) -> None:
    data, status, wrong = REFUSED[name]
    answer = _send(client, anna, data)
    assert answer.status_code == status
    if status == 422:
        assert errors_of(answer) == wrong
        assert len(answer.json["errors"]) == len(wrong)
    assert _kept(app, store) == []
    assert _list(client, anna).json == []


def test_fields_may_come_before_and_after_the_file(client: Client, anna: Person) -> None:
    content = b"a;b\nx;\xe9\n"
    fields = [part("name", b"Ann\xc3\xa9"), part("schema", b'{"a": "integer"}'), part("delimiter", b";"),
              part("encoding", b"iso-8859-1")]  # fmt: skip
    file = part("file", content, "a.csv", "Content-Type: text/csv")
    verdicts = []
    for order in ([*fields, file], [file, *fields], [*fields[:2], file, *fields[2:]]):
        made = _send(client, anna, body(*order))
        assert made.status_code == 201, made.text
        verdicts.append(_verdict(made.json))
    assert verdicts[0] == verdicts[1] == verdicts[2]
    assert verdicts[0]["name"] == "Anné"
    assert _broken(verdicts[0]) == {("header", None): (1, [1]), ("type", "a"): (1, [2])}
    assert _values(client, anna, made) == [{"a": "x", "b": "é"}]


def test_a_field_may_be_sent_from_a_file(client: Client, anna: Person) -> None:
    schema = part("schema", b'{"a": "integer"}', "schema.json", "Content-Type: application/json")
    made = _send(client, anna, body(schema, part("file", b"a\nx\n", "a.csv"), part("name", b"Ann", "name.txt")))
    assert (made.status_code, _broken(_verdict(made.json))) == (201, {("type", "a"): (1, [2])})


def test_an_empty_body_needs_no_media_type(client: Client, anna: Person) -> None:
    answer = client.post("/datasets", headers=anna.headers)
    assert (answer.status_code, errors_of(answer)) == (422, {("file", "required"), ("name", "required")})


def test_other_fields_are_ignored(client: Client, anna: Person) -> None:
    made = _add(client, anna, id="mine", user_id="mine", status="failed", rows="9", created_at="2000-01-01")
    assert made.json["id"] != "mine"
    assert _verdict(made.json) == _verdict(_add(client, anna).json)


def test_a_file_as_large_as_can_be_is_taken(client: Client, anna: Person) -> None:
    values = ["x" * 131_000, "y" * 131_000, "z" * (MAX - 262_004)]
    content = "\n".join(["a", *values])
    made = _add(client, anna, content)
    assert (made.status_code, made.json["size"]) == (201, MAX)
    assert _values(client, anna, made) == [{"a": value} for value in values]  # none is cut
    assert _add(client, anna, content + "z").status_code == 413


# Who may: before anything is read


class Untouchable(io.RawIOBase):
    """A body that must not be read; that of a slow client has no end."""

    def readable(self) -> bool:
        return True

    def readinto(self, _: Any) -> int:
        raise AssertionError("it was read")


MEDIA_TYPES = (TYPE, "multipart/form-data", "multipart/form-data; boundary=\xff", "text/csv", "application/json", "")
LENGTHS = ("100", str(MAX * 1000), "", "-1", "x")


@pytest.mark.parametrize("role", ["nobody", "guest", "user"])
@pytest.mark.parametrize("path", PATHS)
def test_who_may_not_is_told_before_the_body_is_read(client: Client, path: str, role: str) -> None:
    headers, status = ({}, 401) if role == "nobody" else (join(client, role).headers, 403)
    odd = {"wsgi.input_terminated": True, "HTTP_CONTENT_ENCODING": "gzip", "HTTP_IDEMPOTENCY_KEY": "no key"}
    for media_type, length in product(MEDIA_TYPES, LENGTHS):
        body = {"wsgi.input": Untouchable(), "CONTENT_LENGTH": length, "CONTENT_TYPE": media_type}
        assert client.post(path, headers=headers, environ_overrides={**odd, **body}).status_code == status


def test_a_role_that_was_taken_away_is_gone_at_once(client: Client, anna: Person) -> None:
    made = _add(client, anna)
    saga = services_of(client.application).accounts.saga
    saga.change(anna.user["id"], lambda user: replace(user, role=Role.USER))
    for url in ("/datasets", f"/datasets/{made.json['id']}", f"/datasets/{made.json['id']}/file"):
        assert client.get(url, headers=anna.headers).status_code in (401, 403)
    assert _add(client, anna).status_code in (401, 403)


# What is no CSV file


def _zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.csv", CSV)
    return file.getvalue()


NOT_CSV: dict[str, tuple[bytes, str]] = {
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(100), "not_csv"),
    "PNG in letters": (b"\x89PNG\r\n\x1a\na,b\n1,2\n", "not_csv"),
    "gzip": (gzip.compress(CSV), "not_csv"),
    "zip": (_zipped(), "not_csv"),
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
def test_what_is_no_csv_file_leaves_nothing(
    app: Flask, client: Client, anna: Person, store: MemoryStore, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("src.infrastructure.tables.records.MAX_ROW", MAX // 2)
    content, code = NOT_CSV[name]
    for path, headers in ((PATHS[0], {}), (PATHS[1], {}), (PATHS[0], LATER)):
        answer = _add(client, anna, content, path=path, headers=headers)
        assert (answer.status_code, errors_of(answer)) == (422, {("file", code)})
        assert _kept(app, store) == []
        assert _list(client, anna).json == []


def test_numbers_are_names_when_the_schema_says_so(client: Client, anna: Person) -> None:
    made = _add(client, anna, b"2023,2024\n1,2\n", schema={"2023": "integer", "2024": "integer"})
    assert (made.status_code, made.json["status"]) == (201, "clean")


@pytest.mark.parametrize("broken", ["rows", "blobs", "record"])
@pytest.mark.parametrize(("error", "status"), [(Unavailable(), 503), (RuntimeError(SECRET), 500)])
def test_what_could_not_be_stored_whole_leaves_nothing(
    app: Flask, client: Client, anna: Person, store: MemoryStore, broken: str, error: Exception, status: int
) -> None:
    datasets = services_of(app).datasets
    with pytest.MonkeyPatch.context() as patched:
        if broken == "rows":
            _meanwhile(app, patched, lambda: _raise(error))
        else:
            what, name = (datasets.blobs, "put") if broken == "blobs" else (datasets.objects.records, "finish")
            _break(patched, what, name, error)
        assert _add(client, anna, headers={"Idempotency-Key": "key"}).status_code == status
    assert _kept(app, store) == []
    assert _add(client, anna, headers={"Idempotency-Key": "key"}).status_code == 201


def _raise(error: Exception) -> None:
    raise error


# What is in a file comes out again


ODD = {
    "formulas": ["=1+1", "+49 30 1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1"],
    "space": [" x ", "  ", "\u00a0", "a\tb", "\u2028", "\u200b"],
    "quotes": ['"', '""', "'", 'a"b', "a,b", "a\nb", "a\r\nb", "\\", "\\n"],
    "texts that mean something elsewhere": ["NULL", "null", "NaN", "None", "#N/A", "-", "0x1F", "1e5", "007", "١٢"],
    "other scripts": ["Ünï", "собака", "柴犬", "كلب", "\U0001f415", "e\u0301", "\u202eabc", "\ufeffx", "\x7f", "\x01"],
    "markup": ["<script>alert(1)</script>", "&amp;", "%00", "${x}", "{{x}}", "'; DROP TABLE rows; --"],
    "long": ["x" * 50_000, "9" * 400],
}


@pytest.mark.parametrize("name", ODD)
def test_a_value_is_stored_as_it_is(client: Client, anna: Person, name: str) -> None:
    values = ODD[name]
    quoted = [value.replace('"', '""') for value in values]
    made = _add(client, anna, "no,value\n" + "".join(f'{no},"{value}"\n' for no, value in enumerate(quoted)))
    assert made.status_code == 201, made.text
    assert [row["value"] for row in _values(client, anna, made)] == values
    wrong = _add(client, anna, "no,value\n" + "".join(f'{no},"{value}"\n' for no, value in enumerate(quoted)),
                 schema={"no": "integer", "value": {"enum": ["none"]}})  # fmt: skip
    [samples] = [each["samples"] for each in wrong.json["validations"] if each["rule"] == "enum"]
    shown = [value if len(value) <= 200 else f"{value[:200]}…" for value in values]
    assert [sample["value"] for sample in samples] == shown[:10]


NAMES = {
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


@pytest.mark.parametrize("header", NAMES)
def test_every_column_has_a_key_of_its_own(client: Client, anna: Person, header: str) -> None:
    names = NAMES[header]
    made = _add(client, anna, f"{header}\n" + ",".join(map(str, range(len(names)))) + "\n")
    assert [column["name"] for column in made.json["columns"]] == names
    assert _values(client, anna, made) == [{name: str(no) for no, name in enumerate(names)}]
    count = len([name for name in header.split(",") if header.split(",").count(name) > 1]) and 1
    assert (made.json["status"] == "findings") == bool(count or header == "a,a,a_2")


def test_rows_may_be_too_short_and_too_wide(client: Client, anna: Person) -> None:
    made = _add(client, anna, b"a,b,c\n1\n1,2,3,4,5\n1,2,3\n")
    assert _broken(made.json) == {("row_width", None): (2, [2, 3])}
    assert _rows(client, anna, made) == [
        {"line": 2, "valid": False, "values": {"a": "1", "b": "", "c": ""}},
        {"line": 3, "valid": False, "values": {"a": "1", "b": "2", "c": "3"}},
        {"line": 4, "valid": True, "values": {"a": "1", "b": "2", "c": "3"}},
    ]
    assert _see(client, anna, made, "/file").data == b"a,b,c\n1\n1,2,3,4,5\n1,2,3\n"


def test_a_table_may_be_wide(client: Client, anna: Person) -> None:
    names = [f"column {no}" for no in range(1_000)]
    made = _add(client, anna, f"{','.join(names)}\n{','.join(map(str, range(1_000)))}\n")
    assert (made.status_code, len(made.json["columns"])) == (201, 1_000)
    assert _values(client, anna, made) == [{name: str(no) for no, name in enumerate(names)}]
    assert _see(client, anna, made).json == made.json


TEXT = "größe{0}näme\n1,5{0}Ann\n2,5{0}Bén\n"
FORMS: dict[str, tuple[bytes, dict[str, str], str, str]] = {
    "UTF-8": (TEXT.format(";").encode(), {}, ";", "utf-8"),
    "byte-order mark": (TEXT.format(";").encode("utf-8-sig"), {}, ";", "utf-8-sig"),
    "UTF-16": (TEXT.format(";").encode("utf-16"), {}, ";", "utf-16"),
    "tab": (TEXT.format("\t").encode(), {}, "\t", "utf-8"),
    "bar": (TEXT.format("|").encode(), {}, "|", "utf-8"),
    "Latin-1": (TEXT.format(";").encode("latin-1"), {}, ";", "iso-8859-1"),
    "Latin-1, said so": (TEXT.format(";").encode("latin-1"), {"encoding": "Latin1"}, ";", "iso-8859-1"),
    "Windows, said so": (TEXT.format("|").encode("cp1252"), {"encoding": "cp1252"}, "|", "windows-1252"),
    "CRLF": (TEXT.format(";").replace("\n", "\r\n").encode(), {}, ";", "utf-8"),
    "CR": (TEXT.format(";").replace("\n", "\r").encode(), {}, ";", "utf-8"),
    "no line break at the end": (TEXT.format(";").rstrip().encode(), {}, ";", "utf-8"),
    "tab by name": (TEXT.format("\t").encode(), {"delimiter": "tab"}, "\t", "utf-8"),
    "tab escaped": (TEXT.format("\t").encode(), {"delimiter": "\\t"}, "\t", "utf-8"),
    "tab itself": (TEXT.format("\t").encode(), {"delimiter": "\t"}, "\t", "utf-8"),
    "found out": (TEXT.format(";").encode(), {"delimiter": "", "encoding": ""}, ";", "utf-8"),
}


@pytest.mark.parametrize("name", FORMS)
def test_delimiter_and_encoding_are_found_out_or_given(client: Client, anna: Person, name: str) -> None:
    content, fields, delimiter, encoding = FORMS[name]
    made = _add(client, anna, content, headers={}, **fields)
    assert made.status_code == 201, made.text
    assert (made.json["delimiter"], made.json["encoding"]) == (delimiter, encoding)
    assert made.json["status"] == "clean"
    expected = [{"größe": "1,5", "näme": "Ann"}, {"größe": "2,5", "näme": "Bén"}]
    assert _values(client, anna, made) == expected
    assert _see(client, anna, made, "/file").data == content


def test_what_the_delimiter_is_may_be_wrong(client: Client, anna: Person) -> None:
    made = _add(client, anna, "a;b\n1;2\n", delimiter=",")
    assert _values(client, anna, made) == [{"a;b": "1;2"}]


def test_bytes_that_are_no_text_are_found(client: Client, anna: Person) -> None:
    made = _add(client, anna, b"a,b\n1,\xff\n2,x\n", encoding="utf-8")
    assert _broken(made.json) == {("encoding", None): (1, [2])}
    assert _values(client, anna, made)[0] == {"a": "1", "b": "\ufffd"}
    assert _see(client, anna, made, "/file").data == b"a,b\n1,\xff\n2,x\n"


@pytest.mark.parametrize("later", [{}, LATER], ids=["now", "later"])
def test_bytes_that_are_no_text_may_be_in_the_header(
    app: Flask, client: Client, anna: Person, later: dict[str, str]
) -> None:
    made = _add(client, anna, b"a,b\xff\n1,2\n", encoding="utf-8", headers=later)
    assert made.status_code in (201, 202, 422)
    if made.status_code == 202:
        _run(app, made)
        assert _job_of(client, anna, made)["error"] != "Something went wrong here."


# Rows


def test_rows_come_in_pages(client: Client, anna: Person) -> None:
    made = _add(
        client, anna, "n\n" + "".join(f"{'x' if no % 3 else no}\n" for no in range(1, 10)), schema={"n": "integer"}
    )
    url = f"/datasets/{made.json['id']}/rows"
    lines = [row["line"] for row in _rows(client, anna, made)]
    assert lines == list(range(2, 11))
    for query, wanted in (("", lines), ("&valid=true", [4, 7, 10]), ("&valid=false", [2, 3, 5, 6, 8, 9])):
        for limit in (1, 2, 3, 9, 500):
            assert [row["line"] for row in _pages(client, anna, f"{url}?limit={limit}{query}")] == wanted
    page = _see(client, anna, made, "/rows", limit=2, valid="false")
    assert page.headers["Link"] == f'<{url}?limit=2&valid=false&cursor=3>; rel="next"'
    assert "Link" not in _see(client, anna, made, "/rows", limit=9).headers
    assert _rows(client, anna, made, cursor="10") == _rows(client, anna, made, cursor="999999999") == []


@pytest.mark.parametrize(
    ("query", "wrong"),
    [({"cursor": cursor}, ("cursor", "invalid")) for cursor in ("x", "-1", "", "1.5", "1e3", "²", "9" * 20, "1 ", "07")]
    + [({"limit": limit}, None) for limit in ("0", "501", "x", "-1")]
    + [({"valid": valid}, ("valid", "boolean")) for valid in ("yes", "1", "", "True")],
)
def test_a_bad_page_is_refused(client: Client, anna: Person, query: dict[str, str], wrong: Any) -> None:
    made = _add(client, anna)
    answer = _see(client, anna, made, "/rows", **query)
    assert answer.status_code == 422
    assert {field for field, _ in errors_of(answer)} == set(query)
    assert wrong is None or errors_of(answer) == {wrong}


def test_a_bad_cursor_is_refused_before_there_are_rows_too(client: Client, anna: Person) -> None:
    assert _see(client, anna, _add(client, anna, headers=LATER), "/rows", cursor="x").status_code == 422


def test_a_hundred_rows_are_a_page(client: Client, anna: Person) -> None:
    made = _add(client, anna, "n\n" + "".join(f"{no}\n" for no in range(101)))
    assert len(_rows(client, anna, made)) == 100
    assert len(_pages(client, anna, f"/datasets/{made.json['id']}/rows")) == 101


# The file


@pytest.mark.parametrize("name", ["a.csv", "Übersicht 2024.csv", "собака.csv", "../../etc/passwd", 'a"b;c.txt'])
def test_the_file_comes_back_byte_for_byte(client: Client, anna: Person, name: str) -> None:
    content = b'\xef\xbb\xbfa,b\r\n"1\n",\xc3\xa9\r\n\r\n=1+1,'
    made = _send(client, anna, body(NAME, part("file", content, name.replace('"', "%22"))))
    answer = _see(client, anna, made, "/file")
    assert answer.data == content
    assert hashlib.sha256(answer.data).hexdigest() == made.json["sha256"]
    headers = answer.headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Length"] == str(len(content)) == str(made.json["size"])
    assert headers["Content-Disposition"].startswith("attachment; filename=")
    assert unquote(headers["Content-Disposition"].partition("filename*=UTF-8''")[2]) == made.json["filename"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


# Lists


def test_the_newest_comes_first_in_pages(client: Client, anna: Person) -> None:
    made = [_add(client, anna, name=f"{number}").json for number in range(5)]
    _add(client, join(client, "uploader"))
    assert _pages(client, anna, "/datasets?limit=2") == made[::-1]


def test_an_admin_sees_everybody_s(client: Client, anna: Person) -> None:
    root, ben = join(client, role="admin"), join(client, "uploader")
    made = [_add(client, person) for person in (anna, ben, root)]
    assert _list(client, root).json == [each.json for each in made[::-1]]
    assert _list(client, anna).json == [made[0].json]
    for each in made:
        for of_it in ("", "/rows", "/file"):
            assert _see(client, root, each, of_it).status_code == 200
            assert _see(client, anna, each, of_it).status_code == (200 if each is made[0] else 404)
        assert _summary(client, root, each).status_code == 200
    assert _delete(client, anna, made[1]).status_code == 404
    assert _delete(client, root, made[1]).status_code == 204
    assert _list(client, ben).json == []


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": "x"}, {"cursor": "x"}])
def test_a_bad_page_of_the_list_is_refused(client: Client, anna: Person, query: dict[str, Any]) -> None:
    assert _list(client, anna, **query).status_code == 422


@pytest.mark.parametrize("id", [NOBODY, "x", "..", "%00", "a.0"])
def test_what_is_not_there_is_404(client: Client, anna: Person, id: str) -> None:
    for of_it in ("", "/rows", "/file"):
        assert client.get(f"/datasets/{id}{of_it}", headers=anna.headers).status_code == 404
    assert client.post(f"/datasets/{id}/summary", headers=anna.headers).status_code == 404
    assert client.delete(f"/datasets/{id}", headers=anna.headers).status_code == 404


def test_two_uploads_of_one_file_are_two_datasets(app: Flask, client: Client, anna: Person) -> None:
    answers = at_once(lambda _: _add(client_of(app), anna), range(4))
    made = [answer for answer in answers if not isinstance(answer, Exception)]
    assert [answer.status_code for answer in made] == [201] * 4
    assert len({answer.json["id"] for answer in made}) == 4
    assert len({json.dumps(_verdict(answer.json)) for answer in made}) == 1
    for answer in made:
        assert len(_rows(client, anna, answer)) == 2
    assert _delete(client, anna, made[0]).status_code == 204
    assert len(_rows(client, anna, made[1])) == 2
    assert _see(client, anna, made[1], "/file").data == CSV


def test_a_dataset_that_is_still_being_stored_is_nowhere(
    app: Flask, client: Client, anna: Person, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look() -> list[int]:
        [id] = [key for name, key in store._documents if name == "datasets"]
        asking = client_of(app)
        urls = [f"/datasets/{id}{of_it}" for of_it in ("", "/rows", "/file")]
        statuses = [asking.get(url, headers=anna.headers).status_code for url in urls]
        deleted = asking.delete(urls[0], headers=anna.headers).status_code
        return [*statuses, deleted, len(_list(asking, anna).json)]

    sent = body(NAME, part("file", b"a\n" + b"1\n" * 60_000, "a.csv"))
    seen, stream = _meanwhile(app, monkeypatch, look), Halfway(sent, look)
    answer = client.post("/datasets", input_stream=stream, content_length=len(sent), content_type=TYPE,
                         headers=anna.headers)  # fmt: skip
    assert [stream.seen, *seen] == [[404, 404, 404, 404, 0]] * 2
    assert (answer.status_code, answer.json["rows"]) == (201, 60_000)


# The end of a dataset


@pytest.mark.parametrize("later", [{}, LATER], ids=["now", "later"])
def test_a_deleted_dataset_leaves_nothing(
    app: Flask, client: Client, anna: Person, store: MemoryStore, later: dict[str, str]
) -> None:
    made = _add(client, anna, headers=later)
    assert _delete(client, anna, made).status_code == 204
    for of_it in ("", "/rows", "/file"):
        assert _see(client, anna, made, of_it).status_code == 404
    assert _summary(client, anna, made).status_code == 404
    assert _delete(client, anna, made).status_code == 404
    assert _list(client, anna).json == []
    if later:
        assert _job_of(client, anna, made)["status"] == "cancelled"
        _run(app, made)
    assert _kept(app, store) == (["jobs"] if later else [])


def test_a_dataset_deleted_after_its_job_leaves_nothing(
    app: Flask, client: Client, anna: Person, store: MemoryStore
) -> None:
    made = _add(client, anna, headers=LATER)
    _run(app, made)
    assert _delete(client, anna, made).status_code == 204
    assert _kept(app, store) == ["jobs"]
    assert _job_of(client, anna, made)["status"] == "succeeded"


@pytest.mark.parametrize("gone", ["dataset", "user"])
def test_what_is_deleted_while_it_is_checked_leaves_nothing(
    app: Flask, client: Client, anna: Person, store: MemoryStore, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    made = _add(client, anna, headers=LATER)
    url = f"/datasets/{made.json['id']}" if gone == "dataset" else "/user"
    seen = _meanwhile(app, monkeypatch, lambda: client.delete(url, headers=anna.headers).status_code)
    assert _run(app, made) is None
    assert seen == [204]
    assert _kept(app, store) == (["jobs"] if gone == "dataset" else [])


@pytest.mark.parametrize("by", ["themselves", "an admin"])
def test_with_a_user_go_their_datasets(app: Flask, client: Client, anna: Person, store: MemoryStore, by: str) -> None:
    ben = join(client, "uploader")
    kept = _add(client, ben)
    waiting = [_add(client, anna, headers={**LATER, "Idempotency-Key": "key"}), _add(client, anna, headers=LATER)]
    _add(client, anna)
    _run(app, waiting[1])
    headers = anna.headers if by == "themselves" else join(client, "admin").headers
    assert client.delete(anna.at("/users/{id}"), headers=headers).status_code == 204
    assert _run(app, waiting[0]) is None
    assert sorted(_kept(app, store)) == ["datasets", f"datasets/{kept.json['id']}", "packs", "reports"]
    assert _list(client, ben).json == [kept.json]
    assert len(_rows(client, ben, kept)) == 2
    assert _see(client, ben, kept, "/file").data == CSV


def test_a_user_who_goes_while_uploading_leaves_nothing(
    app: Flask, client: Client, anna: Person, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = client_of(app)
    seen = _meanwhile(app, monkeypatch, lambda: asking.delete("/user", headers=anna.headers).status_code)
    assert _add(client, anna).status_code == 503
    assert seen == [204]
    assert _kept(app, store) == []


# Later


def test_who_does_not_want_to_wait_gets_a_job(app: Flask, client: Client, anna: Person) -> None:
    now, made = _add(client, anna), _add(client, anna, headers=LATER)
    assert made.status_code == 202
    assert set(made.json) == {"id", "status", "job"}
    assert made.json["status"] == "processing"
    assert made.headers["Location"] == f"/datasets/{made.json['id']}"
    job = made.json["job"]
    assert (job["kind"], job["status"]) == ("dataset-check", "queued")
    assert made.headers["Link"] == f'</jobs/{job["id"]}>; rel="monitor"'
    assert _job_of(client, anna, made) == job
    shown = _see(client, anna, made)
    unknown: dict[str, Any] = {
        "rows": None,
        "delimiter": None,
        "encoding": None,
        "columns": [],
        "schema": {},
        "validations": [],
    }
    assert _verdict(shown.json) == {**_verdict(now.json), **unknown, "status": "processing"}
    assert shown.headers["Link"] == made.headers["Link"]
    assert _rows(client, anna, made) == []
    assert _see(client, anna, made, "/file").data == CSV
    assert _list(client, anna).json == [shown.json, now.json]
    assert _run(app, made) is None
    done = _see(client, anna, made)
    assert _verdict(done.json) == _verdict(now.json)
    assert {name: done.json[name] for name in OF_ITS_OWN} == {name: shown.json[name] for name in OF_ITS_OWN}
    assert done.headers["ETag"] != shown.headers["ETag"]
    assert done.headers["Link"] == made.headers["Link"]
    assert _rows(client, anna, made) == _rows(client, anna, now)
    job = _job_of(client, anna, made)
    assert (job["status"], job["progress"]) == ("succeeded", 1)
    assert job["result"] == {"dataset_id": made.json["id"], "status": "clean"}


@pytest.mark.parametrize("name", TABLES)
def test_later_the_verdict_is_the_same(app: Flask, client: Client, anna: Person, name: str) -> None:
    for schema in (None, EVERY_RULE):
        asked = {"delimiter": ",", "encoding": "utf-8"}
        if not (schema and name == "other names"):
            now = _add(client, anna, TABLES[name], schema=schema, headers={}, **asked)
            made = _add(client, anna, TABLES[name], schema=schema, headers=LATER, **asked)
            waiting = _see(client, anna, made).json
            assert (waiting["delimiter"], waiting["encoding"]) == (",", "utf-8")
            assert waiting["schema"] == (now.json["schema"] if schema else {})
            _run(app, made)
            assert _verdict(_see(client, anna, made).json) == _verdict(now.json)
            assert _rows(client, anna, made) == _rows(client, anna, now)


@pytest.mark.parametrize(
    "prefer", ["respond-async", "Respond-Async", "wait=10, respond-async", "respond-async,wait=1", "respond-async; x=1"]
)
def test_the_preference_is_read_as_it_is_written(client: Client, anna: Person, prefer: str) -> None:
    answer = _add(client, anna, headers={"Prefer": prefer})
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (202, "respond-async")


@pytest.mark.parametrize("prefer", ["", "respond", "wait=10", "respond-asynchronously", "return=minimal"])
def test_another_preference_is_ignored(client: Client, anna: Person, prefer: str) -> None:
    answer = _add(client, anna, headers={"Prefer": prefer})
    assert answer.status_code == 201
    assert "Preference-Applied" not in answer.headers


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False], ids=["ended", "not ended"])
def test_what_is_large_is_always_for_later(end: str, last: bool) -> None:
    app = build(settings={"sync_rows": 3})
    client = client_of(app)
    anna = join(client, "uploader")
    for rows, status in ((0, 201), (3, 201), (4, 202), (40, 202)):
        content = end.join(["n,m", *(f"{row}," for row in range(rows))]) + (end if last else "")
        made = _add(client, anna, content)
        assert (rows, made.status_code) == (rows, status)
        if status == 202:
            _run(app, made)
        assert _see(client, anna, made).json["rows"] == rows


def test_what_is_large_may_have_line_breaks_of_all_kinds() -> None:
    client = client_of(build(settings={"sync_rows": 3}))
    assert _add(client, join(client, "uploader"), b"n\r\n1\r2\n3\r4\n").status_code == 202


def test_while_rows_are_being_stored_none_is_seen(
    app: Flask, client: Client, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _add(client, anna, headers=LATER)
    before = _see(client, anna, made).json
    seen = _meanwhile(app, monkeypatch, lambda: [_see(client, anna, made).json, _rows(client, anna, made)])
    _run(app, made)
    assert seen == [[before, []]]
    assert len(_rows(client, anna, made)) == 2


def test_what_shows_only_when_it_is_checked_fails_later(
    app: Flask, client: Client, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "MAX_HASHES", 1)
    answer = _add(client, anna)
    assert (answer.status_code, errors_of(answer)) == (422, {("file", "too_many_rows")})
    reason = answer.json["errors"][0]["message"]
    made = _add(client, anna, headers=LATER)
    for _ in range(2):
        assert _run(app, made) is None
        job = _job_of(client, anna, made)
        assert (job["status"], job["attempts"], job["error"]) == ("failed", 1, reason)
        shown = _see(client, anna, made).json
        assert (shown["status"], shown["rows"], shown["validations"]) == ("failed", None, [])
        assert _rows(client, anna, made) == []
        assert _summary(client, anna, made).status_code == 409
        assert _see(client, anna, made, "/file").data == CSV
        _retry(app, made)
        assert _see(client, anna, made).json["status"] == "processing"
    assert _delete(client, anna, made).status_code == 204


def test_a_cancelled_check_fails_and_can_be_tried_again(
    app: Flask, client: Client, anna: Person, store: MemoryStore
) -> None:
    made = _add(client, anna, headers=LATER)
    assert client.delete(f"/jobs/{_job(made)}", headers=anna.headers).status_code == 204
    _run(app, made)
    assert _job_of(client, anna, made)["status"] == "cancelled"
    shown = _see(client, anna, made).json
    assert (shown["status"], shown["rows"]) == ("failed", None)
    assert _summary(client, anna, made).status_code == 409
    assert sorted(_kept(app, store)) == ["datasets", f"datasets/{made.json['id']}", "jobs"]
    _retry(app, made)
    assert _see(client, anna, made).json["status"] == "processing"
    _run(app, made)
    assert _verdict(_see(client, anna, made).json) == _verdict(_add(client, anna).json)
    assert len(_rows(client, anna, made)) == 2


def test_a_check_that_is_cancelled_while_it_runs_fails(
    app: Flask, client: Client, anna: Person, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _add(client, anna, headers=LATER)
    url = f"/jobs/{_job(made)}"
    seen = _meanwhile(app, monkeypatch, lambda: client.delete(url, headers=anna.headers).status_code)
    assert _run(app, made) is None
    assert seen == [204]
    assert _job_of(client, anna, made)["status"] == "cancelled"
    shown = _see(client, anna, made).json
    assert (shown["status"], shown["rows"], _rows(client, anna, made)) == ("failed", None, [])
    assert "packs" not in _kept(app, store)
    _retry(app, made)
    _run(app, made)
    assert _see(client, anna, made).json["rows"] == len(_rows(client, anna, made)) == 2


def test_a_check_that_is_cancelled_and_tried_again_while_it_runs_stores_every_row_once(
    app: Flask, client: Client, anna: Person, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _add(client, anna, headers=LATER)

    def cancel_and_retry() -> None:
        client.delete(f"/jobs/{_job(made)}", headers=anna.headers)
        _retry(app, made)

    _meanwhile(app, monkeypatch, cancel_and_retry)
    for _ in range(2):
        _run(app, made)
    assert _see(client, anna, made).json["rows"] == 2
    assert [row["line"] for row in _rows(client, anna, made)] == [2, 3]
    assert _delete(client, anna, made).status_code == 204
    assert _kept(app, store) == ["jobs"]


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def watched(store: MemoryStore, watch: Watch) -> Flask:
    return build(store, clock=watch)


@pytest.mark.parametrize("error", [Unavailable(), RuntimeError(SECRET)])
def test_a_check_that_broke_off_is_tried_again(
    watched: Flask, watch: Watch, store: MemoryStore, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    client = client_of(watched)
    anna = join(client, "uploader")
    made = _add(client, anna, headers=LATER)
    _meanwhile(watched, monkeypatch, lambda: _raise(error))
    wait = _run(watched, made)
    assert wait
    shown = _see(client, anna, made).json
    assert (shown["status"], shown["rows"], _rows(client, anna, made)) == ("processing", None, [])
    assert "packs" not in _kept(watched, store)
    watch.forward(wait)
    assert _run(watched, made) is None
    assert _see(client, anna, made).json["rows"] == len(_rows(client, anna, made)) == 2
    assert _job_of(client, anna, made)["attempts"] == 2


def test_a_check_that_never_succeeds_fails(watched: Flask, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(watched)
    anna = join(client, "uploader")
    made = _add(client, anna, headers=LATER)
    with monkeypatch.context() as patched:
        _break(patched, services_of(watched).datasets.rows, "append", RuntimeError(SECRET))
        while wait := _run(watched, made):
            watch.forward(wait)
    job = _job_of(client, anna, made)
    assert (job["status"], job["error"]) == ("failed", "Something went wrong here.")
    assert _see(client, anna, made).json["status"] == "failed"
    _retry(watched, made)
    _run(watched, made)
    assert _see(client, anna, made).json["status"] == "clean"


def test_of_two_workers_at_one_check_the_later_counts(
    watched: Flask, watch: Watch, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one was taken for dead, and comes back."""
    client = client_of(watched)
    anna = join(client, "uploader")
    made = _add(client, anna, BAD_EVERYWHERE, headers=LATER)

    def take_over() -> None:
        watch.forward(60)
        _run(watched, made)

    _meanwhile(watched, monkeypatch, take_over)
    _run(watched, made)
    assert _see(client, anna, made).json["rows"] == len(_rows(client, anna, made)) == 9
    assert _job_of(client, anna, made)["status"] == "succeeded"
    packs = [document for (name, _), document in store._documents.items() if name == "packs"]
    assert len({document.fields["set_id"] for document in packs}) == 1


def test_a_dataset_outlives_its_job(app: Flask, client: Client, anna: Person) -> None:
    made = _add(client, anna, headers=LATER)
    _run(app, made)
    before = _see(client, anna, made)
    services_of(app).jobs.jobs.remove(_job(made))
    assert _see(client, anna, made).json == before.json
    assert _delete(client, anna, made).status_code == 204


def test_an_operator_s_job_of_others_is_not_theirs(client: Client, anna: Person) -> None:
    made = _add(client, anna, headers=LATER)
    ben = join(client, "uploader")
    assert client.get(f"/jobs/{_job(made)}", headers=ben.headers).status_code == 404
    assert client.delete(f"/jobs/{_job(made)}", headers=ben.headers).status_code == 404


# The same again: see test_idempotency.py, too


@pytest.mark.parametrize("done", [False, True])
def test_a_repetition_of_what_is_for_later_gets_the_first_answer(
    app: Flask, client: Client, anna: Person, done: bool
) -> None:
    key = {"Idempotency-Key": "key"}
    first = _add(client, anna, headers={**key, **LATER})
    if done:
        _run(app, first)
    for headers in (LATER, {}):
        for path in PATHS:
            again = _add(client, anna, path=path, headers={**key, **headers})
            assert (again.status_code, again.data) == (202, first.data)
            assert all(again.headers[name] == first.headers[name] for name in ("Link", "Location"))
    assert len(_list(client, anna).json) == 1
    assert _add(client, anna, CSV + b"3,Cat\n", headers={**key, **LATER}).status_code == 422
    assert _add(client, anna, name="Others", headers={**key, **LATER}).status_code == 422
    assert _add(client, anna, schema={"id": "integer"}, headers={**key, **LATER}).status_code == 422


def test_a_repetition_has_the_etag_of_the_dataset(client: Client, anna: Person) -> None:
    key = {"Idempotency-Key": "key"}
    first, again = (_add(client, anna, headers=key) for _ in range(2))
    assert (again.status_code, again.data) == (201, first.data)
    shown = _see(client, anna, first)
    assert shown.headers["ETag"] == again.headers["ETag"] == first.headers["ETag"]
    assert shown.json == again.json


def test_what_was_no_csv_file_is_not_remembered(client: Client, anna: Person) -> None:
    key = {"Idempotency-Key": "key"}
    assert _add(client, anna, b"", headers=key).status_code == 422
    assert _add(client, anna, headers=key).status_code == 201


# Summaries


def test_a_summary_says_what_was_found(client: Client, anna: Person) -> None:
    made = _add(client, anna, BAD_EVERYWHERE, schema=EVERY_RULE)
    answer = _summary(client, anna, made)
    assert answer.status_code == 200
    assert set(answer.json) == {"source", "text", "suggested_schema"}
    assert answer.json["source"] == "rules"
    text = answer.json["text"]
    for word in ("9 rows", "6 columns", "1 row (11.1 %)", "“id”", "“mail”", "“code”", "“kind”", "lines 6, 9", "born"):
        assert word in text
    assert answer.json["suggested_schema"].items() >= {"more": {"type": "string"}}.items()
    again = _add(client, anna, BAD_EVERYWHERE, schema=answer.json["suggested_schema"])
    assert again.status_code == 201
    assert _summary(client, anna, made).json == answer.json


@pytest.mark.parametrize("name", TABLES)
def test_a_suggested_schema_can_be_posted_back(client: Client, anna: Person, name: str) -> None:
    made = _add(client, anna, TABLES[name])
    suggested = _summary(client, anna, made).json["suggested_schema"]
    again = _add(client, anna, TABLES[name], schema=suggested)
    assert again.status_code == 201, again.text
    assert again.json["schema"] == suggested
    assert _rows(client, anna, again, valid="false") == _rows(client, anna, made, valid="false")


def test_a_clean_table_is_said_to_be_clean(client: Client, anna: Person) -> None:
    rows = "".join(f"{no},{'ab'[no % 2]}\n" for no in range(120))
    answer = _summary(client, anna, _add(client, anna, "id,kind\n" + rows))
    assert "Nothing is wrong with it." in answer.json["text"]
    assert answer.json["suggested_schema"] == {
        "id": {"type": "integer", "required": True, "unique": True},
        "kind": {"type": "string", "required": True, "enum": ["a", "b"]},
    }


def test_there_is_no_summary_before_there_is_a_report(app: Flask, client: Client, anna: Person) -> None:
    made = _add(client, anna, headers=LATER)
    answer = _summary(client, anna, made)
    assert (answer.status_code, answer.json["detail"]) == (409, "It is being checked.")
    _run(app, made)
    assert _summary(client, anna, made).json == _summary(client, anna, _add(client, anna)).json


@dataclass
class Says:
    """An adviser that says what it is told to."""

    advice: Advice | Exception
    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def advise(self, facts: Mapping[str, Any]) -> Advice:
        self.asked.append(facts)
        if isinstance(self.advice, Exception):
            raise self.advice
        return self.advice


def _advised(app: Flask, adviser: Says) -> None:
    services = services_of(app)
    summary = replace(services.datasets.summary, adviser=adviser)
    app.extensions["portero"] = replace(services, datasets=replace(services.datasets, summary=summary))


def test_an_adviser_writes_the_text(app: Flask, client: Client, anna: Person) -> None:
    adviser = Says(Advice("Fine,\x1b[1m mostly.", {"name": {"type": "string", "pattern": "[A-Z][a-z]+"}}))
    _advised(app, adviser)
    made = _add(client, anna)
    answer = _summary(client, anna, made)
    assert (answer.json["source"], answer.json["text"]) == ("ai", "Fine,[1m mostly.")
    suggested = answer.json["suggested_schema"]
    assert suggested["name"] == {"type": "string", "required": True, "pattern": "[A-Z][a-z]+"}
    assert _add(client, anna, schema=suggested).json["status"] == "clean"
    told = json.dumps(adviser.asked)
    assert not [value for value in ("Anna", "Ben", "a.csv", "Customers", made.json["id"]) if value in told]


@pytest.mark.parametrize(
    "schema", [None, [], "x", {"id": "text"}, {"other": "date"}, {"id": {"max": 0}}, {"a": {"pattern": "("}}]
)
def test_an_adviser_s_schema_is_not_believed(app: Flask, client: Client, anna: Person, schema: object) -> None:
    made = _add(client, anna)
    by_rules = _summary(client, anna, made).json["suggested_schema"]
    _advised(app, Says(Advice("Fine.", schema)))
    assert _summary(client, anna, made).json == {"source": "ai", "text": "Fine.", "suggested_schema": by_rules}


@pytest.mark.parametrize("advice", [Unavailable(SECRET), RuntimeError(SECRET), Advice("", {}), Advice("\x00 \n", {})])
def test_without_advice_the_rules_do(app: Flask, client: Client, anna: Person, advice: Advice | Exception) -> None:
    made = _add(client, anna)
    by_rules = _summary(client, anna, made).json
    adviser = Says(advice)
    _advised(app, adviser)
    assert _summary(client, anna, made).json == by_rules
    assert len(adviser.asked) == 1
