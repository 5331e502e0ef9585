"""Links in mails to a user who has an account at the identity provider."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from src.application.ports import ProviderAccount
from src.domain.errors import Unavailable
from src.domain.users import User
from src.domain.values import Email
from tests.support.mailing import MailWorld
from tests.support.world import Person, Provider, services_of


class TestAccountsAtTheProvider:
    """Mails to eve, who has an account at the identity provider."""

    ADDRESS = Email("eve@example.com")

    @pytest.fixture
    def provider(self) -> Provider:
        return Provider(eve=ProviderAccount(self.ADDRESS, email_verified=True, has_password=True))

    @pytest.fixture
    def world(self, provider: Provider) -> MailWorld:
        world = MailWorld(remote=provider)
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
        provider.second_factors.add("eve")
        world.ask("/auth/email/login", self.ADDRESS.address)
        for body in ({"token": world.token}, {"email": self.ADDRESS.address, "code": world.code}):
            refused = world.confirm(**body)
            assert (refused.status_code, "second factor" in refused.json["detail"]) == (401, True)
        world.ask("/auth/password/forgot", self.ADDRESS.address)
        assert world.reset(world.token).status_code == 204
        assert provider.second_factors == {"eve"}, "a new password replaces no second factor"

    @pytest.mark.parametrize("use", ["reset", "verify"])
    def test_the_first_proof_of_an_address_removes_the_second_factor_of_a_squatter(
        self, world: MailWorld, provider: Provider, use: str
    ) -> None:
        provider.second_factors.add("eve")
        self.change(provider, email_verified=False)
        services_of(world.app).mails.users.update("eve", lambda user: replace(user, email_verified=False))
        if use == "verify":
            world.client.post("/auth/email/verify", headers=Person({}, "eve").headers)
            world.deliver()
            assert world.verify(world.token).status_code == 204
        else:
            world.ask("/auth/password/forgot", self.ADDRESS.address)
            assert world.reset(world.token).status_code == 204
        world.ask("/auth/email/login", self.ADDRESS.address)
        assert world.confirm(token=world.token).status_code == 200

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

    @pytest.mark.parametrize("caller", ["own", "nobody"])
    def test_a_first_proof_from_outside_the_account_leaves_no_other_way_to_sign_in(
        self, world: MailWorld, provider: Provider, monkeypatch: pytest.MonkeyPatch, caller: str
    ) -> None:
        self.change(provider, email_verified=False)
        services_of(world.app).mails.users.update("eve", lambda user: replace(user, email_verified=False))
        eve = Person({}, "eve")
        session = world.client.post("/auth/firebase", json={"id_token": "eve"}).json["access_token"]
        world.client.post("/auth/email/verify", headers=eve.headers)
        world.deliver()
        removed = Mock()
        monkeypatch.setattr(provider, "set_password", removed)
        assert world.verify(world.token, eve if caller == "own" else None).status_code == 204
        assert [each.kwargs for each in removed.mock_calls] == (
            [] if caller == "own" else [{"remove_other_sign_ins": True, "remove_second_factors": True}]
        )
        status = world.client.get("/user", headers=Person({}, session).headers).status_code
        assert status == (200 if caller == "own" else 401)
        assert world.reset(world.token).status_code == (401 if caller == "own" else 204)

    @pytest.mark.parametrize("fails", ["before", "after"])
    @pytest.mark.parametrize("use", ["reset", "login", "code", "verify"])
    def test_an_outage_of_the_provider_while_it_sets_a_password_gives_the_link_back(
        self, world: MailWorld, provider: Provider, monkeypatch: pytest.MonkeyPatch, use: str, fails: str
    ) -> None:
        address, users = self.ADDRESS.address, services_of(world.app).mails.users
        self.change(provider, email_verified=False)
        users.update("eve", lambda user: replace(user, email_verified=False))
        if use == "verify":
            world.client.post("/auth/email/verify", headers=Person({}, "eve").headers)
            world.deliver()
        else:
            world.ask("/auth/password/forgot" if use == "reset" else "/auth/email/login", address)
        token, code = world.token, world.code if use == "code" else ""
        world.ask("/auth/email/login", address)
        other = world.token

        def open_link() -> int:
            if use == "reset":
                return world.reset(token).status_code
            if use == "verify":
                return world.verify(token).status_code
            return world.confirm(**({"email": address, "code": code} if code else {"token": token})).status_code

        def fail(user: User, password: str, **removals: bool) -> None:
            if fails == "after":  # the call succeeds, and its answer is lost
                Provider.set_password(provider, user, password, **removals)
                self.change(provider, valid_since=world.watch.time + timedelta(seconds=1))
            raise Unavailable

        with monkeypatch.context() as patched:
            patched.setattr(provider, "set_password", fail)
            assert open_link() == 503
        assert world.confirm(token=other).status_code == 401, "the other links are void"
        assert open_link() in (200, 204)
        assert open_link() == 401
        eve = users.get("eve")
        assert eve
        assert eve.email_verified

    def test_a_link_that_was_given_back_is_void_after_another_password(
        self, world: MailWorld, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.ask("/auth/password/forgot", self.ADDRESS.address)
        first = world.token
        with monkeypatch.context() as patched:
            patched.setattr(provider, "set_password", Mock(side_effect=Unavailable))
            assert world.reset(first).status_code == 503
        world.ask("/auth/password/forgot", self.ADDRESS.address)
        assert world.reset(world.token).status_code == 204
        assert world.reset(first).status_code == 401

    @pytest.mark.parametrize("path", ["/auth/email/login", "/auth/password/forgot"])
    def test_a_link_is_void_after_another_password_was_set_there(
        self, world: MailWorld, provider: Provider, path: str
    ) -> None:
        use = world.reset if "password" in path else lambda token: world.confirm(token=token)
        world.ask(path, self.ADDRESS.address)
        world.watch.forward(2)
        self.change(provider, valid_since=world.watch.time - timedelta(seconds=1))
        assert use(world.token).status_code == 401
        world.ask(path, self.ADDRESS.address)
        assert use(world.token).status_code in (200, 204)

    def test_a_mail_to_an_address_that_was_left_there_logs_nobody_in(
        self, world: MailWorld, provider: Provider
    ) -> None:
        world.ask("/auth/email/login", self.ADDRESS.address)
        self.change(provider, email=Email("new@example.com"))
        assert world.confirm(token=world.token).status_code == 401

    @pytest.mark.parametrize("path", ["/auth/email/login", "/auth/password/forgot"])
    def test_a_link_stays_void_when_the_address_changes_back_there(
        self, world: MailWorld, provider: Provider, path: str
    ) -> None:
        use = world.reset if "password" in path else lambda token: world.confirm(token=token)
        world.ask(path, self.ADDRESS.address)
        token = world.token
        for address in (Email("new@example.com"), self.ADDRESS):
            self.change(provider, email=address)
            assert world.client.post("/auth/firebase", json={"id_token": "eve"}).status_code == 200
        assert use(token).status_code == 401

    def test_a_link_that_was_given_back_is_void_after_the_address_changed_and_changed_back(
        self, world: MailWorld, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.ask("/auth/password/forgot", self.ADDRESS.address)
        token = world.token
        with monkeypatch.context() as patched:
            patched.setattr(provider, "set_password", Mock(side_effect=Unavailable))
            assert world.reset(token).status_code == 503
        provider.signed_in_at["eve"] = world.watch.time + timedelta(seconds=1)  # after all sessions ended
        for address in (Email("new@example.com"), self.ADDRESS):
            self.change(provider, email=address)
            assert world.client.post("/auth/firebase", json={"id_token": "eve"}).status_code == 200
        assert world.reset(token).status_code == 401

    def test_an_outage_of_the_provider_spends_no_link(
        self, world: MailWorld, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.ask("/auth/email/login", self.ADDRESS.address)
        with monkeypatch.context() as patched:
            patched.setattr(provider, "get", Mock(side_effect=Unavailable))
            assert world.confirm(token=world.token).status_code == 503
        assert world.confirm(token=world.token).status_code == 200
