"""The second step of logins: a user with a factor gets no token before it, whatever the first step was."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jwt
import pyotp
import pytest

from src.application.ports import ExternalIdentity, ProviderAccount
from src.domain.values import Email
from src.infrastructure.stores.memory import MemoryStore
from tests.support.mailing import NEW_PASSWORD, MailWorld, anna, world
from tests.support.second_steps import Phone, give_phone
from tests.support.world import (
    PASSWORD,
    V1_FIELDS,
    Answer,
    Client,
    Person,
    Provider,
    build,
    client_of,
    join,
    log_in,
    services_of,
)

__all__ = ["anna", "world"]  # fixtures
GRANT = "urn:portero:params:grant-type:mfa"


@pytest.fixture
def phone(world: MailWorld, anna: Person) -> Phone:
    world.prove(anna)
    return give_phone(world.app, anna.user["id"])


def first_step(world: MailWorld, anna: Person) -> str:
    """Take the first step with a password, and return the mfa_token."""
    return str(log_in(world.client, anna).json["mfa_token"])


def finish(world: MailWorld, token: str, **answer: Any) -> Answer:
    return world.client.post("/auth/mfa", json={"mfa_token": token, **answer})


def claims_of(answer: Answer) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(answer.json["access_token"], options={"verify_signature": False})
    return claims


def sessions_of(world: MailWorld, anna: Person) -> int:
    return len(services_of(world.app).sessions.sessions.list_for_user(anna.user["id"]).items)


def mail(world: MailWorld, anna: Person) -> dict[str, str]:
    world.ask("/auth/email/login", anna.user["email"])
    return {"token": world.token}


def mailed_code(world: MailWorld, anna: Person) -> dict[str, str]:
    world.ask("/auth/email/login", anna.user["email"])
    return {"email": anna.user["email"], "code": world.code}


def password(world: MailWorld, anna: Person) -> dict[str, str]:
    return {"username": anna.user["username"], "password": PASSWORD}


FIRST_STEPS = [
    ("/login", password, "json", ["pwd"]),
    ("/login", password, "data", ["pwd"]),
    ("/auth/login", password, "json", ["pwd"]),
    ("/api/v1/auth/login", password, "json", ["pwd"]),
    ("/session", password, "json", ["pwd"]),
    ("/auth/email/login/confirm", mail, "json", ["email"]),
    ("/auth/email/login/confirm", mailed_code, "json", ["email"]),
]
first_steps = pytest.mark.parametrize(
    ("path", "body", "form", "methods"),
    FIRST_STEPS,
    ids=[f"{path} {body.__name__} {form}" for path, body, form, _ in FIRST_STEPS],
)
Body = Callable[[MailWorld, Person], dict[str, str]]


@first_steps
def test_a_first_step_brings_a_ticket_and_no_session(
    world: MailWorld, anna: Person, phone: Phone, path: str, body: Body, form: str, methods: list[str]
) -> None:
    before = sessions_of(world, anna)
    answer = world.client.post(path, **{form: body(world, anna)})
    assert answer.status_code == 403
    assert answer.json["type"] == "/problems/mfa-required"
    assert (answer.json["expires_in"], answer.json["factors"]) == (600, ["recovery", "totp"])
    assert "access_token" not in answer.json
    assert sessions_of(world, anna) == before
    finished = finish(world, answer.json["mfa_token"], code=phone.code)
    assert finished.status_code == 200
    assert claims_of(finished)["amr"] == [*methods, "otp", "mfa"]
    assert claims_of(finished)["acr"] == "aal2"


@first_steps
def test_a_first_step_takes_the_code_of_the_app_too(
    world: MailWorld, anna: Person, phone: Phone, path: str, body: Body, form: str, methods: list[str]
) -> None:
    first = body(world, anna)
    wrong = world.client.post(path, **{form: {**first, "otp": phone.wrong_code}})
    assert (wrong.status_code, wrong.json["type"]) == (403, "/problems/wrong-code")
    right = world.client.post(path, **{form: {**first, "otp": phone.code}})
    assert right.status_code == 200
    assert claims_of(right)["amr"] == [*methods, "otp", "mfa"]


def test_users_without_factors_may_send_an_empty_or_needless_code(world: MailWorld, anna: Person) -> None:
    for otp in ("", "123456"):
        assert world.client.post("/login", json=password(world, anna) | {"otp": otp}).status_code == 200


@pytest.mark.parametrize("kind", ["code", "recovery_code"])
def test_an_answer_and_a_ticket_work_once(world: MailWorld, anna: Person, phone: Phone, kind: str) -> None:
    token, answer = first_step(world, anna), phone.answer(kind)
    done = finish(world, token, **answer)
    assert done.status_code == 200
    assert world.client.get("/user", headers=Person({}, done.json["access_token"]).headers).status_code == 200
    again = finish(world, token, **phone.answer(kind))
    assert (again.status_code, again.headers["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')
    replayed = finish(world, first_step(world, anna), **answer)
    assert (replayed.status_code, replayed.json["type"]) == (403, "/problems/wrong-code")


def test_the_alias_answers_under_its_names(world: MailWorld, anna: Person, phone: Phone) -> None:
    body = {"mfa_token": first_step(world, anna), "code": phone.code}
    answer = world.client.post("/api/v1/auth/mfa", json=body)
    assert answer.status_code == 200
    assert set(answer.json) == V1_FIELDS | {"user"}


def test_the_next_refresh_keeps_what_was_proved(world: MailWorld, anna: Person, phone: Phone) -> None:
    done = finish(world, first_step(world, anna), code=phone.code)
    fresh = world.client.post("/auth/refresh", json={"refresh_token": done.json["refresh_token"]})
    assert claims_of(fresh)["acr"] == "aal2"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "123456", "recovery_code": "x"},
        {"passkey": "x"},
        {"code": 123456},
        {"code": "", "recovery_code": ""},
    ],
)
def test_a_second_step_has_one_answer(world: MailWorld, anna: Person, phone: Phone, body: dict[str, Any]) -> None:
    assert finish(world, first_step(world, anna), **body).status_code == 422


def test_a_ticket_expires_after_ten_minutes(world: MailWorld, anna: Person, phone: Phone) -> None:
    token = first_step(world, anna)
    world.watch.forward(600)
    assert finish(world, token, code=phone.code).status_code == 401
    for forged in ("", "x", token[:-1], token.upper()):
        assert finish(world, forged, code=phone.code).status_code == 401


def change_password(world: MailWorld, anna: Person) -> None:
    answer = world.client.put(
        "/user/password", json={"current_password": PASSWORD, "new_password": NEW_PASSWORD}, headers=anna.headers
    )
    assert answer.status_code == 204


def log_out_everywhere(world: MailWorld, anna: Person) -> None:
    assert world.client.post("/auth/logout-all", headers=anna.headers).status_code == 204


def disable(world: MailWorld, anna: Person) -> None:
    services = services_of(world.app)
    claim = services.rules.parse_login(anna.user["username"])
    services.administration.set_disabled(claim, True)
    services.administration.set_disabled(claim, False)


def lose_a_factor(world: MailWorld, anna: Person) -> None:
    users = services_of(world.app).sessions.users
    users.update(anna.user["id"], lambda user: replace(user, factors=dict([*user.factors.items()][:1])))


def readdress(world: MailWorld, anna: Person) -> None:
    users = services_of(world.app).sessions.users
    users.update(anna.user["id"], lambda user: user.with_email(Email("new@example.com"), verified=True))


def replace_the_app(world: MailWorld, anna: Person) -> None:
    setup = world.client.post("/user/factors/totp", headers=anna.headers).json
    code = pyotp.TOTP(setup["secret"]).at(int(world.watch().timestamp()))
    body = {"enrolment": setup["enrolment"], "code": code}
    assert world.client.post("/user/factors", json=body, headers=anna.headers).status_code == 201


def renew_the_recovery_codes(world: MailWorld, anna: Person) -> None:
    assert world.client.post("/user/factors/recovery-codes", headers=anna.headers).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        change_password,
        log_out_everywhere,
        disable,
        lose_a_factor,
        readdress,
        replace_the_app,
        renew_the_recovery_codes,
    ],
)
def test_a_change_of_the_account_ends_the_ticket(
    world: MailWorld, anna: Person, phone: Phone, change: Callable[[MailWorld, Person], None]
) -> None:
    anna = replace(anna, token=finish(world, first_step(world, anna), code=phone.code).json["access_token"])
    token = first_step(world, anna)
    world.watch.forward(1)
    change(world, anna)
    assert finish(world, token, code=phone.code).status_code == 401


def test_a_wrong_code_is_told_from_a_wrong_password_only_by_who_knows_the_password(
    world: MailWorld, anna: Person, phone: Phone
) -> None:
    wrong = {"password": "wrong horse", "otp": phone.code}
    assert world.client.post("/login", json=password(world, anna) | wrong).status_code == 401


def test_the_codes_are_limited_even_without_rate_limits(world: MailWorld, anna: Person, phone: Phone) -> None:
    token = first_step(world, anna)
    for _ in range(5):
        assert finish(world, token, code=phone.wrong_code).status_code == 403
    limited = finish(world, token, code=phone.code)
    assert limited.status_code == 429
    assert int(limited.headers["Retry-After"]) <= 600
    world.watch.forward(2)
    assert finish(world, token, code=phone.code).status_code == 429  # a refused request is no guess
    for _ in range(5):
        body = password(world, anna) | {"otp": phone.wrong_code}
        assert world.client.post("/login", json=body).status_code == 403
    assert finish(world, first_step(world, anna), code=phone.code).status_code == 429
    assert finish(world, token, recovery_code=phone.recovery_codes[0]).status_code == 200


def test_guesses_count_together_whatever_the_process_the_name_the_address_and_the_first_step() -> None:
    store = MemoryStore()
    worlds = [MailWorld(store=store) for _ in range(2)]
    anna = join(worlds[0].client)
    worlds[0].prove(anna)
    phone = give_phone(worlds[0].app, anna.user["id"])

    def guess(number: int) -> int:
        world, name = worlds[number % 2], ("username", "email")[number // 2 % 2]
        body = {name: anna.user[name], "password": PASSWORD}
        elsewhere = {"REMOTE_ADDR": f"203.0.113.{number}"}
        if number % 3:
            body |= {"otp": phone.wrong_code}
            return world.client.post("/login", json=body, environ_overrides=elsewhere).status_code
        token = world.client.post("/login", json=body, environ_overrides=elsewhere).json["mfa_token"]
        body = {"mfa_token": token, "code": phone.wrong_code}
        return world.client.post("/auth/mfa", json=body, environ_overrides=elsewhere).status_code

    assert [guess(number) for number in range(12)] == [403] * 10 + [429] * 2


class TestOAuth:
    def test_the_password_grant_asks_for_the_second_step(self, world: MailWorld, anna: Person, phone: Phone) -> None:
        asked = self.grant(world, grant_type="password", **password(world, anna))
        assert (asked.status_code, asked.json["error"]) == (400, "mfa_required")
        assert (asked.json["status"], asked.json["factors"], asked.json["expires_in"]) == (
            400,
            ["recovery", "totp"],
            600,
        )
        token = asked.json["mfa_token"]
        wrong = self.grant(world, grant_type=GRANT, mfa_token=token, otp=phone.wrong_code)
        assert (wrong.status_code, wrong.json["error"]) == (400, "invalid_grant")
        assert self.grant(world, grant_type=GRANT, mfa_token=token, otp=phone.code).status_code == 200
        spent = self.grant(world, grant_type=GRANT, mfa_token=token, recovery_code=phone.recovery_codes[0])
        assert (spent.status_code, spent.json["error"]) == (400, "invalid_grant")

    def test_the_password_grant_takes_the_code_too(self, world: MailWorld, anna: Person, phone: Phone) -> None:
        right = self.grant(world, grant_type="password", otp=phone.code, **password(world, anna))
        assert claims_of(right)["amr"] == ["pwd", "otp", "mfa"]
        wrong = self.grant(world, grant_type="password", otp=phone.wrong_code, **password(world, anna))
        assert (wrong.status_code, wrong.json["error"]) == (400, "invalid_grant")

    def test_the_grant_needs_its_parameters(self, world: MailWorld) -> None:
        for fields in ({}, {"mfa_token": "x"}, {"otp": "1"}, {"mfa_token": "x", "otp": "1", "recovery_code": "x"}):
            answer = self.grant(world, grant_type=GRANT, **fields)
            assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")

    def test_the_metadata_names_the_grant(self, world: MailWorld) -> None:
        assert GRANT in world.client.get("/.well-known/oauth-authorization-server").json["grant_types_supported"]

    def grant(self, world: MailWorld, **fields: str) -> Answer:
        return world.client.post("/auth/token", data=fields)


class TestMails:
    def test_a_first_step_does_not_use_up_the_mail(self, world: MailWorld, anna: Person, phone: Phone) -> None:
        body = mail(world, anna)
        tokens = [world.confirm(**body).json["mfa_token"] for _ in range(2)]
        assert finish(world, tokens[0], code=phone.wrong_code).status_code == 403
        assert finish(world, tokens[0], code=phone.code).status_code == 200
        assert world.confirm(**body).status_code == 401
        assert finish(world, tokens[1], code=phone.code).status_code == 401

    @pytest.mark.parametrize("first", [mail, mailed_code])
    def test_what_a_mail_does_to_the_account_waits_for_the_second_step(
        self, world: MailWorld, anna: Person, phone: Phone, first: Body
    ) -> None:
        """The first proof of an address ends the password, the factors and the sessions."""
        users = services_of(world.app).sessions.users
        users.update(anna.user["id"], lambda user: replace(user, email_verified=False))
        token = world.confirm(**first(world, anna)).json["mfa_token"]
        assert world.client.get("/user", headers=anna.headers).json["email_verified"] is False
        assert log_in(world.client, anna).status_code == 403
        done = finish(world, token, code=phone.code)
        bearer = Person({}, done.json["access_token"]).headers
        assert world.client.get("/user", headers=bearer).json["email_verified"] is True
        assert world.client.get("/user/factors", headers=bearer).json == []
        assert world.client.get("/user", headers=anna.headers).status_code == 401
        assert log_in(world.client, anna).status_code == 401

    def test_a_code_beside_the_mail_removes_the_factors_too_where_there_is_no_password(
        self, world: MailWorld, anna: Person, phone: Phone
    ) -> None:
        services = services_of(world.app)
        stored = services.sessions.users.update(
            anna.user["id"], lambda user: replace(user, email_verified=False, password_hash=None)
        )
        done = world.confirm(**mail(world, anna), otp=phone.code)
        assert claims_of(done)["amr"] == ["email", "otp", "mfa"]
        assert services.sessions.proofs.factors.get_many(*stored.factors) == [None, None]
        assert world.client.get("/user", headers=anna.headers).status_code == 401

    def test_a_reset_keeps_the_factors(self, world: MailWorld, anna: Person, phone: Phone) -> None:
        world.ask("/auth/password/forgot", anna.user["email"])
        assert world.reset(world.token).status_code == 204
        assert log_in(world.client, anna, NEW_PASSWORD).json["type"] == "/problems/mfa-required"

    @pytest.mark.parametrize("use", ["reset", "verify"])
    def test_the_first_proof_of_an_address_removes_the_factors_of_a_squatter(
        self, world: MailWorld, anna: Person, phone: Phone, use: str
    ) -> None:
        services = services_of(world.app)
        stored = services.sessions.users.update(anna.user["id"], lambda user: replace(user, email_verified=False))
        if use == "reset":
            world.ask("/auth/password/forgot", anna.user["email"])
            assert world.reset(world.token).status_code == 204
        else:
            world.client.post("/auth/email/verify", json={}, headers=anna.headers)
            world.deliver()
            assert world.verify(world.token).status_code == 204
            assert world.reset(world.token).status_code == 204
        assert services.sessions.proofs.factors.get_many(*stored.factors) == [None, None]
        assert log_in(world.client, anna, NEW_PASSWORD).status_code == 200

    def test_a_proof_from_within_the_account_keeps_its_factors(
        self, world: MailWorld, anna: Person, phone: Phone
    ) -> None:
        services_of(world.app).sessions.users.update(anna.user["id"], lambda user: replace(user, email_verified=False))
        world.client.post("/auth/email/verify", json={}, headers=anna.headers)
        world.deliver()
        assert world.verify(world.token, anna).status_code == 204
        assert log_in(world.client, anna).json["type"] == "/problems/mfa-required"


class TestFirebase:
    """A sign-in at Firebase is one step, unless Firebase has asked for a second factor."""

    class TwoFactors(Provider):
        """A provider that asks for a second factor if the token says so."""

        def verify_id_token(self, token: str) -> ExternalIdentity:
            identity = super().verify_id_token(token.removesuffix("+phone"))
            return replace(identity, second_factor="phone" if token.endswith("+phone") else None)

    @pytest.fixture
    def client(self) -> Client:
        account = ProviderAccount(Email("ben@example.com"), email_verified=True, has_password=True)
        return client_of(build(remote=self.TwoFactors(ben=account)))

    @pytest.fixture
    def ben(self, client: Client) -> Phone:
        assert client.post("/auth/firebase", json={"id_token": "ben"}).status_code == 200
        return give_phone(client.application, "ben")

    def test_an_id_token_is_the_first_step(self, client: Client, ben: Phone) -> None:
        asked = client.post("/auth/firebase", json={"id_token": "ben"})
        assert (asked.status_code, asked.json["type"]) == (403, "/problems/mfa-required")
        done = client.post("/auth/mfa", json={"mfa_token": asked.json["mfa_token"], "code": ben.code})
        assert claims_of(done)["amr"] == ["otp", "mfa"]
        assert client.post("/auth/firebase", json={"id_token": "ben", "otp": ben.code}).status_code == 200

    def test_the_second_factor_of_firebase_is_enough(self, client: Client, ben: Phone) -> None:
        assert client.post("/auth/firebase", json={"id_token": "ben+phone"}).status_code == 200
