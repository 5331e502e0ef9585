"""What a request costs on Firestore: each RPC is a round trip, and each read and write is billed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient

from src.infrastructure.identity.local import LocalIdentity
from src.infrastructure.stores.base import Store
from src.infrastructure.tokens.keys import KeyRing, SigningKey, as_jwk_set
from src.interfaces.http.app import create_app
from src.main import VERSION
from src.main import wire as wire_services
from src.settings import Settings
from tests.contract.conftest import Wire

ANNA = {"username": "anna", "email": "anna@example.com", "password": "correct horse battery"}


@pytest.fixture
def client(wire: Wire, firestore: Callable[[], Store], tmp_path: Path) -> FlaskClient:
    services = wire_services(
        Settings(_env_file=None, data_dir=tmp_path, store_url="firestore://demo-portero"),
        store=firestore(),
        identity=LocalIdentity(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), at_once=1),
        keys=KeyRing(as_jwk_set([SigningKey.generate()])),
    )
    return create_app(services, VERSION).test_client()


def test_a_registration_is_one_commit(wire: Wire, client: FlaskClient) -> None:
    assert client.post("/register", json=ANNA).status_code == 201
    assert wire.rpcs == ["Commit"]


def test_a_name_that_is_taken_is_looked_at_once(wire: Wire, client: FlaskClient) -> None:
    client.post("/register", json=ANNA)
    wire.rpcs.clear()
    assert client.post("/register", json=ANNA).status_code == 409
    assert wire.rpcs == ["Commit", "BatchGetDocuments"]


@pytest.mark.parametrize("login", ["username", "email"])
def test_a_login_is_two_reads(wire: Wire, client: FlaskClient, login: str) -> None:
    client.post("/register", json=ANNA)
    wire.rpcs.clear()
    answer = client.post("/login", json={login: ANNA[login], "password": ANNA["password"]})
    assert answer.status_code == 200
    assert wire.rpcs == ["BatchGetDocuments"] * 2


def test_a_login_of_nobody_is_one_read(wire: Wire, client: FlaskClient) -> None:
    assert client.post("/login", json={"username": "nobody", "password": "x"}).status_code == 401
    assert wire.rpcs == ["BatchGetDocuments"]


@pytest.fixture
def bearer(client: FlaskClient, wire: Wire) -> dict[str, str]:
    """The header of a registered user's requests."""
    client.post("/register", json=ANNA)
    token = client.post("/login", json={"username": "anna", "password": ANNA["password"]}).get_json()["access_token"]
    wire.rpcs.clear()
    return {"Authorization": f"Bearer {token}"}


def test_an_authenticated_request_is_one_read(wire: Wire, client: FlaskClient, bearer: dict[str, str]) -> None:
    assert client.get("/user", headers=bearer).status_code == 200
    assert wire.rpcs == ["BatchGetDocuments"]


def test_a_rename_is_one_commit_on_top(wire: Wire, client: FlaskClient, bearer: dict[str, str]) -> None:
    """One read tells who is calling, one what is changed."""
    assert client.put("/user", headers=bearer, json={"username": "eve"}).status_code == 200
    assert wire.rpcs == ["BatchGetDocuments", "BatchGetDocuments", "Commit"]


def test_a_token_that_is_none_costs_nothing(wire: Wire, client: FlaskClient) -> None:
    assert client.get("/user", headers={"Authorization": "Bearer no.such.token"}).status_code == 401
    assert wire.rpcs == []
