"""No request, however odd, makes the service fail, or answer what it does not document."""

import json
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CheckFunction, load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.http.world import NEVER, Client, build, client_of, join

SOME = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ROUTES = [("POST", "/register"), ("POST", "/login"), ("PUT", "/user")]

APP = build()
CLIENT: Client = client_of(APP)  # which refuses every answer that the document does not describe
HEADERS = join(CLIENT).headers

# What no answer may hold is not sent either: a name is told again as it was given.
TEXTS = (
    st.text() | st.sampled_from(["anna", "anna@example.com", "x" * 40, "", "\0", "İ", "ﬀ", "a@b", "a@\u017f.com"])
).filter(lambda text: not any(word in text for word in NEVER))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=10,
)
FIELDS = st.sampled_from(["username", "email", "password", "name", "last_name", "id", "role", "grant_type"])
BODIES = VALUES | st.dictionaries(FIELDS, TEXTS | VALUES)


def _send(data: bytes, content_type: str = "application/json") -> None:
    for method, path in ROUTES:
        response = CLIENT.open(path, method=method, data=data, content_type=content_type, headers=HEADERS)
        assert response.status_code < 500


@SOME
@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    _send(data)


@SOME
@given(BODIES, st.sampled_from(["utf-8", "utf-16", "latin-1"]), st.booleans())
def test_any_json(body: Any, encoding: str, escaped: bool) -> None:
    _send(json.dumps(body, ensure_ascii=escaped).encode(encoding, "surrogatepass" if "utf" in encoding else "replace"))


@SOME
@given(st.dictionaries(FIELDS, TEXTS), st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0")))
def test_any_form_and_any_media_type(form: dict[str, str], content_type: str) -> None:
    body = {name: value.encode("utf-8", "replace") for name, value in form.items()}
    assert CLIENT.post("/auth/token", data=body).status_code < 500
    _send(b"{}", content_type)


@SOME
@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n")))
def test_any_header(value: str) -> None:
    for name in ("AUTHORIZATION", "IF_MATCH", "X_REQUEST_ID", "ACCEPT"):
        environment = {"HTTP_AUTHORIZATION": HEADERS["Authorization"], f"HTTP_{name}": value}
        assert CLIENT.put("/user", json={"name": "x"}, environ_overrides=environment).status_code < 500


@SOME
@given(st.text(), st.sampled_from(["GET", "POST", "PUT", "DELETE"]))
def test_any_path(path: str, method: str) -> None:
    # The test client would take "//x" for a host.
    environment = {"PATH_INFO": "/" + path.encode("utf-8", "replace").decode("latin-1")}
    response = CLIENT.open(method=method, environ_overrides=environment)
    assert response.status_code < 500
    response.close()


# The document, as a client of ours would read it

load_all_checks()
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
schema = schemathesis.openapi.from_wsgi("/openapi.json", APP)


@schema.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_requests_made_from_the_document(case: schemathesis.Case[Any]) -> None:
    headers = join(CLIENT).headers  # anew, for some of these requests delete their sender
    case.call_and_validate(headers=headers, checks=CHECKS)
