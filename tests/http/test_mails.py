"""Links in mails: they prove an address, log in and set a new password, each once and for thirty minutes."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import Mock

import pytest
from flask import Flask
from flask.testing import FlaskClient

from src.application.limits import RateLimiter
from src.application.ports import IdentityProvider, ProviderAccount
from src.domain.errors import AttemptFailed, Postponed, Unavailable
from src.domain.jobs import JobStatus
from src.domain.mails import LIFETIME, MailKind
from src.domain.sessions import Client as SessionClient
from src.domain.users import Profile
from src.domain.values import Email
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.repositories.mails import Mails
from src.infrastructure.stores.memory import MemoryStore
from tests.support.races import at_once
from tests.support.working import NOON, Mailbox, RecordingQueue, Watch
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
    log_in,
    services_of,
)

NEW_PASSWORD = "another zebra battery"


@dataclass
class MailWorld:
    """The application with a mailbox, and a clock that the test moves."""

    box: Mailbox = field(default_factory=Mailbox)
    watch: Watch = field(default_factory=Watch)
    queue: RecordingQueue = field(default_factory=RecordingQueue)
    settings: dict[str, str] = field(default_factory=dict)
    identity: IdentityProvider | None = None
    limiter: RateLimiter | None = None

    def __post_init__(self) -> None:
        self.app: Flask = build(
            mailer=self.box,
            clock=self.watch,
            queue=self.queue,
            settings=self.settings,
            identity=self.identity,
            limiter=self.limiter,
        )
        self.client: Client = client_of(self.app)

    def deliver(self) -> None:
        """Run the jobs that were sent to the queue."""
        while self.queue.sent:
            services_of(self.app).jobs.runner.run(self.queue.sent.pop(0))

    def ask(self, path: str, email: str, **headers: str) -> Answer:
        """Ask for a mail, and let it be sent."""
        answer = self.client.post(path, json={"email": email}, headers=headers)
        self.deliver()
        return answer

    @property
    def token(self) -> str:
        """The token of the newest mail."""
        found = re.search(r"token=(\w+)", self.box.mails[-1].text)
        assert found
        return found[1]

    @property
    def code(self) -> str:
        """The code of the newest mail."""
        found = re.search(r"\b\d{6}\b", self.box.mails[-1].text)
        assert found
        return found[0]

    def reset(self, token: str, password: str = NEW_PASSWORD) -> Answer:
        return self.client.post("/auth/password/reset", json={"token": token, "new_password": password})

    def prove(self, person: Person) -> None:
        """Mark the address of a person as verified."""
        services_of(self.app).mails.users.update(person.user["id"], lambda user: replace(user, email_verified=True))

    def confirm(self, **body: str) -> Answer:
        return self.client.post("/auth/email/login/confirm", json=body)


@pytest.fixture
def world() -> MailWorld:
    return MailWorld()


@pytest.fixture
def anna(world: MailWorld) -> Person:
    return join(world.client)


class TestLogin:
    def test_the_link_of_a_mail_logs_in_once_and_proves_the_address(self, world: MailWorld, anna: Person) -> None:
        assert world.ask("/auth/email/login", anna.user["email"]).status_code == 202
        tokens = world.confirm(token=world.token).json
        user = world.client.get("/user", headers={"Authorization": f"Bearer {tokens['access_token']}"}).json
        assert (user["id"], user["email_verified"]) == (anna.user["id"], True)
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
    def test_the_link_of_a_mail_proves_the_address(self, world: MailWorld, anna: Person) -> None:
        assert world.client.post("/auth/email/verify", headers=anna.headers).status_code == 202
        world.deliver()
        assert world.client.post("/auth/email/verify", json={"token": world.token}).status_code == 204
        assert world.client.get("/user", headers=anna.headers).json["email_verified"] is True
        assert world.client.post("/auth/email/verify", json={"token": world.token}).status_code == 401

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

    def test_a_request_makes_the_same_writes_for_every_address(self, world: MailWorld, anna: Person) -> None:
        for address in (anna.user["email"], "nobody@example.com"):
            world.client.post("/auth/password/forgot", json={"email": address})
        assert len(world.queue.sent) == 2

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


class TestAccountsAtTheProvider:
    """Mails to eve, who has an account at the identity provider."""

    ADDRESS = Email("eve@example.com")

    @pytest.fixture
    def provider(self) -> Provider:
        return Provider(eve=ProviderAccount(self.ADDRESS, email_verified=True, has_password=True))

    @pytest.fixture
    def world(self, provider: Provider) -> MailWorld:
        world = MailWorld(identity=provider)
        assert world.client.post("/auth/firebase", json={"id_token": "eve"}).status_code == 200
        return world

    def change(self, provider: Provider, **changes: Any) -> None:
        provider.known["eve"] = replace(provider.known["eve"], **changes)

    @pytest.mark.parametrize("path", ["/auth/email/login", "/auth/password/forgot"])
    def test_a_mail_lets_nobody_into_an_account_that_was_disabled_there(
        self, world: MailWorld, provider: Provider, path: str
    ) -> None:
        world.ask(path, self.ADDRESS.address)
        use = world.reset if "password" in path else lambda token: world.confirm(token=token)
        self.change(provider, disabled=True)
        assert use(world.token).status_code == 401
        self.change(provider, disabled=False)
        assert use(world.token).status_code == 401, "the sessions and tokens have ended"

    def test_a_code_lets_nobody_into_an_account_that_was_disabled_there(
        self, world: MailWorld, provider: Provider
    ) -> None:
        world.ask("/auth/email/login", self.ADDRESS.address)
        self.change(provider, disabled=True)
        assert world.confirm(email=self.ADDRESS.address, code=world.code).status_code == 401

    def test_a_mail_does_not_replace_a_second_factor(self, world: MailWorld, provider: Provider) -> None:
        self.change(provider, has_second_factor=True)
        world.ask("/auth/email/login", self.ADDRESS.address)
        for body in ({"token": world.token}, {"email": self.ADDRESS.address, "code": world.code}):
            refused = world.confirm(**body)
            assert (refused.status_code, "second factor" in refused.json["detail"]) == (401, True)
        world.ask("/auth/password/forgot", self.ADDRESS.address)
        assert world.reset(world.token).status_code == 204, "a new password replaces no second factor"

    def test_an_outage_of_the_provider_during_the_first_proof_leaves_the_address_unproved(
        self, world: MailWorld, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        users = services_of(world.app).mails.users
        self.change(provider, email_verified=False)
        users.update("eve", lambda user: replace(user, email_verified=False))
        world.ask("/auth/email/login", self.ADDRESS.address)
        with monkeypatch.context() as patched:
            patched.setattr(provider, "set_password", Mock(side_effect=Unavailable))
            assert world.confirm(token=world.token).status_code == 503
        eve = users.get("eve")
        assert eve
        assert not eve.email_verified

    def test_a_mail_to_an_address_that_was_left_there_logs_nobody_in(
        self, world: MailWorld, provider: Provider
    ) -> None:
        world.ask("/auth/email/login", self.ADDRESS.address)
        self.change(provider, email=Email("new@example.com"))
        assert world.confirm(token=world.token).status_code == 401

    def test_an_outage_of_the_provider_spends_no_link(
        self, world: MailWorld, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.ask("/auth/email/login", self.ADDRESS.address)
        with monkeypatch.context() as patched:
            patched.setattr(provider, "account", Mock(side_effect=Unavailable))
            assert world.confirm(token=world.token).status_code == 503
        assert world.confirm(token=world.token).status_code == 200


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
        [job] = services_of(world.app).jobs.list(JobStatus.FAILED).items
        assert job.error == "The mail server refused the mail: 550 no such box"

    def test_a_mail_that_is_sent_again_has_the_same_token(self, world: MailWorld, anna: Person) -> None:
        world.client.post("/auth/password/forgot", json={"email": anna.user["email"]})
        handler, jobs = services_of(world.app).jobs.runner.handlers["mail"], services_of(world.app).jobs
        job = jobs.list().items[0]
        handler.run(job, lambda _: None)
        handler.run(job, lambda _: None)  # as after a kill between sending and recording it
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


class TestNotices:
    @pytest.fixture
    def world(self) -> MailWorld:
        return MailWorld(settings={"smtp_url": "smtp://localhost"})

    def test_the_old_address_is_told_of_the_new_one(self, world: MailWorld, anna: Person) -> None:
        world.client.put("/user", json={"email": "new@example.com"}, headers=anna.headers)
        world.deliver()
        [notice] = world.box.mails
        assert notice.to.address == anna.user["email"]
        assert "new@example.com" in notice.text

    def test_a_change_without_a_new_address_sends_nothing(self, world: MailWorld, anna: Person) -> None:
        world.client.put("/user", json={"name": "Ana", "email": anna.user["email"]}, headers=anna.headers)
        world.deliver()
        assert world.box.mails == []

    def test_users_are_told_of_a_new_password_in_their_language(self, world: MailWorld, anna: Person) -> None:
        passwords = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        world.client.put("/user/password", json=passwords, headers={**anna.headers, "Accept-Language": "es"})
        world.deliver()
        assert [mail.subject for mail in world.box.mails] == ["Tu contraseña ha cambiado"]

    def test_users_are_told_of_a_deletion(self, world: MailWorld, anna: Person) -> None:
        world.client.delete("/user", headers=anna.headers)
        world.deliver()
        assert [mail.subject for mail in world.box.mails] == ["Your account was deleted"]

    def test_users_are_told_of_the_first_login_of_a_device_only(self, world: MailWorld, anna: Person) -> None:
        world.prove(anna)
        world.watch.forward(3600)
        credentials = {"email": anna.user["email"], "password": PASSWORD}
        for agent in ("Werkzeug/other", "curl/8", "curl/8"):
            world.client.post("/login", json=credentials, headers={"User-Agent": agent})
        world.deliver()
        told = [mail.text for mail in world.box.mails if mail.subject == "A new device has signed in"]
        assert [("Werkzeug/other" in text, "curl/8" in text) for text in told] == [(True, False), (False, True)]

    def test_the_name_of_a_device_is_not_told_to_an_address_that_nobody_proved(
        self, world: MailWorld, anna: Person
    ) -> None:
        world.watch.forward(3600)
        credentials = {"email": anna.user["email"], "password": PASSWORD}
        world.client.post("/login", json=credentials, headers={"User-Agent": "Open https://evil.example"})
        world.deliver()
        [notice] = world.box.mails
        assert (notice.subject, "evil" in notice.text) == ("A new device has signed in", False)

    def test_an_address_gets_ten_notices_in_an_hour(self) -> None:
        watch = Watch()
        limiter = StoreLimiter(MemoryStore(), watch)
        world = MailWorld(settings={"smtp_url": "smtp://localhost"}, limiter=limiter, watch=watch)
        anna = join(world.client)
        for number in range(12):
            for email in (f"new{number}@example.com", anna.user["email"]):
                body = {"email": email}
                assert world.client.put("/user", json=body, headers=anna.headers).status_code == 200
        world.deliver()
        assert [mail.to.address for mail in world.box.mails].count(anna.user["email"]) == 10

    def test_notices_of_devices_can_be_turned_off(self) -> None:
        world = MailWorld(settings={"smtp_url": "smtp://localhost", "login_notices": "off"})
        anna = join(world.client)
        world.watch.forward(3600)
        log_in(world.client, anna)
        world.deliver()
        assert world.box.mails == []

    def test_an_outage_loses_the_notice_and_not_the_change(
        self, world: MailWorld, anna: Person, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(Mails, "add", Mock(side_effect=Unavailable))
        passwords = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        assert world.client.put("/user/password", json=passwords, headers=anna.headers).status_code == 204
        assert "the notice password-changed is not sent" in caplog.text


class TestNewAddresses:
    def change(self, world: MailWorld, anna: Person, **fields: str) -> Answer:
        body = {"email": "new@example.com", **fields}
        return world.client.put("/user", json=body, headers=anna.headers)

    def renewed(self, world: MailWorld, anna: Person) -> Person:
        """Return the person with the newest access token, of a session that began ten minutes ago."""
        world.watch.forward(601)
        return replace(anna, token=world.client.post("/auth/renew", headers=anna.headers).json["access_token"])

    def test_a_new_address_needs_the_password_ten_minutes_after_the_login(self, world: MailWorld, anna: Person) -> None:
        anna = self.renewed(world, anna)
        missing = self.change(world, anna)
        assert (missing.status_code, errors_of(missing)) == (422, {("current_password", "required")})
        assert self.change(world, anna, current_password="wrong").status_code == 403
        assert self.change(world, anna, current_password=PASSWORD).json["email"] == "new@example.com"

    def test_a_password_that_is_given_is_checked_whenever_the_login_was(self, world: MailWorld, anna: Person) -> None:
        for path in ("/user", f"/users/{anna.user['id']}"):
            for body in ({"email": "new@example.com"}, {"name": "Ana"}):
                wrong = {**body, "current_password": "wrong"}
                assert world.client.put(path, json=wrong, headers=anna.headers).status_code == 403
        assert world.client.get("/user", headers=anna.headers).json["email"] == anna.user["email"]
        assert self.change(world, anna, current_password=PASSWORD).json["email"] == "new@example.com"

    def test_the_route_of_the_directory_asks_for_the_password_too(self, world: MailWorld, anna: Person) -> None:
        anna = self.renewed(world, anna)
        path = f"/users/{anna.user['id']}"
        answer = world.client.put(path, json={"email": "new@example.com"}, headers=anna.headers)
        assert errors_of(answer) == {("current_password", "required")}

    def test_a_password_alone_changes_nothing_and_is_refused(self, world: MailWorld, anna: Person) -> None:
        answer = world.client.put("/user", json={"current_password": PASSWORD}, headers=anna.headers)
        assert (answer.status_code, errors_of(answer)) == (422, {("body", "empty")})
        assert "current_password" not in answer.json["errors"][0]["message"]

    def test_other_changes_need_no_password(self, world: MailWorld, anna: Person) -> None:
        anna = self.renewed(world, anna)
        body = {"name": "Ana", "email": anna.user["email"]}
        assert world.client.put("/user", json=body, headers=anna.headers).status_code == 200


class TestPages:
    @pytest.fixture
    def browser(self, world: MailWorld) -> FlaskClient:
        """Return a client that takes pages, which are in no API description."""
        return FlaskClient(world.app)

    @pytest.mark.parametrize("path", ["/auth/email/login", "/auth/email/verify", "/auth/password/reset"])
    def test_opening_a_link_spends_nothing(
        self, browser: FlaskClient, world: MailWorld, anna: Person, path: str
    ) -> None:
        world.ask("/auth/email/login", anna.user["email"])
        for _ in range(2):
            page = browser.get(path, query_string={"token": world.token})
            assert (page.status_code, page.mimetype) == (200, "text/html")
            assert "script" not in page.headers["Content-Security-Policy"]
        assert world.confirm(token=world.token).status_code == 200

    def test_the_button_sets_the_password(self, browser: FlaskClient, world: MailWorld, anna: Person) -> None:
        world.ask("/auth/password/forgot", anna.user["email"])
        form = {"token": world.token, "new_password": "short"}
        refused = browser.post("/auth/password/reset/form", data=form)
        assert (refused.status_code, "Use at least 8 characters." in refused.text) == (422, True)
        done = browser.post("/auth/password/reset/form", data={**form, "new_password": NEW_PASSWORD})
        assert (done.status_code, "Your new password is set" in done.text) == (200, True)
        assert log_in(world.client, anna, NEW_PASSWORD).status_code == 200

    def test_a_form_in_parts_is_refused_before_it_is_read(
        self, browser: FlaskClient, world: MailWorld, anna: Person
    ) -> None:
        world.ask("/auth/password/forgot", anna.user["email"])
        form = {"token": world.token, "new_password": NEW_PASSWORD}
        for path in ("/auth/email/login/form", "/auth/email/verify/form", "/auth/password/reset/form"):
            assert browser.post(path, data=form, content_type="multipart/form-data").status_code == 415

    def test_pages_of_other_sites_cannot_read_the_mails_of_development(self, world: MailWorld) -> None:
        browser = FlaskClient(build(cors_origins=["*"]))
        origin = {"Origin": "https://evil.example"}
        assert "Access-Control-Allow-Origin" not in browser.get("/dev/mail", headers=origin).headers
        assert "Access-Control-Allow-Origin" in browser.get("/health", headers=origin).headers

    def test_a_page_escapes_what_a_stranger_put_into_the_link(self, browser: FlaskClient, world: MailWorld) -> None:
        page = browser.get("/auth/password/reset", query_string={"token": '"><script>alert(1)</script>'})
        assert "<script>" not in page.text

    def test_a_page_is_in_spanish_for_those_who_prefer_it(self, browser: FlaskClient, world: MailWorld) -> None:
        page = browser.get("/auth/password/reset", headers={"Accept-Language": "es"})
        assert '<html lang="es">' in page.text
        assert "Elige una contraseña nueva" in page.text
