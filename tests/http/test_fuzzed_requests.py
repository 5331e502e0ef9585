"""Generated requests never cause a server error or an undocumented response."""

import json
from typing import Any
from urllib.parse import quote

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS as CHECKS_OF_SCHEMATHESIS
from schemathesis.checks import load_all_checks

from tests.support.uploading import TYPE, body, part
from tests.support.world import NEVER, Client, build, client_of, join

SOME = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ROUTES = [
    ("POST", "/register"),
    ("POST", "/login"),
    ("PUT", "/user"),
    ("POST", "/tasks"),
    ("POST", "/api/dogs/Max"),
    ("PUT", "/api/dogs/Rex"),
    ("POST", "/api/files"),
    ("POST", "/datasets"),
]

APP = build(settings={"access_token_seconds": 86_400})  # a busy machine may take hours
CLIENT: Client = client_of(APP)  # it fails at every answer that the document does not describe
HEADERS = join(CLIENT, "uploader").headers
CLIENT.post("/api/dogs/Rex", headers=HEADERS)

# Texts that no response may contain are not sent, because responses repeat names.
TEXTS = (
    st.text() | st.sampled_from(["anna", "anna@example.com", "x" * 40, "", "\0", "İ", "ﬀ", "a@b", "a@\u017f.com"])
).filter(lambda text: not any(word in text for word in NEVER))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=10,
)
FIELDS = st.sampled_from(
    ["username", "email", "password", "name", "last_name", "id", "role", "grant_type"]
    + ["title", "description", "completed", "is_adopted", "picture", "id_user"]
)
BODIES = VALUES | st.dictionaries(FIELDS, TEXTS | VALUES)


def _send(data: bytes, content_type: str = "application/json") -> None:
    for method, path in ROUTES:
        response = CLIENT.open(path, method=method, data=data, content_type=content_type, headers=HEADERS)
        assert response.status_code < 500


@SOME
@given(st.binary())
def test_no_bytes_as_a_body_cause_a_server_error(data: bytes) -> None:
    _send(data)


@SOME
@given(BODIES, st.sampled_from(["utf-8", "utf-16", "latin-1"]), st.booleans())
def test_no_json_body_causes_a_server_error(value: Any, encoding: str, escaped: bool) -> None:
    _send(json.dumps(value, ensure_ascii=escaped).encode(encoding, "surrogatepass" if "utf" in encoding else "replace"))


@SOME
@given(st.dictionaries(FIELDS, TEXTS), st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0")))
def test_no_form_or_media_type_causes_a_server_error(form: dict[str, str], content_type: str) -> None:
    sent = {name: value.encode("utf-8", "replace") for name, value in form.items()}
    assert CLIENT.post("/auth/token", data=sent).status_code < 500
    _send(b"{}", content_type)


@SOME
@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n")))
def test_no_header_causes_a_server_error(value: str) -> None:
    for name in ("AUTHORIZATION", "IF_MATCH", "X_REQUEST_ID", "ACCEPT"):
        environment = {"HTTP_AUTHORIZATION": HEADERS["Authorization"], f"HTTP_{name}": value}
        assert CLIENT.put("/user", json={"name": "x"}, environ_overrides=environment).status_code < 500


@SOME
@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n")))
def test_no_idempotency_key_causes_a_server_error(key: str) -> None:
    environment = {"HTTP_IDEMPOTENCY_KEY": key}
    first, again = (
        CLIENT.post("/tasks", json={"title": "x"}, headers=HEADERS, environ_overrides=environment) for _ in range(2)
    )
    assert first.status_code in (201, 422)
    assert again.status_code == first.status_code
    assert first.status_code == 422 or again.data == first.data


@SOME
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_name_of_a_dog_causes_a_server_error(name: str) -> None:
    made = CLIENT.post(f"/api/dogs/{quote(name, safe='')}", headers=HEADERS)
    assert made.status_code < 500
    if made.status_code == 201:
        assert CLIENT.get(made.headers["Location"]).json == made.json
        assert CLIENT.post(made.headers["Location"], headers=HEADERS).status_code == 409
        assert CLIENT.delete(made.headers["Location"], headers=HEADERS).status_code == 204


@SOME
@given(st.binary(), TEXTS, st.binary())
def test_no_uploaded_file_causes_a_server_error(content: bytes, name: str, around: bytes) -> None:
    heading = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode("utf-8", "replace")
    for data in (body(heading + content), around + body(heading + content), body(heading + content) + around):
        answer = CLIENT.post("/api/files", data=data, content_type=TYPE, headers=HEADERS)
        assert answer.status_code in (202, 400, 422)
        if answer.status_code == 202:
            CLIENT.delete(answer.headers["Location"], headers=HEADERS)


CELLS = st.text(max_size=5) | st.sampled_from(["1", "2.5", "-1", "", "2024-02-29", "a@example.com", "=1+1", '"', ";"])


@settings(SOME, max_examples=30)
@given(st.lists(st.lists(CELLS, min_size=1, max_size=3), max_size=4), st.sampled_from([",", ";", "\t"]), st.binary())
def test_no_uploaded_table_causes_a_server_error(rows: list[list[str]], delimiter: str, odd: bytes) -> None:
    text = "\n".join(delimiter.join(cells) for cells in rows).encode("utf-8", "replace")
    for content in (text, b"id\n" + text, b"id\n" + text + odd):
        parts = [part("name", b"x"), part("file", content, "a.csv")]
        made = CLIENT.post("/datasets", data=body(*parts), content_type=TYPE, headers=HEADERS)
        assert made.status_code in (201, 422)
        if made.status_code == 201:
            url = made.headers["Location"]
            assert CLIENT.get(f"{url}/file", headers=HEADERS).data == content
            assert len(CLIENT.get(f"{url}/rows", headers=HEADERS).json) == made.json["rows"]
            assert CLIENT.post(f"{url}/summary", headers=HEADERS).status_code == 200
            parts.append(part("schema", json.dumps(made.json["schema"]).encode()))
            again = CLIENT.post("/datasets", data=body(*parts), content_type=TYPE, headers=HEADERS)
            assert again.status_code == 201
            assert (again.json["rows"], again.json["schema"]) == (made.json["rows"], made.json["schema"])
            for location in (url, again.headers["Location"]):
                assert CLIENT.delete(location, headers=HEADERS).status_code == 204


@SOME
@given(st.text(), st.sampled_from(["GET", "POST", "PUT", "DELETE"]))
def test_no_path_causes_a_server_error(path: str, method: str) -> None:
    # The test client would take "//x" for a host.
    environment = {"PATH_INFO": "/" + path.encode("utf-8", "replace").decode("latin-1")}
    response = CLIENT.open(method=method, environ_overrides=environment)
    assert response.status_code < 500
    response.close()


# Requests generated from the OpenAPI document

load_all_checks()
# A schema cannot express rules such as uniqueness, so that valid data may be refused. Allow also lists the aliases of
# a path, which the document leaves out.
BEYOND = {"positive_data_acceptance", "allow_header_conformance", "unsupported_method"}
CHECKS: list[Any] = [each for each in CHECKS_OF_SCHEMATHESIS.get_all() if each.__name__ not in BEYOND]
schema = schemathesis.openapi.from_wsgi("/openapi.json", APP)


@schema.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_requests_generated_from_the_document_get_documented_responses(case: schemathesis.Case[Any]) -> None:
    headers = join(CLIENT, "uploader").headers  # a new user, because some of these requests delete their sender
    headers["Accept-Encoding"] = "identity"  # for WSGI, Schemathesis does not decode answers
    case.call_and_validate(headers=headers, checks=CHECKS)
