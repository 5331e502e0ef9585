"""The former login system is asked with a signed request, and cannot delay or break a login."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from src.application.ports import KnownUser
from src.infrastructure.outgoing.circuit import Circuit
from src.infrastructure.outgoing.logins import FormerLogins
from tests.contract.outgoing.conftest import failing
from tests.support import outside

KEYS = [b"k" * 32, b"o" * 32]


def logins(services: outside.Outside, seconds: float = 5.0) -> FormerLogins:
    now = lambda: datetime.now(UTC)  # noqa: E731 - a clock
    return FormerLogins(services.chat.url, lambda: KEYS, now, seconds=seconds, circuit=Circuit("The old system"))


def test_a_question_is_signed_with_every_key_as_the_library_of_the_standard_verifies_it(
    services: outside.Outside,
) -> None:
    services.chat.behave("answer", body={"username": "Anna"})
    assert logins(services).ask("username", "Anna", "påss") == KnownUser("Anna")
    [seen] = services.chat.received
    assert (seen["method"], seen["json"]) == ("POST", {"username": "Anna", "password": "påss"})
    body = json.dumps(seen["json"])
    for key in KEYS:
        assert Webhook(key).verify(body, seen["headers"]) == seen["json"]
    with pytest.raises(WebhookVerificationError):
        Webhook(KEYS[0]).verify(body.replace("Anna", "Bert"), seen["headers"])


def test_only_the_profile_of_an_answer_is_read(services: outside.Outside) -> None:
    user = {"email": "a@example.com", "email_verified": True, "name": "Anna", "last_name": 7, "role": "admin"}
    services.chat.behave("answer", body={**user, "claims": {"plan": "gold"}, "id": "1"})
    known = logins(services).ask("email", "a@example.com", "x")
    assert known == KnownUser(email="a@example.com", email_verified=True, details={"name": "Anna"})
    services.chat.behave("answer", body={"username": 7, "email_verified": "true"})
    assert logins(services).ask("email", "a@example.com", "x") == KnownUser()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429])
def test_a_status_of_the_client_is_a_no(services: outside.Outside, status: int) -> None:
    services.chat.behave("answer", status=status, body={"username": "anna"})
    assert logins(services).ask("username", "anna", "x") is None


@pytest.mark.parametrize(
    ("behaviour", "options", "said"),
    [
        ("hang", {}, "too long"),
        ("dribble", {}, "too long"),
        ("reset", {}, "broke off"),
        ("redirect", {}, "status 302"),
        ("bomb", {}, "understood"),
        ("endless", {}, "understood"),
        *[("answer", {"status": status, "body": "{}"}, f"status {status}") for status in (201, 204, 503)],
        *[("answer", {"body": body}, "understood") for body in ("", "true", "[{}]", "<html>", '{"a": 1, "a": 2}')],
        *[("answer", {"body": {name: "no database"}}, "understood") for name in ("error", "errors")],
    ],
)
def test_any_other_answer_is_a_failure_in_time(
    services: outside.Outside, behaviour: str, options: dict[str, Any], said: str
) -> None:
    services.chat.behave(behaviour, **options)
    seconds = 0.5 if said == "too long" else 30.0
    with failing() as details:
        logins(services, seconds).ask("username", "anna", "x")
    assert said in details[0]


def test_a_system_that_says_yes_to_everything_is_noticed(services: outside.Outside) -> None:
    services.chat.behave("answer", status=401)
    logins(services).check()
    services.chat.behave("answer", body={})
    with failing() as details:
        logins(services).check()
    assert "accepts a random name" in details[0]
