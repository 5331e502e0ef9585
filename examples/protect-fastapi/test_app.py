"""Tests of the back end beside a real Portero, which PORTERO_HOME names: `pytest`."""

import pytest
from app import create_app
from fastapi.testclient import TestClient

from portero_client.testing import LocalPortero


@pytest.fixture
def client(portero: LocalPortero) -> TestClient:
    """A client of the back end."""
    return TestClient(create_app(portero.verifier()))


def test_users_see_their_orders_and_guests_see_none(portero: LocalPortero, client: TestClient) -> None:
    anna = portero.user()
    assert client.get("/orders", headers=anna.headers).json() == {"user": anna.id, "orders": []}
    assert client.get("/orders", headers=portero.user("guest").headers).status_code == 403


def test_a_token_expires(portero: LocalPortero, client: TestClient) -> None:
    anna = portero.user(claims={"team": "blue"})
    portero.forward(3600)
    assert client.get("/orders", headers=anna.headers).headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
