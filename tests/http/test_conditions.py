"""Conditional requests, ranges of downloads, compression, and minor rules of HTTP."""

import gzip
import json
from typing import Any
from unittest.mock import Mock

import brotli
import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from src.infrastructure.stores.memory import MemoryStore
from tests.support.world import Client, Person, build, client_of, errors_of, join, place

RESOURCES = [
    "/user",
    "/users/{id}",
    "/tasks/{id}",
    "/api/dogs/{name}",
    "/api/files/{id}",
    "/datasets/{id}",
    "/jobs/{id}",
]
DOWNLOADS = {"/api/files/{id}/content": b"content", "/datasets/{id}/file": b"id,name\n1,Anna\n2,Ben\n"}
PARTS = {
    "bytes=0-": slice(0, None),
    "bytes=3-": slice(3, None),
    "bytes=2-4": slice(2, 5),
    "bytes=-2": slice(-2, None),
    "bytes=5-9999": slice(5, None),
    "bytes=-99999": slice(None),
}


@pytest.fixture
def anna(client: Client) -> Person:
    return join(client, "uploader")


# Conditions


@pytest.mark.parametrize("path", RESOURCES)
def test_a_delete_with_an_older_etag_is_refused_and_removes_nothing(client: Client, anna: Person, path: str) -> None:
    url = place(client, anna, "DELETE", path)
    stale = client.delete(url, headers={**anna.headers, "If-Match": '"older"'})
    assert (stale.status_code, stale.json["type"]) == (412, "/problems/stale")
    current = client.get(url, headers=anna.headers)
    assert current.status_code == 200
    removed = client.delete(url, headers={**anna.headers, "If-Match": current.headers["ETag"]})
    assert removed.status_code == 204


@pytest.mark.parametrize("tag", ['""', 'W/""', '"', "x", '"", W/"]}u\'q,OB_"', "\xff", ""])
def test_odd_etags_match_nothing(client: Client, anna: Person, tag: str) -> None:
    assert client.delete("/user", headers=anna.headers | {"If-Match": tag}).status_code == 412
    assert client.get("/user", headers=anna.headers | {"If-None-Match": tag}).status_code == 200


def test_a_delete_with_any_etag_is_unconditional(client: Client, anna: Person) -> None:
    url = place(client, anna, "DELETE", "/tasks/{id}")
    assert client.delete(url, headers={**anna.headers, "If-Match": "*"}).status_code == 204


def test_a_task_that_changes_while_it_is_deleted_stays() -> None:
    class Changing(MemoryStore):
        """A store that changes the task after a delete has read it for the second time."""

        reads = 0

        def _get(self, *keys: Any) -> Any:
            found = super()._get(*keys)
            if keys[0].collection.name == "tasks" and self.reads:
                self.reads -= 1
                if not self.reads:
                    client.put(url, json={"completed": True}, headers=ben.headers)
            return found

    store = Changing()
    client = client_of(build(store))
    ben = join(client)
    url = place(client, ben, "DELETE", "/tasks/{id}")
    etag = client.get(url, headers=ben.headers).headers["ETag"]
    store.reads = 2
    assert client.delete(url, headers={**ben.headers, "If-Match": etag}).status_code == 412
    assert client.get(url, headers=ben.headers).json["completed"] is True


@pytest.mark.parametrize("path", [*RESOURCES, *DOWNLOADS, "/openapi.json"])
def test_a_representation_that_the_client_has_is_answered_with_304(client: Client, anna: Person, path: str) -> None:
    url = place(client, anna, "GET", path)
    first = client.get(url, headers=anna.headers)
    etag = first.headers["ETag"]
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        again = client.get(url, headers={**anna.headers, "If-None-Match": known})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    assert client.get(url, headers={**anna.headers, "If-None-Match": '"other"'}).data == first.data


def test_a_file_whose_job_has_changed_is_sent_again(client: Client, anna: Person) -> None:
    url = place(client, anna, "GET", "/api/files/{id}")
    first = client.get(url, headers=anna.headers)
    assert client.delete(f"/jobs/{first.json['job']['id']}", headers=anna.headers).status_code == 204
    again = client.get(url, headers={**anna.headers, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.json["job"]["status"]) == (200, "cancelled")
    known = {**anna.headers, "If-None-Match": again.headers["ETag"]}
    assert client.get(url, headers=known).status_code == 304
    assert client.delete(url, headers={**anna.headers, "If-Match": again.headers["ETag"]}).status_code == 204


def test_if_none_match_has_no_effect_on_changes(client: Client, anna: Person) -> None:
    etag = client.get("/user", headers=anna.headers).headers["ETag"]
    changed = client.put("/user", json={"name": "Ann"}, headers={**anna.headers, "If-None-Match": etag})
    assert (changed.status_code, changed.json["name"]) == (200, "Ann")


# Ranges of downloads


@pytest.mark.parametrize("path", DOWNLOADS)
@pytest.mark.parametrize("range", PARTS)
def test_a_download_can_be_continued(client: Client, anna: Person, path: str, range: str) -> None:
    url, content, part = place(client, anna, "GET", path), DOWNLOADS[path], PARTS[range]
    whole = client.get(url, headers=anna.headers)
    assert (whole.status_code, whole.data, whole.headers["Accept-Ranges"]) == (200, content, "bytes")
    for condition in ({}, {"If-Range": whole.headers["ETag"]}):
        answer = client.get(url, headers={**anna.headers, "Range": range, **condition})
        start = part.indices(len(content))[0]
        assert (answer.status_code, answer.data) == (206, content[part])
        assert answer.headers["Content-Range"] == f"bytes {start}-{start + len(answer.data) - 1}/{len(content)}"
        assert answer.content_length == len(answer.data)
    changed = client.get(url, headers={**anna.headers, "Range": range, "If-Range": '"other"'})
    assert (changed.status_code, changed.data) == (200, content)


def test_a_part_that_does_not_exist_is_refused(client: Client, anna: Person) -> None:
    url = place(client, anna, "GET", "/api/files/{id}/content")
    answer = client.get(url, headers={**anna.headers, "Range": "bytes=7-"})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */7")


@pytest.mark.parametrize("range", ["lines=1-", "items=a-b", "seconds=0.5-2", "x", "", "bytes=0-1,3-4"])
def test_a_range_that_is_none_of_bytes_is_ignored(client: Client, anna: Person, range: str) -> None:
    answer = client.get(place(client, anna, "GET", "/api/files/{id}/content"), headers={**anna.headers, "Range": range})
    assert (answer.status_code, answer.data) == (200, b"content")
    assert "Content-Range" not in answer.headers


# Compression


def encoded(client: Client, url: str, headers: dict[str, str], accepted: str) -> TestResponse:
    """Return the answer without the checks of the test client, which cannot read compressed answers."""
    app = client.application
    checking, app.test_client_class = app.test_client_class, None
    try:
        return app.test_client().get(url, headers={**headers, "Accept-Encoding": accepted}, buffered=True)
    finally:
        app.test_client_class = checking


@pytest.mark.parametrize(("accepted", "name"), [("gzip", "gzip"), ("gzip, deflate, br", "br"), ("gzip, zstd", "zstd")])
def test_long_answers_are_compressed(client: Client, anna: Person, accepted: str, name: str) -> None:
    for _ in range(10):
        place(client, anna, "GET", "/tasks/{id}")
    for url in ("/tasks", "/openapi.json"):
        plain = client.get(url, headers=anna.headers)
        answer = encoded(client, url, anna.headers, accepted)
        assert answer.headers["Content-Encoding"] == name
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert "Accept-Encoding" in plain.headers["Vary"]
        assert len(answer.data) < len(plain.data) / 2
        if name != "zstd":
            unpacked = gzip.decompress(answer.data) if name == "gzip" else brotli.decompress(answer.data)
            assert json.loads(unpacked) == plain.json


@pytest.mark.parametrize("url", ["/docs/guide", "/docs/swagger-ui-bundle.js", "/assets/docs.js"])
def test_pages_and_files_of_the_documentation_are_compressed(client: Client, url: str) -> None:
    plain = client.get(url, buffered=True)
    answer = encoded(client, url, {"Range": "bytes=0-99"}, "gzip")
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "gzip")
    assert gzip.decompress(answer.data) == plain.data
    assert len(answer.data) < len(plain.data) / 1.5
    assert answer.mimetype == plain.mimetype
    if "ETag" in plain.headers:
        for headers in (answer.headers, plain.headers):
            unchanged = encoded(client, url, {"If-None-Match": headers["ETag"]}, "gzip")
            assert (unchanged.status_code, unchanged.data) == (304, b"")


def test_a_file_of_the_documentation_is_compressed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    client, compress = client_of(build()), Mock(wraps=brotli.compress)
    monkeypatch.setattr(brotli, "compress", compress)
    for path in ("/docs/swagger-ui-bundle.js", "/docs/swagger-ui-bundle.js", "/docs/./swagger-ui-bundle.js"):
        answer = encoded(client, path, {}, "br")
        assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "br")
    assert compress.call_count == 1


@pytest.mark.parametrize(
    ("accepted", "name"),
    [
        ("gzip;q=0", None),
        ("gzip; q=0", None),
        ("*;q=0", None),
        ("identity, gzip;q=0.5", None),
        ("br;q=0, gzip; q=0.5", "gzip"),
        ("gzip;q=0, br;q=0, *", "zstd"),
        ("zstd;q=0, br;q=0, *", "gzip"),
        ("gzip;q=1, br;q=0.2", "gzip"),
    ],
)
def test_an_encoding_that_the_client_refuses_is_not_used(client: Client, accepted: str, name: str | None) -> None:
    answer = encoded(client, "/openapi.json", {}, accepted)
    assert (answer.status_code, answer.headers.get("Content-Encoding")) == (200, name)


def test_the_etag_of_a_compressed_answer_names_the_same_revision(client: Client, anna: Person) -> None:
    made = client.post("/tasks", json={"title": "x", "description": "y" * 2000}, headers=anna.headers)
    url = made.headers["Location"]
    etag = encoded(client, url, anna.headers, "gzip").headers["ETag"]
    assert etag != made.headers["ETag"]
    assert encoded(client, url, {**anna.headers, "If-None-Match": etag}, "gzip").status_code == 304
    assert client.put(url, json={"title": "z"}, headers={**anna.headers, "If-Match": etag}).status_code == 200


def test_short_answers_and_answers_with_tokens_are_not_compressed(client: Client, anna: Person) -> None:
    assert "Content-Encoding" not in encoded(client, "/tasks", anna.headers, "gzip").headers
    names = {"username": "n" * 32, "email": "n@example.com", "name": "x" * 100, "last_name": "y" * 100}
    body = {**names, "password": "correct zebra battery"}
    answer = client.post("/api/v1/auth/signup", json=body, headers={"Accept-Encoding": "gzip"})
    assert len(answer.data) > 1024
    assert "Content-Encoding" not in answer.headers


# Minor rules


@pytest.mark.parametrize(("version", "status"), [("HTTP/1.1", 400), ("HTTP/1.0", 200), ("HTTP/2", 200)])
def test_only_http_1_1_needs_a_host(app: Flask, version: str, status: int) -> None:
    environ = {**EnvironBuilder("/health").get_environ(), "SERVER_PROTOCOL": version}
    del environ["HTTP_HOST"]
    body, answered, _ = run_wsgi_app(app, environ)
    assert answered.startswith(f"{status} ")
    assert status == 200 or json.loads(b"".join(body))["detail"] == "Send the header Host."


def test_patch_takes_a_merge_patch_and_put_does_not(client: Client, anna: Person) -> None:
    sent: dict[str, Any] = {
        "data": '{"name": null, "last_name": "Ruiz"}',
        "content_type": "application/merge-patch+json",
    }
    client.put("/user", json={"name": "Anna"}, headers=anna.headers)
    patched = client.patch("/user", headers=anna.headers, **sent)
    assert (patched.status_code, patched.json["name"], patched.json["last_name"]) == (200, None, "Ruiz")
    assert client.put("/user", headers=anna.headers, **sent).status_code == 415


def test_an_empty_cursor_is_the_first_page(client: Client, anna: Person) -> None:
    url = place(client, anna, "GET", "/tasks/{id}")
    assert [f"/tasks/{task['id']}" for task in client.get("/tasks?cursor=", headers=anna.headers).json] == [url]
    assert errors_of(client.get("/tasks?cursor=x", headers=anna.headers)) == {("cursor", "invalid")}


@pytest.mark.parametrize("path", ["/api/dogs/is_adopted", "/api/dogs/is_adopted/"])
def test_allow_lists_only_what_a_reserved_name_takes(client: Client, anna: Person, path: str) -> None:
    assert client.options(path).headers["Allow"] == "GET, HEAD, OPTIONS"
    assert client.open(path, method="TRACE").headers["Allow"] == "GET, HEAD, OPTIONS"
    assert "DELETE" in client.options("/api/dogs/rex").headers["Allow"]
    assert errors_of(client.post(path, headers=anna.headers)) == {("name", "reserved")}


def test_a_replayed_answer_says_so(client: Client, anna: Person) -> None:
    headers = {**anna.headers, "Idempotency-Key": "once"}
    first, again = (client.post("/tasks", json={"title": "x"}, headers=headers) for _ in range(2))
    assert "Idempotent-Replayed" not in first.headers
    assert (again.headers["Idempotent-Replayed"], again.json) == ("true", first.json)


def test_the_document_has_the_aliases_only_on_request(app: Flask, client: Client) -> None:
    short, full = (client.get(url).json["paths"] for url in ("/openapi.json", "/openapi.json?aliases=true"))
    assert "/auth/whoami" not in short
    assert full["/auth/whoami"]["get"]["deprecated"] is True
    assert short["/user"] == full["/user"]
    served = {rule.rule for rule in app.url_map.iter_rules() if " " in rule.endpoint}
    assert set(full) | {"/"} == {path.replace("<", "{").replace(">", "}") for path in served}
