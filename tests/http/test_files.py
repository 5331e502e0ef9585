"""Files over HTTP. test_uploads_parsing.py tests how multipart bodies are parsed."""

import hashlib
import io
import os
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask

from src.domain.errors import NotFound
from src.infrastructure.stores.memory import MemoryStore
from tests.support.uploading import TYPE, body, part
from tests.support.world import Answer, Client, Halfway, Person, build, client_of, errors_of, join, services_of

FIELDS = {"id", "filename", "content_type", "size", "sha256", "created_at", "job"}
MAX = 1 << 20


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def app(store: MemoryStore) -> Flask:
    return build(store, max_upload_bytes=MAX)


def _send(client: Client, person: Person, *parts: bytes) -> Answer:
    return client.post("/api/files", data=body(*parts), content_type=TYPE, headers=person.headers)


def _add(client: Client, person: Person, content: bytes = b"content", name: str = "a.txt", **fields: str) -> Answer:
    before = (part(field, value.encode()) for field, value in fields.items())
    return _send(client, person, *before, part("file", content, name, "Content-Type: application/pdf"))


def _list(client: Client, person: Person, **query: Any) -> Answer:
    return client.get("/api/files", headers=person.headers, query_string=query)


def _content(client: Client, person: Person, made: Answer) -> Answer:
    return client.get(f"/api/files/{made.json['id']}/content", headers=person.headers)


def _kept(store: MemoryStore) -> list[str]:
    """Return the collections of the documents that are left of files, their requests and their jobs."""
    return [name for name, _ in store.documents if name in ("files", "jobs", "receipts")]


# One file


def test_an_upload_returns_202_with_the_job_that_relays_the_file(client: Client, anna: Person) -> None:
    made = _add(client, anna, b"content", "report.pdf")
    assert made.status_code == 202
    assert set(made.json) == FIELDS
    assert (made.json["filename"], made.json["content_type"]) == ("report.pdf", "application/pdf")
    assert (made.json["size"], made.json["sha256"]) == (7, hashlib.sha256(b"content").hexdigest())
    assert made.json["created_at"].endswith("Z")
    assert made.headers["Location"] == f"/api/files/{made.json['id']}"
    job = made.json["job"]
    assert (job["kind"], job["status"], job["progress"]) == ("file-relay", "queued", 0)
    assert made.headers["Link"] == f'</jobs/{job["id"]}>; rel="monitor"'
    assert client.get(f"/jobs/{job['id']}", headers=anna.headers).json == job
    assert client.get(made.headers["Location"], headers=anna.headers).json == made.json
    assert _list(client, anna).json == [made.json]


@pytest.mark.parametrize("content", [b"", b"x", b"\r\n--x--\r\n", b"\0" * 1000, bytes(range(256)) * 100])
def test_the_content_is_downloaded_byte_for_byte(client: Client, anna: Person, content: bytes) -> None:
    made = _add(client, anna, content)
    assert (made.status_code, made.json["size"]) == (202, len(content))
    answer = _content(client, anna, made)
    assert answer.data == content
    assert answer.headers["Content-Length"] == str(len(content))


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "application/javascript", "nonsense", ""])
def test_a_download_has_headers_that_prevent_rendering(client: Client, anna: Person, media_type: str) -> None:
    made = _send(client, anna, part("file", b"<script>", "x.html", f"Content-Type: {media_type}"))
    known = media_type if "/" in media_type else "application/octet-stream"
    assert made.json["content_type"] == known
    headers = _content(client, anna, made).headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith('attachment; filename="x.html"')
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


NAMES = {
    "a": "a",
    ".bashrc": "bashrc",
    "archive.tar.gz": "archive.tar.gz",
    "run.exe": "run.exe",
    "x.PHP": "x.PHP",
    "Ünal.txt": "Ünal.txt",
    "собака.jpg": "собака.jpg",
    "柴犬.png": "柴犬.png",
    "\U0001f415.gif": "\U0001f415.gif",
    "../../etc/passwd": "passwd",
    "C:\\\\temp\\\\x.txt": "x.txt",
    "a\x00b.txt": "ab.txt",
    "a\tb.txt": "a b.txt",
    "..": "file",
    " ": "file",
    "x" * 300 + ".pdf": "x" * 251 + ".pdf",
    "a;b=c.txt": "a;b=c.txt",
    "%0d%0a.txt": "%0d%0a.txt",
}


@pytest.mark.parametrize(("sent", "kept"), NAMES.items())
def test_unsafe_parts_of_a_filename_are_removed(client: Client, anna: Person, sent: str, kept: str) -> None:
    made = _send(client, anna, part("file", b"x", sent))
    assert (made.status_code, made.json["filename"]) == (202, kept)
    disposition = _content(client, anna, made).headers["Content-Disposition"]
    assert unquote(disposition.partition("filename*=UTF-8''")[2]) == kept


@pytest.mark.parametrize("name", ["a\r\nSet-Cookie: x=y\r\n.txt", "a\nb.txt", "a\rb.txt"])
def test_a_line_break_in_a_filename_reaches_no_header(client: Client, anna: Person, name: str) -> None:
    """A raw line break ends the heading of the part; one that is encoded as in RFC 8187 is removed from the name."""
    raw = _send(client, anna, part("file", b"x", name))
    assert raw.status_code in (202, 400, 422)
    escaped = name.replace("\r", "%0D").replace("\n", "%0A").replace(" ", "%20")
    disposition = f"Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''{escaped}"
    made = _send(client, anna, f"{disposition}\r\n\r\nx".encode())
    assert made.status_code == 202
    for answer in [each for each in (raw, made) if each.status_code == 202]:
        headers = _content(client, anna, answer).headers
        assert "Set-Cookie" not in headers
        assert not {"\r", "\n"} & {*answer.json["filename"], *headers["Content-Disposition"]}


# What is refused leaves nothing


def test_a_file_of_the_maximum_size_is_accepted(client: Client, anna: Person) -> None:
    content = os.urandom(MAX)
    made = _add(client, anna, content)
    assert made.json["size"] == MAX
    assert _content(client, anna, made).data == content


@pytest.mark.parametrize("size", [MAX + 1, MAX + (4 << 20)])
@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
def test_a_file_above_the_maximum_size_returns_413(
    client: Client, anna: Person, store: MemoryStore, size: int, declared: bool
) -> None:
    sent = body(part("file", b"x" * size, "a.txt"))
    chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    answer = client.post(
        "/api/files",
        input_stream=io.BytesIO(sent),
        content_length=len(sent) if declared else None,
        content_type=TYPE,
        headers=anna.headers,
        environ_overrides={} if declared else chunked,
    )
    assert answer.status_code == 413
    assert _kept(store) == []


FILE = part("file", b"x", "a.txt")
REFUSED = {
    "no part": (body(), 422),
    "no file": (body(part("name", b"x")), 422),
    "a field instead": (body(part("file", b"x")), 422),
    "another name": (body(part("picture", b"x", "a.txt")), 422),
    "no filename": (body(part("file", b"x", "")), 422),
    "two files": (body(FILE, part("other", b"x", "b.txt")), 422),
    "the same twice": (body(FILE, FILE), 422),
    "cut off": (body(FILE)[:-10], 400),
    "no multipart": (b"x", 400),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_upload_stores_nothing(client: Client, anna: Person, store: MemoryStore, name: str) -> None:
    data, status = REFUSED[name]
    answer = client.post("/api/files", data=data, content_type=TYPE, headers=anna.headers)
    assert answer.status_code == status
    assert status != 422 or len(errors_of(answer)) == 1
    assert _kept(store) == []
    assert _list(client, anna).json == []


# Lists


def test_admins_see_the_files_of_all_users(client: Client, anna: Person) -> None:
    root = join(client, role="admin")
    made = [_add(client, person).json for person in (anna, join(client))]
    assert _list(client, root).json == made[::-1]
    assert _list(client, anna).json == made[:1]


# The end of a file


def test_deleting_a_file_cancels_its_job_and_deletes_its_content(app: Flask, client: Client, anna: Person) -> None:
    made = _add(client, anna)
    assert client.delete(made.headers["Location"], headers=anna.headers).status_code == 204
    for url in (made.headers["Location"], f"{made.headers['Location']}/content"):
        assert client.get(url, headers=anna.headers).status_code == 404
    assert client.delete(made.headers["Location"], headers=anna.headers).status_code == 404
    assert _list(client, anna).json == []
    job = client.get(f"/jobs/{made.json['job']['id']}", headers=anna.headers).json
    assert job["status"] == "cancelled"
    with pytest.raises(NotFound):
        services_of(app).files.blobs.read(f"files/{made.json['id']}")


def test_a_file_remains_when_its_job_is_removed(app: Flask, client: Client, anna: Person) -> None:
    made = _add(client, anna)
    services_of(app).jobs.jobs.remove(made.json["job"]["id"])
    assert client.get(made.headers["Location"], headers=anna.headers).json == {**made.json, "job": None}
    assert _list(client, anna).json == [{**made.json, "job": None}]
    assert _content(client, anna, made).data == b"content"


def test_a_file_that_is_still_being_stored_returns_404(client: Client, anna: Person, store: MemoryStore) -> None:
    sent = body(part("file", b"x" * 200_000, "a.txt"))

    def look() -> list[int]:
        [id] = [key for name, key in store.documents if name == "files"]
        asking = client_of(client.application)
        urls = (f"/api/files/{id}", f"/api/files/{id}/content")
        statuses = [asking.get(url, headers=anna.headers).status_code for url in urls]
        return [*statuses, asking.delete(urls[0], headers=anna.headers).status_code, len(_list(asking, anna).json)]

    stream = Halfway(sent, look)
    answer = client.post(
        "/api/files", input_stream=stream, content_length=len(sent), content_type=TYPE, headers=anna.headers
    )
    assert stream.seen == [404, 404, 404, 0]
    assert answer.status_code == 202
