"""Tests of the back end beside a real Portero, which PORTERO_HOME names: `pytest`."""

import pytest
from app import routes
from django.conf import settings
from rest_framework.test import APIClient

from portero_client.testing import PASSWORD, LocalPortero


@pytest.fixture
def client(portero: LocalPortero, monkeypatch: pytest.MonkeyPatch) -> APIClient:
    """A client of the back end."""
    monkeypatch.setattr(settings, "ROOT_URLCONF", routes(portero.verifier()))
    return APIClient()


def test_users_see_their_orders_and_guests_see_none(portero: LocalPortero, client: APIClient) -> None:
    anna = portero.user()
    assert client.get("/orders", headers=anna.headers).json() == {"user": anna.id, "orders": []}
    assert client.get("/orders", headers=portero.user("guest").headers).status_code == 403


def test_a_payment_needs_a_new_proof_after_ten_minutes(portero: LocalPortero, client: APIClient) -> None:
    anna = portero.user()
    portero.forward(601)
    refused = client.post("/payments", headers=anna.headers)
    assert refused.status_code == 401
    assert 'max_age="600"' in refused.headers["WWW-Authenticate"]
    anna.client.step_up(password=PASSWORD)
    assert client.post("/payments", headers=anna.headers).json() == {"paid_by": anna.id}
