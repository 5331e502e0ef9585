"""The setting and the commands of login migration, with a stub of the other system."""

import json

import pytest
from standardwebhooks import Webhook

from src import main
from tests.contract.outgoing.conftest import server, services
from tests.support import outside
from tests.unit.test_cli import PASSWORD, Portero, _log_in, portero, prepared
from tests.unit.test_cli_check import explanation

__all__ = ["portero", "prepared", "server", "services"]  # fixtures


def test_the_printed_secret_verifies_questions_also_after_the_signing_key_was_rotated(
    prepared: Portero, services: outside.Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATE_LOGIN_URL", services.chat.url)
    services.chat.behave("answer", body={"email": "anna@example.com"})
    secret = prepared("keys", "migration-secret").out.strip()
    assert prepared("keys", "rotate").code == 0
    assert _log_in(main.create_app().test_client(), "anna")
    [seen] = services.chat.received
    assert seen["json"] == {"username": "anna", "password": PASSWORD}
    for each in (secret, prepared("keys", "migration-secret").out.strip()):
        assert Webhook(each).verify(json.dumps(seen["json"]), seen["headers"])


def test_a_check_asks_whether_the_other_system_accepts_everybody(
    prepared: Portero, services: outside.Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATE_LOGIN_URL", services.chat.url)
    services.chat.behave("answer", status=401)
    assert "ok     login migration" in prepared("check").out
    services.chat.behave("answer", body={})
    assert explanation(prepared, "login migration") == (
        "The system that knew the users before accepts a random name and password. "
        "Start or mend the service, or correct MIGRATE_LOGIN_URL."
    )
