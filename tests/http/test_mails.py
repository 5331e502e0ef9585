"""Links in mails: they prove an address, log in and set a new password, each once and for thirty minutes."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from time import thread_time_ns
from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient

from bench.login_timing import area
from src.application.factors import FirstStep
from src.domain.errors import AttemptFailed, InvalidToken, Postponed, Unavailable
from src.domain.jobs import JobStatus
from src.domain.mails import LIFETIME, MailKind
from src.domain.sessions import Client as SessionClient
from src.domain.users import Profile
from src.domain.values import Email
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.mails.smtp import SmtpMailer
from src.infrastructure.stores.driver import Document, Key, Query, Write
from src.infrastructure.stores.memory import MemoryStore
from tests.support.mailing import NEW_PASSWORD, MailWorld, anna, world
from tests.support.races import at_once
from tests.support.remote import FakeProvider
from tests.support.working import NOON, Watch
from tests.support.world import (
    PASSWORD,
    Answer,
    Person,
    build,
    client_of,
    errors_of,
    join,
    log_in,
    services_of,
)

__all__ = ["anna", "world"]  # fixtures


class RecordingStore(MemoryStore):
    """A store that records the collections that each of its calls is about."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[list[str]] = []

    def _get(self, *keys: Key) -> list[Document | None]:
        self.calls.append(["get", *(key.collection.name for key in keys)])
        return super()._get(*keys)

    def _find(self, query: Query, after: tuple[Any, str] | None) -> list[Document]:
        self.calls.append(["find", query.collection.name])
        return super()._find(query, after)

    def _commit(self, writes: Sequence[Write], operation: str) -> dict[Key, str]:
        self.calls.append(["commit", *(f"{type(write).__name__} {write.key.collection.name}" for write in writes)])
        return super()._commit(writes, operation)


class TestLogin:
    def test_the_link_of_a_mail_logs_in_once_and_proves_the_address(self, world: MailWorld, anna: Person) -> None:
        assert world.ask("/auth/email/login", anna.user["email"]).status_code == 202
        tokens = world.confirm(token=world.token).json
        user = world.client.get("/user", headers={"Authorization": f"Bearer {tokens['access_token']}"}).json
        assert (user["id"], user["email_verified"]) == (anna.user["id"], True)
        assert jwt.decode(tokens["access_token"], options={"verify_signature": False})["amr"] == ["email"]
        assert world.confirm(token=world.token).status_code == 401

    def test_the_code_of_a_mail_logs_in_once(self, world: MailWorld, anna: Person) -> None:
        world.ask("/auth/email/login", anna.user["email"])
        assert world.confirm(email=anna.user["email"].upper(), code=world.code).status_code == 200
        assert world.confirm(email=anna.user["email"], code=world.code).status_code == 401
        assert world.confirm(token=world.token).status_code == 401

    def test_a_code_is_refused_after_five_wrong_ones_and_the_link_is_not(self, world: MailWorld, anna: Person) -> None:
        world.ask("/auth/email/login", anna.user["email"])
        wrong = f"{(int(world.code) + 1) % 10**6:06}"
        for _ in range(5):
            assert world.confirm(email=anna.user["email"], code=wrong).status_code == 401
        assert world.confirm(email=anna.user["email"], code=world.code).status_code == 401
        assert world.confirm(token=world.token).status_code == 200

    def test_of_simultaneous_uses_of_one_link_one_logs_in(self, world: MailWorld, anna: Person) -> None:
        world.ask("/auth/email/login", anna.user["email"])
        mails = services_of(world.app).mails
        outcomes = at_once(lambda token: mails.log_in(token, SessionClient()), [world.token] * 20)
        assert sum(not isinstance(outcome, Exception) for outcome in outcomes) == 1

    @pytest.mark.parametrize("way", ["token", "code"])
    def test_the_first_proof_of_an_address_ends_what_a_stranger_who_registered_it_has(
        self, world: MailWorld, anna: Person, way: str
    ) -> None:
        address = anna.user["email"]
        world.ask("/auth/email/login", address)
        tokens = world.confirm(**({"token": world.token} if way == "token" else {"email": address, "code": world.code}))
        owner = {"Authorization": f"Bearer {tokens.json['access_token']}"}
        assert world.client.get("/user", headers=owner).json["email_verified"] is True
        assert world.client.get("/user", headers=anna.headers).status_code == 401
        assert log_in(world.client, anna).status_code == 401

    def test_a_login_by_mail_to_a_proved_address_ends_nothing(self, world: MailWorld, anna: Person) -> None:
        world.prove(anna)
        world.ask("/auth/email/login", anna.user["email"])
        assert world.confirm(token=world.token).status_code == 200
        assert world.client.get("/user", headers=anna.headers).status_code == 200
        assert log_in(world.client, anna).status_code == 200

    def test_a_person_who_has_no_password_gets_none_by_a_login(self, world: MailWorld) -> None:
        services = services_of(world.app)
        user = services.directory.add(Profile(email=Email("ben@example.com")), None)
        world.ask("/auth/email/login", "ben@example.com")
        assert world.confirm(token=world.token).status_code == 200
        stored = services.mails.users.get(user.id)
        assert stored
        assert (stored.email_verified, stored.password_hash) == (True, None)

    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            ({}, {("body", "required")}),
            ({"email": "a@example.com"}, {("body", "required")}),
            ({"token": 1}, {("token", "type")}),
        ],
    )
    def test_a_confirmation_needs_a_token_or_a_code(
        self, world: MailWorld, body: dict[str, str], fields: set[tuple[str, str]]
    ) -> None:
        answer = world.confirm(**body)
        assert (answer.status_code, errors_of(answer)) == (422, fields)

    def test_three_links_live_at_the_same_time(self, world: MailWorld, anna: Person) -> None:
        world.prove(anna)
        tokens = []
        for _ in range(4):
            world.watch.forward(1)
            world.ask("/auth/email/login", anna.user["email"])
            tokens.append(world.token)
        assert [world.confirm(token=token).status_code for token in tokens] == [401, 200, 200, 200]


class TestVerification:
    def test_the_link_of_a_mail_proves_the_address_and_ends_nothing_with_a_token_of_the_account(
        self, world: MailWorld, anna: Person
    ) -> None:
        token = verification_of(world, anna)
        assert world.verify(token, anna).status_code == 204
        assert world.client.get("/user", headers=anna.headers).json["email_verified"] is True
        assert log_in(world.client, anna).status_code == 200
        assert world.verify(token, anna).status_code == 401
        assert world.reset(token).status_code == 401

    @pytest.mark.parametrize("caller", ["nobody", "another user"])
    def test_a_first_proof_from_outside_the_account_ends_what_a_stranger_who_registered_it_has(
        self, world: MailWorld, anna: Person, caller: str
    ) -> None:
        token = verification_of(world, anna)
        assert world.verify(token, None if caller == "nobody" else join(world.client)).status_code == 204
        assert world.client.get("/user", headers=anna.headers).status_code == 401
        assert log_in(world.client, anna).status_code == 401
        assert world.verify(token).status_code == 401
        assert [world.reset(token).status_code for _ in range(2)] == [204, 401], "the link sets a new password, once"
        owner = log_in(world.client, anna, NEW_PASSWORD).json
        user = world.client.get("/user", headers={"Authorization": f"Bearer {owner['access_token']}"}).json
        assert (user["id"], user["email_verified"]) == (anna.user["id"], True)

    def test_another_proof_of_a_proved_address_ends_nothing(self, world: MailWorld, anna: Person) -> None:
        token = verification_of(world, anna)
        world.prove(anna)
        assert world.verify(token).status_code == 204
        assert world.client.get("/user", headers=anna.headers).status_code == 200
        assert log_in(world.client, anna).status_code == 200
        assert world.reset(token).status_code == 401

    @pytest.mark.parametrize("use", ["login", "verify"])
    def test_a_first_proof_ends_the_sessions_of_an_account_without_a_password(self, world: MailWorld, use: str) -> None:
        services = services_of(world.app)
        user = services.directory.add(Profile(email=Email("ben@example.com")), None)
        stranger = Person(
            {"email": "ben@example.com"}, services.sessions.start(user, SessionClient(), FirstStep())[1].access
        )
        assert spend_link(world, stranger, use)() in (200, 204)
        assert world.client.get("/user", headers=stranger.headers).status_code == 401

    def test_of_simultaneous_confirmations_one_counts(self, world: MailWorld, anna: Person) -> None:
        token, mails = verification_of(world, anna), services_of(world.app).mails
        outcomes = at_once(lambda token: mails.verify_address(token, None, SessionClient()), [token] * 20)
        assert outcomes.count(True) == 1
        assert {type(outcome) for outcome in outcomes} == {bool, InvalidToken}
        assert world.reset(token).status_code == 204

    def test_asking_for_the_mail_needs_a_token(self, world: MailWorld) -> None:
        assert world.client.post("/auth/email/verify").status_code == 401

    def test_an_account_without_an_address_is_told_to_set_one(self, world: MailWorld) -> None:
        guest = join(world.client, "guest")
        answer = world.client.post("/auth/email/verify", headers=guest.headers)
        assert (answer.status_code, errors_of(answer)) == (422, {("email", "required")})

    def test_a_link_to_an_earlier_address_is_not_valid(self, world: MailWorld, anna: Person) -> None:
        world.client.post("/auth/email/verify", headers=anna.headers)
        world.deliver()
        world.client.put("/user", json={"email": "new@example.com"}, headers=anna.headers)
        assert world.client.post("/auth/email/verify", json={"token": world.token}).status_code == 401


def verification_of(world: MailWorld, person: Person) -> str:
    """Return the token of the mail that proves the address of a person."""
    assert world.client.post("/auth/email/verify", headers=person.headers).status_code == 202
    world.deliver()
    return world.token


NEW_ADDRESS = "new@example.com"


class TestChangedAddresses:
    """A link is void after any change of the address, also when the address is the same again."""

    @pytest.mark.parametrize("spelling", ["other", "capitals"])
    @pytest.mark.parametrize("use", ["login", "code", "verify", "reset"])
    def test_a_link_stays_void_when_the_address_changes_back(
        self, world: MailWorld, anna: Person, use: str, spelling: str
    ) -> None:
        address = anna.user["email"]
        spend = spend_link(world, anna, use)
        for email in (NEW_ADDRESS if spelling == "other" else address.upper(), address):
            assert world.client.put("/user", json={"email": email}, headers=anna.headers).status_code == 200
        assert spend() == 401
        assert spend_link(world, anna, use)() in (200, 204), "a mail that is asked for now works"

    def test_a_link_stays_void_after_a_change_by_an_admin(self, world: MailWorld, anna: Person) -> None:
        root = join(world.client, "admin")
        spend, path = spend_link(world, anna, "reset"), f"/users/{anna.user['id']}"
        for email in (NEW_ADDRESS, anna.user["email"]):
            assert world.client.put(path, json={"email": email}, headers=root.headers).status_code == 200
        assert spend() == 401

    def test_a_change_of_other_fields_or_to_the_same_address_voids_nothing(
        self, world: MailWorld, anna: Person
    ) -> None:
        spend = spend_link(world, anna, "reset")
        body = {"email": anna.user["email"], "name": "Anna", "username": "anna2"}
        assert world.client.put("/user", json=body, headers=anna.headers).status_code == 200
        assert spend() == 204

    def test_a_mail_that_is_sent_after_the_change_brings_a_valid_link(self, world: MailWorld, anna: Person) -> None:
        world.client.post("/auth/password/forgot", json={"email": anna.user["email"]})
        for email in (NEW_ADDRESS, anna.user["email"]):
            world.client.put("/user", json={"email": email}, headers=anna.headers)
        world.deliver()
        [mail] = [mail for mail in world.box.mails if "token=" in mail.text]
        assert world.reset(mail.text.partition("token=")[2].split()[0]).status_code == 204

    @pytest.mark.parametrize("change", ["address", "password"])
    def test_a_link_that_is_void_is_not_sent_again(self, world: MailWorld, anna: Person, change: str) -> None:
        world.client.post("/auth/password/forgot", json={"email": anna.user["email"]})
        handler, job = (
            services_of(world.app).jobs.runner.handlers["mail"],
            services_of(world.app).jobs.list(None).items[0],
        )
        handler.run(job, lambda _: None)
        if change == "address":
            for email in (NEW_ADDRESS, anna.user["email"]):
                world.client.put("/user", json={"email": email}, headers=anna.headers)
        else:
            passwords = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
            assert world.client.put("/user/password", json=passwords, headers=anna.headers).status_code == 204
        assert handler.run(job, lambda _: None) == {"sent": False}  # as if killed before the job was recorded
        assert len(world.box.mails) == 1
        assert world.reset(world.token).status_code == 401


def spend_link(world: MailWorld, person: Person, use: str) -> Callable[[], int]:
    """Send a mail, and return a function that uses its link or code and returns the status."""
    email = person.user["email"]
    if use == "verify":
        world.client.post("/auth/email/verify", headers=person.headers)
        world.deliver()
    else:
        world.ask("/auth/password/forgot" if use == "reset" else "/auth/email/login", email)
    token, code = world.token, world.code if use == "code" else ""
    if use == "reset":
        return lambda: world.reset(token).status_code
    if use == "verify":
        return lambda: world.verify(token).status_code
    return lambda: world.confirm(**({"email": email, "code": code} if code else {"token": token})).status_code


def test_neither_the_token_nor_the_code_is_stored(world: MailWorld, anna: Person) -> None:
    """Both are computed with the key of the service, so that nobody who reads the store can use a mail."""
    world.ask("/auth/email/login", anna.user["email"])
    [mail] = services_of(world.app).mails.mails.newest(MailKind.LOGIN, Email(anna.user["email"]), 9)
    id, secret = world.token[: len(mail.id)], world.token[len(mail.id) :]
    assert id == mail.id
    assert len(bytes.fromhex(secret)) == 32
    assert secret not in repr(mail)
    assert world.code not in repr(mail)


class TestReset:
    def test_the_link_sets_a_new_password_and_ends_all_sessions(self, world: MailWorld, anna: Person) -> None:
        world.ask("/auth/password/forgot", anna.user["email"])
        assert world.reset(world.token).status_code == 204
        assert world.client.get("/user", headers=anna.headers).status_code == 401
        assert log_in(world.client, anna).status_code == 401
        assert log_in(world.client, anna, NEW_PASSWORD).status_code == 200

    def test_of_twenty_simultaneous_resets_with_one_link_one_sets_the_password(
        self, world: MailWorld, anna: Person
    ) -> None:
        world.ask("/auth/password/forgot", anna.user["email"])
        mails, passwords = services_of(world.app).mails, [f"{NEW_PASSWORD} {number}" for number in range(20)]
        outcomes = at_once(lambda each: mails.reset_password(world.token, each, SessionClient()), passwords)
        [won] = [each for each, outcome in zip(passwords, outcomes, strict=True) if outcome is None]
        assert [each for each in passwords if log_in(world.client, anna, each).status_code == 200] == [won]

    def test_a_reset_voids_the_other_links(self, world: MailWorld, anna: Person) -> None:
        tokens = []
        for path in ("/auth/email/login", "/auth/password/forgot", "/auth/password/forgot"):
            world.ask(path, anna.user["email"])
            tokens.append(world.token)
        assert world.reset(tokens[2]).status_code == 204
        assert world.reset(tokens[1]).status_code == 401
        assert world.confirm(token=tokens[0]).status_code == 401

    def test_a_weak_password_spends_no_link(self, world: MailWorld, anna: Person) -> None:
        world.ask("/auth/password/forgot", anna.user["email"])
        assert errors_of(world.reset(world.token, "short")) == {("new_password", "too_short")}
        assert errors_of(world.reset(world.token, anna.user["email"])) == {("new_password", "same_as_name")}
        assert world.reset(world.token).status_code == 204

    def test_a_link_expires_after_thirty_minutes(self, world: MailWorld, anna: Person) -> None:
        world.ask("/auth/password/forgot", anna.user["email"])
        world.watch.forward(1800)
        assert world.reset(world.token).status_code == 401

    def test_a_link_of_another_kind_is_not_valid(self, world: MailWorld, anna: Person) -> None:
        world.ask("/auth/email/login", anna.user["email"])
        assert world.reset(world.token).status_code == 401
        assert world.confirm(token=world.token).status_code == 200

    @pytest.mark.parametrize(
        "change", [lambda token: token[:-1], lambda token: token[:-1] + "x", lambda _: "", lambda _: "é" * 96]
    )
    def test_a_tampered_token_is_not_valid(self, world: MailWorld, anna: Person, change: object) -> None:
        world.ask("/auth/password/forgot", anna.user["email"])
        assert callable(change)
        assert world.reset(change(world.token)).status_code == 401

    def test_a_disabled_user_gets_no_mail_and_an_earlier_link_does_nothing(
        self, world: MailWorld, anna: Person
    ) -> None:
        world.ask("/auth/password/forgot", anna.user["email"])
        administration = services_of(world.app).administration
        administration.set_disabled(services_of(world.app).rules.parse_login(anna.user["email"]), True)
        assert world.reset(world.token).status_code == 401
        world.ask("/auth/password/forgot", anna.user["email"])
        assert len(world.box.mails) == 1


class TestSpellings:
    @pytest.mark.parametrize("spell", [str.upper, lambda address: address.replace("s", "\u017f")])
    def test_a_mail_goes_to_the_stored_spelling_and_its_link_works(
        self, world: MailWorld, spell: Callable[[str], str]
    ) -> None:
        sam = join(world.client, username="sam-smith", email="sam-smith@example.com")
        world.ask("/auth/email/login", spell(sam.user["email"]))
        assert [mail.to.address for mail in world.box.mails] == [sam.user["email"]]
        assert world.confirm(token=world.token).status_code == 200


class TestUnknownAddresses:
    @pytest.mark.parametrize("path", ["/auth/email/login", "/auth/password/forgot"])
    def test_the_answer_is_the_same_and_no_mail_is_sent(self, world: MailWorld, anna: Person, path: str) -> None:
        known, unknown = world.ask(path, anna.user["email"]), world.ask(path, "nobody@example.com")
        assert (known.status_code, known.json) == (unknown.status_code, unknown.json)
        assert [mail.to.address for mail in world.box.mails] == [anna.user["email"]]

    @pytest.mark.parametrize("delivered", [True, False])
    @pytest.mark.parametrize("path", ["/auth/email/login", "/auth/password/forgot"])
    def test_requests_and_codes_make_the_same_calls_of_the_store_for_every_address(
        self, path: str, delivered: bool
    ) -> None:
        store = RecordingStore()
        world = MailWorld(store=store)
        anna = join(world.client)

        def steps(send: Callable[[str], Answer], address: str) -> list[list[str]]:
            store.calls.clear()
            assert send(address).status_code in (202, 401)
            return [*store.calls]

        for send in (
            lambda address: world.client.post(path, json={"email": address}),
            lambda address: world.confirm(email=address, code="wrong"),
        ):
            known, unknown = (steps(send, address) for address in (anna.user["email"], "nobody@example.com"))
            assert known == unknown
            assert known
            if delivered:
                world.deliver()
        assert len(world.queue.sent) == (0 if delivered else 2)

    @pytest.mark.parametrize("path", ["/auth/password/forgot", "/auth/email/login"])
    def test_the_time_of_an_answer_does_not_tell_a_known_address(
        self, world: MailWorld, anna: Person, path: str
    ) -> None:
        """The CPU time is measured, which other processes do not change, in random order."""
        browser, times = (
            FlaskClient(world.app),
            {anna.user["email"]: list[float](), "nobody@example.com": list[float]()},
        )
        addresses = [*times] * 150
        Random(1).shuffle(addresses)
        for address in addresses:
            start = thread_time_ns()
            assert browser.post(path, json={"email": address}).status_code == 202
            times[address].append(thread_time_ns() - start)
        assert 0.35 < area(*times.values()) < 0.65, "a guess from the time is right in less than 65 of 100 cases"

    def test_mails_to_known_and_unknown_addresses_are_stored_equally_long(self, world: MailWorld, anna: Person) -> None:
        addresses = (anna.user["email"], "nobody@example.com")
        for address in addresses:
            world.ask("/auth/email/login", address)
        stored = services_of(world.app).mails.mails
        [known], [unknown] = (stored.newest(MailKind.LOGIN, Email(address), 3) for address in addresses)
        assert known.expires_at == unknown.expires_at == NOON + LIFETIME

    def test_a_code_for_an_unknown_address_is_refused_alike(self, world: MailWorld, anna: Person) -> None:
        answers = [world.confirm(email=email, code="123456").json for email in (anna.user["email"], "no@example.com")]
        assert [answer["detail"] for answer in answers] == [answers[0]["detail"]] * 2


class TestLimits:
    @pytest.fixture
    def world(self) -> MailWorld:
        watch = Watch()
        return MailWorld(watch=watch, limiter=StoreLimiter(MemoryStore(), watch))

    def test_fifty_wrong_codes_a_day_are_checked_for_an_address_and_the_link_still_works(
        self, world: MailWorld, anna: Person
    ) -> None:
        statuses = []
        for _ in range(11):
            world.watch.forward(3600)
            for address in (anna.user["email"], "nobody@example.com"):
                world.ask("/auth/email/login", address)
                statuses += [world.confirm(email=address, code="wrong").status_code for _ in range(7)]
        # Of seven codes for a mail, five are checked and counted.
        assert statuses == [401] * 140 + [429] * 14
        world.ask("/auth/email/login", anna.user["email"])
        assert world.confirm(email=anna.user["email"], code=world.code).status_code == 429
        assert world.confirm(token=world.token).status_code == 200
        world.watch.forward(14 * 3600)
        world.ask("/auth/email/login", anna.user["email"])
        assert world.confirm(email=anna.user["email"], code=world.code).status_code == 200

    def accepted(self, world: MailWorld, path: str, email: str, *ips: str, token: str = "") -> int:
        """Ask for mails from these addresses; return the number of sent mails. Assert that every answer is 202."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        for ip in ips:
            body = {} if token else {"email": email}
            sent = {"json": body, "headers": headers, "environ_overrides": {"REMOTE_ADDR": ip}}
            assert world.client.post(path, **sent).status_code == 202
        number = len(world.queue.sent)
        world.queue.sent.clear()
        return number

    @pytest.mark.parametrize("path", ["/auth/email/login", "/auth/password/forgot"])
    def test_strangers_use_up_the_mails_of_their_own_networks_only(
        self, world: MailWorld, anna: Person, path: str
    ) -> None:
        for email in (anna.user["email"], "nobody@example.com"):
            for network in ("192.0.2.{}", "2001:db8:0:1::{}"):
                assert self.accepted(world, path, email, *(network.format(n) for n in range(20))) == 5
                assert self.accepted(world, "/auth/email/login", email, *[network.format(21)] * 5) == 0
            assert self.accepted(world, path, email, "198.51.100.1", "2001:db8:0:2::1") == 2
            world.watch.forward(3601)
        assert self.accepted(world, path, anna.user["email"], "192.0.2.1") == 1

    def test_a_sender_is_sent_five_mails_in_an_hour_and_further_requests_count_at_no_address(
        self, world: MailWorld, anna: Person
    ) -> None:
        path = "/auth/password/forgot"
        assert sum(self.accepted(world, path, f"u{n}@example.com", "192.0.2.1") for n in range(9)) == 5
        assert self.accepted(world, path, anna.user["email"], *["192.0.2.1"] * 40) == 0
        assert self.accepted(world, path, anna.user["email"], *["203.0.113.1"] * 40) == 5
        assert self.accepted(world, path, anna.user["email"], "198.51.100.1") == 1

    def test_many_new_accounts_flood_no_mailbox_with_mails_that_verify_it(self, world: MailWorld) -> None:
        sent = 0
        for n in range(8):
            person = join(world.client, email="victim@example.com")
            ips = [f"10.{n}.0.1"] * 5
            sent += self.accepted(world, "/auth/email/verify", "", *ips, token=person.token)
            assert world.client.delete("/user", headers=person.headers).status_code == 204
        assert sent == 30

    def test_many_networks_flood_no_mailbox_and_the_newest_link_works(self, world: MailWorld, anna: Person) -> None:
        path, email, networks = "/auth/password/forgot", anna.user["email"], [f"10.0.{n}.1" for n in range(40)]
        assert world.ask(path, email).status_code == 202
        assert self.accepted(world, path, email, *networks) == 29
        assert self.accepted(world, "/auth/email/login", email, "10.0.41.1") == 1, "a mail of another kind"
        world.watch.forward(601)
        assert self.accepted(world, path, email, "10.0.41.1") == 1
        assert world.reset(world.token).status_code == 204

    def test_nobody_else_uses_up_the_mails_that_a_token_asks_for(self, world: MailWorld, anna: Person) -> None:
        email, networks = anna.user["email"], [f"10.0.{n}.1" for n in range(40)]
        for path in ("/auth/password/forgot", "/auth/email/login"):
            self.accepted(world, path, email, *["192.0.2.1"] * 9, *networks)
        others = ["192.0.2.1"] * 9
        assert self.accepted(world, "/auth/email/verify", "", *others, token=join(world.client).token) == 5
        assert self.accepted(world, "/auth/email/verify", email, *others, token=anna.token) == 5
        world.client.put("/user", json={"email": NEW_ADDRESS}, headers=anna.headers)
        world.queue.sent.clear()
        assert self.accepted(world, "/auth/email/verify", NEW_ADDRESS, *networks, token=anna.token) == 0

    def test_another_account_with_the_same_address_asks_for_no_further_mails(
        self, world: MailWorld, anna: Person
    ) -> None:
        assert self.accepted(world, "/auth/email/verify", "", *["192.0.2.1"] * 9, token=anna.token) == 5
        world.client.delete("/user", headers=anna.headers)
        world.queue.sent.clear()
        again = join(world.client, email=anna.user["email"])
        assert self.accepted(world, "/auth/email/verify", "", "192.0.2.2", token=again.token) == 0


ENCODED = "=?utf-8?q?v=69ctim?=@corp.example.com"
"""An address that a mail program decodes to victim@corp.example.com."""


class TestEncodedWords:
    @pytest.mark.parametrize("language", ["en", "es"])
    @pytest.mark.parametrize("way", ["POST /register", "PUT /user", "POST /api/users", "POST /auth/password/forgot"])
    def test_an_address_with_an_encoded_word_is_refused(self, world: MailWorld, way: str, language: str) -> None:
        method, path = way.split()
        body = {"username": "vic", "password": PASSWORD} if path == "/register" else {}
        body |= {"name": "Vic", "last_name": "Tim"} if path == "/api/users" else {}
        headers = join(world.client, "admin").headers | {"Accept-Language": language}
        answer = world.client.open(path, method=method, json={"email": ENCODED, **body}, headers=headers)
        assert (answer.status_code, errors_of(answer)) == (422, {("email", "encoded_word")})
        expected = {"en": "An e-mail address cannot contain", "es": "Aquí una dirección de correo no puede"}
        assert expected[language] in answer.json["errors"][0]["message"]

    def test_a_mail_to_such_an_address_that_exists_ends_as_failed_and_says_so(self) -> None:
        world = MailWorld(mailer=SmtpMailer("smtp://127.0.0.1:1", "accounts@example.com", lambda: NOON))
        services = services_of(world.app)
        user = services.directory.add(Profile(email=Email(ENCODED)), None)
        services.mail_requests.request_verification(user, SessionClient())
        world.deliver()
        [job] = services.jobs.list(None, JobStatus.FAILED).items
        assert (job.attempts, job.error) == (
            1,
            "The mail cannot be written: its header would name another recipient.",
        )


class FailingStore(MemoryStore):
    """A store that fails in one of the next commits, before or after the commit is made."""

    commits_until_failure = -1
    is_made = False

    def _commit(self, writes: Sequence[Write], operation: str) -> dict[Key, str]:
        self.commits_until_failure -= 1
        if self.commits_until_failure != -1:
            return super()._commit(writes, operation)
        if self.is_made:
            super()._commit(writes, operation)
        raise Unavailable


@pytest.mark.parametrize(("failing", "is_remote"), [*((n, False) for n in range(3)), *((n, True) for n in range(4))])
@pytest.mark.parametrize("is_made", [False, True], ids=["refused", "made"])
def test_after_an_outage_of_the_store_another_mail_sets_the_password(
    failing: int, is_made: bool, is_remote: bool
) -> None:
    store = FailingStore()
    world = MailWorld(store=store, remote=FakeProvider() if is_remote else None)
    anna = join(world.client)
    world.ask("/auth/password/forgot", anna.user["email"])
    store.commits_until_failure, store.is_made = failing, is_made
    assert world.reset(world.token).status_code in (204, 503)
    assert store.commits_until_failure < 0, "no commit failed"
    store.commits_until_failure = -1
    is_set = log_in(world.client, anna, NEW_PASSWORD).status_code == 200
    assert world.reset(world.token).status_code in ((401,) if is_set and not is_remote else (204, 401))
    world.ask("/auth/password/forgot", anna.user["email"])
    assert world.reset(world.token, f"{NEW_PASSWORD} 2").status_code == 204
    assert log_in(world.client, anna, f"{NEW_PASSWORD} 2").status_code == 200


class TestDelivery:
    def test_a_silent_mail_server_delays_the_mail(self, world: MailWorld, anna: Person) -> None:
        world.box.error = Postponed("The mail server does not answer.", 30)
        world.ask("/auth/password/forgot", anna.user["email"])
        assert world.box.mails == []
        world.box.error = None
        world.watch.forward(3600)
        assert services_of(world.app).jobs.resend() == 1
        world.deliver()
        assert world.reset(world.token).status_code == 204

    def test_a_final_refusal_ends_the_job_with_its_reason(self, world: MailWorld, anna: Person) -> None:
        world.box.error = AttemptFailed("The mail server refused the mail: 550 no such box", final=True)
        world.ask("/auth/password/forgot", anna.user["email"])
        [job] = services_of(world.app).jobs.list(None, JobStatus.FAILED).items
        assert job.error == "The mail server refused the mail: 550 no such box"

    def test_a_mail_that_is_sent_again_has_the_same_token(self, world: MailWorld, anna: Person) -> None:
        world.client.post("/auth/password/forgot", json={"email": anna.user["email"]})
        handler, jobs = services_of(world.app).jobs.runner.handlers["mail"], services_of(world.app).jobs
        job = jobs.list(None).items[0]
        handler.run(job, lambda _: None)
        handler.run(job, lambda _: None)  # as after a process was killed between sending and recording
        first, second = world.box.mails
        assert (first.id, first.text) == (second.id, second.text)
        assert world.reset(world.token).status_code == 204
        handler.run(job, lambda _: None)
        assert len(world.box.mails) == 2, "a spent token is not sent again"

    def test_the_answer_is_in_the_language_of_the_request(self, world: MailWorld, anna: Person) -> None:
        answer = world.ask("/auth/password/forgot", anna.user["email"], **{"Accept-Language": "es"})
        assert answer.json == {"detail": "Si una cuenta tiene esta dirección, va un correo en camino."}
        assert answer.headers["Content-Language"] == "es"

    def test_mails_are_in_the_language_of_the_request(self, world: MailWorld, anna: Person) -> None:
        world.ask("/auth/password/forgot", anna.user["email"], **{"Accept-Language": "es-MX,es;q=0.9"})
        assert world.box.mails[-1].subject == "Elige una contraseña nueva"
        assert '<html lang="es">' in world.box.mails[-1].html


def test_a_service_that_sends_no_mails_says_so() -> None:
    requests = replace(services_of(build()).mail_requests, enabled=False)
    answer = client_of(build(services={"mail_requests": requests})).post(
        "/auth/password/forgot", json={"email": "anna@example.com"}
    )
    assert (answer.status_code, answer.json["detail"]) == (404, "This service sends no mails.")
