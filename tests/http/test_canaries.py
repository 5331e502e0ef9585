"""Secrets in every input, and secrets that the service issues, appear only where they are meant to."""

import base64
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from src.bootstrap.adapters import now
from src.bootstrap.web import trace_requests
from src.infrastructure import tracing
from src.infrastructure.factors.totp import code_at
from src.infrastructure.stores.driver import Key, Write
from src.infrastructure.stores.memory import MemoryStore
from tests.support.access import body_for
from tests.support.logs import logging_to
from tests.support.world import (
    OPERATIONS,
    PASSWORD,
    Answer,
    Client,
    build,
    client_of,
    join,
    place,
    services_of,
)
from tests.web.surfer import Surfer, forms_of

CANARY = "canary-7Qz4vN2hXw"
USER_AGENT = "canary-browser-Kp3s"
FILE_NAME = "canary-name-Rt8w"
CONTENT = "canary-content-Zb5j"
METRICS_TOKEN = "a token for Prometheus"
SECRET_FIELDS = (
    *("password", "current_password", "new_password", "token", "refresh_token", "id_token", "mfa_token"),
    *("code", "recovery_code", "otp", "invitation", "secret", "client_secret", "api_key", "enrolment"),
)
ELSEWHERE = {
    "X-Api-Key": CANARY,
    "Cookie": f"portero={CANARY}; session={CANARY}",
    "X-Forwarded-Authorization": CANARY,
    "Idempotency-Key": CANARY,
    "User-Agent": USER_AGENT,
}
ISSUED_FIELDS = {
    *("access_token", "accessToken", "token", "refresh_token", "refreshToken", "mfa_token"),
    *("key", "secret", "client_secret", "enrolment", "recovery_codes"),
}
"""The members of JSON answers that hold a secret of the service."""
REPEATED = {
    "/console/account/factors/app": {"secret", "enrolment", "code"},
    "/console/signin/mail/sent": {"code"},
}
"""The fields that the page of a form shows again after a wrong code: the person's own, so that it can be corrected."""

Answers = list[tuple[str, str]]
"""The methods and paths of requests, and the headers and texts of their answers."""


class Receiver:
    """A receiver of webhooks that keeps what is delivered."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def check(self, url: str) -> None:
        """Accept every URL."""

    def send(self, url: str, id: str, at: datetime, body: str, secrets: Sequence[bytes]) -> int | None:
        self.bodies.append(body)
        return 200


def _send_everything(app: Flask, authorization: str) -> Answers:
    """Send the canaries to each operation in every field and header that may hold them. Return the answers.

    Without an authorization, an admin sends each request.
    """
    client = client_of(app)
    said: Answers = []
    person = join(client, "admin")
    for method, path in sorted(OPERATIONS):
        person = person if authorization else join(client, "admin")  # some requests delete their sender
        body = body_for(method, path, None, person.user["username"])
        described = OPERATIONS[method, path].get("requestBody", {}).get("content", {})
        url = place(client, person, method, path).replace("{code}", "taken")
        options: dict[str, Any] = {}
        if "file" in body:
            body["file"] = _file()
        if "application/json" in described:
            options["json"] = {**body, **dict.fromkeys(SECRET_FIELDS, CANARY)}
        elif described:
            options["data"] = {**body, **dict.fromkeys(SECRET_FIELDS, CANARY)}
        answer = client.open(
            f"{url}?token={CANARY}&access_token={CANARY}&code={CANARY}",
            method=method,
            headers={**ELSEWHERE, "Authorization": authorization or person.headers["Authorization"]},
            **options,
        )
        answer.headers.remove("Link")  # the link to the next page keeps the query
        said.append((f"{method} {path}", f"{answer.headers}\n{answer.text}"))
        answer.close()
    return said


def _file() -> tuple[io.BytesIO, str]:
    """Return a CSV file whose name and content are canaries."""
    return io.BytesIO(f"id,name\n1,{CONTENT}\n".encode()), f"{FILE_NAME}.csv"


class Breakable(MemoryStore):
    """A store that raises an unexpected exception at each commit while ``is_broken``."""

    is_broken = False

    def _commit(self, writes: Sequence[Write], operation: str) -> dict[Key, str]:
        if self.is_broken:
            raise RuntimeError("the store is broken")
        return super()._commit(writes, operation)


_LEAVING = {"/console/signout", "/console/guest"}
"""Forms without fields, after which somebody else is signed in, or nobody."""
_UPLOADS = {"/console/datasets", "/console/files", "/console/users/import"}


def _send_every_form(app: Flask) -> Answers:
    """Send the canaries to each form of the console in every field that may hold them, as an admin.

    Each field has a canary of its own. Return the answers.
    """
    admin = Surfer(app)
    admin.sign_in(join(client_of(app), "admin").user["username"])
    [csrf] = {fields["csrf"] for fields in forms_of(admin.open("/console/account")).values() if "csrf" in fields}
    said: Answers = []
    paths = {re.sub("<[^>]+>", "x", each.rule) for each in app.url_map.iter_rules() if "POST" in (each.methods or ())}
    for path in sorted(each for each in paths - _LEAVING if each.startswith("/console/")):
        fields: dict[str, Any] = {"csrf": csrf, **{name: f"{CANARY}-{name}" for name in SECRET_FIELDS}}
        if path in _UPLOADS:
            fields = {"csrf": csrf, "file": _file()}
        answer = admin.post(path, fields, **{"User-Agent": USER_AGENT})
        said.append((path, f"{answer.headers}\n{answer.text}"))
    assert "/console/users" in admin.open("/console/account").text  # still signed in as an admin
    return said


def _issue_everything(client: Client) -> Answers:
    """Let the service issue each kind of secret to an admin, who then reads what can be read. Return the answers."""
    root, browser = join(client, "admin"), Surfer(client.application)
    said: Answers = []

    def send(method: str, path: str, **options: Any) -> Answer:
        answer = client.open(path, method=method, headers=root.headers, **options)
        said.append((f"{method} {path}", answer.text))
        return answer

    send("POST", "/login", json={"username": root.user["username"], "password": PASSWORD})
    made = [
        send("POST", "/user/keys", json={"name": "Report", "scope": "read"}),
        send("POST", "/services", json={"name": "Billing", "role": "user"}),
        send("POST", "/webhooks", json={"url": "https://example.com/", "events": ["*"]}),
    ]
    assert [answer.status_code for answer in made] == [201] * 3
    for answer in made[1:]:
        assert send("POST", f"{answer.headers['Location']}/secret").status_code == 201
    started = send("POST", "/user/factors/totp").json
    seed = base64.b32decode(started["secret"] + "=" * (-len(started["secret"]) % 8))
    code = code_at(seed, int(now().timestamp()) // 30)
    enrolled = send("POST", "/user/factors", json={"enrolment": started["enrolment"], "code": code})
    assert enrolled.status_code == 201
    asked = browser.sign_in(root.user["username"])
    spent = {"recovery_code": enrolled.json["recovery_codes"][0]}
    assert browser.send("/console/signin/code", asked, **spent).status_code == 303
    readable = [path for method, path in OPERATIONS if method == "GET" and "{" not in path]
    for path in [*readable, *(answer.headers["Location"] for answer in made[1:])]:
        send("GET", path)
    for rule in client.application.url_map.iter_rules():
        if rule.rule.startswith("/console/") and "GET" in (rule.methods or ()) and "<" not in rule.rule:
            said.append((f"GET {rule.rule}", browser.open(rule.rule).text))
    pages = dict(said)
    assert ("Report" in pages["GET /console/account/keys"], "Billing" in pages["GET /console/keys"]) == (True, True)
    return said


def _issued(content: Any) -> Iterator[str]:
    """Yield the secrets in the JSON of an answer."""
    if isinstance(content, dict):
        for name, value in content.items():
            values = value if isinstance(value, list) else [value]
            if name in ISSUED_FIELDS:
                yield from (each for each in values if isinstance(each, str) and len(each) > 8)
            yield from _issued(values)
    elif isinstance(content, list):
        for each in content:
            yield from _issued(each)


@dataclass
class Watched:
    """An application whose log, metrics, traces, deliveries and documents are kept."""

    traces: InMemorySpanExporter
    store: Breakable = field(default_factory=Breakable)
    receiver: Receiver = field(default_factory=Receiver)
    written: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        self.app = build(self.store, webhook_sender=self.receiver, metrics_token=METRICS_TOKEN, log_requests=True)
        trace_requests(self.app)
        self.client = client_of(self.app)
        hook = {"url": "https://example.com/", "events": ["*"]}
        root = join(self.client, role="admin")
        assert self.client.post("/webhooks", json=hook, headers=root.headers).status_code == 201

    def places(self) -> dict[str, str]:
        """Deliver what waits for the webhooks, and return the text of each place by its name."""
        dispatcher = services_of(self.app).dispatcher
        object.__setattr__(dispatcher, "run_apart", lambda name, step: step())
        dispatcher.run()
        events = [each.fields for (name, _), each in self.store.documents.items() if name == "events"]
        places = {
            "log": self.written.getvalue(),
            "metrics": self.client.get("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}).text,
            "events": str(events),
            "webhooks": json.dumps(self.receiver.bodies),
            "traces": "".join(each.to_json() for each in self.traces.get_finished_spans()),
            "store": str(self.store.documents),
        }
        for name, known in {"log": "POST", "metrics": "portero_", "traces": "commit"}.items():
            assert known in places[name]
        assert "login-succeeded" in places["events"]
        assert "login-succeeded" in places["webhooks"]
        return places


@pytest.fixture
def watched() -> Iterator[Watched]:
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(provider)
    yield Watched(exporter)
    tracing.use(None)
    provider.shutdown()


def test_secrets_of_requests_appear_in_no_answer_log_metric_event_webhook_or_trace(watched: Watched) -> None:
    app, client = watched.app, watched.client
    said: Answers = []
    for text in (False, True):
        with logging_to(watched.written, text=text):
            anna = join(client, password=f"{CANARY} {PASSWORD}")  # a secret that is accepted
            for authorization in ("", f"Bearer {CANARY}", f"Basic {CANARY}"):
                said += _send_everything(app, authorization)
            pages = _send_every_form(app)
            watched.store.is_broken = True
            body = {
                "username": "someone",
                "email": "s@example.com",
                "password": f"{CANARY} {PASSWORD}",
                "token": CANARY,
            }
            said.append(("POST /register", client.post("/register", json=body).text))
            watched.store.is_broken = False
    places = {"answers": str(said), **watched.places()}
    assert "denied" in places["log"]
    assert "the store is broken" in places["log"]
    for secret in (CANARY, CONTENT, anna.token, anna.refresh):
        assert [name for name, content in places.items() if secret in content] == []
    # Users see their devices and the names of their files, and the events tell operators the device.
    assert {name for name, content in places.items() if USER_AGENT in content} == {
        *("answers", "events", "webhooks", "store")
    }
    assert {name for name, content in places.items() if FILE_NAME in content} == {"answers", "store"}
    for path, page in pages:
        assert {*re.findall(rf"{CANARY}-?(\w*)", page)} <= REPEATED.get(path, set()), path
        assert not {secret for secret in (CONTENT, USER_AGENT) if secret in page}, path


def test_secrets_that_the_service_issues_appear_only_in_the_answer_that_issues_them(watched: Watched) -> None:
    with logging_to(watched.written):
        said = _issue_everything(watched.client)
    places = watched.places()
    issued = 0
    for number, (request, text) in enumerate(said):
        for secret in _issued(json.loads(text)) if request.startswith("POST") else ():
            assert [name for name, content in places.items() if secret in content] == [], request
            others = [each for each in [*said[:number], *said[number + 1 :]] if secret in each[1]]
            assert [path for path, _ in others] == [], request
            issued += 1
    # Two tokens, a key, two secrets of a service, two of a webhook, a seed with its ticket, and ten recovery codes.
    assert issued == 19
