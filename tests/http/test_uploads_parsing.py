"""Parsing of multipart/form-data from correct, broken and hostile clients; and downloads."""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any
from unicodedata import normalize

import pytest
from flask import Flask, Response, json
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.exceptions import BadRequest
from werkzeug.test import TestResponse

from src.interfaces.filenames import safe_filename
from src.interfaces.framework.downloads import attachment
from src.interfaces.framework.uploads import Upload, UploadBody
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.operations import Feature, Operation
from src.interfaces.http.openapi import describe
from tests.support.uploading import BOUNDARY, CUT_OFF, TYPE, body, create_app, part

MAX = 100_000
APP = create_app(MAX)
MIB = 1 << 20
DELIMITER = b"--" + BOUNDARY.encode()
FILE = part("file", b"content", "a.txt", "Content-Type: text/plain")


class Pieces:
    """A stream that is read in exactly these pieces, and counts the bytes that were read."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._left = b""
        self.taken = 0

    def read(self, size: int) -> bytes:
        piece = self._left or next(self._pieces, b"")
        piece, self._left = piece[:size], piece[size:]
        self.taken += len(piece)
        return piece


def post(data: bytes, content_type: str = TYPE, path: str = "/files", app: Flask = APP, **options: Any) -> TestResponse:
    return app.test_client().post(path, data=data, content_type=content_type, **options)


def arriving(pieces: Iterable[bytes] | Pieces, length: int | None = None) -> dict[str, Any]:
    """Return the environment that gunicorn makes for a body in these pieces. Without ``length`` the body is chunked."""
    stream = pieces if isinstance(pieces, Pieces) else Pieces(filter(None, pieces))
    framing = {"HTTP_TRANSFER_ENCODING": "chunked"} if length is None else {"CONTENT_LENGTH": str(length)}
    return {"wsgi.input": stream, "wsgi.input_terminated": True, "CONTENT_TYPE": TYPE, **framing}


def post_pieces(pieces: Iterable[bytes] | Pieces, length: int | None = None) -> TestResponse:
    return APP.test_client().post("/files", environ_overrides=arriving(pieces, length))


def answer_of(response: TestResponse) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.get_json()
    return found


def refused(response: TestResponse) -> tuple[int, Any]:
    """Return the status, and the invalid fields or the detail."""
    problem = response.get_json()
    assert response.content_type == "application/problem+json"
    if "errors" in problem:
        return response.status_code, [(error["field"], error["code"]) for error in problem["errors"]]
    return response.status_code, problem["detail"]


def test_a_file_can_stand_between_fields() -> None:
    sent = body(part("name", "Änne".encode()), part("empty"), FILE, part("columns", b'{"a": 1}'))
    assert answer_of(post(sent)) == {
        "filename": "a.txt",
        "content_type": "text/plain",
        "size": 7,
        "sha256": hashlib.sha256(b"content").hexdigest(),
        "before": {"name": "Änne", "empty": ""},
        "fields": {"name": "Änne", "empty": "", "columns": '{"a": 1}'},
    }


def test_an_empty_file_is_accepted() -> None:
    assert answer_of(post(body(part("file", b"", "empty.txt"))))["size"] == 0


def test_a_file_can_be_larger_than_a_json_body() -> None:
    assert answer_of(post(body(part("file", bytes(2 * MIB), "big")), app=create_app()))["size"] == 2 * MIB


def test_content_that_the_handler_does_not_read_is_skipped() -> None:
    sent = body(part("file", bytes(MAX), "a"), part("after", b"1"))
    assert answer_of(post(sent, path="/unread")) == {"fields": {"after": "1"}}


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [part("name", b"x")],
        [part("file", b"content")],
        [part("file", b"", "")],  # sent by browsers when no file was chosen
        [part("other", b"content", "a.txt")],
        [part("other", b"", ""), FILE],
    ],
)
def test_a_body_without_a_file_returns_422(parts: list[bytes]) -> None:
    assert refused(post(body(*parts))) == (422, [("file", "required")])


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ([FILE, FILE], "file"),
        ([FILE, part("file", b"text")], "file"),
        ([FILE, part("other", b"", "b.txt")], "other"),
        ([FILE, part("other", b"", "")], "other"),
        ([part("a"), part("a"), FILE], "a"),
        ([part("a"), FILE, part("a")], "a"),
    ],
)
def test_a_repeated_part_returns_422(parts: list[bytes], field: str) -> None:
    assert refused(post(body(*parts))) == (422, [(field, "repeated")])


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "application/x-www-form-urlencoded",
        f"multipart/mixed; boundary={BOUNDARY}",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        f"multipart/form-data; boundary={'b' * 101}",
        'multipart/form-data; boundary="b "',
        'multipart/form-data; boundary="b\u00e9"',
        'multipart/form-data; boundary="{b}"',
    ],
)
def test_another_media_type_returns_415(content_type: str) -> None:
    sentence = "Send the file as multipart/form-data, with the boundary in the Content-Type."
    assert refused(post(body(FILE), content_type)) == (415, sentence)


def test_encoded_bodies_and_parts_are_refused() -> None:
    status, sentence = refused(post(body(FILE), headers={"Content-Encoding": "gzip"}))
    assert (status, sentence) == (415, "Send the body as it is, without a Content-Encoding.")
    status, sentence = refused(post(body(part("file", b"YQ==", "a", "Content-Transfer-Encoding: Base64"))))
    assert (status, sentence) == (415, "Send each part as it is, without a Content-Transfer-Encoding.")
    assert answer_of(post(body(part("file", b"a", "a", "Content-Transfer-Encoding: BINARY"))))["size"] == 1


def test_a_body_truncated_anywhere_returns_400() -> None:
    whole = body(part("a", b"1"), FILE, part("b", b"2"), end=b"--")
    for end in range(len(whole)):
        for response in (
            post_pieces([whole[:end]]),
            post_pieces([whole[:end]], len(whole)),
            post_pieces([whole[:end]], end),
        ):
            assert refused(response) == (400, CUT_OFF), whole[:end]
    assert answer_of(post_pieces([whole]))["size"] == 7


def test_a_body_shorter_than_declared_returns_400_despite_its_final_boundary() -> None:
    whole = body(FILE)
    response = post_pieces([whole], len(whole) + 1)
    assert refused(response) == (400, CUT_OFF)


@pytest.mark.parametrize("error", [ValueError, OSError, RuntimeError, EOFError, BadRequest])
def test_any_error_while_reading_counts_as_a_lost_client(error: type[Exception]) -> None:
    def pieces() -> Iterator[bytes]:
        yield body(FILE)[:-30]
        raise error("at 0x7f")

    assert refused(post_pieces(pieces())) == (400, CUT_OFF)


@pytest.mark.parametrize(
    "sent",
    [
        body(b"Content-Type: text/plain\r\n\r\nx"),
        body(b"\r\nx"),
        body(b"Content-Disposition: form-data\r\n\r\nx"),
        body(b'Content-Disposition: form-data; name=""\r\n\r\nx'),
        body(b'Content-Disposition: attachment; name="file"; filename="a"\r\n\r\nx'),
        body(b"no header\r\n\r\nx"),
        body(b'Content-Disposition: form-data; name="file"; filename="a"\n\nx'),
        body(b'Content-Disposition: form-data; name="\xff"\r\n\r\nx'),
        body(part("file", b"x", "a", "Content-Length: 2")),
        body(part("file", b"x", "a", "Content-Length: -1")),
        body(FILE).replace(b"\r\n", b"\n"),
        body(FILE, end=b"x\r\n"),
        b"x" + body(FILE),
    ],
)
def test_a_body_that_is_not_multipart_returns_400(sent: bytes) -> None:
    assert refused(post(sent)) == (400, "The body is not valid multipart/form-data.")


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        (part("a", b"\xff"), "The body is not valid UTF-8."),
        (part("a", b"\xed\xa0\x80"), "The body is not valid UTF-8."),
        (part("a", b"x\0"), "The body holds a NUL character."),
        (part("a\0", b"x"), "The body holds a NUL character."),
    ],
)
def test_a_field_that_is_not_text_returns_400(field: bytes, sentence: str) -> None:
    assert refused(post(body(field, FILE))) == refused(post(body(FILE, field))) == (400, sentence)


TOO_LARGE = (413, "The body is too large.")


def test_a_file_one_byte_above_the_maximum_returns_413() -> None:
    for send in (post, lambda sent: post_pieces([sent[at : at + 999] for at in range(0, len(sent), 999)])):
        assert answer_of(send(body(part("file", bytes(MAX), "a"))))["size"] == MAX
        assert refused(send(body(part("file", bytes(MAX + 1), "a")))) == TOO_LARGE


def test_a_declared_length_above_the_maximum_is_refused_unread() -> None:
    unread = Pieces([])
    assert refused(post_pieces(unread, MAX + 3 * MIB)) == TOO_LARGE
    assert unread.taken == 0


@pytest.mark.parametrize("beginning", [b"", body(end=b"\r\n") + FILE, body(FILE)])
def test_an_endless_body_is_read_up_to_the_limit(beginning: bytes) -> None:
    def pieces() -> Iterator[bytes]:
        if beginning:
            yield beginning
        while True:
            yield bytes(50_000)

    endless = Pieces(pieces())
    assert refused(post_pieces(endless)) == TOO_LARGE
    assert endless.taken < MAX + 3 * MIB


@pytest.mark.parametrize(
    "parts",
    [
        [part(f"a{number}") for number in range(50)] + [FILE],
        [FILE] + [part(f"a{number}") for number in range(50)],
        [FILE] + [part(f"a{number}") for number in range(10_000)],
        [part("file", b"", "a", "X: " + "y" * 9000)],
        [part("file", b"", "a" * 9000)],
        [part("file", b"", "a", *["X: y"] * 8)],
        [FILE, part("file" * 9000)],
    ],
)
def test_too_many_parts_or_headers_are_refused(parts: list[bytes]) -> None:
    assert refused(post(body(*parts))) == TOO_LARGE


def test_fields_share_a_limit() -> None:
    app = create_app(10 * MIB)
    parts = [part("a", b"x" * (MIB // 2)), FILE, part("b", b"x" * (MIB // 2))]
    assert len(answer_of(post(body(*parts), app=app))["fields"]["b"]) == MIB // 2
    assert refused(post(body(*parts, part("c", b"x")), app=app)) == TOO_LARGE


def test_the_maximum_number_of_parts_is_accepted() -> None:
    parts = [part(f"a{number}") for number in range(49)]
    assert len(answer_of(post(body(*parts, FILE)))["fields"]) == 49


@pytest.mark.parametrize(
    "content",
    [
        b"\r\n",
        b"\r",
        b"\n" + DELIMITER + b"\n",
        b"\r" + DELIMITER + b"--",
        b"x" + DELIMITER + b"--\r\n",
        b"\r\n" + DELIMITER[:-1],
        b"\r\n" + DELIMITER[:-1] + b"\r\n" + DELIMITER[:-1],
        b"\r\r\n\r\n--",
        b"\r\n--\r\n----",
    ],
)
def test_content_that_resembles_the_boundary_is_kept(content: bytes) -> None:
    whole = body(part("file", content, "a"), part("b", content))
    for at in range(1, len(whole)):
        file, fields = taken([whole[:at], whole[at:]])
        assert (file, fields) == (content, {"b": content.decode()})


@pytest.mark.parametrize("boundary", ["b", "-", "--", "-" * 70, "b" * 100, "'()+_,./:=? -", "0" * 70])
def test_every_valid_boundary_is_accepted(boundary: str) -> None:
    sent = body(FILE, boundary=boundary)
    assert answer_of(post(sent, f'multipart/form-data; boundary="{boundary}"'))["size"] == 7


def test_preamble_and_epilogue_are_ignored() -> None:
    around = b"preamble\r\n" + body(FILE) + b"epilogue\r\n" + body(FILE, FILE)
    for sent in (around, b"\r\n" + body(FILE), body(FILE, end=b"--"), body(FILE) + bytes(MAX)):
        assert answer_of(post(sent))["fields"] == {}
        assert answer_of(post_pieces([bytes([byte]) for byte in sent[:2000]]))["size"] == 7


def taken(pieces: Iterable[bytes]) -> tuple[bytes, dict[str, str]]:
    """Return the file and the fields of an upload whose body arrives in these pieces."""
    with APP.test_request_context(method="POST", environ_overrides=arriving(pieces)):
        upload = Upload(MAX)
        file = b"".join(upload.file("file").chunks)
        upload.finish()
        return file, upload.fields


_tricky = st.lists(
    st.one_of(st.sampled_from([b"\r", b"\n", b"\r\n", b"-", b"\r\n--", DELIMITER, DELIMITER[:-1]]), st.binary())
).map(b"".join)


@settings(max_examples=300, deadline=None)
@given(content=_tricky, cuts=st.lists(st.integers(0, 600), max_size=40))
def test_content_arrives_unchanged_however_it_is_split(content: bytes, cuts: list[int]) -> None:
    if b"\r\n" + DELIMITER in b"\r\n" + content:
        return  # the content contains the boundary
    whole = body(part("before", b"1\r\n"), part("file", content, "a"), part("after", b"\r\n2"))
    places = sorted({0, *(cut for cut in cuts if cut < len(whole)), len(whole)})
    file, fields = taken(whole[start:end] for start, end in pairwise(places))
    assert file == content
    assert fields == {"before": "1\r\n", "after": "\r\n2"}


@settings(max_examples=300, deadline=None)
@given(sent=st.lists(st.one_of(st.sampled_from([body(FILE), DELIMITER, b"--", b"\r\n", FILE]), st.binary())))
def test_no_body_crashes_the_parser(sent: list[bytes]) -> None:
    assert post(b"".join(sent)).status_code in (200, 400, 413, 415, 422)


def test_reading_on_after_an_error_raises_it_again() -> None:
    whole = body(FILE)
    with APP.test_request_context("/", method="POST", data=whole[:-20], content_type=TYPE):
        upload = Upload(MAX)
        file = upload.file("file")
        with pytest.raises(BadRequest):
            list(file.chunks)
        with pytest.raises(BadRequest):
            upload.finish()


def test_reading_a_skipped_file_raises() -> None:
    with APP.test_request_context("/", method="POST", data=body(FILE), content_type=TYPE):
        upload = Upload(MAX)
        file = upload.file("file")
        upload.finish()
        with pytest.raises(BadRequest):
            list(file.chunks)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Text/Plain; charset=utf-8", "text/plain"),
        ("image/svg+xml", "image/svg+xml"),
        ("", "application/octet-stream"),
        ("nonsense", "application/octet-stream"),
        ("text/html\x01", "application/octet-stream"),
        ("text/ж", "application/octet-stream"),
        ("a/" + "b" * 200, "application/octet-stream"),
    ],
)
def test_an_invalid_content_type_is_replaced(sent: str, kept: str) -> None:
    assert answer_of(post(body(part("file", b"", "a", f"Content-Type: {sent}"))))["content_type"] == kept


@pytest.mark.parametrize(
    ("parameter", "kept"),
    [
        ('filename="report.csv"', "report.csv"),
        ("filename=report.csv", "report.csv"),
        ('FileName="report.csv"', "report.csv"),
        ("filename=\"a;b='c', d.txt\"", "a;b='c', d.txt"),
        ('filename="a\\"b.txt"', 'a"b.txt'),  # curl before 7.81, requests
        ('filename="a%22b.txt"', 'a"b.txt'),  # browsers, curl
        ('filename="a%0D%0Ab.txt"', "a b.txt"),
        ('filename="100%.txt"', "100%.txt"),
        ('filename="данные 数据 📄.csv"', "данные 数据 📄.csv"),
        ('filename="C:\\docs\\a.txt"', "a.txt"),
        ('filename="../../etc/passwd"', "passwd"),
        ("filename*=UTF-8''na%C3%AFve%20plan.txt", "naïve plan.txt"),
        ("filename=\"naive.txt\"; filename*=UTF-8''na%C3%AFve.txt", "naïve.txt"),
        ("filename*=UTF-8'en'..%2F..%2Fa.txt", "a.txt"),
        ("filename*=iso-8859-1''na%EFve.txt", "naïve.txt"),
        ('filename=".."', "file"),
        ('filename="/"', "file"),
        ('filename="a\x01b\x7f.txt"', "ab.txt"),
    ],
)
def test_filenames_are_read_as_clients_write_them(parameter: str, kept: str) -> None:
    sent = f'Content-Disposition: form-data; name="file"; {parameter}\r\n\r\nx'.encode()
    assert answer_of(post(body(sent)))["filename"] == kept


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("a/b\\c/d.txt", "d.txt"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("a.txt\r\nSet-Cookie: b", "a.txt Set-Cookie: b"),
        ("a\0.txt", "a.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("\u2066a\u2069\ufeff\u200b.txt", "a.txt"),
        ("\ud800a.txt", "a.txt"),
        ("  . a.txt . ", "a.txt"),
        (".hidden", "hidden"),
        ("Bildschirmfoto\u202f1\u00a02.png", "Bildschirmfoto 1 2.png"),
        ("e\u0301.txt", "\u00e9.txt"),
        ("résumé Ελληνικά हिन्दी עברית.txt", "résumé Ελληνικά हिन्दी עברית.txt"),
        ("", "file"),
        ("...", "file"),
        ("\u200b", "file"),
        ("dir/", "file"),
        ("a" * 300 + ".txt", "a" * 251 + ".txt"),
        ("数" * 300 + ".tar.gz", "数" * 84 + ".gz"),
        ("." + "a" * 300, "a" * 255),
        ("a" * 250 + " " + "b" * 9 + ".txt", "a" * 250 + ".txt"),
        ("a." + "b" * 300, "a." + "b" * 253),
    ],
)
def test_filenames_are_made_safe(given_name: str, kept: str) -> None:
    assert safe_filename(given_name) == normalize("NFC", kept)


@settings(max_examples=500)
@given(st.text() | st.text(alphabet="./\\ a\u200b\r\né数", max_size=600))
def test_every_filename_becomes_a_safe_one(text: str) -> None:
    name = safe_filename(text)
    assert 1 <= len(name.encode()) <= 255
    assert name.isprintable()
    assert not {"/", "\\", "\0", "\r", "\n"} & set(name)
    assert name == name.strip(" .")
    assert safe_filename(name) == name


def test_a_download_has_type_length_and_security_headers() -> None:
    response = APP.test_client().get("/files/100000")
    assert (response.status_code, response.data) == (200, bytes(100_000))
    assert response.headers["Content-Length"] == "100000"
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Disposition"] == "attachment; filename=\"zeros.bin\"; filename*=UTF-8''zeros.bin"


@pytest.mark.parametrize(
    ("filename", "disposition"),
    [
        ('a"b\\c%20.txt', "filename=\"a_b_c_20.txt\"; filename*=UTF-8''a%22b%5Cc%2520.txt"),
        ("naïve plan.txt", "filename=\"na_ve plan.txt\"; filename*=UTF-8''na%C3%AFve%20plan.txt"),
        ("数.csv", "filename=\"_.csv\"; filename*=UTF-8''%E6%95%B0.csv"),
        ("a'(b);c*.txt", "filename=\"a'(b);c*.txt\"; filename*=UTF-8''a%27%28b%29%3Bc%2A.txt"),
        ("a\r\nX: y", "filename=\"a__X: y\"; filename*=UTF-8''a%0D%0AX%3A%20y"),
    ],
)
def test_the_content_disposition_has_the_filename_in_both_forms(filename: str, disposition: str) -> None:
    with APP.test_request_context():
        response = attachment(lambda _: iter([]), filename, 0, "0")
    assert response.headers["Content-Disposition"] == f"attachment; {disposition}"


@settings(max_examples=300)
@given(st.text())
def test_a_download_has_the_stored_filename(text: str) -> None:
    kept = safe_filename(text)
    with APP.test_request_context():
        disposition = attachment(lambda _: iter([]), kept, 0, "0").headers["Content-Disposition"]
    sent = f'Content-Disposition: form-data; name="file"; {disposition.partition("; ")[2]}\r\n\r\n'.encode()
    assert answer_of(post(body(sent)))["filename"] == kept


def test_a_download_is_closed_when_the_client_leaves() -> None:
    closed: list[str] = []

    def chunks() -> Iterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            closed.append("yes")

    with APP.test_request_context() as context:
        response = attachment(lambda _: chunks(), "a", 1000, "0")
        answer = response(context.request.environ, lambda *_: lambda _: None)
        next(iter(answer))
        assert not closed
        answer.close()  # type: ignore[attr-defined]
    assert closed == ["yes"]


def test_the_document_describes_the_upload() -> None:
    class Dataset(UploadBody):
        columns: str | None = None

    def add(body: Dataset) -> Response:
        raise NotImplementedError

    feature = Feature("files", "Files.")
    Operation(feature, "POST /files", Access.PUBLIC, body=Dataset, status=204)(add)
    document = json.loads(json.dumps(describe([feature], "0")))
    described = document["paths"]["/files"]["post"]
    assert described["requestBody"] == {
        "required": True,
        "content": {"multipart/form-data": {"schema": {"$ref": "#/components/schemas/Dataset"}}},
    }
    schema = document["components"]["schemas"]["Dataset"]
    assert schema["required"] == ["file"]
    assert {"type": "string", "format": "binary"}.items() <= schema["properties"]["file"].items()
    assert "columns" in schema["properties"]
    assert {"400", "413", "415", "422"} <= set(described["responses"])
