"""Open, invited and closed registration, allowed domains, and guests, for every route that creates an account."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from src.application.ports import ProviderAccount
from src.bootstrap.adapters import now
from src.domain.passwords import NewPassword
from src.domain.values import Email
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.schema import COLLECTIONS
from src.settings import ConfigurationError
from tests.support.world import (
    OPERATIONS,
    PASSWORD,
    Answer,
    Client,
    Person,
    Provider,
    build,
    client_of,
    join,
    logged_in,
    registration,
    services_of,
)

ALIASES = ("/register", "/users", "/auth/register", "/api/v1/auth/signup")
CLOSED = pytest.mark.parametrize("mode", ["closed", "invited"])


def world(store: MemoryStore | None = None, provider: Provider | None = None, **settings: Any) -> Client:
    return client_of(build(store=store, remote=provider, settings=settings))


def bearer(token: str) -> dict[str, str]:
    return Person({}, token).headers


def assert_refused(answer: Answer, detail: str = "") -> None:
    assert (answer.status_code, answer.json["type"]) == (403, "/problems/registration-closed")
    assert detail in answer.json["detail"]


def stored(store: MemoryStore) -> dict[str, int]:
    found = {each.name: len(store.scan(each, limit=500)) for each in COLLECTIONS}
    return {name: count for name, count in found.items() if count}


def add_person(client: Client, email: str = "ben@example.org") -> dict[str, Any]:
    admin = add_admin(client)
    person = {"name": "Ben", "last_name": "Ruiz", "email": email, "username": "ben", "password": PASSWORD}
    answer = client.post("/api/users", json=person, headers=admin.headers)
    assert answer.status_code == 201
    return dict(answer.json)


def add_admin(client: Client) -> Person:
    services_of(client.application).administration.ensure_admin(Email("root@example.net"), NewPassword(PASSWORD))
    return logged_in(client, Person({"username": "admin"}, ""))


def test_these_are_all_routes_that_register() -> None:
    bodies = [OPERATIONS["POST", path]["requestBody"] for path in ("/register", "/users")]
    assert {path for (_, path), each in OPERATIONS.items() if each.get("requestBody") in bodies} == {*ALIASES}


@CLOSED
@pytest.mark.parametrize("path", ALIASES)
def test_closed_registration_refuses_every_newcomer_alike_and_stores_nothing(mode: str, path: str) -> None:
    store = MemoryStore()
    client = world(store, registration=mode)
    add_person(client)
    before = stored(store)
    taken = client.post(path, json=registration(username="ben", email="ben@example.org"))
    free = client.post(path, json=registration())
    assert_refused(free, "invitation" if mode == "invited" else "closed")
    assert taken.json | {"instance": ""} == free.json | {"instance": ""}
    assert stored(store) == before


@CLOSED
def test_a_guest_cannot_register_where_registration_is_closed_and_stays_a_guest(mode: str) -> None:
    client = world(registration=mode)
    guest = join(client, "guest")
    for path in ALIASES:
        assert_refused(client.post(path, json=registration(), headers=guest.headers))
    assert client.get("/user", headers=guest.headers).json == guest.user


def test_admins_and_the_operator_add_users_where_registration_is_closed() -> None:
    client = world(registration="closed", registration_domains="example.com")
    user = add_person(client)
    assert client.post("/login", json={"username": "ben", "password": PASSWORD}).status_code == 200
    assert user["email"] == "ben@example.org"


def test_a_mail_that_logs_in_makes_no_account_where_registration_is_closed() -> None:
    store = MemoryStore()
    client = world(store, registration="closed")
    assert client.post("/auth/email/login", json={"email": "eve@example.com"}).status_code == 202
    assert "users" not in stored(store)


@pytest.mark.parametrize("path", ["/auth/anonymous", "/session"])
def test_nobody_becomes_a_guest_where_guests_are_off(path: str) -> None:
    store = MemoryStore()
    client = world(store, guests="off")
    assert_refused(client.post(path), "guests")
    assert_refused(client.post(path, json={}))
    assert stored(store) == {}
    assert client.post("/register", json=registration()).status_code == 201


class TestDomains:
    @pytest.fixture
    def client(self) -> Client:
        return world(registration_domains="example.com, Bücher.example.test")

    @pytest.mark.parametrize("email", ["eve@example.org", "eve@sub.example.com", "eve@example.com.evil.test"])
    def test_an_address_of_another_domain_may_not_register(self, client: Client, email: str) -> None:
        for path in ALIASES:
            assert_refused(client.post(path, json=registration(email=email)), "bücher.example.test, example.com")

    def test_an_address_is_required(self, client: Client) -> None:
        assert_refused(client.post("/users", json=registration(email=None)))

    @pytest.mark.parametrize("email", ["Eve@EXAMPLE.com", "eve@xn--bcher-kva.example.test"])
    def test_an_address_of_a_domain_registers_in_every_spelling(self, client: Client, email: str) -> None:
        assert client.post("/register", json=registration(email=email)).status_code == 201

    def test_an_address_is_changed_to_an_allowed_one_only_unless_by_an_admin(self, client: Client) -> None:
        anna, admin = join(client), add_admin(client)
        for path in ("/user", f"/users/{anna.user['id']}"):
            assert_refused(client.put(path, json={"email": "anna@example.org"}, headers=anna.headers))
        changed = client.put("/user", json={"email": "other@example.com", "name": "Anna"}, headers=anna.headers)
        assert changed.status_code == 200
        moved = client.put(f"/users/{anna.user['id']}", json={"email": "anna@example.org"}, headers=admin.headers)
        assert moved.json["email"] == "anna@example.org"
        kept = client.put("/user", json={"email": "anna@example.org", "name": "A."}, headers=anna.headers)
        assert kept.status_code == 200

    @pytest.mark.parametrize("domains", ["https://example.com", "*.example.com", "example", "example.com,,", ","])
    def test_a_setting_that_is_no_domain_is_refused_at_the_start(self, domains: str) -> None:
        with pytest.raises(ConfigurationError, match="REGISTRATION_DOMAINS: name domains"):
            world(registration_domains=domains)


DORA = ProviderAccount(Email("dora@example.com"), email_verified=True, has_password=True)
ANONYMOUS = ProviderAccount(anonymous=True)
FIRST_VISITS: list[Callable[[Client, str], Answer]] = [
    lambda client, token: client.post("/auth/firebase", json={"id_token": token}),
    lambda client, token: client.get("/user", headers=bearer(token)),
    lambda client, token: client.get("/tasks", headers=bearer(token)),
    lambda client, token: client.post("/register", json=registration(), headers=bearer(token)),
    lambda client, token: client.post("/auth/email/verify", headers=bearer(token)),
]


class TestFirebase:
    @pytest.mark.parametrize("visit", FIRST_VISITS)
    @pytest.mark.parametrize(
        ("uid", "settings"),
        [
            ("dora", {"registration": "closed"}),
            ("dora", {"registration": "invited"}),
            ("dora", {"registration_domains": "example.org"}),
            ("phone", {"registration_domains": "example.com"}),
            ("anonymous", {"guests": "off"}),
        ],
    )
    def test_a_refused_first_visit_gets_no_token_and_leaves_nothing(
        self, uid: str, settings: dict[str, str], visit: Callable[[Client, str], Answer]
    ) -> None:
        store = MemoryStore()
        provider = Provider(dora=DORA, phone=ProviderAccount(), anonymous=ANONYMOUS)
        known = {**provider.known}
        assert_refused(visit(world(store, provider, **settings), uid))
        assert (stored(store), provider.known) == ({}, known)

    def test_known_users_of_the_provider_are_still_admitted(self) -> None:
        store, provider = MemoryStore(), Provider(dora=DORA)
        settings: dict[str, Any]
        for settings in ({}, {"registration": "closed", "registration_domains": "example.org"}):
            client = world(store, provider, **settings)
            assert client.get("/user", headers=bearer("dora")).json["email"] == "dora@example.com"

    @pytest.mark.parametrize("path", ["/login", "/auth/token"])
    def test_the_first_login_with_a_password_of_the_provider_is_refused_too(self, path: str) -> None:
        class WithPasswords(Provider):
            def sign_in(self, email: Email, password: str) -> Any:
                return (
                    self.verify_id_token("dora")
                    if (email.address, password) == ("dora@example.com", PASSWORD)
                    else None
                )

        client = world(provider=WithPasswords(dora=DORA), registration="closed")
        body = {"username": "dora@example.com", "password": PASSWORD}
        if path == "/login":
            assert_refused(client.post(path, json=body))
        else:
            refused = client.post(path, data={"grant_type": "password", **body})
            assert (refused.status_code, refused.json["error"]) == (400, "invalid_grant")

    @pytest.mark.parametrize("settings", [{"registration": "closed"}, {"registration_domains": "example.org"}])
    def test_a_guest_who_links_a_credential_stays_a_guest(self, settings: dict[str, Any]) -> None:
        provider = Provider(dora=ANONYMOUS)
        client = world(provider=provider, firebase_check_seconds="0", **settings)
        guest = client.get("/user", headers=bearer("dora")).json
        provider.known["dora"] = DORA
        linked = client.get("/user", headers=bearer("dora"))
        assert (linked.json, linked.json["role"], linked.json["email"]) == (guest, "guest", None)
        traded = client.post("/auth/firebase", json={"id_token": "dora"})
        assert (traded.status_code, "refresh_token" in traded.json) == (200, False)

    def test_a_guest_who_linked_a_credential_in_vain_is_removed_when_its_life_is_over(self) -> None:
        provider = Provider(dora=ANONYMOUS)
        client = world(provider=provider, registration="closed")
        client.get("/user", headers=bearer("dora"))
        provider.known["dora"] = DORA
        accounts = services_of(client.application).accounts.accounts
        accounts.users.update("dora", lambda user: replace(user, expires_at=now() - timedelta(hours=1)))
        assert accounts.purge_guests() == 1
        assert accounts.users.get("dora") is None
        assert_refused(client.post("/auth/firebase", json={"id_token": "dora"}))

    def test_an_address_that_is_changed_at_the_provider_to_one_that_is_not_allowed_is_not_taken_over(self) -> None:
        provider = Provider(dora=DORA)
        client = world(provider=provider, firebase_check_seconds="0", registration_domains="example.com")
        client.get("/user", headers=bearer("dora"))
        for email, shown in (("dora@example.org", "dora@example.com"), ("d@example.com", "d@example.com")):
            provider.known["dora"] = ProviderAccount(Email(email), email_verified=True)
            assert client.get("/user", headers=bearer("dora")).json["email"] == shown
