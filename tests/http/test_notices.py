"""Mails that tell users of changes of their accounts, and what a new address needs."""

from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest

from src.application.accounts import LocalAccounts
from src.domain.errors import Unavailable
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.repositories.mails import Mails
from src.infrastructure.repositories.sessions import Sessions
from src.infrastructure.stores.memory import MemoryStore
from tests.support.mailing import NEW_PASSWORD, MailWorld, anna, world
from tests.support.working import Watch
from tests.support.world import (
    PASSWORD,
    Answer,
    Person,
    errors_of,
    join,
    log_in,
    services_of,
)

__all__ = ["anna", "world"]  # fixtures


class TestNotices:
    @pytest.fixture
    def world(self) -> MailWorld:
        return MailWorld(settings={"smtp_url": "smtp://localhost"})

    @pytest.mark.parametrize(("proved", "told"), [(True, "now uses new@example.com"), (False, "another address")])
    def test_the_old_address_is_told_of_the_new_one_if_it_was_proved(
        self, world: MailWorld, anna: Person, proved: bool, told: str
    ) -> None:
        users = services_of(world.app).accounts.users
        users.update(anna.user["id"], lambda user: replace(user, email_verified=proved))
        world.client.put("/user", json={"email": "new@example.com"}, headers=anna.headers)
        world.deliver()
        [notice] = world.box.mails
        assert notice.to.address == anna.user["email"]
        assert told in notice.text

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

    @pytest.mark.parametrize("change", ["password", "deletion"])
    def test_users_are_told_of_what_the_operator_does(self, world: MailWorld, anna: Person, change: str) -> None:
        services = services_of(world.app)
        claim = services.rules.parse_login(anna.user["email"])
        if change == "password":
            services.administration.reset_password(claim, NEW_PASSWORD)
        else:
            services.administration.delete_user(services.administration.find_user(claim))
        world.deliver()
        subject = "Your password was changed" if change == "password" else "Your account was deleted"
        assert [(mail.to.address, mail.subject) for mail in world.box.mails] == [(anna.user["email"], subject)]

    def test_users_are_told_of_a_reset(self, world: MailWorld, anna: Person) -> None:
        world.ask("/auth/password/forgot", anna.user["email"])
        assert world.reset(world.token).status_code == 204
        world.deliver()
        assert world.box.mails[-1].subject == "Your password was changed"

    def test_users_are_told_of_the_first_login_of_a_device_only(self, world: MailWorld, anna: Person) -> None:
        world.prove(anna)
        world.watch.forward(3600)
        credentials = {"email": anna.user["email"], "password": PASSWORD}
        for agent in ("Werkzeug/other", "curl/8", "curl/8"):
            world.client.post("/login", json=credentials, headers={"User-Agent": agent})
        world.deliver()
        told = [mail.text for mail in world.box.mails if mail.subject == "A new device has signed in"]
        assert [("Werkzeug/other" in text, "curl/8" in text) for text in told] == [(True, False), (False, True)]

    def test_a_login_that_fails_at_the_last_moment_is_not_told(
        self, world: MailWorld, anna: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.watch.forward(3600)
        monkeypatch.setattr(Sessions, "add_for_login", Mock(side_effect=Unavailable))
        login = {"email": anna.user["email"], "password": PASSWORD}
        assert world.client.post("/login", json=login, headers={"User-Agent": "curl/8"}).status_code == 503
        world.deliver()
        assert world.box.mails == []

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
        for number in range(12):
            member = join(world.client)
            for email in ("anna@example.com", f"new{number}@example.com"):
                assert world.client.put("/user", json={"email": email}, headers=member.headers).status_code == 200
        world.deliver()
        assert [mail.to.address for mail in world.box.mails].count("anna@example.com") == 10

    def test_an_account_sends_five_notices_in_an_hour_to_addresses_that_nobody_proved(self) -> None:
        watch = Watch()
        limiter = StoreLimiter(MemoryStore(), watch)
        world = MailWorld(settings={"smtp_url": "smtp://localhost"}, limiter=limiter, watch=watch)
        anna = join(world.client)
        changes = [
            world.client.put("/user", json={"email": f"new{number}@example.com"}, headers=anna.headers).status_code
            for number in range(31)
        ]
        assert changes == [200] * 30 + [429]
        world.deliver()
        assert len(world.box.mails) == 5

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
        """Return the person with a new access token of a session that began ten minutes ago."""
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

    def test_a_new_address_is_refused_when_the_password_changes_while_it_is_checked(
        self, world: MailWorld, anna: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        owner = Person(anna.user, log_in(world.client, anna).json["access_token"])
        check = LocalAccounts.has_this_password

        def check_slowly(*arguments: Any) -> bool:
            monkeypatch.setattr(LocalAccounts, "has_this_password", check)
            body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
            assert world.client.put("/user/password", json=body, headers=owner.headers).status_code == 204
            return True

        monkeypatch.setattr(LocalAccounts, "has_this_password", check_slowly)
        assert self.change(world, anna, current_password=PASSWORD).status_code == 401
        assert world.client.get("/user", headers=owner.headers).json["email"] == anna.user["email"]

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
