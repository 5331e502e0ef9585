"""POST /auth/introspect and POST /auth/revoke, and the metadata that leads to them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from flask import Flask

from src.application.limits import Count
from src.application.ports import ProviderAccount
from src.domain.sessions import Attempt
from src.domain.values import Email
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.schema import EVENTS
from tests.support.races import at_once
from tests.support.working import Watch
from tests.support.world import Answer, Client, Person, Provider, build, client_of, join, log_in, logged_in

SECRET = "a-secret-of-billing"
CREDENTIALS = {"service_credentials": f"billing:{SECRET}"}


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def app(watch: Watch) -> Flask:
    return build(clock=watch, settings=CREDENTIALS)


def introspect(
    client: Client, token: str, *, auth: tuple[str, str] | None = ("billing", SECRET), **form: str
) -> Answer:
    return client.post("/auth/introspect", data={"token": token, **form}, auth=auth)


def revoke(client: Client, token: str, **form: str) -> None:
    answer = client.post("/auth/revoke", data={"token": token, **form})
    assert (answer.status_code, answer.data) == (200, b"")


def test_an_access_token_is_active_until_it_expires(client: Client, anna: Person, watch: Watch) -> None:
    state = introspect(client, anna.token).json
    assert (state["active"], state["sub"], state["username"]) == (True, anna.user["id"], anna.user["username"])
    assert (state["acr"], state["amr"]) == ("aal1", ["pwd"])
    assert (state["role"], state["client_id"], state["token_type"]) == ("user", "portero", "Bearer")
    watch.forward(901)
    assert introspect(client, anna.token).json == {"active": False}


def test_a_refresh_token_is_active_while_it_is_the_last_one(client: Client, anna: Person) -> None:
    assert introspect(client, anna.refresh, token_type_hint="refresh_token").json["sub"] == anna.user["id"]
    fresh = client.post("/auth/refresh", json={"refresh_token": anna.refresh}).json["refresh_token"]
    assert introspect(client, anna.refresh).json == {"active": False}
    assert introspect(client, fresh).json["active"] is True
    assert client.get("/user", headers=anna.headers).status_code == 200  # introspection has no effect on it


def test_tokens_of_a_guest_are_introspected_without_a_name(client: Client) -> None:
    state = introspect(client, join(client, "guest").token).json
    assert (state["role"], state["active"], "username" in state) == ("guest", True, False)


@pytest.mark.parametrize("token", ["x", "a.b.c", "A" * 120, "ñ"])
def test_other_texts_are_not_active_and_revoking_them_succeeds(client: Client, token: str) -> None:
    assert introspect(client, token).json == {"active": False}
    revoke(client, token)


def test_a_token_of_the_identity_provider_makes_no_profile_and_is_not_active() -> None:
    provider = Provider(new=ProviderAccount(Email("new@example.com"), True))
    client = client_of(build(remote=provider, settings=CREDENTIALS))
    assert introspect(client, "new").json == {"active": False}
    admin = join(client, "admin")
    assert [user["id"] for user in client.get("/users", headers=admin.headers).json] == [admin.user["id"]]


@pytest.mark.parametrize("auth", [None, ("billing", "wrong"), ("other", SECRET), ("", "")])
def test_only_services_with_a_credential_introspect(client: Client, anna: Person, auth: tuple[str, str] | None) -> None:
    answer = introspect(client, anna.token, auth=auth)
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert introspect(client, anna.token, auth=None, client_id="billing", client_secret=SECRET).status_code == 200


def test_nobody_introspects_while_no_credential_is_configured() -> None:
    client = client_of(build())
    for auth in (None, ("billing", SECRET), ("", "")):
        assert introspect(client, "x", auth=auth).status_code == 401


def test_guessing_the_secret_of_a_service_is_limited_like_guessing_a_password(watch: Watch) -> None:
    client = client_of(build(limiter=StoreLimiter(MemoryStore(), watch), clock=watch, settings=CREDENTIALS))

    def status(name: str, secret: str, address: str = "192.0.2.1") -> int:
        environ = {"REMOTE_ADDR": address}
        form = {"token": "x", "client_id": name, "client_secret": secret}
        return client.post("/auth/introspect", data=form, environ_overrides=environ).status_code

    assert [status("billing", SECRET) for _ in range(11)] == [200] * 11
    assert [status("billing", f"guess {n}") for n in range(11)] == [401] * 10 + [429]
    assert status("billing", SECRET) == 429
    assert status("billing", SECRET, "192.0.2.2") == 200
    assert [status("billing", "") for _ in range(2)] == [401, 401]  # a request without a secret is no guess
    watch.forward(301)
    assert status("billing", SECRET) == 200


class Overtaken(StoreLimiter):
    """A limiter that counts ten simultaneous guesses after it has checked whether one is allowed."""

    guesses = 10

    def check(self, *counts: Count) -> None:
        super().check(*counts)
        while self.guesses:
            self.guesses -= 1
            StoreLimiter(self._store, self._clock).hit(*counts)


def test_the_right_secret_among_simultaneous_guesses_is_no_answer_after_ten(watch: Watch) -> None:
    client = client_of(build(limiter=Overtaken(MemoryStore(), watch), clock=watch, settings=CREDENTIALS))
    assert introspect(client, "x").status_code == 429


def test_simultaneous_requests_of_a_service_are_not_limited(watch: Watch) -> None:
    app = build(limiter=StoreLimiter(MemoryStore(), watch), clock=watch, settings=CREDENTIALS)
    answers = at_once(lambda _: introspect(client_of(app), "x").status_code, range(40))
    assert answers == [200] * 40


def test_a_service_whose_first_count_is_slow_delays_no_other_service(watch: Watch) -> None:
    counting, go_on = Event(), Event()

    class Slow(StoreLimiter):
        def hit(self, *counts: Count, whole: bool = False) -> Sequence[Attempt]:
            if any("192.0.2.1" in count.key for count in counts):
                counting.set()
                assert go_on.wait(30)
            return super().hit(*counts, whole=whole)

    app = build(limiter=Slow(MemoryStore(), watch), clock=watch, settings=CREDENTIALS)

    def status(address: str) -> int:
        form = {"token": "x", "client_id": "billing", "client_secret": SECRET}
        environ = {"REMOTE_ADDR": address}
        return client_of(app).post("/auth/introspect", data=form, environ_overrides=environ).status_code

    with ThreadPoolExecutor() as pool:
        slow = [pool.submit(status, "192.0.2.1") for _ in range(2)]
        try:
            assert counting.wait(30)
            assert pool.submit(status, "192.0.2.2").result(30) == 200
        finally:
            go_on.set()
        assert [each.result() for each in slow] == [200, 200]


def test_wrong_passwords_of_people_do_not_stop_a_service_at_the_same_address(watch: Watch) -> None:
    """Such a service may be a gateway, which also logs people in."""
    client = client_of(build(limiter=StoreLimiter(MemoryStore(), watch), clock=watch, settings=CREDENTIALS))
    names = [*["service:billing"] * 10, *(f"nobody{number}" for number in range(91))]
    logins = [client.post("/login", json={"username": name, "password": "wrong"}).status_code for name in names]
    assert logins == [401] * 100 + [429]
    assert introspect(client, "x").status_code == 200


@pytest.mark.parametrize("kind", ["token", "refresh"])
def test_revoking_a_token_ends_its_session_only(client: Client, anna: Person, kind: str) -> None:
    other = log_in(client, anna).json
    revoke(client, getattr(anna, kind), token_type_hint="access_token")
    assert client.get("/user", headers=anna.headers).status_code == 401
    assert client.post("/auth/refresh", json={"refresh_token": anna.refresh}).status_code == 401
    assert client.post("/auth/refresh", json={"refresh_token": other["refresh_token"]}).status_code == 200


@pytest.mark.parametrize("kind", ["token", "refresh"])
def test_revoking_a_token_again_and_again_fills_no_store(kind: str) -> None:
    store = MemoryStore()
    client = client_of(build(store))
    anna = join(client)
    for _ in range(3):
        revoke(client, getattr(anna, kind))
    ended = [each for each in store.scan(EVENTS, limit=99) if each.fields["type"] == "session-ended"]
    assert len(ended) == 1


def test_the_history_names_an_admin_who_revokes_a_token(client: Client) -> None:
    admin = join(client, "admin")
    revoke(client, admin.token)
    [ended] = client.get("/events?type=session-ended", headers=logged_in(client, admin).headers).json
    assert ended["actor"] == {"kind": "admin", "id": admin.user["id"]}


def test_a_forged_refresh_token_ends_no_session(client: Client, anna: Person) -> None:
    revoke(client, anna.refresh[:30] + ("A" if anna.refresh[30] != "A" else "B") + anna.refresh[31:])
    assert client.get("/user", headers=anna.headers).status_code == 200


@pytest.mark.parametrize("path", ["oauth-authorization-server", "openid-configuration"])
def test_the_metadata_names_the_issuer_of_the_tokens_and_routes_that_exist(path: str) -> None:
    url = "https://accounts.example.com"
    client = client_of(build(settings={"issuer": url, **CREDENTIALS}, issuer=url))
    metadata: dict[str, Any] = client.get(f"/.well-known/{path}").json
    state = introspect(client, join(client).token).json
    assert metadata["issuer"] == state["iss"] == url
    for name, value in metadata.items():
        if name.endswith(("_endpoint", "_uri")):
            assert client.options(value.removeprefix(url)).status_code == 200, name


def test_an_issuer_that_is_no_url_is_named_as_it_is() -> None:
    for public_url, base in ((None, "http://localhost"), ("https://api.example.com/", "https://api.example.com")):
        client = client_of(build(public_url=public_url))
        metadata = client.get("/.well-known/oauth-authorization-server").json
        assert (metadata["issuer"], metadata["token_endpoint"]) == ("portero", f"{base}/auth/token")
