"""POST /auth/step-up and POST /auth/step-up/options."""

from typing import Any

import jwt
import pytest
from flask import Flask

from src.application.ports import ProviderAccount
from src.domain.values import Email
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.stores.memory import MemoryStore
from tests.support.authenticator import Authenticator
from tests.support.passkeys import enrol
from tests.support.races import at_once
from tests.support.second_steps import give_phone
from tests.support.working import Watch
from tests.support.world import (
    PASSWORD,
    Answer,
    Client,
    Person,
    Provider,
    build,
    client_of,
    errors_of,
    join,
    registration,
    services_of,
)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def app(watch: Watch) -> Flask:
    return build(clock=watch, limiter=StoreLimiter(MemoryStore(), watch))


def step_up(client: Client, person: Person, **proof: Any) -> Answer:
    return client.post("/auth/step-up", json=proof, headers=person.headers)


def claims(answer: Answer) -> tuple[int, str, list[str]]:
    assert answer.status_code == 200, answer.text
    said = jwt.decode(answer.json["access_token"], options={"verify_signature": False})
    return said["auth_time"], said["acr"], said["amr"]


def test_a_step_up_makes_a_newer_and_stronger_token_of_the_same_session(client: Client, watch: Watch) -> None:
    anna = join(client)
    phone = give_phone(client.application, anna.user["id"])
    watch.forward(1000)
    anna = Person(anna.user, client.post("/auth/refresh", json={"refresh_token": anna.refresh}).json["access_token"])
    proved = int(watch().timestamp())
    answer = step_up(client, anna, code=phone.code)
    assert claims(answer) == (proved, "aal2", ["pwd", "otp", "mfa"])
    strong = Person(anna.user, answer.json["access_token"])
    assert strong.session == anna.session
    assert set(answer.json) == {"access_token", "token_type", "expires_in"}
    [session] = client.get("/auth/sessions", headers=strong.headers).json
    assert session["amr"] == ["pwd", "otp", "mfa"]
    watch.forward(30)
    assert claims(step_up(client, anna, **phone.answer("recovery_code"))) == (
        proved + 30,
        "aal2",
        ["pwd", "otp", "mfa", "recovery"],
    )


def test_a_step_up_counts_for_the_tokens_of_a_refresh(client: Client, watch: Watch, anna: Person) -> None:
    phone = give_phone(client.application, anna.user["id"])
    watch.forward(100)
    step_up(client, anna, code=phone.code)
    watch.forward(100)
    fresh = client.post("/auth/refresh", json={"refresh_token": anna.refresh})
    assert claims(fresh) == (int(watch().timestamp()) - 100, "aal2", ["pwd", "otp", "mfa"])


def test_a_refused_request_succeeds_after_the_step_up(client: Client, watch: Watch, anna: Person) -> None:
    phone = give_phone(client.application, anna.user["id"])
    assert client.delete("/user", headers=anna.headers).status_code == 401
    strong = Person(anna.user, step_up(client, anna, code=phone.code).json["access_token"])
    assert client.delete("/user", headers=anna.headers).status_code == 401
    assert client.delete("/user", headers=strong.headers).status_code == 204


def test_a_passkey_steps_up_once_for_each_challenge(client: Client, anna: Person) -> None:
    services, device = services_of(client.application), Authenticator()
    enrol(services, anna.user["id"], device)
    options = client.post("/auth/step-up/options", headers=anna.headers).json
    assert [each["id"] for each in options["publicKey"]["allowCredentials"]]
    device.counter += 1
    passkey = device.get(options)
    assert claims(step_up(client, anna, passkey=passkey))[1:] == ("aal2", ["pwd", "pop", "user", "mfa"])
    again = step_up(client, anna, passkey=passkey)
    assert (again.status_code, again.json["type"]) == (403, "/problems/wrong-code")
    ben = join(client)
    enrol(services, ben.user["id"], Authenticator())
    foreign = device.get(client.post("/auth/step-up/options", headers=ben.headers).json)
    assert step_up(client, ben, passkey=foreign).status_code == 403


def test_a_password_steps_up_only_without_factors(client: Client, watch: Watch, anna: Person) -> None:
    watch.forward(700)
    assert claims(step_up(client, anna, password=PASSWORD)) == (int(watch().timestamp()), "aal1", ["pwd"])
    give_phone(client.application, anna.user["id"])
    assert errors_of(step_up(client, anna, password=PASSWORD)) == {("password", "factor")}


def test_a_step_up_with_the_password_stands_for_it_at_a_new_address(client: Client, watch: Watch, anna: Person) -> None:
    watch.forward(700)
    body = {"email": registration()["email"]}
    assert client.put("/user", json=body, headers=anna.headers).status_code == 422
    fresh = Person(anna.user, step_up(client, anna, password=PASSWORD).json["access_token"])
    assert client.put("/user", json=body, headers=fresh.headers).status_code == 200


def test_wrong_passwords_count_as_failed_logins(client: Client, anna: Person) -> None:
    wrong = [step_up(client, anna, password="wrong").status_code for _ in range(10)]
    assert wrong == [403] * 10
    assert step_up(client, anna, password=PASSWORD).status_code == 429
    login = {"username": anna.user["username"], "password": PASSWORD}
    assert client.post("/login", json=login).status_code == 401  # the same answer as for an unknown name


@pytest.mark.parametrize("proof", [{"code": "000000"}, {"recovery_code": "x"}, {"passkey": {}}])
def test_a_wrong_proof_is_refused(client: Client, anna: Person, proof: dict[str, Any]) -> None:
    answer = step_up(client, anna, **proof)
    assert answer.status_code == 403
    assert claims(client.post("/auth/renew", headers=anna.headers))[1:] == ("aal1", ["pwd"])


@pytest.mark.parametrize("body", [{}, {"password": ""}, {"code": "1", "password": "x"}, {"code": 1}, {"passkey": "x"}])
def test_a_body_has_one_proof(client: Client, anna: Person, body: dict[str, Any]) -> None:
    assert step_up(client, anna, **body).status_code == 422


def test_a_token_of_the_identity_provider_has_no_session_to_step_up() -> None:
    provider = Provider(uid=ProviderAccount(Email("uid@example.com"), has_password=True))
    client = client_of(build(remote=provider))
    for proof in ({"password": PASSWORD}, {"code": "1"}):
        assert step_up(client, Person({}, "uid"), **proof).status_code == 403


def test_an_id_token_of_a_user_with_factors_is_refused() -> None:
    provider = Provider(uid=ProviderAccount(Email("uid@example.com"), has_password=True))
    client = client_of(build(remote=provider))
    person = Person(client.get("/user", headers={"Authorization": "Bearer uid"}).json, "uid")
    give_phone(client.application, person.user["id"])
    answer = client.get("/user", headers=person.headers)
    assert (answer.status_code, answer.json["type"]) == (401, "/problems/insufficient-user-authentication")


def test_of_twenty_uses_of_a_code_one_steps_up(client: Client, watch: Watch, anna: Person) -> None:
    phone = give_phone(client.application, anna.user["id"])
    for proof in map(phone.answer, ("code", "recovery_code")):

        def attempt(_: int, proof: dict[str, str] = proof) -> int:
            return step_up(client_of(client.application), anna, **proof).status_code

        statuses = at_once(attempt, range(20))
        assert statuses.count(200) == 1
        assert {*statuses} <= {200, 403, 429}  # the limit of guesses counts a code before it is checked
