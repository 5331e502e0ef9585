"""Rules that every route follows, tested for every operation of the OpenAPI document."""

import io
import json
from typing import Any

import pytest
from flask import Flask

from src.interfaces.app import MAX_BODY_BYTES
from tests.support.world import (
    OPERATIONS,
    PASSWORD,
    SECRET,
    Answer,
    Client,
    Person,
    join,
    place,
    registration,
    without_instance,
)

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "X"]
PATHS = sorted({path for _, path in OPERATIONS})
PAGES = ("/auth/email/login", "/auth/email/verify", "/auth/password/reset")
"""The paths at which a GET answers with a page for people."""
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
SEND_BEARER = "Send the token in the header `Authorization: Bearer <token>`."


def _media(operation: dict[str, Any]) -> str | None:
    media = next(iter(operation["requestBody"]["content"])) if "requestBody" in operation else None
    return MULTIPART if media == "multipart/form-data" else media


TAKING_JSON = sorted(key for key, operation in OPERATIONS.items() if _media(operation) == JSON)
TAKING_A_BODY = sorted(key for key, operation in OPERATIONS.items() if _media(operation))
TAKING_FIELDS = sorted(key for key, operation in OPERATIONS.items() if _media(operation) in (JSON, FORM))
IGNORING = sorted(
    key for key, each in OPERATIONS.items() if key[0] in ("POST", "PUT", "PATCH") and "requestBody" not in each
)
"""Operations without a body that still check its media type and syntax."""
PROTECTED = sorted(key for key, each in OPERATIONS.items() if each["security"] and {} not in each["security"])
TAKING_A_TOKEN = sorted(key for key, operation in OPERATIONS.items() if operation["security"])
REFRESHING = (("POST", "/auth/refresh"), ("POST", "/api/v1/token/refresh"))
EMPTY = {
    ("POST", "/session"): 201,
    ("POST", "/auth/email/verify"): 202,
    **dict.fromkeys([("POST", "/auth/token"), ("POST", "/auth/introspect"), ("POST", "/auth/revoke")], 400),
    ("POST", "/api/dogs/{name}"): 201,
    **dict.fromkeys(REFRESHING, 401),
    **{key: int(min(OPERATIONS[key]["responses"])) for key in IGNORING},
    ("POST", "/auth/firebase/token"): 404,
    ("POST", "/user/factors/recovery-codes"): 422,
}
"""The status for an empty body, for operations that do not answer 422, or that do so although a body is optional."""
VARIABLE = {
    "/api/dogs/is_adopted": "/api/dogs/{name}",
    **dict.fromkeys(["/user/factors/totp", "/user/factors/recovery-codes"], "/user/factors/{id}"),
}
"""The paths with a variable that also match another path. They answer there, but never with a success."""


# Routes and methods


def test_the_document_lists_every_route(app: Flask) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith("web.")]  # without the console
    routes = {(method, rule.rule) for rule in rules for method in rule.methods or ()}
    ours = {(method, path) for method, path in routes if path != "/" and not path.startswith("/docs")}
    described = {(method, path.replace("{", "<").replace("}", ">")) for method, path in OPERATIONS}
    assert {each for each in ours if each[0] not in ("HEAD", "OPTIONS")} == described


@pytest.mark.parametrize(("method", "path"), sorted(OPERATIONS))
def test_a_trailing_slash_changes_nothing(client: Client, method: str, path: str) -> None:
    bare, slash = (client.open(each, method=method) for each in (path, path.rstrip("/") + "/"))
    assert bare.status_code == slash.status_code
    assert bare.status_code < 300 or bare.status_code >= 400 or path == "/"
    if bare.status_code == 201:
        assert set(bare.json) == set(slash.json)
    elif path.endswith("/options"):
        assert [*bare.json] == [*slash.json]  # the challenges differ
    elif bare.is_json and "instance" in bare.json:
        assert without_instance(bare) == without_instance(slash)
    else:
        assert bare.data == slash.data


@pytest.mark.parametrize("path", ["/docs", "/docs/", "/docs/guide", "/docs/swagger-ui-bundle.js"])
def test_the_docs_load_nothing_from_the_internet(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert "https://" not in response.text or path.endswith(".js")
    response.close()


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/User",
        "/user//",
        "/x//",
        "/user/x",
        "/login/x",
        "/%ff",
        "/%00",
        "/user%00",
        "/user%0a",
        "/.env",
        "/.well-known/",
        "/\u20ac",
        "/docsx",
        "/static/x",
        "/../src/main.py",
    ],
)
def test_an_unknown_path_returns_404_for_every_method(client: Client, path: str) -> None:
    for method in METHODS:
        response = client.open(path, method=method)
        assert response.status_code == 404
        assert response.json["type"] == "/problems/not-found"


def _at(client: Client, method: str, path: bytes, **options: Any) -> Answer:
    """Send a request with exactly this path, which Werkzeug's client would normalise."""
    return client.open(method=method, environ_overrides={"PATH_INFO": path.decode("latin-1")}, **options)


@pytest.mark.parametrize(
    "path",
    [b"/api/dogs/\xff", b"/api/dogs/\xc0\xae", b"/api/dogs/\xed\xa0\x80", b"/users/\xc3", b"/\xff", b"/user/\xff/x"],
)
@pytest.mark.parametrize("method", METHODS)
def test_a_path_that_is_not_utf_8_returns_400_before_other_checks(client: Client, method: str, path: bytes) -> None:
    answer = _at(client, method, path, data=b"{", headers={"Authorization": "Bearer x"})
    assert (answer.status_code, answer.json["detail"]) == (400, "The path is not valid UTF-8.")


def test_a_replacement_character_in_a_path_is_accepted(client: Client, anna: Person) -> None:
    name = "\ufffd-" + anna.user["id"]
    assert _at(client, "POST", f"/api/dogs/{name}".encode(), headers=anna.headers).status_code == 201
    assert _at(client, "GET", f"/api/dogs/{name}".encode()).json["name"] == name


@pytest.mark.parametrize("slashes", ["//", "///"])
def test_a_path_that_begins_with_several_slashes_returns_404(client: Client, anna: Person, slashes: str) -> None:
    for path in ("", "user", "user/", "health", "docs", "login"):
        for method in METHODS:
            answer = _at(client, method, (slashes + path).encode(), headers=anna.headers)
            assert (answer.status_code, answer.json["type"]) == (404, "/problems/not-found")
    assert client.get("/user", headers=anna.headers).status_code == 200


@pytest.mark.parametrize("path", ["/docs/x", "/docs/../../src/main.py", "/docs/%2e%2e/%2e%2e/x", "/docs//etc/passwd"])
def test_the_docs_serve_no_other_file(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", PATHS)
def test_an_unsupported_method_returns_405_with_allow(client: Client, path: str) -> None:
    taken = {method for method, each in OPERATIONS if each == path} | ({"GET"} if path in PAGES else set())
    also = VARIABLE.get(path, path)
    allowed = taken | {"OPTIONS"} | ({"HEAD"} if "GET" in taken else set())
    for method in METHODS:
        if method in taken or (method, also) in OPERATIONS:
            continue
        response = client.open(path, method=method, data=b"{", content_type="text/plain")
        assert response.status_code == 405
        assert response.headers["Allow"] == ", ".join(sorted(allowed))
        assert response.json["detail"] == f"This path takes {response.headers['Allow']}."
    options = client.options(path)
    assert options.status_code == 200
    assert options.headers["Allow"] == ", ".join(sorted(allowed))


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(("path", "noun"), [("/tasks/0", "task"), ("/users/0", "user"), ("/api/dogs/0", "dog")])
def test_every_method_says_the_same_of_an_absent_resource(client: Client, method: str, path: str, noun: str) -> None:
    headers = join(client, "admin").headers
    response = client.open(path, method=method, headers=headers, json={"name": "Rex", "title": "Walk the dog"})
    assert response.status_code == 404
    assert response.json["detail"] == f"There is no such {noun}."


@pytest.mark.parametrize("path", sorted(path for method, path in OPERATIONS if method == "GET"))
def test_head_is_get_without_the_body(client: Client, anna: Person, path: str) -> None:
    for headers in ({}, anna.headers):
        get, head = (client.open(path, method=method, headers=headers) for method in ("GET", "HEAD"))
        assert (head.status_code, head.data) == (get.status_code, b"")
        assert set(head.headers.keys()) == set(get.headers.keys())


# Headers of every answer


@pytest.mark.parametrize("path", ["/health", "/user", "/nope", "/docs/", "/login"])
@pytest.mark.parametrize(
    ("sent", "sane"),
    [
        ("a", True),
        ("0B5c-._x", True),
        ("x" * 128, True),
        ("x" * 129, False),
        ("", False),
        ("a b", False),
        (" ", False),
        ("a\r\nSet-Cookie: a=b", False),
        ("a\n", False),
        ("a\0", False),
        ("<script>", False),
        ('a"', False),
        ("ä", False),
        ("a,b", False),
    ],
)
def test_a_valid_request_id_is_echoed_and_an_invalid_one_replaced(
    client: Client, path: str, sent: str, sane: bool
) -> None:
    response = client.get(path, environ_overrides={"HTTP_X_REQUEST_ID": sent})
    [answered] = response.headers.getlist("X-Request-Id")
    assert (answered == sent) is sane
    assert sane or len(answered) == 32
    assert "Set-Cookie" not in response.headers
    response.close()


def test_generated_request_ids_differ(client: Client) -> None:
    assert len({client.get("/health").headers["X-Request-Id"] for _ in range(10)}) == 10


def test_public_answers_may_be_cached(client: Client) -> None:
    for path in ("/openapi.json", "/.well-known/jwks.json"):
        assert "no-store" not in client.get(path).headers.get("Cache-Control", "")


# Authentication


@pytest.mark.parametrize(
    ("header", "outcome"),
    [
        ("Bearer {0}", 200),
        ("bearer {0}", 200),
        ("BEARER {0}", 200),
        ("bEaReR   {0}  ", 200),
        ("Bearer Bearer {0}", 200),
        ("bearer BEARER  {0}", 200),
        (None, "Not authenticated"),
        ("", "Not authenticated"),
        ("Bearer", "Not authenticated"),
        ("Bearer ", "Not authenticated"),
        ("Bearer Bearer", "Not authenticated"),
        ("Bearer Bearer ", "Not authenticated"),
        ("{0}", SEND_BEARER),
        ("Bearer{0}", SEND_BEARER),
        ("Bearer:{0}", SEND_BEARER),
        ("Token {0}", SEND_BEARER),
        ("Basic {0}", "Not authenticated"),
        ("Basic YW5uYTp4", "Not authenticated"),
        ("Basic Bearer {0}", "Not authenticated"),
        ("Bearer Basic {0}", "invalid"),
        ("Bearer Bearer Bearer {0}", "invalid"),
        ("Bearer {0} {0}", "invalid"),
        ("Bearer {0},Bearer {0}", "invalid"),
        ("Bearer {0}, Basic YW5uYTp4", "invalid"),
        ('Bearer "{0}"', "invalid"),
        ("Bearer {0};", "invalid"),
        ("Bearer null", "invalid"),
        ("Bearer undefined", "invalid"),
        ("Bearer \xff", "invalid"),
    ],
)
def test_the_scheme_bearer_is_read_leniently_and_other_schemes_are_refused(
    client: Client, anna: Person, header: str | None, outcome: int | str
) -> None:
    sent = {} if header is None else {"HTTP_AUTHORIZATION": header.format(anna.token)}
    response = client.get("/user", environ_overrides=sent)
    assert response.status_code == (200 if outcome == 200 else 401)
    if outcome in ("Not authenticated", SEND_BEARER):
        assert response.json["detail"] == outcome
        assert response.headers["WWW-Authenticate"] == "Bearer"
    elif outcome == "invalid":
        assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize("name", ["x-access-token", "token"])
def test_a_token_in_another_header_is_refused_with_the_right_header(client: Client, anna: Person, name: str) -> None:
    for method, path in [("GET", "/user"), ("POST", "/auth/refresh")]:
        response = client.open(path, method=method, headers={name: anna.token})
        assert (response.status_code, response.json["detail"]) == (401, SEND_BEARER)
        assert response.headers["WWW-Authenticate"] == "Bearer"
    assert client.get("/user", headers={**anna.headers, name: "x"}).status_code == 200


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_a_token_outside_the_authorization_header_is_ignored(
    client: Client, anna: Person, method: str, path: str
) -> None:
    query = f"?access_token={anna.token}&token={anna.token}&authorization=Bearer%20{anna.token}"
    body = {"access_token": anna.token, "name": "Eve"}
    for name in ("access_token", "token", "Authorization"):
        client.set_cookie(name, f"Bearer {anna.token}")
    for sent in (
        client.open(path + query, method=method),
        client.open(path, method=method, json=body),
        client.open(path, method=method, data=body, content_type=FORM),
        client.open(path, method=method, headers={"X-Authorization": f"Bearer {anna.token}"}),
        client.open(path, method=method, headers={"Proxy-Authorization": f"Bearer {anna.token}"}),
    ):
        assert sent.status_code == 401
        assert sent.json["detail"] == "Not authenticated"
    assert client.get("/user", headers=anna.headers).json == anna.user


# The order of checks: each request is wrong in every later way too


@pytest.mark.parametrize(("method", "path"), TAKING_JSON + IGNORING)
def test_checks_are_made_in_the_documented_order(client: Client, method: str, path: str) -> None:
    protected, takes_token = (method, path) in PROTECTED, (method, path) in TAKING_A_TOKEN
    person = join(client, role="admin")
    known = person.headers if takes_token else {}
    invalid = dict.fromkeys(
        ["username", "email", "password", "new_password", "id_token", "refresh_token", "token", "title", "is_adopted"],
        1,
    )
    url = place(client, person, method, path)

    def status(data: bytes, kind: str, *, at: str = url, by: str = method, known: Any = known) -> int:
        headers = {**known, "If-Match": '"old"'}
        return client.open(at, method=by, data=data, content_type=kind, headers=headers).status_code

    malformed, valid_json = b"{" + b"\xff", json.dumps([] if (method, path) in IGNORING else invalid).encode()
    assert status(malformed, "text/plain", at=path + "/x/y", by="X", known={}) == 404
    assert status(malformed, "text/plain", by="X", known={}) == 405
    nobody: dict[str, str]
    for nobody in ([{}] if protected else []) + ([{"Authorization": "Bearer x"}] if takes_token else []):
        assert status(malformed, "text/plain", known=nobody) == 401
        assert status(b" " * (MAX_BODY_BYTES + 1), "text/plain", known=nobody) == 401
    refused = OPERATIONS[method, path]["responses"].get("403", {}).get("$ref", "")
    if protected and "forbidden" in refused:
        body = {"name": "A", "scope": "write"}
        key = client.post("/user/keys", json=body, headers=join(client).headers).json["key"]
        admits_keys = any("key" in scheme for scheme in OPERATIONS[method, path]["security"])
        stranger = join(client, role="guest").headers if admits_keys else {"Authorization": f"Bearer {key}"}
        assert status(malformed, "text/plain", known=stranger) == 403
        assert status(b" " * (MAX_BODY_BYTES + 1), "text/plain", known=stranger) == 403
    assert status(malformed, "text/plain") == 415
    assert status(malformed, JSON) == 400
    assert status(valid_json, JSON) == 422


def test_preconditions_are_checked_before_conflicts(client: Client, anna: Person) -> None:
    ben = join(client).user
    body = {"username": ben["username"]}
    response = client.put("/user", json=body, headers={**anna.headers, "If-Match": '"old"'})
    assert response.status_code == 412
    assert client.put("/user", json=body, headers=anna.headers).status_code == 409


# Bodies

DEEP = 100_000

BODIES: dict[str, tuple[bytes, int]] = {
    "cut off": (b'{"username":', 400),
    "no JSON": (b"username=anna", 400),
    "two values": (b"{} {}", 400),
    "trailing comma": (b'{"a": 1,}', 400),
    "comment": (b"{} // x", 400),
    "single quotes": (b"{'a': 1}", 400),
    "whitespace only": (b"  ", 400),
    "duplicate key": (b'{"a": 1, "a": 1}', 400),
    "duplicate key, one of them escaped": (b'{"password": "x", "p\\u0061ssword": "y"}', 400),
    "duplicate key further in": (b'{"a": [{"b": 1, "b": 2}]}', 400),
    "invalid UTF-8": (b'{"a": "\xff"}', 400),
    "overlong UTF-8": (b'{"a": "\xc0\xae"}', 400),
    "surrogate in UTF-8": (b'{"a": "\xed\xa0\x80"}', 400),
    "raw NUL in a text": (b'{"a": "\0"}', 400),
    "raw NUL outside": (b"{}\0", 400),
    "escaped NUL": (b'{"a": "\\u0000"}', 400),
    "escaped NUL in a key": (b'{"\\u0000": 1}', 400),
    "escaped NUL further in": (b'{"a": [[{"b": "x\\u0000"}]]}', 400),
    "lone surrogate": (b'{"a": "\\ud800"}', 400),
    "lone surrogate in a key": (b'{"\\udfff": 1}', 400),
    "surrogates the wrong way round": (b'{"a": "\\udc00\\ud800"}', 400),
    "surrogate pair": (b'{"a": "\\ud83c\\udf3b"}', 422),
    "NaN": (b'{"a": NaN}', 400),
    "Infinity": (b'{"a": Infinity}', 400),
    "-Infinity": (b'{"a": -Infinity}', 400),
    "float too large": (b'{"a": 1e999}', 422),
    "integer of 100 digits": (b'{"username": ' + b"9" * 100 + b"}", 422),
    "integer of 5000 digits": (b'{"username": ' + b"9" * 5000 + b"}", 400),
    "integer of a million digits": (b'{"username": ' + b"9" * 1_000_000 + b"}", 400),
    "leading zero": (b'{"a": 01}', 400),
    "deep array": (b"[" * DEEP + b"]" * DEEP, 400),
    "deep object": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, 400),
    "deep and never closed": (b"[" * DEEP, 400),
    "deep in an unknown field": (b'{"a": ' + b"[" * 900 + b"]" * 900 + b"}", 422),
    "byte order mark": (b"\xef\xbb\xbf{}", 400),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), 400),
    "UTF-32": ('{"a": 1}'.encode("utf-32"), 400),
    "gzip": (b"\x1f\x8b\x08\x00", 400),
    "null": (b"null", 422),
    "true": (b"true", 422),
    "number": (b"1", 422),
    "text": (b'"x"', 422),
    "array": (b"[{}]", 422),
    "empty object": (b"{}", 422),
    "a thousand unknown fields": (json.dumps({f"x{n}": n for n in range(1000)}).encode(), 422),
    "as large as can be": (b"{" + b" " * (MAX_BODY_BYTES - 2) + b"}", 422),
    "a byte too large": (b"{" + b" " * (MAX_BODY_BYTES - 1) + b"}", 413),
}


@pytest.mark.parametrize("name", BODIES)
def test_malformed_json_returns_400_and_invalid_json_422(client: Client, name: str) -> None:
    data, status = BODIES[name]
    person = join(client, role="admin")
    for method, path in TAKING_JSON + IGNORING:
        url = place(client, person, method, path)
        response = client.open(url, method=method, data=data, content_type=JSON, headers=person.headers)
        expected = {status, EMPTY.get((method, path), status)} if status == 422 and data.startswith(b"{") else {status}
        assert response.status_code in expected, (path, response.text)
        assert all(word not in response.text for word in ("recursion", "sys.", "Error", "pydantic", "instance of"))
        if response.status_code < 400:
            person = join(client, role="admin")  # the session may have ended


FORMS: dict[str, bytes] = {
    "invalid UTF-8": b"grant_type=password&username=%ff&password=x",
    "raw invalid UTF-8": b"grant_type=password&username=\xff&password=x",
    "surrogate": b"grant_type=password&username=%ed%a0%80&password=x",
    "NUL": b"grant_type=password&username=a%00&password=x",
    "NUL in a name": b"grant_type=password&username=a&password=x&%00=1",
    "repeated parameter": b"grant_type=password&username=a&username=a&password=x",
    "repeated unknown parameter": b"grant_type=password&username=a&password=x&x=1&x=2",
    "JSON": b'{"grant_type": "password", "username": "anna", "password": "x"}',
    "many parameters": b"&".join(b"x%d=1" % n for n in range(50_000)),
    "nothing": b"&&&==&",
}


@pytest.mark.parametrize("name", FORMS)
def test_a_malformed_form_is_an_invalid_request(client: Client, name: str) -> None:
    response = client.post("/auth/token", data=FORMS[name], content_type=FORM)
    assert response.status_code == 400
    assert response.json["error"] == "invalid_request"


@pytest.mark.parametrize(("method", "path"), TAKING_A_BODY + IGNORING)
def test_only_the_declared_media_type_is_read(client: Client, method: str, path: str) -> None:
    person = join(client, role="admin")
    url, headers = place(client, person, method, path), person.headers
    right = _media(OPERATIONS[method, path]) or JSON
    types = {
        JSON,
        FORM,
        "text/plain",
        "text/json",
        "application/json5",
        "application/problem+json",
        "multipart/form-data; boundary=x",
        "*/*",
        "application",
        "",
        "application/json, text/plain",
    }
    for content_type in types - {right, *OPERATIONS[method, path].get("requestBody", {}).get("content", ())}:
        response = client.open(url, method=method, data=b"{}", content_type=content_type, headers=headers)
        assert response.status_code == 415, content_type
        assert right.partition(";")[0] in response.json["detail"]


@pytest.mark.parametrize(("method", "path"), TAKING_FIELDS)
def test_the_media_type_is_compared_without_case(client: Client, method: str, path: str) -> None:
    person = join(client, role="admin")
    right = _media(OPERATIONS[method, path])
    assert right
    for content_type in (right, f"{right}; charset=utf-8", f"{right};charset=UTF-8", right.title()):
        url = place(client, person, method, path)
        response = client.open(url, method=method, data=b"{}", content_type=content_type, headers=person.headers)
        assert response.status_code == EMPTY.get((method, path), 422), content_type


@pytest.mark.parametrize(("method", "path"), TAKING_FIELDS + IGNORING)
def test_an_empty_body_needs_no_media_type(client: Client, method: str, path: str) -> None:
    for content_type in (None, "", JSON, "text/plain"):
        person = join(client, role="admin")
        url = place(client, person, method, path)
        response = client.open(url, method=method, content_type=content_type, headers=person.headers)
        assert response.status_code == EMPTY.get((method, path), 422)


@pytest.mark.parametrize(("method", "path"), sorted(OPERATIONS))
def test_a_body_where_none_is_expected_is_not_read(client: Client, method: str, path: str) -> None:
    if (method, path) in TAKING_A_BODY + IGNORING:
        return
    bodies: list[dict[str, Any]] = [{}, {"data": b"\xff{", "content_type": "text/plain"}]
    people = [join(client, role="admin") for _ in bodies]
    bare, full = (
        client.open(place(client, person, method, path), method=method, headers=person.headers, **body)
        for person, body in zip(people, bodies, strict=True)
    )
    assert full.status_code == bare.status_code


@pytest.mark.parametrize(("method", "path"), TAKING_FIELDS + IGNORING)
@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
def test_an_oversized_body_returns_413(client: Client, method: str, path: str, declared: bool) -> None:
    body = b"{}" + b" " * MAX_BODY_BYTES  # valid JSON at any length from 2
    chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    person = join(client, role="admin")
    response = client.open(
        place(client, person, method, path),
        method=method,
        input_stream=io.BytesIO(body),
        content_length=len(body) if declared else None,
        content_type=_media(OPERATIONS[method, path]) or JSON,
        headers=person.headers,
        environ_overrides={} if declared else chunked,
    )
    assert response.status_code == 413


def test_a_chunked_body_is_read(client: Client) -> None:
    response = client.post(
        "/register",
        input_stream=io.BytesIO(json.dumps(registration()).encode()),
        content_type=JSON,
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert response.status_code == 201


class _Broken(io.RawIOBase):
    """A body whose connection breaks; servers report that with different exceptions."""

    def __init__(self, error: type[Exception]) -> None:
        self._error = error

    def readable(self) -> bool:
        return True

    def readinto(self, _: Any) -> int:
        raise self._error(SECRET)


@pytest.mark.parametrize("error", [OSError, ValueError, EOFError, RuntimeError])
def test_a_body_that_breaks_off_returns_400(client: Client, error: type[Exception]) -> None:
    person = join(client, role="admin")
    for method, path in TAKING_A_BODY + IGNORING:
        response = client.open(
            place(client, person, method, path),
            method=method,
            content_type=_media(OPERATIONS[method, path]) or JSON,
            headers=person.headers,
            environ_overrides={"wsgi.input": _Broken(error), "CONTENT_LENGTH": "100"},
        )
        assert response.status_code == 400
        assert path != "/auth/token" or response.json["error"] == "invalid_request"


@pytest.mark.parametrize("longer", [1, -1])
def test_a_body_of_another_length_than_declared_returns_400(client: Client, longer: int) -> None:
    body = json.dumps(registration()).encode()
    declared = {"CONTENT_LENGTH": str(len(body) + longer)}
    response = client.post("/register", data=body, content_type=JSON, environ_overrides=declared)
    assert response.status_code == 400


@pytest.mark.parametrize(("method", "path"), TAKING_A_BODY + IGNORING)
def test_a_compressed_body_returns_415(client: Client, method: str, path: str) -> None:
    headers = join(client, role="admin").headers | {"Content-Encoding": "gzip"}
    media = _media(OPERATIONS[method, path]) or JSON
    response = client.open(path, method=method, data=b"\x1f\x8b", content_type=media, headers=headers)
    assert response.status_code == 415


def test_the_query_is_ignored(client: Client) -> None:
    login = registration()
    client.post("/register?username=eve&role=admin", json=login)
    response = client.post(f"/login?username={login['username']}&password={PASSWORD}", json={})
    assert response.status_code == 422
