"""Adding, showing and removing second factors."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from src.application.ports import ProviderAccount
from src.domain.errors import InvalidToken
from src.domain.sessions import NO_CLIENT
from src.domain.values import Email
from tests.support.authenticator import Authenticator
from tests.support.mailing import MailWorld, anna, world
from tests.support.races import at_once
from tests.support.world import PASSWORD, Answer, Person, Provider, errors_of, join, log_in, logged_in, services_of

__all__ = ["anna", "world"]  # fixtures
SMTP = {"smtp_url": "smtp://localhost", "public_url": "https://a.example"}


def start(world: MailWorld, person: Person) -> Any:
    return world.client.post("/user/factors/totp", headers=person.headers)


def code_of(world: MailWorld, setup: Any, later: int = 0) -> str:
    return pyotp.TOTP(setup["secret"]).at(int(world.watch().timestamp()) + later)


def add(world: MailWorld, person: Person, name: str | None = None) -> Answer:
    setup = start(world, person).json
    body = {"enrolment": setup["enrolment"], "code": code_of(world, setup), **({"name": name} if name else {})}
    return world.client.post("/user/factors", json=body, headers=person.headers)


def second_step(world: MailWorld, person: Person, **answer: str) -> Answer:
    token = log_in(world.client, person).json["mfa_token"]
    return world.client.post("/auth/mfa", json={"mfa_token": token, **answer})


def strong(world: MailWorld, person: Person, recovery_code: str) -> Person:
    """Log in with two factors."""
    return Person(person.user, second_step(world, person, recovery_code=recovery_code).json["access_token"])


def factors_of(world: MailWorld, person: Person) -> list[Any]:
    return list(world.client.get("/user/factors", headers=person.headers).json)


def test_an_app_is_added_with_its_first_code_and_brings_recovery_codes_once(world: MailWorld, anna: Person) -> None:
    setup = start(world, anna).json
    assert (setup["expires_in"], setup["qr_svg"][:4]) == (600, "<svg")
    assert setup["uri"].startswith("otpauth://totp/portero:anna")
    assert factors_of(world, anna) == []
    body = {"enrolment": setup["enrolment"], "code": code_of(world, setup), "name": "My phone"}
    added = world.client.post("/user/factors", json=body, headers=anna.headers)
    assert added.status_code == 201
    assert (added.json["kind"], added.json["name"], len(added.json["recovery_codes"])) == ("totp", "My phone", 10)
    listed = factors_of(world, anna)
    assert sorted((each["kind"], each.get("left")) for each in listed) == [("recovery", 10), ("totp", None)]
    assert "backed_up" not in added.json
    assert added.headers["Location"] == f"/user/factors/{added.json['id']}"
    assert second_step(world, anna, code=code_of(world, setup)).status_code == 403  # used by the enrolment
    world.watch.forward(30)
    assert second_step(world, anna, code=code_of(world, setup)).status_code == 200
    assert setup["secret"] not in world.client.get("/user/export", headers=anna.headers).text


def test_the_first_factor_ends_every_other_session_and_makes_this_one_strong(world: MailWorld, anna: Person) -> None:
    mine = logged_in(world.client, anna)
    assert add(world, mine).status_code == 201
    assert world.client.get("/user", headers=anna.headers).status_code == 401
    assert world.client.get("/user", headers=mine.headers).status_code == 200
    assert world.client.post("/user/factors/recovery-codes", headers=mine.headers).status_code == 401  # one factor only
    fresh = world.client.post("/auth/refresh", json={"refresh_token": mine.refresh}).json["access_token"]
    headers = Person({}, fresh).headers
    assert world.client.post("/user/factors/recovery-codes", headers=headers).status_code == 201


def test_the_first_factor_revokes_the_sign_ins_at_the_identity_provider_and_a_second_one_does_not() -> None:
    provider = Provider(eve=ProviderAccount(Email("eve@example.com"), email_verified=True))
    world = MailWorld(remote=provider)
    provider.signed_in_at["eve"] = world.watch.time
    tokens = world.client.post("/auth/firebase", json={"id_token": "eve"}).json
    eve = Person({"id": "eve"}, tokens["access_token"])
    assert add(world, eve).status_code == 201
    [(id, since)] = provider.revoked
    ended = services_of(world.app).accounts.users.get("eve")
    assert ended
    assert ended.sessions_ended_at
    assert (id, ended.pending) == ("eve", None)
    assert since > ended.sessions_ended_at
    fresh = world.client.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert fresh.status_code == 200, "the session that has added the factor stays"
    assert add(world, Person({}, fresh.json["access_token"])).status_code == 201
    assert len(provider.revoked) == 1


def test_the_first_factor_needs_a_recent_login(world: MailWorld, anna: Person) -> None:
    world.watch.forward(601)
    asked = start(world, anna)
    assert (asked.status_code, asked.json["type"]) == (401, "/problems/insufficient-user-authentication")
    assert asked.headers["WWW-Authenticate"] == 'Bearer error="insufficient_user_authentication", max_age="600"'
    stepped = world.client.post("/auth/step-up", json={"password": PASSWORD}, headers=anna.headers)
    assert start(world, Person(anna.user, stepped.json["access_token"])).status_code == 200


def test_with_mails_the_first_factor_needs_a_proved_address() -> None:
    world = MailWorld(settings=SMTP)
    anna = join(world.client)
    assert start(world, anna).status_code == 403
    world.prove(anna)
    assert add(world, anna).status_code == 201
    world.deliver()
    assert "authenticator app" in world.box.mails[-1].text


@pytest.mark.parametrize("wrong", ["code", "enrolment", "other's", "late", "spent"])
def test_a_wrong_enrolment_adds_nothing(world: MailWorld, anna: Person, wrong: str) -> None:
    setup = start(world, anna if wrong != "other's" else join(world.client)).json
    body = {"enrolment": setup["enrolment"], "code": code_of(world, setup)}
    if wrong == "late":
        world.watch.forward(timedelta(minutes=9, seconds=59))
        logged = logged_in(world.client, anna)
        world.watch.forward(1)
        body["code"] = code_of(world, setup)
    elif wrong == "spent":
        assert world.client.post("/user/factors", json=body, headers=anna.headers).status_code == 201
        fresh = second_step(world, anna, code=code_of(world, setup, 30))
        logged = Person(anna.user, fresh.json["access_token"])
    else:
        logged = anna
        body |= {"code": {"code": "no code"}, "enrolment": {"enrolment": "x"}}.get(wrong, {})
    before = factors_of(world, logged)
    answer = world.client.post("/user/factors", json=body, headers=logged.headers)
    assert answer.status_code == (403 if wrong in ("code", "spent") else 422)
    assert wrong in ("code", "spent") or errors_of(answer) == {("enrolment", "expired")}
    assert factors_of(world, logged) == before


def test_a_second_app_replaces_the_first(world: MailWorld, anna: Person) -> None:
    setups, person = [start(world, anna).json], anna
    for replaces in (False, True):
        body = {"enrolment": setups[-1]["enrolment"], "code": code_of(world, setups[-1])}
        added = world.client.post("/user/factors", json=body, headers=person.headers)
        assert (added.status_code, "recovery_codes" not in added.json) == (201, replaces)
        if not replaces:
            person = strong(world, anna, added.json["recovery_codes"][0])
            setups.append(start(world, person).json)
    assert [each["kind"] for each in factors_of(world, person)].count("totp") == 1
    world.watch.forward(30)
    assert second_step(world, anna, code=code_of(world, setups[0])).status_code == 403
    assert second_step(world, anna, code=code_of(world, setups[1])).status_code == 200


def test_a_factor_is_renamed_and_only_by_its_owner(world: MailWorld, anna: Person) -> None:
    factor = add(world, anna).json
    url = f"/user/factors/{factor['id']}"
    for method in ("PATCH", "PUT"):
        assert world.client.open(url, method=method, json={"name": method}, headers=anna.headers).json["name"] == method
    ben = join(world.client)
    assert world.client.patch(url, json={"name": "mine"}, headers=ben.headers).status_code == 404
    for name in ("x" * 65, "two\nlines"):
        refused = world.client.patch(url, json={"name": name}, headers=anna.headers)
        assert refused.json["errors"][0]["message"] == "Use at most 64 characters, in one line."


def test_recovery_codes_end_with_the_last_other_factor(world: MailWorld, anna: Person) -> None:
    factor = add(world, anna).json
    url = f"/user/factors/{factor['id']}"
    assert world.client.delete(url, headers=anna.headers).status_code == 401  # needs a second factor
    person = strong(world, anna, factor["recovery_codes"][0])
    assert world.client.delete(url, headers=person.headers).status_code == 204
    assert factors_of(world, person) == []
    assert log_in(world.client, anna).status_code == 200
    assert world.client.delete(url, headers=person.headers).status_code == 404


def test_new_recovery_codes_end_the_old_ones(world: MailWorld, anna: Person) -> None:
    old = add(world, anna).json["recovery_codes"]
    person = strong(world, anna, old[0])
    new = world.client.post("/user/factors/recovery-codes", headers=person.headers)
    assert (new.status_code, len(new.json["codes"])) == (201, 10)
    assert second_step(world, anna, recovery_code=old[1]).status_code == 403
    assert second_step(world, anna, recovery_code=new.json["codes"][1]).status_code == 200


def test_factors_stay_as_they_are_if_the_session_has_ended_meanwhile(world: MailWorld, anna: Person) -> None:
    factor = add(world, anna).json
    person = strong(world, anna, factor["recovery_codes"][0])
    services = services_of(world.client.application)
    caller = services.authentication.authenticate(person.token)
    assert world.client.post("/auth/logout-all", headers=person.headers).status_code == 204
    with pytest.raises(InvalidToken):
        services.factors.remove(caller, factor["id"], NO_CLIENT)
    with pytest.raises(InvalidToken):
        services.factors.renew_codes(caller, NO_CLIENT)
    assert second_step(world, anna, recovery_code=factor["recovery_codes"][1]).status_code == 200


def test_an_admin_with_factors_changes_the_address_of_others_after_a_recent_proof_only(
    world: MailWorld, anna: Person
) -> None:
    root = logged_in(world.client, join(world.client, "admin"))
    assert add(world, root).status_code == 201
    strong = Person({}, world.client.post("/auth/refresh", json={"refresh_token": root.refresh}).json["access_token"])
    path = f"/users/{anna.user['id']}"
    for wait, email, status in (
        (599, "new@example.com", 200),
        (2, "newer@example.com", 401),
        (0, "new@example.com", 200),
    ):
        world.watch.forward(wait)
        changed = world.client.put(path, json={"email": email, "name": "Ana"}, headers=strong.headers)
        assert changed.status_code == status


def test_an_admin_resets_the_factors_of_others_and_ends_their_sessions(world: MailWorld, anna: Person) -> None:
    admin = join(world.client, "admin")
    add(world, anna)
    url = f"/users/{anna.user['id']}/factors"
    assert len(world.client.get(url, headers=admin.headers).json) == 2
    assert world.client.delete(url, headers=anna.headers).status_code == 403
    assert world.client.delete(url, headers=admin.headers).status_code == 204
    assert world.client.get("/user", headers=anna.headers).status_code == 401
    assert world.client.get(url, headers=admin.headers).json == []
    assert log_in(world.client, anna).status_code == 200


def test_guests_have_no_factors(world: MailWorld) -> None:
    guest = join(world.client, "guest")
    assert start(world, guest).status_code == 403
    assert world.client.get("/user/factors", headers=guest.headers).status_code == 403


def test_of_simultaneous_first_enrolments_one_counts(world: MailWorld, anna: Person) -> None:
    setups = [start(world, anna).json for _ in range(8)]
    bodies = [{"enrolment": setup["enrolment"], "code": code_of(world, setup)} for setup in setups]
    outcomes = at_once(
        lambda body: world.app.test_client().post("/user/factors", json=body, headers=anna.headers), bodies
    )
    assert [getattr(each, "status_code", each) for each in outcomes].count(201) == 1, outcomes
    assert sorted(each["kind"] for each in factors_of(world, anna)) == ["recovery", "totp"]


class TestPasskeys:
    def enrol(self, world: MailWorld, person: Person) -> Answer:
        options = world.client.post("/user/factors/passkey/options", headers=person.headers)
        assert options.status_code == 200, options.text
        device = Authenticator()
        body = {"passkey": device.create(options.json), "name": "Key"}
        return world.client.post("/user/factors", json=body, headers=person.headers)

    def test_a_passkey_may_be_the_first_factor(self, world: MailWorld, anna: Person) -> None:
        added = self.enrol(world, anna)
        assert (added.status_code, added.json["kind"], len(added.json["recovery_codes"])) == (201, "passkey", 10)
        assert added.json["backed_up"] in (True, False)

    def test_the_last_way_to_sign_in_stays(self, world: MailWorld, anna: Person) -> None:
        """An account without a password and an address can sign in with its passkey only."""
        added = self.enrol(world, anna).json
        person = strong(world, anna, added["recovery_codes"][0])
        users = services_of(world.app).sessions.users
        users.update(anna.user["id"], lambda user: replace(user, password_hash=None, email=None))
        url = f"/user/factors/{added['id']}"
        refused = world.client.delete(url, headers=person.headers)
        assert (refused.status_code, refused.json["type"]) == (409, "/problems/last-sign-in")
        users.update(anna.user["id"], lambda user: replace(user, email=Email("a@example.com")))
        assert world.client.delete(url, headers=person.headers).status_code == 204
