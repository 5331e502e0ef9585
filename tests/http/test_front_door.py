"""CORS, security headers, trusted proxies, rate limits, and the log of security events."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import product
from threading import Barrier, BrokenBarrierError
from typing import Any, NoReturn

import pytest
from flask import Flask

from src.domain.errors import Unavailable
from src.infrastructure.identity.argon2 import Argon2Hasher
from src.infrastructure.limits.store import StoreLimiter
from src.infrastructure.stores.memory import MemoryStore
from src.interfaces.framework.requests import LATE
from tests.support.logs import logging_to
from tests.support.races import at_once
from tests.support.working import Watch
from tests.support.world import (
    OPERATIONS,
    PASSWORD,
    Answer,
    Client,
    Person,
    build,
    client_of,
    join,
    logged_in,
    registration,
)

ORIGIN = "https://app.example.com"
TRACE = "0af7651916cd43dd8448eb211c80319c"
PATHS = sorted({path for _, path in OPERATIONS})

# CORS


@pytest.fixture(scope="module")
def shared() -> Client:
    return client_of(build(cors_origins=[ORIGIN, "https://other.example.com"]))


@pytest.mark.parametrize("path", [*PATHS, "/nope"])
def test_exactly_the_configured_origins_are_allowed_also_for_errors(shared: Client, path: str) -> None:
    for method in ("GET", "POST", "X"):
        answer = shared.open(path, method=method, headers={"Origin": ORIGIN})
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Origin" in answer.headers["Vary"]
        exposed = {name.strip().lower() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
        assert exposed == {
            *("accept-ranges", "content-disposition", "content-range", "etag", "idempotent-replayed", "link"),
            *("location", "retry-after", "www-authenticate", "x-request-id"),
        }
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    [
        "https://app.example.com.evil.com",
        "https://evil-app.example.com",
        "http://app.example.com",
        "null",
        "*",
        "https://app.example.com:444",
        "https://appxexample.com",
        "https://app.example.com/",
        "",
    ],
)
def test_another_origin_is_not_allowed(shared: Client, origin: str) -> None:
    for method in ("GET", "OPTIONS"):
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        answer = shared.open("/login", method=method, headers=headers)
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_preflight_allows_the_documented_methods_and_headers(shared: Client, method: str) -> None:
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization, content-type, if-match, idempotency-key, x-evil",
    }
    answer = shared.options("/user", headers=asked)
    assert answer.status_code == 200
    assert method in answer.headers["Access-Control-Allow-Methods"]
    allowed = {name.strip().lower() for name in answer.headers["Access-Control-Allow-Headers"].split(",")}
    assert allowed == {"authorization", "content-type", "if-match", "idempotency-key"}


@pytest.mark.parametrize("path", ["/nope", "/user/x/y", "//user", "/api/dogs/\xff"])
def test_a_preflight_of_an_unknown_path_succeeds(shared: Client, path: str) -> None:
    preflight = {"Origin": ORIGIN, "Access-Control-Request-Method": "DELETE"}
    for client in (shared, client_of(build(cors_origins=[ORIGIN], metrics_token="x"))):
        answer = client.options(headers=preflight, environ_overrides={"PATH_INFO": path})
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "DELETE" in answer.headers["Access-Control-Allow-Methods"]
    for part in preflight:
        plain = {name: value for name, value in preflight.items() if name != part}
        assert shared.options("/nope", headers=plain).status_code == 404
    assert client_of(build()).options("/nope", headers=preflight).status_code == 404


@pytest.mark.parametrize(
    ("origins", "varies"), [([ORIGIN], True), ([ORIGIN, "https://b.example.com"], True), (["*"], False), ([], False)]
)
def test_responses_vary_by_origin(origins: list[str], varies: bool) -> None:
    client = client_of(build(cors_origins=origins))
    for path, method in product(("/health", "/user", "/nope", "/login"), ("GET", "OPTIONS")):
        for headers in ({}, {"Origin": ORIGIN}, {"Origin": "https://evil.example.com"}):
            answer = client.open(path, method=method, headers=headers)
            assert answer.headers.getlist("Vary") == (["Origin"] if varies else []), (path, method, headers)


@pytest.mark.parametrize(
    ("allowed", "origin", "is_allowed"),
    [
        ("http://[::1]:3000", "http://[::1]:3000", True),
        ("http://[::1]:3000", "http://:3000", False),
        ("https://app.example.com", "https://app-example.com", False),
        ("https://app.example.com", "https://app.example.com.evil.example", False),
        ("https://*.example.com", "https://xexample.com.evil.example", False),
    ],
)
def test_an_origin_is_compared_as_it_is_and_never_as_a_pattern(allowed: str, origin: str, is_allowed: bool) -> None:
    answer = client_of(build(cors_origins=[allowed])).get("/health", headers={"Origin": origin})
    assert ("Access-Control-Allow-Origin" in answer.headers) is is_allowed


def test_without_configured_origins_none_is_allowed(client: Client) -> None:
    for method in ("GET", "OPTIONS"):
        answer = client.open("/login", method=method, headers={"Origin": ORIGIN})
        assert not [name for name in dict(answer.headers) if name.startswith("Access-Control")]


def test_in_development_every_origin_is_allowed_without_credentials() -> None:
    answer = client_of(build(cors_origins=["*"])).get("/nope", headers={"Origin": ORIGIN})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


# Security headers


@pytest.mark.parametrize("https", [True, False])
def test_every_response_has_the_security_headers(https: bool) -> None:
    client = client_of(build(https=https))
    for path in [*PATHS, "/nope", "/docs/", "/docs/guide", "/docs/swagger-ui.css"]:
        answer = client.get(path)
        _assert_secure(answer, https)
        answer.close()


def _assert_secure(answer: Answer, https: bool) -> None:
    headers = answer.headers
    assert headers.getlist("X-Content-Type-Options") == ["nosniff"]
    assert headers.getlist("X-Frame-Options") == ["DENY"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "base-uri 'none'" in headers["Content-Security-Policy"]
    assert headers.get("Strict-Transport-Security") == ("max-age=31536000; includeSubDomains" if https else None)
    assert "unsafe-inline" not in headers["Content-Security-Policy"].partition("script-src")[2].partition(";")[0]


# Proxies


@pytest.mark.parametrize(
    ("proxies", "forwarded", "ip"),
    [
        (0, "203.0.113.1", "127.0.0.1"),
        (1, "203.0.113.1", "203.0.113.1"),
        (1, "6.6.6.6, 203.0.113.1", "203.0.113.1"),
        (2, "6.6.6.6, 203.0.113.1, 10.0.0.1", "203.0.113.1"),
        (2, "203.0.113.1", "127.0.0.1"),
        (1, '"abc, 203.0.113.1', "203.0.113.1"),
        (1, '"a, b", 203.0.113.1', "203.0.113.1"),
        (2, '"abc, 203.0.113.1, 10.0.0.1', "203.0.113.1"),
        (1, "", "127.0.0.1"),
        (1, "203.0.113.1:4711", "203.0.113.1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
    ],
)
def test_forwarded_headers_count_from_trusted_proxies_only(proxies: int, forwarded: str, ip: str) -> None:
    client = client_of(build(trusted_proxies=proxies))
    anna = join(client)
    login = {"username": anna.user["username"], "password": PASSWORD}
    token = client.post("/login", json=login, headers={"X-Forwarded-For": forwarded}).json["access_token"]
    sessions = client.get("/auth/sessions", headers=Person({}, token).headers).json
    assert [session["ip"] for session in sessions if session["current"]] == [ip]


# Limits


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def limited(watch: Watch) -> Client:
    store = MemoryStore()
    return client_of(build(store, limiter=StoreLimiter(store, watch), clock=watch))


def _fail(client: Client, name: str, ip: str = "192.0.2.1", password: str = "wrong") -> Answer:
    body = {"username": name, "password": password}
    return client.post("/login", json=body, environ_overrides={"REMOTE_ADDR": ip})


@pytest.mark.parametrize(
    "names",
    [["anna"], ["anna", "ANNA", "\uff41nna", "Anna"], ["nobody"], ["NoBody", "nobody"], ["a@b.co", "A@B.CO"], ["x y"]],
)
def test_ten_failed_logins_of_a_name_in_any_spelling_block_it(limited: Client, watch: Watch, names: list[str]) -> None:
    join(limited, username="anna", email="anna@example.com")
    for number in range(10):
        assert _fail(limited, names[number % len(names)]).status_code == 401
    for name in names:
        answer = _fail(limited, name, password=PASSWORD)
        assert (answer.status_code, answer.json["type"]) == (429, "/problems/too-many-requests")
        assert int(answer.headers["Retry-After"]) == 300
    assert _fail(limited, "anna", "192.0.2.2", PASSWORD).status_code == 200  # the owner, at another address
    assert _fail(limited, "somebody else").status_code == 401
    watch.forward(299)
    assert int(_fail(limited, names[0]).headers["Retry-After"]) == 1
    watch.forward(1)
    assert _fail(limited, names[0]).status_code == 401


def test_of_sixty_simultaneous_guesses_ten_are_looked_at(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    store, verify = MemoryStore(), Argon2Hasher.verify
    app, looked_at, all_of_them = build(store, limiter=StoreLimiter(store, watch), clock=watch), [], Barrier(60)
    join(client_of(app), username="anna", email="anna@example.com")

    def noted(hasher: Argon2Hasher, hash: str | None, password: str) -> bool:
        looked_at.append(password)
        with suppress(BrokenBarrierError):
            all_of_them.wait(0.5)  # for as long as a hash takes, so that other guesses arrive meanwhile
        return verify(hasher, hash, password)

    monkeypatch.setattr(Argon2Hasher, "verify", noted)
    guesses = [("anna", f"guess {number}") for number in range(60)]
    guesses[39] = ("anna", PASSWORD)
    answers = at_once(lambda guess: _fail(client_of(app), guess[0], password=guess[1]).status_code, guesses)
    assert len([password for password in looked_at if password != PASSWORD]) <= 10
    assert answers.count(429) == 60 - len(looked_at)


def test_simultaneous_logins_with_the_right_password_leave_no_failures(limited: Client, watch: Watch) -> None:
    join(limited, username="anna")
    app = limited.application
    answers = at_once(lambda _: _fail(client_of(app), "anna", password=PASSWORD).status_code, range(30))
    assert set(answers) <= {200, 429}
    watch.forward(2)
    assert [_fail(limited, "anna").status_code for _ in range(11)] == [401] * 10 + [429]


def test_a_login_among_failed_ones_takes_back_only_itself(limited: Client) -> None:
    join(limited, username="anna")
    assert [_fail(limited, "anna").status_code for _ in range(4)] == [401] * 4
    assert _fail(limited, "anna", password=PASSWORD).status_code == 200
    assert [_fail(limited, "anna").status_code for _ in range(7)] == [401] * 6 + [429]


def test_the_username_and_the_address_of_an_account_count_together_and_do_not_tell(limited: Client) -> None:
    join(limited, username="anna", email="anna@example.com")
    seen: dict[object, list[int]] = {}
    for pair in (("anna", "anna@example.com"), ("nobody", "nobody@example.com")):
        for name in pair:
            seen[name] = [_fail(limited, name).status_code for _ in range(8)]
        seen[pair] = [_fail(limited, name, password=PASSWORD).status_code for name in pair]
        assert [_fail(limited, pair[1]).status_code for _ in range(2)] == [401, 429]
    assert seen["anna"] == seen["anna@example.com"] == seen["nobody"] == seen["nobody@example.com"] == [401] * 8
    assert seen["anna", "anna@example.com"] == seen["nobody", "nobody@example.com"] == [401, 401]
    assert _fail(limited, "anna@example.com", "192.0.2.2", PASSWORD).status_code == 200  # the owner, at another address


def test_a_login_that_could_not_be_checked_is_not_a_failed_one(
    limited: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(limited, username="anna")

    def fail(*_: object) -> NoReturn:
        raise Unavailable

    with monkeypatch.context() as busy:
        busy.setattr(Argon2Hasher, "verify", fail)
        assert [_fail(limited, "anna").status_code for _ in range(11)] == [503] * 11
    assert _fail(limited, "anna", password=PASSWORD).status_code == 200


def test_known_and_unknown_names_are_limited_alike(limited: Client) -> None:
    join(limited, username="anna")
    answers = {name: [_fail(limited, name) for _ in range(12)] for name in ("anna", "nobody")}
    seen = {
        name: [(each.status_code, each.json["detail"], each.headers.get("Retry-After")) for each in given]
        for name, given in answers.items()
    }
    assert seen["anna"] == seen["nobody"]


@pytest.mark.parametrize(
    ("addresses", "together"),
    [
        (["2001:db8::1", "2001:db8::ffff:1"], True),
        (["2001:db8:0:1::1", "2001:db8:0:2::1"], False),
        (["::ffff:192.0.2.1", "192.0.2.1"], True),
        (["192.0.2.1", "192.0.2.2"], False),
    ],
)
def test_an_ipv6_prefix_of_64_bits_counts_as_one_address(limited: Client, addresses: list[str], together: bool) -> None:
    for _ in range(10):
        _fail(limited, "anna", addresses[0])
    assert _fail(limited, "anna", addresses[1]).status_code == (429 if together else 401)


def test_a_hundred_failed_logins_from_one_address_block_it(limited: Client) -> None:
    for number in range(100):
        assert _fail(limited, f"name{number}").status_code == 401
    assert _fail(limited, "another").status_code == 429
    assert _fail(limited, "another", "192.0.2.2").status_code == 401


@pytest.mark.parametrize(
    ("path", "hits", "made"), [("/register", 30, True), ("/auth/anonymous", 60, False), ("/session", 60, False)]
)
def test_the_number_of_new_accounts_per_address_is_limited(
    limited: Client, watch: Watch, path: str, hits: int, made: bool
) -> None:
    def make(ip: str = "192.0.2.1") -> Answer:
        body = {"json": registration()} if made else {}
        return limited.post(path, environ_overrides={"REMOTE_ADDR": ip}, **body)

    assert [make().status_code for _ in range(hits)] == [201] * hits
    assert int(make().headers["Retry-After"]) == 3600
    assert make("192.0.2.2").status_code == 201
    watch.forward(3600)
    assert make().status_code == 201


def test_password_attempts_with_an_access_token_are_limited(limited: Client) -> None:
    anna = join(limited)
    body = {"current_password": "wrong", "new_password": "a stapled battery"}
    statuses = [limited.put("/user/password", json=body, headers=anna.headers).status_code for _ in range(11)]
    assert statuses == [403] * 10 + [429]


# The log


Log = list[dict[str, Any]]


@pytest.fixture
def audited() -> Iterator[Callable[[], Log]]:
    """Return a function that returns the events that were logged since its last call."""
    written = io.StringIO()

    def lines() -> Log:
        found = [json.loads(line) for line in written.getvalue().split("\n")[:-1]]
        written.seek(0)
        written.truncate()
        return found

    with logging_to(written):
        yield lines


def test_logs_for_people_have_a_line_for_each_request_that_no_client_can_forge() -> None:
    client, written = client_of(build(log_requests=True)), io.StringIO()
    with logging_to(written, text=True):
        client.get("/user?token=secret", headers={"User-Agent": "x"})
        client.get("/a%0A12:00:00%20INFO%20forged%1B[2J")
    lines = written.getvalue().splitlines()
    denied = "INFO    denied reason=unauthenticated method=GET path=/user"
    assert [re.sub(r"^\d\d:\d\d:\d\d |\d+ ms$", "", line) for line in lines] == [
        denied,
        "INFO    GET /user 401 ",
        "INFO    GET /a%0A12%3A00%3A00%20INFO%20forged%1B%5B2J 404 ",
    ]
    with logging_to(written, text=True):
        logging.getLogger("portero").warning("one\n12:00:00 two\x1b[2J")
    assert written.getvalue().splitlines()[-2:][1] == "    12:00:00 two\\x1b[2J"


def _events(log: Log) -> list[str]:
    return [entry["message"] for entry in log if entry["logger"] == "portero.audit"]


def test_every_security_event_is_a_line_in_the_format_of_cloud_logging(app: Flask, audited: Callable[[], Log]) -> None:
    client = client_of(app)
    root, anna = join(client, role="admin"), join(client)
    url, wrong = anna.at("/users/{id}"), {"current_password": "wrong!", "new_password": "a stapled battery"}
    steps: list[tuple[Any, list[str]]] = [
        (lambda: logged_in(client, anna), ["login-succeeded"]),
        (lambda: _fail(client, anna.user["username"]), ["login-failed", "denied"]),
        (lambda: _fail(client, "nobody"), ["login-failed", "denied"]),
        (lambda: client.get("/user"), ["denied"]),
        (lambda: client.get("/users?q=x", headers=anna.headers), ["denied"]),
        (lambda: client.put("/user/password", json=wrong, headers=anna.headers), ["denied"]),
        (lambda: client.put(url, json={"role": "uploader"}, headers=root.headers), ["role-changed"]),
        (
            lambda: client.put("/user/password", json={**wrong, "current_password": PASSWORD}, headers=anna.headers),
            ["sessions-ended"],
        ),
        (lambda: client.post("/auth/logout", headers=anna.headers), ["session-ended"]),
        (lambda: client.post("/auth/logout-all", headers=root.headers), ["sessions-ended"]),
    ]
    audited()
    for step, events in steps:
        step()
        log = audited()
        assert _events(log) == events
        for entry in log:
            assert {"time", "severity", "message", "request_id", "ip"} <= set(entry)
            text = json.dumps(entry)
            for secret in (PASSWORD, "wrong!", "a stapled battery", anna.token, anna.refresh, root.token):
                assert secret not in text


def test_registrations_and_new_addresses_are_logged_as_events(app: Flask, audited: Callable[[], Log]) -> None:
    client = client_of(app)
    root = join(client, role="admin")
    audited()
    anna = client.post("/register", json=registration()).json
    signed_up = client.post("/api/v1/auth/signup", json=registration()).json
    guest = client.post("/auth/anonymous").json["access_token"]
    upgraded = client.post("/register", json=registration(), headers={"Authorization": f"Bearer {guest}"}).json
    ben = {"Authorization": f"Bearer {signed_up['access_token']}"}
    for change in ({"email": "new@example.com"}, {"email": "new@example.com", "name": "Ben"}):
        assert client.put("/user", json=change, headers=ben).status_code == 200
    client.put(f"/users/{anna['id']}", json={"email": "anna@example.com"}, headers=root.headers)
    log = [entry for entry in audited() if entry["logger"] == "portero.audit"]
    anna_id, ben_id, guest_id = anna["id"], signed_up["id"], upgraded["id"]
    assert [(entry["message"], entry["user_id"], entry["by"]) for entry in log] == [
        ("user-registered", anna_id, anna_id),
        ("user-registered", ben_id, ben_id),
        ("login-succeeded", ben_id, ben_id),
        ("guest-registered", guest_id, guest_id),
        ("user-registered", guest_id, guest_id),
        ("address-changed", ben_id, ben_id),
        ("profile-changed", ben_id, ben_id),
        ("address-changed", anna_id, root.user["id"]),
    ]


def test_logouts_and_deletions_are_logged_as_events(app: Flask, audited: Callable[[], Log]) -> None:
    client = client_of(app)
    join(client, role="admin")
    anna = join(client)
    other = logged_in(client, anna)
    audited()
    client.delete(f"/auth/sessions/{other.session}", headers=anna.headers)
    spent = anna.refresh
    for _ in range(2):
        anna_refreshed = client.post("/auth/refresh", json={"refresh_token": anna.refresh}).json
        anna = Person(anna.user, anna_refreshed["access_token"], anna_refreshed["refresh_token"])
    client.post("/auth/refresh", json={"refresh_token": spent})
    again = logged_in(client, anna)
    client.delete("/user", headers=again.headers)
    log = [entry for entry in audited() if entry["logger"] == "portero.audit"]
    assert [(entry["message"], entry.get("reason")) for entry in log] == [
        ("session-ended", "ended-by-owner"),
        ("session-ended", "refresh-token-reused"),
        ("denied", "invalid-token"),
        ("login-succeeded", None),
        ("user-deleted", None),
    ]
    assert {entry["user_id"] for entry in log if entry["message"] == "session-ended"} == {anna.user["id"]}
    assert spent not in json.dumps(log)


@pytest.mark.parametrize(
    ("headers", "trace"),
    [
        ({"X-Cloud-Trace-Context": f"{TRACE}/1;o=1"}, TRACE),
        (
            {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"},
            TRACE,
        ),
        ({"traceparent": "00-x-y-z"}, None),
        ({}, None),
    ],
)
def test_an_event_has_the_trace_of_its_request(
    client: Client, audited: Callable[[], Log], headers: dict[str, str], trace: str | None
) -> None:
    client.get("/user", headers=headers)
    [entry] = audited()
    found = entry.get("logging.googleapis.com/trace")
    assert found == (f"projects/demo/traces/{trace}" if trace else None)


@pytest.mark.parametrize("name", ["x\r\nfake", 'a","severity":"ERROR', "\u2028x", "\x1b[31mx"])
def test_input_of_a_client_cannot_start_a_line_of_the_log(
    client: Client, audited: Callable[[], Log], name: str
) -> None:
    _fail(client, name, password=name)
    client.open("/user/" + name, method="GET")
    client.get("/user", environ_overrides={"HTTP_USER_AGENT": name, "HTTP_X_REQUEST_ID": name})
    log = audited()  # each line is JSON
    assert _events(log) == ["login-failed", "denied", "denied"]
    assert {entry["severity"] for entry in log} == {"INFO"}


# Overload


def test_a_late_oauth2_client_gets_an_oauth2_error() -> None:
    answer = client_of(build()).post("/auth/introspect", data={"token": "x"}, environ_overrides={LATE: True})
    assert (answer.status_code, answer.content_type) == (503, "application/json")
    assert (answer.json["error"], answer.headers["Retry-After"]) == ("temporarily_unavailable", "5")


def test_a_late_request_is_refused_in_both_languages_and_logged_as_no_outage(caplog: pytest.LogCaptureFixture) -> None:
    client = client_of(build())
    details = []
    for language in ("en", "es"):
        answer = client.get("/user", headers={"Accept-Language": language}, environ_overrides={LATE: True})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.json["type"].endswith("/unavailable")
        details.append(answer.json["detail"])
    assert details == [
        "More requests come than the service can answer; try again in a moment.",
        "Llegan más peticiones de las que el servicio puede responder; inténtalo dentro de un momento.",
    ]
    assert "unavailable" not in caplog.text


@pytest.mark.parametrize("path", ["/health", "/health/", "/healthz", "/ready", "/readyz", "/metrics"])
def test_monitoring_is_answered_however_late(path: str) -> None:
    client = client_of(build())
    assert client.get(path, environ_overrides={LATE: True}).status_code == client.get(path).status_code != 503
