"""A leaked password is refused wherever a new one is set, and accepted while the list of leaks is unavailable."""

import logging
from pathlib import Path
from typing import Any

import pytest

from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.stores.memory import MemoryStore
from tests.http.test_metrics import TOKEN, measured
from tests.support.emulators import free_port
from tests.support.leaks import LEAKED_PASSWORD, compiled
from tests.support.mailing import MailWorld
from tests.support.world import PASSWORD, Answer, errors_of, join, registration

SPANISH = "Esta contraseña se ha filtrado de otro servicio; elige otra."


@pytest.fixture
def world(tmp_path: Path) -> MailWorld:
    return MailWorld(
        settings={"password_breach_url": f"file:{compiled(tmp_path, LEAKED_PASSWORD)}"}, metrics_token=TOKEN
    )


def refused(answer: Answer, field: str = "password") -> bool:
    return answer.status_code == 422 and errors_of(answer) == {(field, "breached")}


@pytest.mark.parametrize("path", ["/register", "/users", "/auth/register", "/api/v1/auth/signup"])
def test_nobody_registers_with_a_leaked_password(world: MailWorld, path: str) -> None:
    body = registration(password=LEAKED_PASSWORD)
    answer = world.client.post(path, json=body, headers={"Accept-Language": "es"})
    assert refused(answer)
    assert answer.json["errors"][0]["message"] == SPANISH
    assert world.client.post(path, json={**body, "password": PASSWORD}).status_code == 201
    found = measured(world)
    assert (found["portero_breach_checks_total breached"], found["portero_breach_checks_total passed"]) == (1, 1)


def test_a_guest_becomes_no_user_with_a_leaked_password(world: MailWorld) -> None:
    guest = join(world.client, "guest")
    body = registration(password=LEAKED_PASSWORD)
    assert refused(world.client.post("/register", json=body, headers=guest.headers))
    assert world.client.get("/user", headers=guest.headers).json["role"] == "guest"


def test_a_stranger_has_no_password_looked_for_above_the_limit_or_without_a_token(world: MailWorld) -> None:
    limited = MailWorld(settings=world.settings, limiter=StoreLimiter(MemoryStore(), world.watch), metrics_token=TOKEN)
    answers = [limited.client.post("/register", json=registration(password=LEAKED_PASSWORD)) for _ in range(31)]
    assert ([*map(refused, answers[:30])], answers[30].status_code) == ([True] * 30, 429)
    assert limited.reset("unknown", LEAKED_PASSWORD).status_code == 401
    assert measured(limited)["portero_breach_checks_total breached"] == 30


def test_a_leaked_password_is_refused_at_a_change_and_for_users_whom_an_admin_adds(world: MailWorld) -> None:
    admin = join(world.client, "admin")
    change = {"current_password": PASSWORD, "new_password": LEAKED_PASSWORD}
    assert refused(world.client.put("/user/password", json=change, headers=admin.headers), "new_password")
    person: dict[str, Any] = {"name": "Ben", "last_name": "Ruiz", "email": "ben@example.com"}
    added = world.client.post("/api/users", json={**person, "password": LEAKED_PASSWORD}, headers=admin.headers)
    assert refused(added)


def test_a_leaked_password_is_refused_at_a_reset_and_spends_no_token(world: MailWorld) -> None:
    world.ask("/auth/password/forgot", join(world.client).user["email"])
    assert refused(world.reset(world.token, LEAKED_PASSWORD), "new_password")
    assert world.reset(world.token).status_code == 204


def test_a_password_is_accepted_and_logged_while_the_service_of_leaks_is_away(caplog: pytest.LogCaptureFixture) -> None:
    world = MailWorld(settings={"password_breach_url": f"http://127.0.0.1:{free_port()}/range"}, metrics_token=TOKEN)
    with caplog.at_level(logging.WARNING, "portero.passwords"):
        assert world.client.post("/register", json=registration(password=LEAKED_PASSWORD)).status_code == 201
    [record] = [record for record in caplog.records if record.name == "portero.passwords"]
    assert "without a look at leaked ones" in record.getMessage()
    assert LEAKED_PASSWORD not in caplog.text
    assert measured(world)["portero_breach_checks_total failed"] == 1


def test_only_a_password_that_is_good_otherwise_is_looked_for(world: MailWorld) -> None:
    assert errors_of(world.client.post("/register", json=registration(password="short"))) == {("password", "too_short")}
    assert not [name for name in measured(world) if "breach" in name]
