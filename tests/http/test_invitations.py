"""Invitations: admins make them, and the first user who registers with the address accepts it."""

import logging
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from src.application.ports import ProviderAccount
from src.bootstrap.mails import preview_mail
from src.domain.mails import MailKind
from src.domain.values import Email, Role
from src.settings import Settings
from tests.support.mailing import MailWorld
from tests.support.races import at_once
from tests.support.world import (
    PASSWORD,
    Answer,
    Person,
    Provider,
    client_of,
    errors_of,
    join,
    registration,
    services_of,
)

ANA = "ana@example.com"
ALIASES = ("/register", "/users", "/auth/register", "/api/v1/auth/signup")
INVALID = {("invitation", "invalid")}


@dataclass
class InvitingWorld(MailWorld):
    """The application with closed registration, a mailbox, and an admin."""

    def __post_init__(self) -> None:
        self.settings = {"registration": "closed", "public_url": "https://app.example.com/", **self.settings}
        super().__post_init__()
        services = services_of(self.app)
        password = services.rules.passwords.check(PASSWORD)
        services.administration.ensure_admin(Email("root@example.com"), password)
        self.admin = self.log_in("admin")

    def log_in(self, name: str) -> Person:
        tokens = self.client.post("/login", json={"username": name, "password": PASSWORD}).json
        return Person({"username": name}, tokens["access_token"])

    def invite(self, email: str = ANA, by: Person | None = None, **body: Any) -> Answer:
        headers = {**(by or self.admin).headers, **body.pop("headers", {})}
        return self.client.post("/invitations", json={"email": email, **body}, headers=headers)

    def link(self, **body: Any) -> str:
        """Invite a person, and return the token of the link."""
        return token_in(self.invite(**body).json["url"])

    def register(self, path: str = "/register", **body: Any) -> Answer:
        return self.client.post(path, json={**registration(email=None), **body})

    def trade(self, id_token: str, invitation: str | None = None) -> Answer:
        body = {"id_token": id_token} | ({"invitation": invitation} if invitation else {})
        return self.client.post("/auth/firebase", json=body)

    def show(self, id: str) -> dict[str, Any]:
        return dict(self.client.get(f"/invitations/{id}", headers=self.admin.headers).json)


def token_in(text: str) -> str:
    found = re.search(r"token=([\w-]+)", text)
    assert found
    return found[1]


@pytest.fixture
def world() -> InvitingWorld:
    return InvitingWorld()


class TestMaking:
    def test_an_invitation_is_shown_with_its_link_once(self, world: InvitingWorld) -> None:
        made = world.invite("Ana@example.com", role="uploader", expires_in_days=2)
        assert (made.status_code, made.headers["Location"]) == (201, f"/invitations/{made.json['id']}")
        assert made.json["url"].startswith("https://app.example.com/auth/invitation?token=")
        shown = world.show(made.json["id"])
        assert shown == {name: value for name, value in made.json.items() if name != "url"}
        assert (shown["email"], shown["role"], shown["status"]) == ("Ana@example.com", "uploader", "pending")
        assert len(token_in(made.json["url"])) > 64

    @pytest.mark.parametrize(
        ("body", "error"),
        [
            ({"email": "nobody"}, ("email", "email")),
            ({"role": "guest"}, ("role", "role")),
            ({"role": "root"}, ("role", "role")),
            *(({"expires_in_days": days}, ("expires_in_days", "range")) for days in (0, 31, -1, "7", True, 1.5, None)),
        ],
    )
    def test_a_bad_field_is_named(self, world: InvitingWorld, body: dict[str, Any], error: tuple[str, str]) -> None:
        assert errors_of(world.invite(**body)) == {error}

    def test_the_mail_is_in_the_language_of_the_request_and_brings_another_token(self, world: InvitingWorld) -> None:
        made = world.invite(headers={"Accept-Language": "es"})
        world.deliver()
        [mail] = world.box.mails
        assert (mail.to.address, mail.subject) == (ANA, "Te han invitado a crear una cuenta")
        assert "https://app.example.com/auth/invitation?token=" in mail.text
        assert token_in(mail.text) != token_in(made.json["url"])

    def test_invitations_are_listed_by_status_the_newest_first(self, world: InvitingWorld) -> None:
        made = []
        for name, days in (("accepted", 1), ("expired", 1), ("pending", 9)):
            world.watch.forward(1)
            made.append(world.invite(f"{name}@example.com", expires_in_days=days).json)
        accepted, expired, pending = made
        world.register(invitation=token_in(accepted["url"]))
        world.watch.forward(timedelta(days=2))
        world.admin = world.log_in("admin")
        for query, expected in (
            ("", [pending, expired, accepted]),
            *(
                (f"?status={each}", [made])
                for each, made in zip(("pending", "expired", "accepted"), (pending, expired, accepted), strict=True)
            ),
        ):
            page = world.client.get(f"/invitations{query}", headers=world.admin.headers).json
            assert [each["id"] for each in page] == [each["id"] for each in expected], query
        assert {"url"}.isdisjoint(*page)

    def test_the_etag_changes_when_an_invitation_expires_and_guards_its_removal(self, world: InvitingWorld) -> None:
        id = world.invite(expires_in_days=1).json["id"]
        before = world.client.get(f"/invitations/{id}", headers=world.admin.headers).headers["ETag"]
        world.watch.forward(timedelta(days=2))
        world.admin = world.log_in("admin")
        after = world.client.get(f"/invitations/{id}", headers={**world.admin.headers, "If-None-Match": before})
        assert (after.status_code, after.json["status"]) == (200, "expired")
        for tag, status in (('"other"', 412), (after.headers["ETag"], 204)):
            headers = {**world.admin.headers, "If-Match": tag}
            assert world.client.delete(f"/invitations/{id}", headers=headers).status_code == status


class TestAccepting:
    @pytest.mark.parametrize("path", ALIASES)
    @pytest.mark.parametrize("mode", ["open", "invited", "closed"])
    def test_an_invitation_gives_the_address_and_the_role_in_every_mode(self, path: str, mode: str) -> None:
        world = InvitingWorld(settings={"registration": mode, "registration_domains": "example.org"})
        made = world.invite(role="uploader").json
        user = world.register(path, invitation=token_in(made["url"]))
        assert (user.status_code, user.json["email"], user.json["role"]) == (201, ANA, "uploader")
        assert user.json["email_verified"] is False
        assert world.show(made["id"])["status"] == "accepted"

    def test_the_token_of_the_mail_proves_the_address(self, world: InvitingWorld) -> None:
        world.invite()
        world.deliver()
        user = world.register(invitation=token_in(world.box.mails[-1].text), email="ANA@example.com")
        assert (user.json["email"], user.json["email_verified"]) == ("ANA@example.com", True)

    def test_a_guest_becomes_a_user_with_the_same_id(self) -> None:
        world = InvitingWorld()
        guest = join(world.client, "guest")
        body = registration(email=None) | {"invitation": world.link(role="admin")}
        user = world.client.post("/register", json=body, headers=guest.headers)
        assert (user.status_code, user.json["id"], user.json["role"]) == (201, guest.user["id"], "admin")

    @pytest.mark.parametrize("path", ALIASES)
    def test_it_is_bound_to_its_address(self, world: InvitingWorld, path: str) -> None:
        token = world.link()
        assert errors_of(world.register(path, invitation=token, email="eve@example.com")) == {("email", "invitation")}
        assert world.register(path, invitation=token, email=ANA).status_code == 201

    @pytest.mark.parametrize("path", ALIASES)
    def test_a_spent_expired_removed_or_unknown_invitation_is_refused(self, world: InvitingWorld, path: str) -> None:
        spent, gone, old = (world.invite(f"{name}@example.com").json for name in ("spent", "gone", "old"))
        assert world.register(invitation=token_in(spent["url"])).status_code == 201
        world.client.delete(f"/invitations/{gone['id']}", headers=world.admin.headers)
        refused = [world.register(path, invitation=token_in(each["url"])) for each in (spent, gone)]
        refused += [world.register(path, invitation=text) for text in ("x", "é\n", "a" * 5000, spent["id"])]
        world.watch.forward(timedelta(days=8))
        refused.append(world.register(path, invitation=token_in(old["url"])))
        assert [(each.status_code, errors_of(each)) for each in refused] == [(422, INVALID)] * 7

    def test_the_refusal_is_in_spanish_too(self, world: InvitingWorld) -> None:
        body = registration(email=None) | {"invitation": "x"}
        refused = world.client.post("/register", json=body, headers={"Accept-Language": "es"})
        assert "pide una nueva" in refused.json["errors"][0]["message"]

    @pytest.mark.parametrize("change", [{"role": Role.USER}, {"disabled": True}])
    def test_an_invitation_whose_maker_is_no_longer_an_admin_is_refused(
        self, world: InvitingWorld, change: dict[str, Any]
    ) -> None:
        other = world.register(invitation=world.link(email="bob@example.com", role="admin"), username="bob")
        token = world.link(by=world.log_in("bob"))
        services_of(world.app).accounts.users.update(other.json["id"], lambda user: replace(user, **change))
        assert errors_of(world.register(invitation=token)) == INVALID

    def test_an_invitation_by_a_service_with_the_role_admin_is_accepted(self, world: InvitingWorld) -> None:
        service = {"name": "Onboarding", "role": "admin"}
        made = world.client.post("/services", json=service, headers=world.admin.headers).json
        secret = {name: made[name] for name in ("client_id", "client_secret")}
        grant = {"grant_type": "client_credentials", **secret}
        token = world.client.post("/auth/token", data=grant).json["access_token"]
        assert world.register(invitation=world.link(by=Person({}, token))).status_code == 201

    def test_an_address_is_needed_without_an_invitation(self) -> None:
        world = InvitingWorld(settings={"registration": "open"})
        assert errors_of(world.register()) == {("email", "required")}
        assert errors_of(world.register(email=None)) == {("email", "required")}
        for body in ({}, {"email": None}):
            assert world.client.post("/users", json=registration(email=None) | body).json["email"] is None
        assert errors_of(world.register(invitation=7)) >= {("invitation", "type")}

    def test_the_address_of_the_invitation_is_no_password(self, world: InvitingWorld) -> None:
        refused = world.register(invitation=world.link(), password=ANA)
        assert errors_of(refused) == {("password", "same_as_name")}

    def test_a_taken_address_spends_nothing(self, world: InvitingWorld) -> None:
        made = world.invite("root@example.com").json
        assert world.register(invitation=token_in(made["url"])).status_code == 409
        assert world.show(made["id"])["status"] == "pending"

    def test_of_20_simultaneous_registrations_one_accepts_the_invitation(self, world: InvitingWorld) -> None:
        token = world.link()
        clients = [client_of(world.app) for _ in range(20)]
        bodies = [registration(email=None) | {"invitation": token} for _ in clients]
        answers = at_once(lambda pair: pair[0].post("/register", json=pair[1]), [*zip(clients, bodies, strict=True)])
        refused = [each for each in answers if not isinstance(each, Exception) and each.status_code != 201]
        assert len(refused) == 19
        assert all(errors_of(each) == INVALID for each in refused)

    def test_making_and_accepting_are_events(self, world: InvitingWorld, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO, "portero.audit")
        user = world.register(invitation=world.link())
        logged = {record.getMessage(): record.__dict__ for record in caplog.records}
        made, accepted = logged["invitation-created"], logged["invitation-accepted"]
        assert (made["user_id"], made["role"]) == (None, "user")
        assert accepted["user_id"] == user.json["id"]
        assert accepted["invitation_id"] == made["invitation_id"]

    def test_an_invitation_is_exported_and_deleted_with_its_user(self, world: InvitingWorld) -> None:
        made = world.invite().json
        world.register(invitation=token_in(made["url"]), username="anna")
        anna = world.log_in("anna")
        [held] = world.client.get("/user/export", headers=anna.headers).json["invitations"]
        assert (held["id"], held["status"]) == (made["id"], "accepted")
        world.client.delete("/user", headers=anna.headers)
        assert world.client.get(f"/invitations/{made['id']}", headers=world.admin.headers).status_code == 404


class TestFirebase:
    def test_a_newcomer_with_the_verified_address_accepts_it(self) -> None:
        world = InvitingWorld(remote=Provider(ana=ProviderAccount(Email(ANA), email_verified=True)))
        made = world.invite(role="uploader").json
        assert world.trade("ana").status_code == 403
        traded = world.trade("ana", token_in(made["url"]))
        user = world.client.get("/user", headers=Person({}, traded.json["access_token"]).headers).json
        assert (user["id"], user["role"], user["email"], user["email_verified"]) == ("ana", "uploader", ANA, True)
        assert world.show(made["id"])["status"] == "accepted"
        assert world.trade("ana", "spent").status_code == 200  # the user is no longer a newcomer

    @pytest.mark.parametrize(
        ("account", "error"),
        [
            (ProviderAccount(Email(ANA)), ("invitation", "unverified")),
            (ProviderAccount(), ("invitation", "unverified")),
            (ProviderAccount(Email("eve@example.com"), email_verified=True), ("email", "invitation")),
        ],
    )
    def test_another_or_unverified_address_is_refused(self, account: ProviderAccount, error: tuple[str, str]) -> None:
        world = InvitingWorld(remote=Provider(ana=account))
        made = world.invite().json
        assert errors_of(world.trade("ana", token_in(made["url"]))) == {error}
        assert world.show(made["id"])["status"] == "pending"

    def test_a_guest_who_has_linked_a_credential_accepts_it(self) -> None:
        provider = Provider(ana=ProviderAccount(anonymous=True))
        world = InvitingWorld(remote=provider)
        token = world.link(role="uploader")
        assert "refresh_token" not in world.trade("ana").json
        provider.known["ana"] = ProviderAccount(Email(ANA), email_verified=True)
        traded = world.trade("ana", token).json
        user = world.client.get("/user", headers=Person({}, traded["access_token"]).headers).json
        assert (user["id"], user["role"], user["email"]) == ("ana", "uploader", ANA)


class TestPage:
    @pytest.fixture
    def browser(self, world: InvitingWorld) -> FlaskClient:
        return FlaskClient(world.app)

    def test_the_link_opens_a_page_that_registers(self, world: InvitingWorld, browser: FlaskClient) -> None:
        url = urlsplit(world.invite().json["url"])
        for _ in range(2):
            page = browser.get(f"{url.path}?{url.query}", headers={"Accept-Language": "es"})
            assert (page.status_code, ANA in page.text, "Crea tu cuenta" in page.text) == (200, True, True)
        form = {"token": token_in(url.query), "username": "anna", "new_password": "short"}
        weak = browser.post("/auth/invitation/form", data=form)
        assert (weak.status_code, 'value="anna"' in weak.text, ANA in weak.text) == (422, True, True)
        done = browser.post("/auth/invitation/form", data={**form, "new_password": PASSWORD})
        assert (done.status_code, "Your account is ready" in done.text) == (200, True)
        again = browser.post("/auth/invitation/form", data={**form, "new_password": PASSWORD})
        assert (again.status_code, "ask for a new one" in again.text) == (422, True)
        assert world.log_in("anna").token

    def test_the_page_of_a_wrong_link_names_nobody(self, browser: FlaskClient) -> None:
        page = browser.get("/auth/invitation?token=x")
        assert (page.status_code, "@" in page.text) == (200, False)


def test_a_preview_shows_the_mail() -> None:
    assert "SAMPLE" in preview_mail(Settings(), MailKind.INVITATION, "en").text
