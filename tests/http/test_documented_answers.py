"""Every response of the OpenAPI document is produced by a request, and no undocumented one is."""

import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta
from functools import cache, partial
from typing import Any, NoReturn
from urllib.parse import unquote

import pytest
from flask import Flask

from src.application.ports import ExternalIdentity, ProviderAccount
from src.bootstrap.adapters import now
from src.domain.errors import Unavailable
from src.domain.jobs import Job
from src.domain.mails import Mail, MailKind
from src.domain.old_secrets import MAX_OLD_SECRETS
from src.domain.values import Email
from src.infrastructure.stores.memory import MemoryStore
from src.infrastructure.stores.portable import Store
from src.interfaces.app import MAX_BODY_BYTES
from src.interfaces.framework.requests import LATE
from src.interfaces.services import Services
from tests.support.authenticator import Authenticator
from tests.support.passkeys import enrol, sign_in_answer
from tests.support.proofs import TWO, with_proof
from tests.support.second_steps import enrolment_of, give_phone
from tests.support.working import FullLimiter
from tests.support.world import (
    CSV,
    OPERATIONS,
    PASSWORD,
    SECRET,
    Answer,
    Pictures,
    Provider,
    build,
    client_of,
    crash,
    dataset_of,
    join,
    log_in,
    place,
    registration,
    services_of,
    upload,
)

METRICS_TOKEN = "a token for Prometheus"
ANSWERS = sorted(
    (method, path, int(status))
    for (method, path), operation in OPERATIONS.items()
    for status in operation["responses"]
    if status not in ("414", "431")  # the server sends them; see tests/e2e/test_server.py
)
NOBODY = "0" * 32
MAX_UPLOAD_BYTES = 1000
METADATA = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")
NO_USE_CASE = ("/problems", "/problems/{code}", "/health", "/healthz", "/openapi.json", "/", "/metrics", *METADATA)
SECRET_OF_SERVICE = "a-secret-of-billing"
SERVICE = {"service_credentials": f"billing:{SECRET_OF_SERVICE}"}
WITHOUT_DOMAIN = {"public_url": "http://10.0.0.1"}
"""The settings of a service that takes no passkeys."""
EXTERNAL_ONLY = ("/auth/firebase", "/auth/firebase/token")
CUSTOM_TOKENS = {
    "identity": "firebase",
    "firebase_web_api_key": "any",
    "google_cloud_project": "demo-portero",
    "firebase_tokens": True,
}
ADMINS_ONLY = (
    ("POST", "/api/users"),
    ("GET", "/events"),
    *((method, path) for method, path in OPERATIONS if path.startswith(("/webhooks", "/services"))),
    *(("GET", "/users/{id}/factors"), ("DELETE", "/users/{id}/factors")),
    *(("POST", "/invitations"), ("GET", "/invitations")),
    *(("GET", "/invitations/{id}"), ("DELETE", "/invitations/{id}")),
)
NOT_WITH_A_KEY = ("/auth/sessions", "/auth/sessions/{id}", "/auth/logout-all", "/auth/email/verify", "/user/export")
"""The paths that guests may call, and keys may not. So is DELETE /user."""
UPLOADERS_ONLY = "Datasets"
LATER = {"headers": {"Prefer": "respond-async"}}


class Down(Store):
    """A store that does not answer."""

    def _fail(self, *_: object) -> NoReturn:
        raise Unavailable from OSError(SECRET)

    open = _get = _find = _commit = scan = _fail  # type: ignore[assignment]

    def close(self) -> None:
        pass


class Crashing:
    """A service whose every use case has a bug."""

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        return crash


class _Newcomers(Provider):
    """An identity provider at which every login is that of a newcomer to the service."""

    def sign_in(self, email: Email, password: str) -> ExternalIdentity:
        return self.verify_id_token("free")


STORE = MemoryStore()
"""The store that the applications share, so that each accepts the tokens of the others."""


def _provider() -> Provider:
    people = {uid: ProviderAccount(Email(f"{uid}@example.com"), True) for uid in ("free", "taken")}
    return Provider(**people)


@cache
def _app(kind: str) -> Flask:
    match kind:
        case "down":
            return build(Down(), _provider(), settings=SERVICE)
        case "crashing":
            features = {field.name for field in fields(Services)} - {"rules", "audit", "metrics"}
            return build(services=dict.fromkeys(features, Crashing()), settings=SERVICE)
        case "external":
            return build(remote=_provider(), settings=CUSTOM_TOKENS)
        case "closed":
            return build(remote=_Newcomers(**_provider().known), settings={"registration": "closed", "guests": "off"})
        case "pictures":
            return build(STORE, pictures=Pictures())
        case "full":
            return build(STORE, limiter=FullLimiter())
        case "silent":
            requests = services_of(build(STORE)).mail_requests
            return build(STORE, services={"mail_requests": replace(requests, enabled=False)}, settings=WITHOUT_DOMAIN)
    return build(STORE, metrics_token=METRICS_TOKEN, max_upload_bytes=MAX_UPLOAD_BYTES, settings=SERVICE)


class Asker:
    """Sends a request to one operation of an application of one kind."""

    def __init__(self, method: str, path: str, kind: str = "local", role: str = "") -> None:
        self.method, self.path = method, path
        self.operation = OPERATIONS[method, path]
        self.root = path if path == "/session" else self.operation.get("x-alias-of", path)
        self.client = client_of(_app(kind))
        # A token that every application accepts; some of them have a store that fails.
        host = self.client if kind == "external" else client_of(_app("local"))
        able = "uploader" if UPLOADERS_ONLY in self.operation["tags"] else "user"
        self.person = join(host, role or ("admin" if (method, path) in ADMINS_ONLY else able))
        self.url = place(host, self.person, method, path).replace("{code}", "taken")
        if path in ("/user/factors/{id}", "/user/factors/recovery-codes"):
            give_phone(host.application, self.person.user["id"])
            self.person = with_proof(host, self.person, TWO)
            [_, factor] = services_of(host.application).factors.list(self.person.user["id"]).items
            self.url = path.replace("{id}", factor.id)
        if path == "/user/keys/{id}":
            self.url = path.replace("{id}", self.key().get("id", NOBODY))

    def key(self) -> dict[str, Any]:
        """Return a new key of the person."""
        body, host = {"name": "Report", "scope": "write"}, client_of(_app("local"))
        made: dict[str, Any] = host.post("/user/keys", json=body, headers=self.person.headers).json
        return made

    def valid(self) -> dict[str, Any]:
        """Return a body that is accepted."""
        login = {"username": self.person.user["username"], "password": PASSWORD}
        match self.method, self.root:
            case _, "/register" | "/api/v1/auth/signup":
                return registration()
            case _, "/login" | "/session":
                return login
            case _, "/auth/token":
                return {"grant_type": "password", **login}
            case _, "/auth/refresh":
                return {"refresh_token": self.person.refresh}
            case _, "/auth/firebase":
                return {"id_token": "free"}
            case "POST", "/user/factors":
                return enrolment_of(self.person.user["id"])
            case _, "/user/factors/{id}":
                return {"name": "My phone"}
            case _, "/auth/mfa" | "/auth/mfa/options":
                services = services_of(_app("local"))
                phone = give_phone(services, self.person.user["id"])
                asked = log_in(client_of(_app("local")), self.person)
                return {"mfa_token": asked.json["mfa_token"], "code": phone.code}
            case _, "/auth/passkey":
                services, device = services_of(_app("local")), Authenticator()
                enrol(services, self.person.user["id"], device)
                return {"passkey": sign_in_answer(services, device)}
            case _, "/auth/step-up":
                return {"password": PASSWORD}
            case "POST", "/api/users":
                return {"last_name": "Ruiz", "name": "Ann", "email": registration()["email"]}
            case _, "/user/keys":
                return {"name": "Report", "scope": "read"}
            case _, "/services":
                return {"name": "Billing", "role": "user"}
            case "POST", "/webhooks":
                return {"url": "https://example.com/", "events": ["*"]}
            case "PUT" | "PATCH", "/webhooks/{id}":
                return {"description": "The billing system"}
            case _, "/invitations":
                return {"email": registration()["email"]}
            case _, "/auth/revoke":
                return {"token": self.person.token}
            case _, "/auth/introspect":
                return {"token": self.person.token, "client_id": "billing", "client_secret": SECRET_OF_SERVICE}
            case _, "/user" | "/users/{id}":
                return {"name": "Ann"}
            case _, "/tasks" | "/tasks/{id}":
                return {"title": "Walk the dog"}
            case _, "/api/dogs/{name}":
                return {"is_adopted": True}
            case _, "/api/files":
                return dict(upload()["data"])
            case _, "/datasets":
                return dict(upload(CSV, name="Customers")["data"])
            case _, "/auth/email/login" | "/auth/password/forgot":
                return {"email": self.person.user["email"]}
            case _, "/auth/email/login/confirm":
                return {"token": self.mailed(MailKind.LOGIN)}
            case _, "/auth/email/verify":
                return {}
            case _, "/auth/password/reset":
                return {"token": self.mailed(MailKind.RESET), "new_password": "a stapled battery"}
            case _, "/user/password":
                return {"current_password": PASSWORD, "new_password": "a stapled battery"}
        raise KeyError(self.root)

    def mailed(self, kind: MailKind) -> str:
        """Return the token of a mail that was sent to the person."""
        mails = services_of(_app("local")).mails
        user = mails.users.get(self.person.user["id"])
        assert user
        assert user.email
        mail = Mail.new(kind, user.email, "en", now()).activate_token(user, now())
        mails.mails.add(mail, Job.new(kind="mail", subject_id=mail.id, user_id=None, now=now()))
        return mails.tokens.token(mail)

    def ask(self, body: dict[str, Any] | None = None, **options: Any) -> Answer:
        """Send the request, with a valid body unless ``options`` have one, and with a token where one is needed."""
        if "data" not in options and "requestBody" in self.operation:
            media = "json" if self.media == "application/json" else "data"
            options[media] = {**self.valid(), **(body or {})}
        headers = self.person.headers if self.operation["security"] else {}
        if self.path == "/metrics":
            headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
        return self.client.open(
            self.url, method=self.method, **{**options, "headers": {**headers, **options.get("headers", {})}}
        )

    @property
    def media(self) -> str:
        media = next(iter(self.operation.get("requestBody", {"content": ["application/json"]})["content"]))
        return f"{media}; boundary=x" if media == "multipart/form-data" else media


def _succeeding(method: str, path: str) -> Asker:
    return Asker(method, path, "external" if path in EXTERNAL_ONLY else "local")


def _nothing() -> dict[str, Any]:
    """Return an empty body, which creates a guest at a route that also takes credentials."""
    return {"data": b""}


def _options(path: str, status: int) -> dict[str, Any]:
    """Return the options with which a request succeeds with this status and no other."""
    if (path, status) == ("/auth/email/verify", 204):
        return {"body": {"token": Asker("POST", path).mailed(MailKind.VERIFY)}}
    return _nothing() if (path, status) == ("/session", 201) else LATER if status == 202 else {}


def _succeeded(method: str, path: str, status: int) -> Answer:
    return _succeeding(method, path).ask(**_options(path, status))


def _unparsable(method: str, path: str) -> Answer:
    asker = Asker(method, path)
    if method in ("GET", "DELETE"):
        return asker.ask(environ_overrides={"PATH_INFO": re.sub("{.*}", "\xff", path)})
    return asker.ask(data=b"{\xff", content_type=asker.media)


def _unauthenticated(method: str, path: str) -> Answer:
    asker = _succeeding(method, path)
    headers = {"Authorization": "Bearer x"} if asker.operation["security"] or path == "/metrics" else {}
    return asker.ask(
        {
            **({"grant_type": "client_credentials"} if path == "/auth/token" else {}),
            "client_secret": "wrong",
            "password": "wrong",
            "id_token": "unknown",
            "mfa_token": "unknown",
            "refresh_token": "unknown",
            "token": "unknown",
            **({"passkey": {}} if path == "/auth/passkey" else {}),
        },
        headers=headers,
    )


def _forbidden(method: str, path: str) -> Answer:
    if path in ("/auth/renew", "/auth/logout"):
        return Asker(method, path, "external").ask(headers={"Authorization": "Bearer free"})
    if path in NOT_WITH_A_KEY or (method, path) == ("DELETE", "/user"):
        asker = Asker(method, path)
        return asker.ask(headers={"Authorization": f"Bearer {asker.key()['key']}"})
    if path.endswith("/auth/mfa"):
        return Asker(method, path).ask({"code": "no code"})
    if path == "/user/factors" and method == "POST":
        return Asker(method, path).ask({"code": "no code"})
    if path == "/auth/step-up":
        return Asker(method, path).ask({"password": "wrong"})
    if path == "/auth/email/login/confirm":
        asker = Asker(method, path)
        give_phone(asker.client.application, asker.person.user["id"])
        return asker.ask()
    if "forbidden" in OPERATIONS[method, path]["responses"]["403"]["$ref"]:
        return Asker(method, path, role="guest").ask()
    # A user of the identity provider, whom this service does not admit
    headers = {"Authorization": "Bearer free"}
    return Asker(method, path, "closed").ask({"username": "free@example.com"}, headers=headers)


def _missing(method: str, path: str) -> Answer:
    kind = (
        "full" if path == "/metrics" else "silent" if path.startswith(("/auth/", "/user/factors/passkey")) else "local"
    )
    asker = Asker(method, path, kind, role="admin")
    asker.url = path.replace("{id}", NOBODY).replace("{name}", NOBODY).replace("{code}", NOBODY)
    if path == "/auth/step-up":
        services, device = services_of(_app("local")), Authenticator()
        enrol(services, asker.person.user["id"], device)
        return asker.ask({"password": "", "passkey": sign_in_answer(services, device)})
    return asker.ask()


def _conflicting(method: str, path: str) -> Answer:
    root = OPERATIONS[method, path].get("x-alias-of", path)
    if root == "/api/dogs/{name}" and method != "DELETE":
        asker = Asker(method, path)
        taken = place(asker.client, join(asker.client), "GET", path)
        asker.url = taken if method == "POST" else asker.url
        return asker.ask({"name": unquote(taken.rpartition("/")[2])})
    if root == "/datasets/{id}/summary":
        asker = Asker(method, path)
        services = services_of(asker.client.application)
        owner = services.accounts.accounts.users.get(asker.person.user["id"])
        assert owner
        asker.url = path.replace("{id}", dataset_of(services, owner, later=True))
        return asker.ask()
    if root == "/jobs/{id}" and method == "DELETE":
        asker = Asker(method, path, "pictures")
        services_of(asker.client.application).jobs.runner.run(asker.url.rpartition("/")[2])
        return asker.ask()
    of_its_own = {"/register", "/api/v1/auth/signup", "/auth/firebase", "/api/users", "/user", "/users/{id}"}
    if root not in of_its_own or method == "GET" or OPERATIONS[method, path]["summary"].startswith("See "):
        return _first_visit(method, path)
    if method == "DELETE":
        client = client_of(build())
        admin = join(client, role="admin")
        return client.delete(admin.at(path), headers=admin.headers)
    asker = Asker(method, path, "external")
    other = join(asker.client)
    if path == "/auth/firebase":
        asker.client.post("/register", json=registration(email="taken@example.com"))
        return asker.ask({"id_token": "taken"})
    return asker.ask({"username": other.user["username"]})


def _first_visit(method: str, path: str) -> Answer:
    """Send the token of a user of the identity provider whose address is taken here."""
    asker = Asker(method, path, "external")
    asker.client.post("/register", json=registration(email="taken@example.com"))
    return asker.client.open(asker.url, method=method, headers={"Authorization": "Bearer taken"})


def _oversized(method: str, path: str) -> Answer:
    asker = Asker(method, path)
    if asker.root in ("/api/files", "/datasets"):
        return asker.ask(**upload(b"x" * (MAX_UPLOAD_BYTES + 1)))
    return asker.ask(data=b"x" * (MAX_BODY_BYTES + 1), content_type=asker.media)


def _invalid(method: str, path: str) -> Answer:
    asker = Asker(method, path)
    if method == "GET":
        return asker.ask(query_string={"limit": "0", "aliases": "x"})
    if asker.root in ("/api/files", "/datasets"):
        return asker.ask(data={"name": "no file"}, content_type="multipart/form-data")
    return asker.ask(data=b"[]", content_type="application/json")


def _guessed(method: str, path: str) -> Answer:
    """Send more wrong codes of an app than a user may."""
    asker = Asker(method, path)
    body, client = {**asker.valid(), "code": "no code", "otp": "no code"}, asker.client
    if path == "/auth/firebase":
        client = client_of(build(remote=_provider()))
        client.post(path, json=body)
        give_phone(client.application, "free")
    answers = [client.post(path, json=body) for _ in range(11)]
    return answers[-1]


def _limited(method: str, path: str) -> Answer:
    if path == "/auth/firebase" or path.endswith("/auth/mfa"):
        return _guessed(method, path)
    asker = Asker(method, path, "full")
    if path in ("/services/{id}/secret", "/webhooks/{id}/secret"):
        for _ in range(MAX_OLD_SECRETS):
            asker.ask()
    if path == "/auth/email/login/confirm":
        return asker.ask({"token": "", "email": "ana@example.com", "code": "123456"})
    if asker.root in ("/user", "/users/{id}"):  # in an older session, a new address needs the password
        sessions = services_of(asker.client.application).sessions.sessions
        old = now() - timedelta(hours=1)
        sessions.update(asker.person.session, lambda session: replace(session, created_at=old))
        return asker.ask({"email": "new@example.com", "current_password": PASSWORD})
    return asker.ask()


def _crashed(method: str, path: str) -> Answer:
    if path not in NO_USE_CASE:
        return Asker(method, path, "crashing").ask()
    app = build()
    app.view_functions[f"{method} {path}".replace("{", "<").replace("}", ">")] = crash
    return client_of(app).open(path, method=method)


def _unavailable(method: str, path: str) -> Answer:
    """Send the request to a service whose store is down, or to an overloaded one if the request needs no store."""
    asker = Asker(method, path, "down")
    answer = asker.ask()
    return answer if answer.status_code >= 500 else asker.ask(environ_overrides={LATE: True})


def _known(method: str, path: str) -> Answer:
    asker = Asker(method, path)
    return asker.ask(headers={"If-None-Match": asker.ask().headers["ETag"]})


CASES: dict[int, Callable[[str, str], Answer]] = {
    **{status: partial(_succeeded, status=status) for status in (200, 201, 202, 204, 302)},
    206: lambda method, path: Asker(method, path).ask(headers={"Range": "bytes=1-"}),
    304: _known,
    400: _unparsable,
    401: _unauthenticated,
    403: _forbidden,
    404: _missing,
    409: _conflicting,
    412: lambda method, path: Asker(method, path).ask(headers={"If-Match": '"old"'}),
    416: lambda method, path: Asker(method, path).ask(headers={"Range": "bytes=99999-"}),
    413: _oversized,
    415: lambda method, path: Asker(method, path).ask(data=b"x", content_type="text/plain"),
    422: _invalid,
    429: _limited,
    500: _crashed,
    503: _unavailable,
}


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_documented_response_occurs(method: str, path: str, status: int) -> None:
    response = CASES[status](method, path)  # the client checks the response against the document
    assert response.status_code == status


SUCCESSES = [answer for answer in ANSWERS if answer[2] < 206]


@pytest.mark.parametrize(("method", "path", "status"), SUCCESSES)
def test_success_responses_occur_with_a_trailing_slash_too(method: str, path: str, status: int) -> None:
    asker = _succeeding(method, path)
    asker.url += "/"
    assert asker.ask(**_options(path, status)).status_code == status


def test_an_unreachable_store_returns_503_with_retry_after() -> None:
    response = Asker("GET", "/ready", "down").ask()
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0


def test_the_log_has_the_exception_that_the_response_hides(caplog: pytest.LogCaptureFixture) -> None:
    for kind, status in (("crashing", 500), ("down", 503)):
        caplog.clear()
        response = Asker("GET", "/user", kind).ask()
        assert response.status_code == status
        [record] = [each for each in caplog.records if each.levelname == "ERROR"]
        assert SECRET in caplog.text
        assert record.__dict__["request_id"] == response.headers["X-Request-Id"]


def test_personal_responses_are_not_cached() -> None:
    for method, path, status in ANSWERS:
        if (
            200 <= status < 206
            and path not in METADATA
            and not {"Operations", "Metrics", "Problems"} & {*OPERATIONS[method, path]["tags"]}
        ):
            assert CASES[status](method, path).headers["Cache-Control"] == "no-store"
