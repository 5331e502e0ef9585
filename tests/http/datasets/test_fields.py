"""The form fields of an upload: the schema, the delimiter, the encoding, the name and the file."""

import pytest
from flask import Flask

from src.infrastructure.stores.memory import MemoryStore
from tests.http.datasets.support import (
    ASYNC,
    MAX_UPLOAD,
    NAME_PART,
    broken_rules,
    list_datasets,
    post_body,
    remaining,
    row_values,
    shared_fields,
    upload,
)
from tests.support.uploading import body, part
from tests.support.world import (
    CSV,
    Client,
    Person,
    errors_of,
)


@pytest.mark.parametrize("schema", ["", "  ", "{}", " { } ", "null"])
def test_an_empty_schema_is_treated_as_absent(client: Client, anna: Person, schema: str) -> None:
    assert shared_fields(upload(client, anna, schema=schema).json) == shared_fields(upload(client, anna).json)


def test_a_type_name_is_short_for_an_object_with_a_type(client: Client, anna: Person) -> None:
    short = upload(client, anna, schema={"id": "integer", "name": "string"})
    long = upload(client, anna, schema={"id": {"type": "integer"}, "name": {}})
    assert short.status_code == 201
    assert shared_fields(short.json) == shared_fields(long.json)
    assert short.json["schema"] == {"id": {"type": "integer"}, "name": {"type": "string"}}


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
    '{"columns": {"a": "date"}, "locale": ["es"]}': {("schema.locale", "locale")},
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
    r'{"a": {"pattern": "[\\pL\\pN]{0,300}z"}}': {("schema.a.pattern", "pattern")},  # RE2's sets need more room
    '{"a": {"enum": []}}': {("schema.a.enum", "enum")},
    '{"a": {"enum": ["x", "x"]}}': {("schema.a.enum", "enum")},
    '{"a": {"type": "integer", "enum": ["x"]}}': {("schema.a.enum", "enum")},
    '{"a": "text", "b": {"min": 1, "enum": 2}, "c": "date"}': {
        ("schema.a.type", "type"),
        ("schema.b.min", "min"),
        ("schema.b.enum", "enum"),
    },
}


@pytest.mark.parametrize("schema", BAD_SCHEMAS)
def test_an_invalid_schema_returns_422_and_stores_nothing(
    app: Flask, client: Client, anna: Person, store: MemoryStore, schema: str
) -> None:
    for headers in ({}, ASYNC):
        answer = upload(client, anna, schema=schema, headers=headers)
        assert (answer.status_code, errors_of(answer)) == (422, BAD_SCHEMAS[schema])
        assert remaining(app, store) == []


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
def test_every_invalid_field_is_named(app: Flask, client: Client, anna: Person, store: MemoryStore, name: str) -> None:
    fields, wrong = BAD_FIELDS[name]
    for headers in ({}, ASYNC):
        answer = upload(client, anna, headers=headers, **fields)
        assert (answer.status_code, errors_of(answer)) == (422, wrong)
        assert remaining(app, store) == []


@pytest.mark.parametrize("encoding", ["klingon", "zlib", "shift_jis", "x" * 10_000, "ü"])
@pytest.mark.parametrize("later", [{}, ASYNC], ids=["now", "later"])
def test_an_unsupported_encoding_returns_422(
    app: Flask, client: Client, anna: Person, store: MemoryStore, encoding: str, later: dict[str, str]
) -> None:
    answer = upload(client, anna, encoding=encoding, headers=later)
    assert answer.status_code == 422
    assert errors_of(answer) == {("encoding", "encoding")}
    assert remaining(app, store) == []


def test_an_unsupported_encoding_is_named_with_the_other_errors(client: Client, anna: Person) -> None:
    answer = upload(client, anna, name="", encoding="klingon")
    assert errors_of(answer) == {("name", "required"), ("encoding", "encoding")}


FILE_PART = part("file", CSV, "a.csv")
REFUSED_BODIES: dict[str, tuple[bytes, int, set[tuple[str, str]]]] = {
    "no part": (body(), 422, {("file", "required"), ("name", "required")}),
    "no file": (body(NAME_PART), 422, {("file", "required")}),
    "a field instead": (body(NAME_PART, part("file", CSV)), 422, {("file", "required")}),
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
    "another file instead": (body(part("data", CSV, "a.csv"), NAME_PART), 422, {("file", "required")}),
    "another file first": (body(part("data", CSV, "a.csv"), FILE_PART, NAME_PART), 422, {("file", "required")}),
    "an encoding that there is not": (
        body(FILE_PART, NAME_PART, part("encoding", b"klingon")),
        422,
        {("encoding", "encoding")},
    ),
    "two wrong, and two files": (body(FILE_PART, part("other", CSV, "b.csv"), NAME_PART), 422, {("other", "repeated")}),
    "no CSV file, and no name": (body(part("file", b"", "a.csv")), 422, {("file", "empty"), ("name", "required")}),
    "no name": (body(FILE_PART), 422, {("name", "required")}),
    "two files": (body(NAME_PART, FILE_PART, part("other", CSV, "b.csv")), 422, {("other", "repeated")}),
    "the same file twice": (body(NAME_PART, FILE_PART, FILE_PART), 422, {("file", "repeated")}),
    "two names": (body(NAME_PART, FILE_PART, NAME_PART), 422, {("name", "repeated")}),
    "no UTF-8": (body(FILE_PART, part("name", b"\xff")), 400, set()),
    "a NUL": (body(FILE_PART, part("name", b"a\0")), 400, set()),
    "cut off": (body(NAME_PART, FILE_PART)[:-10], 400, set()),
    "no multipart": (b"x", 400, set()),
    "too large": (body(NAME_PART, part("file", b"a\n" * MAX_UPLOAD, "a.csv")), 413, set()),
    "a field too large": (body(FILE_PART, part("schema", b" " * (2 << 20))), 413, set()),
}


@pytest.mark.parametrize("name", REFUSED_BODIES)
def test_a_refused_body_stores_nothing(app: Flask, client: Client, anna: Person, store: MemoryStore, name: str) -> None:
    data, status, wrong = REFUSED_BODIES[name]
    answer = post_body(client, anna, data)
    assert answer.status_code == status
    if status == 422:
        assert errors_of(answer) == wrong
        assert len(answer.json["errors"]) == len(wrong)
    assert remaining(app, store) == []
    assert list_datasets(client, anna).json == []


def test_fields_may_come_before_or_after_the_file(client: Client, anna: Person) -> None:
    content = b"a;b\nx;\xe9\n"
    fields = [
        part("name", b"Ann\xc3\xa9"),
        part("schema", b'{"a": "integer"}'),
        part("delimiter", b";"),
        part("encoding", b"iso-8859-1"),
    ]
    file = part("file", content, "a.csv", "Content-Type: text/csv")
    verdicts = []
    for order in ([*fields, file], [file, *fields], [*fields[:2], file, *fields[2:]]):
        made = post_body(client, anna, body(*order))
        assert made.status_code == 201, made.text
        verdicts.append(shared_fields(made.json))
    assert verdicts[0] == verdicts[1] == verdicts[2]
    assert verdicts[0]["name"] == "Anné"
    assert broken_rules(verdicts[0]) == {("type", "a"): (1, [2])}
    assert row_values(client, anna, made) == [{"a": "x", "b": "é"}]


def test_a_field_may_have_a_filename(client: Client, anna: Person) -> None:
    schema = part("schema", b'{"a": "integer"}', "schema.json", "Content-Type: application/json")
    made = post_body(client, anna, body(schema, part("file", b"a\nx\n", "a.csv"), part("name", b"Ann", "name.txt")))
    assert (made.status_code, broken_rules(shared_fields(made.json))) == (201, {("type", "a"): (1, [2])})


def test_an_empty_body_without_a_media_type_names_the_required_fields(client: Client, anna: Person) -> None:
    answer = client.post("/datasets", headers=anna.headers)
    assert (answer.status_code, errors_of(answer)) == (422, {("file", "required"), ("name", "required")})


def test_unknown_fields_are_ignored(client: Client, anna: Person) -> None:
    made = upload(client, anna, id="mine", user_id="mine", status="failed", rows="9", created_at="2000-01-01")
    assert made.json["id"] != "mine"
    assert shared_fields(made.json) == shared_fields(upload(client, anna).json)


def test_a_file_of_the_maximum_size_is_accepted(client: Client, anna: Person) -> None:
    values = ["x" * 131_000, "y" * 131_000, "z" * (MAX_UPLOAD - 262_004)]
    content = "\n".join(["a", *values])
    made = upload(client, anna, content)
    assert (made.status_code, made.json["size"]) == (201, MAX_UPLOAD)
    assert row_values(client, anna, made) == [{"a": value} for value in values]  # none is cut
    assert upload(client, anna, content + "z").status_code == 413
