"""OAuth2 client libraries of JavaScript and Python use the real service and complain about nothing."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from oauthlib.oauth2 import BackendApplicationClient, InvalidGrantError, LegacyApplicationClient
from requests_oauthlib import OAuth2Session

from tests.e2e.service import PASSWORD, serving
from tests.support.emulators import free_port, tools_path

JS = Path(__file__).parents[1] / "js"
NAME, SECRET = "billing", "a-secret_of.the~service"
ADMIN = {"ADMIN_EMAIL": "olga@example.com", "ADMIN_PASSWORD": PASSWORD}


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    url = f"http://localhost:{port}"
    settings = {"ISSUER": url, "SERVICE_CREDENTIALS": f"other:{'x' * 16}, {NAME}:{SECRET}"} | ADMIN
    with serving(tmp_path_factory.mktemp("oauth"), port, settings):
        body = {"username": "anna", "email": "anna@example.com", "password": PASSWORD}
        assert requests.post(f"{url}/register", json=body, timeout=60).status_code == 201
        yield url


@pytest.fixture
def metadata(issuer: str) -> Any:
    return requests.get(f"{issuer}/.well-known/oauth-authorization-server", timeout=60).json()


def test_javascript_libraries_discover_log_in_refresh_introspect_and_revoke(issuer: str) -> None:
    command = ["node", "oauth.mjs", issuer, "anna", PASSWORD, NAME, SECRET]
    ran = subprocess.run(
        command, cwd=JS, env={"PATH": tools_path()}, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    refusal = {"error": "invalid_grant", "text": "The username, e-mail or password is not right.", "status": 400}
    assert found["refusal"] == refusal
    assert found["claims"]["client_id"] == "portero"
    assert (
        found["basic"]
        == found["post"]
        == {**found["claims"], "active": True, "username": "anna", "token_type": "Bearer"}
    )
    assert found["afterwards"] == {"active": False}
    assert (found["expires"], found["subject"]) == (900, found["claims"]["sub"])


def test_requests_oauthlib_logs_in_refreshes_and_reads_errors(
    metadata: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    session = OAuth2Session(client=LegacyApplicationClient(client_id="desktop"))
    token_url = metadata["token_endpoint"]
    session.fetch_token(token_url, username="anna", password=PASSWORD, include_client_id=True)
    session.refresh_token(token_url)
    assert session.get(f"{metadata['issuer']}/user").json()["username"] == "anna"
    with pytest.raises(InvalidGrantError, match="is not right"):
        session.fetch_token(token_url, username="anna", password="wrong")


def test_authlib_accepts_the_metadata_introspects_and_revokes(metadata: dict[str, str]) -> None:
    AuthorizationServerMetadata({**metadata, "issuer": metadata["issuer"].replace("http:", "https:")}).validate_issuer()
    client = AuthlibSession(client_id="spa", token_endpoint_auth_method="none")
    token = client.fetch_token(metadata["token_endpoint"], username="anna", password=PASSWORD, grant_type="password")
    service = AuthlibSession(NAME, SECRET)
    ask = {"url": metadata["introspection_endpoint"], "token": token["refresh_token"]}
    assert service.introspect_token(**ask).json()["username"] == "anna"
    assert client.revoke_token(metadata["revocation_endpoint"], token["refresh_token"]).status_code == 200
    assert service.introspect_token(**ask).json() == {"active": False}


def _bearer(issuer: str, login: str) -> dict[str, str]:
    body = {"username": login, "password": PASSWORD}
    token = requests.post(f"{issuer}/login", json=body, timeout=60).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def test_libraries_get_tokens_with_the_secret_of_a_service(
    issuer: str, metadata: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    body, headers = {"name": "Billing", "role": "user"}, _bearer(issuer, "olga@example.com")
    service = requests.post(f"{issuer}/services", json=body, headers=headers, timeout=60).json()
    url, secret = metadata["token_endpoint"], service["client_secret"]
    oauthlib = OAuth2Session(client=BackendApplicationClient(client_id=service["id"]))
    oauthlib.fetch_token(url, client_id=service["id"], client_secret=secret)
    authlib = AuthlibSession(service["id"], secret)
    authlib.fetch_token(url, grant_type="client_credentials")
    for session in (oauthlib, authlib):
        assert session.get(f"{issuer}/user").json()["id"] == service["id"]
    command = ["node", "service.mjs", issuer, service["id"], secret]
    ran = subprocess.run(
        command, cwd=JS, env={"PATH": tools_path()}, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == [service["id"]] * 3


def test_a_removed_key_is_out_on_the_next_request_to_any_worker(issuer: str) -> None:
    headers = _bearer(issuer, "anna")
    made = requests.post(f"{issuer}/user/keys", json={"name": "A", "scope": "read"}, headers=headers, timeout=60).json()
    key = {"Authorization": f"Bearer {made['key']}"}
    assert {requests.get(f"{issuer}/user", headers=key, timeout=60).status_code for _ in range(20)} == {200}
    assert requests.delete(f"{issuer}/user/keys/{made['id']}", headers=headers, timeout=60).status_code == 204
    assert {requests.get(f"{issuer}/user", headers=key, timeout=60).status_code for _ in range(20)} == {401}
