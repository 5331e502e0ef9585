"""The report of an uploaded file. tests/contract/csv has the details of each rule."""

import hashlib
import json
from typing import Any

import pytest
from flask import Flask

from src.domain.csv import SUSPICIONS
from tests.http.datasets.support import (
    CSV_FILES,
    DEFECTIVE_CSV,
    FIELDS,
    SCHEMA_WITH_EVERY_RULE,
    UPLOAD_PATHS,
    broken_rules,
    delete,
    get,
    get_rows,
    list_datasets,
    row_values,
    shared_fields,
    upload,
    violations,
)
from tests.support.races import at_once
from tests.support.world import (
    CSV,
    Client,
    Person,
    client_of,
    services_of,
)


@pytest.mark.parametrize("path", UPLOAD_PATHS)
def test_an_upload_answers_with_the_whole_report(client: Client, anna: Person, path: str) -> None:
    made = upload(client, anna, path=path, filename="people.csv")
    id = made.json["id"]
    rules = dict.fromkeys(("min", "max", "pattern", "enum"))
    bare = {"unique": False, **rules, **dict.fromkeys(("format", "decimal", "thousands", "true", "false", "allow"))}
    kept = {"severity": "error", "passed": True, "count": 0, "samples": []}
    suspicions = {
        None: ["near_duplicate_row", "summary_row", "empty_row"],
        "id": ["blanks", "error_value", "scientific", "mixed_format", "out_of_range"],
        "name": ["blanks", "error_value", "mojibake", "scientific", "spelling"],
    }
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
            {"name": "id", "type": "integer", "required": None, **bare},
            {"name": "name", "type": "string", "required": None, **bare},
        ],
        "schema": {"id": {"type": "integer"}, "name": {"type": "string"}},
        "status": "clean",
        "validations": [
            {"rule": "header", "column": None, **kept},
            {"rule": "row_width", "column": None, **kept},
            {"rule": "encoding", "column": None, **kept},
            {"rule": "duplicate_row", "column": None, **kept},
            *({"rule": rule, "column": None, **kept, "severity": "warning"} for rule in suspicions[None]),
            {"rule": "not_empty", "column": "id", **kept, "severity": "warning"},
            {"rule": "type", "column": "id", **kept},
            *({"rule": rule, "column": "id", **kept, "severity": "warning"} for rule in suspicions["id"]),
            {"rule": "not_empty", "column": "name", **kept, "severity": "warning"},
            {"rule": "type", "column": "name", **kept},
            *({"rule": rule, "column": "name", **kept, "severity": "warning"} for rule in suspicions["name"]),
        ],
        "created_at": made.json["created_at"],
    }
    assert made.json["created_at"].endswith("Z")
    assert made.headers["Location"] == f"/datasets/{id}"
    assert "Link" not in made.headers
    shown = get(client, anna, made)
    assert shown.json == made.json
    assert shown.headers["ETag"] == made.headers["ETag"]
    assert list_datasets(client, anna).json == [made.json]
    assert get_rows(client, anna, made) == [
        {"line": 2, "valid": True, "values": {"id": "1", "name": "Anna"}, "normalised": {}, "findings": []},
        {"line": 3, "valid": True, "values": {"id": "2", "name": "Ben"}, "normalised": {}, "findings": []},
    ]


@pytest.mark.parametrize(
    ("url", "uri"), [("s3://bucket", "s3://bucket/"), ("gs://bucket/some/prefix", "gs://bucket/some/prefix/")]
)
def test_file_uri_names_the_bucket_and_the_object(
    app: Flask, client: Client, anna: Person, monkeypatch: pytest.MonkeyPatch, url: str, uri: str
) -> None:
    from src.infrastructure.blobs import make_blobs

    monkeypatch.setattr(services_of(app).datasets.blobs, "uri", make_blobs(url).uri)
    made = upload(client, anna)
    assert made.json["file_uri"] == f"{uri}datasets/{made.json['id']}"


def test_the_report_lists_every_rule_with_its_violations(client: Client, anna: Person) -> None:
    made = upload(client, anna, DEFECTIVE_CSV, schema=SCHEMA_WITH_EVERY_RULE)
    assert made.status_code == 201
    assert (made.json["status"], made.json["rows"]) == ("findings", 9)
    assert {place: found for place, found in violations(made.json).items() if place[0] not in SUSPICIONS} == {
        ("header", None): (1, [1]),  # the column "born" is missing
        ("row_width", None): (2, [10, 11]),
        ("encoding", None): (0, []),
        ("duplicate_row", None): (1, [9]),
        ("not_empty", "id"): (1, [5]),
        ("type", "id"): (1, [3]),
        ("unique", "id"): (2, [6, 9]),
        ("min", "id"): (1, [7]),
        ("max", "id"): (1, [8]),
        ("not_empty", "mail"): (0, []),
        ("type", "mail"): (1, [3]),
        ("not_empty", "code"): (0, []),
        ("type", "code"): (0, []),
        ("pattern", "code"): (1, [3]),
        ("not_empty", "kind"): (0, []),
        ("type", "kind"): (0, []),
        ("enum", "kind"): (1, [3]),
        ("not_empty", "note"): (0, []),
        ("type", "note"): (0, []),
        ("type", "more"): (0, []),
    }
    samples = {(each["rule"], each["column"]): each["samples"] for each in made.json["validations"]}
    assert [sample["value"] for sample in samples["header", None]] == ["missing: born"]
    assert samples["type", "id"] == [{"row": 3, "value": "x"}]
    assert samples["max", "id"] == [{"row": 8, "value": "101"}]
    assert samples["duplicate_row", None] == [{"row": 9, "value": "1,ann@example.com,AB,a,x,"}]
    assert [column["name"] for column in made.json["columns"]] == ["id", "mail", "code", "kind", "note", "more"]
    assert set(made.json["schema"]) == set(SCHEMA_WITH_EVERY_RULE)
    assert [row["line"] for row in get_rows(client, anna, made, valid="true")] == [2]
    assert [row["line"] for row in get_rows(client, anna, made, valid="false")] == [3, 5, 6, 7, 8, 9, 10, 11]


def test_a_rule_has_at_most_ten_samples(client: Client, anna: Person) -> None:
    made = upload(
        client,
        anna,
        "id,no\n" + "".join(f"{no},x{no}\n" for no in range(30)),
        schema={"id": "integer", "no": "integer"},
    )
    assert violations(made.json)["type", "no"] == (30, list(range(2, 12)))
    [samples] = [each["samples"] for each in made.json["validations"] if each["count"]]
    assert [sample["value"] for sample in samples] == [f"x{no}" for no in range(10)]


def test_rows_have_the_line_numbers_of_the_file(client: Client, anna: Person) -> None:
    """The header may span several lines, and blank lines are not rows."""
    made = upload(
        client, anna, '\n"id\nof it",n\r\n1,a\r\n\r\n"2\n\n",b\n3,"c""\nd"\nx,e', schema={"id\nof it": "integer"}
    )
    assert [row["line"] for row in get_rows(client, anna, made)] == [4, 6, 9, 11]
    assert violations(made.json)["type", "id\nof it"] == (1, [11])
    assert violations(made.json)["blanks", "id\nof it"] == (1, [6])
    assert row_values(client, anna, made)[1:3] == [{"id\nof it": "2\n\n", "n": "b"}, {"id\nof it": "3", "n": 'c"\nd'}]


def test_a_warning_leaves_the_row_valid_and_the_status_is_findings(client: Client, anna: Person) -> None:
    made = upload(client, anna, "id,name\n1,Anna\n2,\n")
    assert made.json["status"] == "findings"
    assert broken_rules(made.json) == {("not_empty", "name"): (1, [3])}
    [broken] = [each for each in made.json["validations"] if not each["passed"]]
    assert (broken["severity"], broken["samples"]) == ("warning", [{"row": 3, "value": ""}])
    assert [row["line"] for row in get_rows(client, anna, made, valid="true")] == [2, 3]


def test_empty_cells_of_a_column_with_required_false_leave_the_dataset_clean(client: Client, anna: Person) -> None:
    schema = {"id": {"type": "integer", "required": True}, "name": {"type": "string", "required": False}}
    made = upload(client, anna, "id,name\n1,Anna\n2,\n", schema=schema)
    assert (made.json["status"], made.json["schema"]) == ("clean", schema)
    assert [column["required"] for column in made.json["columns"]] == [True, False]


def test_every_type_is_inferred_and_every_rule_is_in_the_columns(client: Client, anna: Person) -> None:
    types = ["string", "integer", "number", "boolean", "date", "datetime", "email"]
    values = ["x", "1", "1.5", "true", "2024-02-29", "2024-02-29T12:00:00Z", "a@example.com"]
    made = upload(client, anna, f"{','.join(types)}\n{','.join(values)}\n")
    assert {column["name"]: column["type"] for column in made.json["columns"]} == {name: name for name in types}
    asked: dict[str, dict[str, Any]] = {
        "string": {"type": "string", "required": True, "unique": True, "pattern": "[a-z]", "enum": ["x", "y"]},
        "integer": {"type": "integer", "min": -1, "max": 1},
        "number": {"type": "number", "min": 0.5, "max": 2},
        "date": {"type": "date", "min": "2024-01-01", "max": "2024-12-31"},
    }
    made = upload(client, anna, f"{','.join(types)}\n{','.join(values)}\n", schema=asked)
    assert made.json["schema"] == asked
    shown = {column["name"]: column for column in made.json["columns"]}
    for name, rules in asked.items():
        assert {rule: shown[name][rule] for rule in rules} == rules
    assert made.json["status"] == "clean"


@pytest.mark.parametrize("name", CSV_FILES)
def test_uploading_with_the_inferred_schema_gives_the_same_report(client: Client, anna: Person, name: str) -> None:
    first = upload(client, anna, CSV_FILES[name])
    again = upload(client, anna, CSV_FILES[name], schema=first.json["schema"])
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json["schema"] == first.json["schema"]
    if name != "duplicate names":  # the schema does not remove the duplicate names
        warned = {"not_empty", "mostly_type"}  # warnings that depend on whether there is a schema

        def report(dataset: dict[str, Any]) -> dict[str, Any]:
            results = [each for each in dataset["validations"] if each["rule"] not in warned]
            return {**shared_fields(dataset), "validations": results}

        assert report(again.json) == report(first.json)
    assert get_rows(client, anna, again) == get_rows(client, anna, first)


def test_concurrent_uploads_of_one_file_make_separate_datasets(app: Flask, client: Client, anna: Person) -> None:
    answers = at_once(lambda _: upload(client_of(app), anna), range(4))
    made = [answer for answer in answers if not isinstance(answer, Exception)]
    assert [answer.status_code for answer in made] == [201] * 4
    assert len({answer.json["id"] for answer in made}) == 4
    assert len({json.dumps(shared_fields(answer.json)) for answer in made}) == 1
    for answer in made:
        assert len(get_rows(client, anna, answer)) == 2
    assert delete(client, anna, made[0]).status_code == 204
    assert len(get_rows(client, anna, made[1])) == 2
    assert get(client, anna, made[1], "/file").data == CSV
