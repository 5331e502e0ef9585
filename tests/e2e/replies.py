"""Loses the answer to a request after its effect, repeats the request as clients do, and checks the effect."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Protocol, TypeVar
from uuid import uuid4

import requests
from flask.testing import FlaskClient

from tests.e2e.faults import Connection, passed_on, reply_lost

T = TypeVar("T")

PASSWORD = "correct zebra battery"
NO_ANSWER = 0
"""The status of a request whose connection broke."""
_REPEATED = (NO_ANSWER, 503)
_ATTEMPTS = 4
CONTENT = b"some bytes"
COMMITTED = b"COMMIT\0"
"""The statement that ends a transaction of PostgreSQL. READ COMMITTED, which may begin one, does not contain it."""


class LostReply:
    """A fault of a proxy that loses the reply to one request, and passes everything else on."""

    def __init__(self, *texts: bytes, number: int = 1) -> None:
        """Lose the reply to the request number ``number``, counted from 1, of those that contain one of the texts."""
        self._texts, self._left = texts, number
        self.lost = 0

    def __call__(self, connection: Connection, data: bytes) -> None:
        if any(text in data for text in self._texts):
            self._left -= 1
            if self._left == 0:
                self.lost += 1
                reply_lost(connection, data)
                return
        passed_on(connection, data)


@dataclass(frozen=True, slots=True)
class Sent:
    """A request. ``key`` is sent as its Idempotency-Key."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    key: str | None = None
    file: bytes | None = None


class Way(Protocol):
    """A way to reach the service."""

    def send(self, sent: Sent, token: str | None) -> tuple[int, Any]:
        """Return the status and the JSON of the answer."""


def _headers(sent: Sent, token: str | None) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return headers | ({"Idempotency-Key": sent.key} if sent.key else {})


@dataclass(frozen=True, slots=True)
class InProcess:
    """The service in this process, whose connections to other services may break."""

    client: FlaskClient

    def send(self, sent: Sent, token: str | None) -> tuple[int, Any]:
        data = {"file": (BytesIO(sent.file), "a.txt")} if sent.file is not None else None
        answer = self.client.open(
            sent.path, method=sent.method, headers=_headers(sent, token), json=sent.body, data=data
        )
        return answer.status_code, answer.get_json(silent=True)


@dataclass(frozen=True, slots=True)
class OverHttp:
    """The service at an address. The connection to it may break."""

    address: str

    def send(self, sent: Sent, token: str | None) -> tuple[int, Any]:
        url, files = f"http://{self.address}{sent.path}", {"file": ("a.txt", sent.file)} if sent.file else None
        try:
            answer = requests.request(
                sent.method, url, headers=_headers(sent, token), json=sent.body, files=files, timeout=20
            )
        except requests.ConnectionError:
            return NO_ANSWER, None
        return answer.status_code, answer.json() if answer.content else None


@dataclass(frozen=True, slots=True)
class Person:
    """A person with an account. ``way`` is a way to the service that breaks no connection."""

    way: Way
    name: str = field(default_factory=lambda: f"u{uuid4().hex[:20]}")

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """Return the JSON of an answer that is a success."""
        status, found = self.way.send(Sent(method, path, **more), self.log_in()["access_token"])
        assert 200 <= status < 300, (method, path, status, found)
        return found

    def join(self) -> "Person":
        """Register this person, and return them."""
        status, found = self.way.send(registration(self.name), None)
        assert status == 201, found
        return self

    def log_in(self) -> Any:
        """Return the tokens of a new session."""
        status, found = self.way.send(Sent("POST", "/login", {"username": self.name, "password": PASSWORD}), None)
        assert status == 200, found
        return found


def registration(name: str) -> Sent:
    """Return the request that registers a person."""
    return Sent("POST", "/register", {"username": name, "email": f"{name}@example.com", "password": PASSWORD})


@dataclass(frozen=True, slots=True)
class Act:
    """An action that a person performs once."""

    request: Callable[[Person], Sent]
    status: int
    """The status of the answer to the first request that is answered."""
    check: Callable[[Person, Sent, Any], object]
    """A function that fails unless the act has had its effect exactly once."""
    repeated: Collection[int] = ()
    """Other statuses of a repetition, after a first request without an answer or with status 503."""


def perform(act: Act, person: Person, way: Way, fail: Callable[[], T]) -> tuple[list[int], T]:
    """Let something fail, send the request of an act, repeat it until it is answered, and check its effect.

    Return the statuses of the answers, and what ``fail`` has returned.
    """
    sent, token = act.request(person), person.log_in()["access_token"]
    failed = fail()
    statuses: list[int] = []
    body: Any = None
    while len(statuses) < _ATTEMPTS and (not statuses or statuses[-1] in _REPEATED):
        status, body = way.send(sent, token)
        statuses.append(status)
    allowed = {act.status} if len(statuses) == 1 else {act.status, *act.repeated}
    assert statuses[-1] in allowed, (sent, statuses, body)
    act.check(person, sent, body)
    return statuses, failed


def _key() -> str:
    return uuid4().hex


def _task(person: Person) -> str:
    return str(person.ask("POST", "/tasks", body={"title": "Water the plants"})["id"])


def _count(path: str, count: int) -> Callable[[Person, Sent, Any], None]:
    def check(person: Person, *_: Any) -> None:
        found = person.ask("GET", path)
        assert len(found) == count, found

    return check


def _registered(person: Person, sent: Sent, _: Any) -> None:
    assert sent.body
    Person(person.way, str(sent.body["username"])).log_in()


def _renamed(person: Person, sent: Sent, _: Any) -> None:
    assert sent.body
    renamed = Person(person.way, str(sent.body["username"]))
    assert renamed.ask("GET", "/user")["username"] == renamed.name
    renamed.ask("PUT", "/user", body={"email": f"{renamed.name}@example.com"})
    person.join()  # the old name is free


def _changed(person: Person, sent: Sent, _: Any) -> None:
    [task] = person.ask("GET", "/tasks")
    assert sent.body
    assert task["title"] == sent.body["title"]


def _owns_one_dog(person: Person, *_: Any) -> None:
    export = person.ask("GET", "/user/export")
    assert (len(export["dogs"]), len(export["jobs"])) == (1, 1)


def _uploaded(person: Person, *_: Any) -> None:
    [file] = person.ask("GET", "/api/files")
    assert file["size"] == len(CONTENT)


def _signed_in(person: Person, _: Sent, tokens: Any) -> None:
    status, found = person.way.send(Sent("GET", "/user"), tokens["access_token"])
    assert (status, found["username"]) == (200, person.name)


def _deleted(person: Person, *_: Any) -> None:
    status, _found = person.way.send(Sent("POST", "/login", {"username": person.name, "password": PASSWORD}), None)
    assert status == 401
    person.join()  # the names are free


ACTS: Mapping[str, Act] = {
    "register": Act(lambda _: registration(f"u{uuid4().hex[:20]}"), 201, _registered),
    "rename": Act(lambda _: Sent("PUT", "/user", {"username": f"u{uuid4().hex[:20]}"}), 200, _renamed),
    "add a task": Act(lambda _: Sent("POST", "/tasks", {"title": "Walk"}, _key()), 201, _count("/tasks", 1)),
    "change a task": Act(lambda person: Sent("PUT", f"/tasks/{_task(person)}", {"title": "Run"}), 200, _changed),
    "delete a task": Act(
        lambda person: Sent("DELETE", f"/tasks/{_task(person)}"), 204, _count("/tasks", 0), repeated=[404]
    ),
    "add a dog": Act(lambda _: Sent("POST", f"/api/dogs/d{_key()[:20]}", {}, _key()), 201, _owns_one_dog),
    "upload a file": Act(lambda _: Sent("POST", "/api/files", None, _key(), CONTENT), 202, _uploaded),
    "delete a file": Act(
        lambda person: Sent("DELETE", f"/api/files/{person.ask('POST', '/api/files', file=CONTENT)['id']}"),
        204,
        _count("/api/files", 0),
        repeated=[404],
    ),
    "log in": Act(
        lambda person: Sent("POST", "/login", {"username": person.name, "password": PASSWORD}), 200, _signed_in
    ),
    "refresh": Act(
        lambda person: Sent("POST", "/auth/refresh", {"refresh_token": person.log_in()["refresh_token"]}),
        200,
        _signed_in,
    ),
    "delete the account": Act(lambda _: Sent("DELETE", "/user"), 204, _deleted, repeated=[401]),
}
"""The acts by name. Nothing but the answer may be lost, and nothing may happen twice."""
