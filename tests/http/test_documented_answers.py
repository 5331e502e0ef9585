"""Every answer that the OpenAPI document promises is given by some request, and no other is."""

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from typing import Any, NoReturn

import pytest
from flask import Flask

from src.application.ports import ExternalIdentity
from src.domain.errors import InvalidToken, TooManyAttempts, Unavailable
from src.domain.users import User
from src.domain.values import Email
from src.infrastructure.identity.local import LocalIdentity
from src.infrastructure.stores.base import Store
from src.interfaces.http.app import MAX_BODY_BYTES
from src.interfaces.services import Services
from src.main import now
from tests.http.world import (
    HASHER,
    OPERATIONS,
    PASSWORD,
    SECRET,
    Answer,
    build,
    client_of,
    crash,
    join,
    registration,
)

TOO_OFTEN = "too often"
ANSWERS = sorted(
    (method, path, int(status)) for (method, path), operation in OPERATIONS.items() for status in operation["responses"]
)


class Provider(LocalIdentity):
    """Issues tokens: "free" and "taken" name people who come with such an address."""

    remote = True

    def __init__(self) -> None:
        super().__init__(HASHER, at_once=4)

    def identify(self, token: str) -> ExternalIdentity:
        if token not in ("free", "taken"):
            raise InvalidToken
        return ExternalIdentity(token, Email(f"{token}@example.com"), True, None, now())

    def verify(self, user: User | None, password: str) -> bool:
        if password == TOO_OFTEN:
            raise TooManyAttempts
        return super().verify(user, password)


class Down(Store):
    """Answers nothing."""

    def _fail(self, *_: object) -> NoReturn:
        raise Unavailable from OSError(SECRET)

    get = _find = _commit = _fail  # type: ignore[assignment]

    def close(self) -> None:
        pass


@cache
def _app(kind: str) -> Flask:
    match kind:
        case "down":
            return build(Down(), Provider())
        case "crashing":
            use_cases = {field.name for field in fields(Services)} - {"addresses", "passwords"}
            return build(services=dict.fromkeys(use_cases, crash))
        case "external":
            return build(identity=Provider())
    return build()


class Asker:
    """Sends a request to one operation of an application of one kind."""

    def __init__(self, method: str, path: str, kind: str = "local") -> None:
        self.method, self.path = method, path
        self.operation = OPERATIONS[method, path]
        self.root = self.operation.get("x-alias-of", path)
        self.app = _app(kind)
        self.client = client_of(self.app)
        # A token that any of the applications would believe; not every one has a store to keep its owner in.
        host = self.client if kind in ("local", "external") else client_of(_app("local"))
        self.person = join(host)

    def valid(self) -> dict[str, Any]:
        """A body that is accepted."""
        login = {"username": self.person.user["username"], "password": PASSWORD}
        match self.root:
            case "/register" | "/api/v1/auth/signup":
                return registration()
            case "/login":
                return login
            case "/auth/token":
                return {"grant_type": "password", **login}
            case "/auth/firebase":
                return {"id_token": "free"}
            case "/user":
                return {"name": "Ann"}
            case "/user/password":
                return {"current_password": PASSWORD, "new_password": "a stapled battery"}
        raise KeyError(self.root)

    def ask(self, body: dict[str, Any] | None = None, **options: Any) -> Answer:
        """With a valid body unless told otherwise, and with a token where one is needed."""
        if "data" not in options and "requestBody" in self.operation:
            media = "data" if self.root == "/auth/token" else "json"
            options[media] = {**self.valid(), **(body or {})}
        headers = self.person.headers if self.operation["security"] else {}
        return self.client.open(
            self.path, method=self.method, **{**options, "headers": {**headers, **options.get("headers", {})}}
        )

    @property
    def media(self) -> str:
        return str(*self.operation["requestBody"]["content"])


def _success(method: str, path: str) -> Answer:
    return Asker(method, path, "external" if path == "/auth/firebase" else "local").ask()


def _unparsable(method: str, path: str) -> Answer:
    asker = Asker(method, path)
    return asker.ask(data=b"{\xff", content_type=asker.media)


def _unauthenticated(method: str, path: str) -> Answer:
    asker = Asker(method, path, "external")
    if asker.operation["security"]:
        return asker.ask(headers={"Authorization": "Bearer x"})
    return asker.ask({"password": "wrong", "id_token": "unknown"})


def _taken(method: str, path: str) -> Answer:
    asker = Asker(method, path, "external")
    other = asker.person.user if asker.root != "/user" else join(asker.client).user
    if path == "/auth/firebase":
        asker.client.post("/register", json=registration(email="taken@example.com"))
        return asker.ask({"id_token": "taken"})
    return asker.ask({"username": other["username"]})


def _oversized(method: str, path: str) -> Answer:
    asker = Asker(method, path)
    return asker.ask(data=b"x" * (MAX_BODY_BYTES + 1), content_type=asker.media)


def _crashed(method: str, path: str) -> Answer:
    asker = Asker(method, path, "crashing")
    if path not in ("/health", "/healthz", "/openapi.json", "/"):
        return asker.ask()
    # These call no use case.
    app = build()
    app.view_functions[f"{method} {path}"] = crash
    return client_of(app).open(path, method=method)


CASES: dict[int, Callable[[str, str], Answer]] = {
    200: _success,
    201: _success,
    204: _success,
    302: _success,
    400: _unparsable,
    401: _unauthenticated,
    403: lambda method, path: Asker(method, path).ask({"current_password": "wrong"}),
    404: lambda method, path: Asker(method, path).ask(),
    409: _taken,
    412: lambda method, path: Asker(method, path).ask(headers={"If-Match": '"old"'}),
    413: _oversized,
    415: lambda method, path: Asker(method, path).ask(data=b"x", content_type="text/plain"),
    422: lambda method, path: Asker(method, path).ask(data=b"[]", content_type="application/json"),
    429: lambda method, path: Asker(method, path, "external").ask(
        {"password": TOO_OFTEN, "current_password": TOO_OFTEN}
    ),
    500: _crashed,
    503: lambda method, path: Asker(method, path, "down").ask(),
}


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_documented_answer_is_given(method: str, path: str, status: int) -> None:
    response = CASES[status](method, path)  # the client holds the answer to its description
    assert response.status_code == status


@pytest.mark.parametrize(("method", "path", "status"), [answer for answer in ANSWERS if answer[2] < 300])
def test_success_comes_with_a_trailing_slash_too(method: str, path: str, status: int) -> None:
    asker = Asker(method, path, "external" if path == "/auth/firebase" else "local")
    asker.path += "/"
    assert asker.ask().status_code == status


def test_an_unreachable_store_says_when_to_try_again() -> None:
    response = Asker("GET", "/ready", "down").ask()
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0


def test_the_log_has_what_the_answer_keeps_to_itself(caplog: pytest.LogCaptureFixture) -> None:
    for kind, status in (("crashing", 500), ("down", 503)):
        caplog.clear()
        response = Asker("GET", "/user", kind).ask()
        assert response.status_code == status
        [record] = caplog.records
        assert SECRET in caplog.text
        assert record.__dict__["request_id"] == response.headers["X-Request-Id"]


def test_personal_answers_are_kept_by_no_cache() -> None:
    for method, path, status in ANSWERS:
        if 200 <= status < 300 and "Operations" not in OPERATIONS[method, path]["tags"]:
            assert _success(method, path).headers["Cache-Control"] == "no-store"
