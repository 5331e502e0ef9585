"""Requests about datasets, and helpers that read or compare their answers."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from flask import Flask

from src.application.ports import EncodedRow
from src.infrastructure.stores.memory import MemoryStore
from tests.support.uploading import TYPE, body, part
from tests.support.world import (
    CSV,
    Answer,
    Client,
    Person,
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
UNIQUE_FIELDS = {"id", "file_uri", "created_at"}
UPLOAD_PATHS = ("/datasets", "/files/csv")
MAX_UPLOAD = 1 << 18
ASYNC = {"Prefer": "respond-async"}
SCHEMA_WITH_EVERY_RULE = {
    "id": {"type": "integer", "required": True, "unique": True, "min": 1, "max": 100},
    "mail": "email",
    "code": {"pattern": "[A-Z]{2}"},
    "kind": {"enum": ["a", "b"]},
    "note": "string",
    "born": "date",
}
DEFECTIVE_CSV = """id,mail,code,kind,note,more
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
CSV_FILES = {
    "clean": CSV,
    "findings": DEFECTIVE_CSV.encode(),
    "duplicate names": b"a,a,\n1,2,3\n1,2,3\n",
    "other names": 'größe,имя,名前,"a.b ""c""",$1\n1,2,3,4,5\n'.encode(),
    "no rows": b"a,b\n",
    "one column": b"a\n1\n\n2\n",
    "semicolons": b"a;b\n1,5;2\n3,5;x\n",
}
NAME_PART = part("name", b"Customers")


def upload(
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
    """Upload a file. A ``schema`` that is not a string is encoded as JSON."""
    if schema is not None:
        fields["schema"] = schema if isinstance(schema, str) else json.dumps(schema)
    content = content.encode() if isinstance(content, str) else content
    before = [part(field, value.encode()) for field, value in {"name": "Customers", **fields}.items()]
    sent = body(*before, part("file", content, filename))
    return client.post(path, data=sent, content_type=TYPE, headers={**person.headers, **(headers or {})})


def post_body(client: Client, person: Person, data: bytes, **options: Any) -> Answer:
    return client.post("/datasets", data=data, content_type=TYPE, headers=person.headers, **options)


def get(client: Client, person: Person, made: Answer, path: str = "", **query: Any) -> Answer:
    url = f"/datasets/{made.json['id']}{path}"
    return client.get(url, headers=person.headers, query_string=query)


def get_rows(client: Client, person: Person, made: Answer, **query: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = get(client, person, made, "/rows", **query).json
    return rows


def row_values(client: Client, person: Person, made: Answer) -> list[dict[str, str]]:
    return [row["values"] for row in get_rows(client, person, made)]


def list_datasets(client: Client, person: Person, **query: Any) -> Answer:
    return client.get("/datasets", headers=person.headers, query_string=query)


def delete(client: Client, person: Person, made: Answer) -> Answer:
    return client.delete(f"/datasets/{made.json['id']}", headers=person.headers)


def summarise(client: Client, person: Person, made: Answer, language: str = "en") -> Answer:
    headers = {**person.headers, "Accept-Language": language}
    return client.post(f"/datasets/{made.json['id']}/summary", headers=headers)


def get_all_pages(client: Client, person: Person, url: str) -> list[dict[str, Any]]:
    """Return the items of all pages, following the Link headers."""
    seen: list[dict[str, Any]] = []
    while url:
        answer = client.get(url, headers=person.headers)
        assert answer.status_code == 200
        seen += answer.json
        url = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
    return seen


def job_id(made: Answer) -> str:
    """Return the id of the job that the Link header names."""
    id = made.headers["Link"].removeprefix("</jobs/").removesuffix('>; rel="monitor"')
    assert id.isalnum()
    return id


def get_job(client: Client, person: Person, made: Answer) -> dict[str, Any]:
    job: dict[str, Any] = client.get(f"/jobs/{job_id(made)}", headers=person.headers).json
    return job


def run_job(app: Flask, made: Answer) -> float | None:
    return services_of(app).jobs.runner.run(job_id(made))


def retry_job(app: Flask, made: Answer) -> None:
    services_of(app).jobs.retry(None, job_id(made))


def shared_fields(dataset: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that are equal for all datasets of the same file."""
    return {name: value for name, value in dataset.items() if name not in UNIQUE_FIELDS}


def violations(dataset: dict[str, Any]) -> dict[tuple[str, str | None], tuple[int, list[int]]]:
    """Return by rule and column the number of violations and the lines of the samples."""
    for each in dataset["validations"]:
        assert each["passed"] is (each["count"] == 0)
    return {
        (each["rule"], each["column"]): (each["count"], [sample["row"] for sample in each["samples"]])
        for each in dataset["validations"]
    }


def broken_rules(dataset: dict[str, Any]) -> dict[tuple[str, str | None], tuple[int, list[int]]]:
    return {rule: found for rule, found in violations(dataset).items() if found[0]}


def remaining(app: Flask, store: MemoryStore) -> list[str]:
    """Return the names of all documents and objects that belong to datasets, receipts and jobs."""
    kinds = ("datasets", "reports", "packs", "jobs", "receipts")
    return [name for name, _ in store.documents if name in kinds] + stored_paths(app)


def stored_paths(app: Flask) -> list[str]:
    blobs: Any = services_of(app).datasets.blobs
    return [each["path"] for page in blobs.objects.list() for each in page]


def call_while_storing(app: Flask, patched: pytest.MonkeyPatch, act: Callable[[], object]) -> list[Any]:
    """Call ``act`` once, after the first row is stored. Return the list that receives its result."""
    rows, seen = services_of(app).datasets.rows, list[Any]()
    append = rows.append

    def appending(set_id: str, some: Sequence[EncodedRow]) -> None:
        patched.setattr(rows, "append", append)
        append(set_id, some[:1])
        if not seen:
            seen.append(act())
        append(set_id, some[1:])

    patched.setattr(rows, "append", appending)
    return seen


def make_fail(patched: pytest.MonkeyPatch, what: object, name: str, error: BaseException) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    patched.setattr(what, name, fail)


def raise_error(error: Exception) -> None:
    raise error
