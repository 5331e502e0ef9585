"""Requests that cost a client little must cost the service little to refuse."""

import io
import json
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable
from typing import Literal
from unittest.mock import Mock

import pytest
from werkzeug.datastructures import Accept, LanguageAccept, MIMEAccept

from tests.support.world import PASSWORD, Answer, Client, Person, registration

MARKS = "\u0301\u0316"  # out of canonical order: normalising n of them takes n * n steps


@pytest.fixture
def normalised(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that receives the lengths of the texts that are normalised during the test."""
    lengths: list[int] = []
    normalize = unicodedata.normalize

    def noting(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
        lengths.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", noting)
    return lengths


@pytest.mark.parametrize("path", ["/login", "/register", "/auth/token"])
@pytest.mark.parametrize("field", ["username", "email"])
def test_overlong_usernames_are_refused_before_normalisation(
    client: Client, normalised: list[int], path: str, field: str
) -> None:
    def send(name: str) -> int:
        if path == "/auth/token":
            body = {"grant_type": "password", **registration(username=name)}
            return client.post(path, data=body).status_code
        body = registration(**{field: name + ("@example.com" if field == "email" else "")})
        data = json.dumps(body, ensure_ascii=False).encode()
        return client.post(path, data=data, content_type="application/json").status_code

    assert send("a" + MARKS) in (201, 400, 401, 422)
    assert normalised
    assert send("a" + MARKS * (40_000 if path == "/auth/token" else 200_000)) in (400, 401, 422)
    assert max(normalised) <= 500


@pytest.mark.parametrize("body", ['[{"":0},' * 100_000 + "0]", "[" + "[]," * 300_000 + "[]]"])
def test_a_body_of_many_values_is_refused_before_it_is_parsed(
    client: Client, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    parse = Mock(wraps=json.loads)
    monkeypatch.setattr(json, "loads", parse)
    answer = client.application.test_client().post("/login", data=body, content_type="application/json")
    assert (answer.status_code, b"it has too many values." in answer.data) == (400, True)
    assert all(len(call.args[0]) < len(body) for call in parse.call_args_list)


@pytest.mark.parametrize("header", ["Accept", "Accept-Language", "Accept-Encoding"])
def test_long_lists_of_what_the_client_accepts_are_cut(
    client: Client, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    compared = list[str]()
    value_matches = Accept._value_matches

    def noting(self: Accept, value: str, item: str) -> bool:
        compared.append(item)
        return value_matches(self, value, item)

    for kind in (Accept, MIMEAccept, LanguageAccept):
        monkeypatch.setattr(kind, "_value_matches", noting)
    client.get("/nope", headers={header: "aa/a," * 20_000})
    assert len(compared) < 5_000


def test_a_dog_whose_name_is_long_once_it_is_folded_is_refused(client: Client, anna: Person) -> None:
    answer = client.post("/api/dogs/0" + "\ufdfa" * 60, headers=anna.headers)
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "length")


def test_overlong_names_of_dogs_are_refused_before_normalisation(
    client: Client, anna: Person, normalised: list[int]
) -> None:
    client.post("/api/dogs/Abe", headers=anna.headers)
    assert normalised
    body = json.dumps({"name": "a" + MARKS * 200_000}, ensure_ascii=False).encode()
    answer = client.put("/api/dogs/Abe", data=body, content_type="application/json", headers=anna.headers)
    assert answer.status_code == 422
    path = "/api/dogs/a" + MARKS * 2000  # as long as the server accepts
    assert client.post(path, headers=anna.headers).status_code == 422
    assert max(normalised) <= 500
    assert client.get(path).status_code == 404


def test_deep_and_wide_json_is_parsed_only_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    width = 19_000
    body = b'{"a":' + b"[" * 900 + b'""' + b',""' * width + b"]" * 900 + b"}"
    parse = Mock(wraps=json.loads)
    monkeypatch.setattr(json, "loads", parse)
    calls: Counter[str] = Counter()
    sys.setprofile(lambda frame, event, argument: calls.update([event]))
    try:
        answer = client.post("/login", data=body, content_type="application/json")
    finally:
        sys.setprofile(None)
    assert answer.status_code == 422
    assert [len(call.args[0]) for call in parse.call_args_list].count(len(body)) == 1
    assert calls["call"] + calls["c_call"] < 5 * width


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
