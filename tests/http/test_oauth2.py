"""The token endpoint, used by an OAuth2 client library, and the errors of RFC 6749."""

import re
from io import BytesIO
from typing import Any

import pytest
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from src.interfaces.app import MAX_BODY_BYTES
from tests.support.working import FullLimiter, Watch
from tests.support.world import ACCESS_FIELDS, PASSWORD, TOKEN_FIELDS, Client, Person, build, client_of, join

HOST = "https://portero.test"


class _Wired(BaseAdapter):
    """An adapter that sends requests to the application instead of the network."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self._client = client

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        assert request.url
        answer = self._client.open(
            request.url.removeprefix(HOST), method=request.method, data=request.body, headers=dict(request.headers)
        )
        response = Response()
        response.status_code, response.raw = answer.status_code, BytesIO(answer.data)
        response.headers.update(answer.headers)
        response.url, response.request = request.url, request
        return response

    def close(self) -> None:
        pass


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def app(watch: Watch) -> Flask:
    return build(clock=watch)


@pytest.fixture
def session(client: Client) -> OAuth2Session:
    found = OAuth2Session(client_id="", token_endpoint_auth_method="none", token_endpoint=f"{HOST}/auth/token")
    found.mount(HOST, _Wired(client))
    return found


def _fetch(session: OAuth2Session, anna: Person, password: str = PASSWORD) -> Any:
    return session.fetch_token(username=anna.user["username"], password=password, grant_type="password")


def test_a_client_library_gets_and_uses_a_token(session: OAuth2Session, anna: Person) -> None:
    assert set(_fetch(session, anna)) >= TOKEN_FIELDS
    assert session.get(f"{HOST}/user").json() == anna.user


def test_a_client_library_refreshes(session: OAuth2Session, anna: Person, watch: Watch) -> None:
    first = dict(_fetch(session, anna))
    watch.forward(901)
    second = session.refresh_token()
    assert second["refresh_token"] != first["refresh_token"]
    assert session.get(f"{HOST}/user").json() == anna.user
    watch.forward(11)
    with pytest.raises(OAuthError, match="invalid_grant"):
        session.refresh_token(refresh_token=first["refresh_token"])


def test_a_client_library_gets_a_token_with_the_secret_of_a_service(client: Client) -> None:
    headers = join(client, "admin").headers
    service = client.post("/services", json={"name": "Billing", "role": "user"}, headers=headers).json
    for method in ("client_secret_basic", "client_secret_post"):
        credential = {name: service[name] for name in ("client_id", "client_secret")}
        session = OAuth2Session(**credential, token_endpoint_auth_method=method)
        session.mount(HOST, _Wired(client))
        token = session.fetch_token(f"{HOST}/auth/token", grant_type="client_credentials")
        assert set(token) == ACCESS_FIELDS | {"expires_at"}
        assert session.get(f"{HOST}/user").json()["id"] == service["id"]


def test_a_client_library_reads_the_error(session: OAuth2Session, anna: Person) -> None:
    with pytest.raises(OAuthError, match="invalid_grant"):
        _fetch(session, anna, "wrong")
    with pytest.raises(OAuthError, match="unsupported_grant_type"):
        session.fetch_token(grant_type="authorization_code", code="unknown")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": ""}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": ["x", "y"]}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "A" * 86}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refreshToken": "x"}, "invalid_request"),
        ({"grant_type": "Refresh_Token", "refresh_token": "x"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, "unsupported_grant_type"),
    ],
)
def test_errors_have_the_codes_of_rfc_6749(client: Client, form: dict[str, Any], error: str) -> None:
    answer = client.post("/auth/token", data=form)
    assert (answer.status_code, answer.json["error"]) == (400, error)
    assert answer.content_type == "application/json"
    assert answer.json["type"] == f"/problems/{error.replace('_', '-')}"
    assert answer.json["error_description"] == answer.json["detail"].replace('"', "'")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize("path", ["/auth/token", "/auth/revoke/", "/auth/introspect"])
def test_a_wrong_method_has_a_code_too(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")
    assert (answer.content_type, answer.json["error"]) == ("application/json", "invalid_request")


def test_errors_that_keep_their_status_have_a_code_too() -> None:
    client = client_of(build(limiter=FullLimiter()))
    json = client.post("/auth/token", json={"grant_type": "password"})
    assert (json.status_code, json.json["error"]) == (415, "invalid_request")
    large = client.post("/auth/token", data={"grant_type": "x" * (MAX_BODY_BYTES + 1)})
    assert (large.status_code, large.json["error"]) == (413, "invalid_request")
    limited = client.post("/auth/token", data={"grant_type": "password", "username": "anna", "password": PASSWORD})
    assert (limited.status_code, limited.json["error"]) == (429, "temporarily_unavailable")
    assert limited.headers["Retry-After"] == "60"


def test_a_description_has_only_the_characters_that_rfc_6749_allows(client: Client) -> None:
    answer = client.post("/auth/token", data={'grant_type": "ñ\\': ["x", "y"]})
    assert re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", answer.json["error_description"])


def test_a_bearer_token_is_not_accepted_as_a_grant(client: Client, anna: Person) -> None:
    form = {"grant_type": "refresh_token"}
    headers = {"Authorization": f"Bearer {anna.refresh}"}
    assert client.post("/auth/token", data=form, headers=headers).json["error"] == "invalid_request"
    assert client_of(client.application).post("/auth/refresh", headers=headers).status_code == 200
    assert join(client)
