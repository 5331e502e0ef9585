"""Requests that are small to send and must be small to refuse."""

import io
import json
import time
from collections.abc import Callable

import pytest

from tests.support.world import PASSWORD, Answer, Client, Person, registration

MARKS = "\u0301\u0316"  # out of canonical order: normalising n of them takes n * n steps


@pytest.mark.parametrize("path", ["/login", "/register", "/auth/token"])
@pytest.mark.parametrize("field", ["username", "email"])
def test_overlong_usernames_are_refused_before_normalisation(client: Client, path: str, field: str) -> None:
    body = registration(**{field: "a" + MARKS * 200_000 + ("@example.com" if field == "email" else "")})
    start = time.perf_counter()
    if path == "/auth/token":
        body = {"grant_type": "password", **registration(username="a" + MARKS * 40_000)}
        answer = client.post(path, data=body)
    else:
        data = json.dumps(body, ensure_ascii=False).encode()
        answer = client.post(path, data=data, content_type="application/json")
    assert answer.status_code in (400, 401, 422)
    assert time.perf_counter() - start < 2  # it was 30 s


def test_overlong_names_of_dogs_are_refused_before_normalisation(client: Client, anna: Person) -> None:
    client.post("/api/dogs/Abe", headers=anna.headers)
    body = json.dumps({"name": "a" + MARKS * 200_000}, ensure_ascii=False).encode()
    start = time.perf_counter()
    answer = client.put("/api/dogs/Abe", data=body, content_type="application/json", headers=anna.headers)
    assert answer.status_code == 422
    path = "/api/dogs/a" + MARKS * 2000  # as long as a server takes it
    assert client.post(path, headers=anna.headers).status_code == 422
    assert client.get(path).status_code == 404
    assert time.perf_counter() - start < 2


def test_deep_and_wide_json_is_parsed_only_once(client: Client) -> None:
    body = b'{"a":' + b"[" * 900 + b'""' + b',""' * 300_000 + b"]" * 900 + b"}"
    start = time.perf_counter()
    assert client.post("/login", data=body, content_type="application/json").status_code == 422
    assert time.perf_counter() - start < 2  # it was 9 s


@pytest.mark.parametrize("missing", [1, 50])
def test_a_truncated_body_changes_nothing(client: Client, missing: int) -> None:
    body = b'{"username": "cutoff", "email": "cutoff@example.com", "password": "' + PASSWORD.encode() + b'"}'
    answer = client.post(
        "/register",
        content_type="application/json",
        input_stream=io.BytesIO(body),
        environ_overrides={"CONTENT_LENGTH": str(len(body) + missing), "wsgi.input_terminated": True},
    )
    assert answer.status_code == 400
    login = client.post("/login", json={"username": "cutoff", "password": PASSWORD})
    assert login.status_code == 401


def test_a_compressed_body_is_refused(client: Client) -> None:
    answer = client.post(
        "/login", data=b"\x1f\x8b", headers={"Content-Encoding": "gzip", "Content-Type": "application/json"}
    )
    assert answer.status_code == 415


def test_the_error_about_repeated_parameters_stays_short(client: Client) -> None:
    answer = client.post(
        "/auth/token",
        data="&".join(f"k{n}=1&k{n}=1" for n in range(20_000)),
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 400
    assert len(answer.data) < 5_000


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
@pytest.mark.parametrize("call", [Client.post, Client.delete])
def test_the_docs_accept_read_methods_only(client: Client, path: str, call: Callable[..., Answer]) -> None:
    answer = call(client, path)
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
