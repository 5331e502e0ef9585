"""Secrets that are put into every input appear in no answer, log, metric, event, webhook or trace."""

import io
import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from src.bootstrap.web import trace_requests
from src.infrastructure import tracing
from src.infrastructure.stores.driver import Key, Write
from src.infrastructure.stores.memory import MemoryStore
from tests.support.access import body_for
from tests.support.logs import logging_to
from tests.support.world import OPERATIONS, PASSWORD, build, client_of, join, place, services_of
from tests.web.surfer import Surfer, forms_of

CANARY = "canary-7Qz4vN2hXw"
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
}


class Receiver:
    """Keeps what is delivered."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def check(self, url: str) -> None:
        """Accept every URL."""

    def send(self, url: str, id: str, at: datetime, body: str, secrets: Sequence[bytes]) -> int | None:
        self.bodies.append(body)
        return 200


def _send_everything(app: Flask, authorization: str) -> str:
    """Send the canary to each operation in every field and header that may hold a secret. Return the answers.

    Without an authorization, an admin sends each request.
    """
    client, said = client_of(app), []
    person = join(client, "admin")
    for method, path in sorted(OPERATIONS):
        person = person if authorization else join(client, "admin")  # some requests delete their sender
        body = body_for(method, path, None, person.user["username"])
        described = OPERATIONS[method, path].get("requestBody", {}).get("content", {})
        url = place(client, person, method, path).replace("{code}", "taken")
        options: dict[str, Any] = {}
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
        said.append(f"{answer.headers}\n{answer.text if answer.is_json else ''}")
        answer.close()
    return "\n".join(said)


class Breakable(MemoryStore):
    """A store that can break, as no store should."""

    is_broken = False

    def _commit(self, writes: Sequence[Write], operation: str) -> dict[Key, str]:
        if self.is_broken:
            raise RuntimeError("the store is broken")
        return super()._commit(writes, operation)


_LEAVING = {"/console/signout", "/console/guest"}
"""Forms without fields, after which somebody else is signed in, or nobody."""


def _send_every_form(app: Flask) -> None:
    """Send the canary to each form of the console in every field that may hold a secret, as an admin."""
    admin = Surfer(app)
    admin.sign_in(join(client_of(app), "admin").user["username"])
    [csrf] = {fields["csrf"] for fields in forms_of(admin.open("/console/account")).values() if "csrf" in fields}
    paths = {re.sub("<[^>]+>", "x", each.rule) for each in app.url_map.iter_rules() if "POST" in (each.methods or ())}
    for path in sorted(each for each in paths - _LEAVING if each.startswith("/console/")):
        admin.post(path, {**dict.fromkeys(SECRET_FIELDS, CANARY), "csrf": csrf})
    assert "/console/users" in admin.open("/console/account").text  # still signed in as an admin


@pytest.fixture
def traces() -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(provider)
    yield exporter
    tracing.use(None)
    provider.shutdown()


def test_secrets_of_requests_appear_in_no_answer_log_metric_event_webhook_or_trace(
    traces: InMemorySpanExporter,
) -> None:
    receiver, written, store = Receiver(), io.StringIO(), Breakable()
    app = build(store, webhook_sender=receiver, metrics_token=METRICS_TOKEN, log_requests=True)
    trace_requests(app)
    client = client_of(app)
    root = join(client, role="admin")
    hook = {"url": "https://example.com/", "events": ["*"]}
    assert client.post("/webhooks", json=hook, headers=root.headers).status_code == 201
    for text in (False, True):
        with logging_to(written, text=text):
            anna = join(client, password=f"{CANARY} {PASSWORD}")  # a secret that is accepted
            said = [
                _send_everything(app, authorization) for authorization in ("", f"Bearer {CANARY}", f"Basic {CANARY}")
            ]
            _send_every_form(app)
            store.is_broken = True
            body = {
                "username": "someone",
                "email": "s@example.com",
                "password": f"{CANARY} {PASSWORD}",
                "token": CANARY,
            }
            said.append(client.post("/register", json=body).text)
            store.is_broken = False
    metrics = client.get("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}).text
    events = client.get("/events?limit=100", headers=root.headers).text
    dispatcher = services_of(app).dispatcher
    object.__setattr__(dispatcher, "run_apart", lambda name, step: step())
    dispatcher.run()
    assert receiver.bodies
    assert {"POST /login", "commit"} <= {each.name for each in traces.get_finished_spans()}
    assert "login-succeeded" in events
    assert "portero_" in metrics
    assert "denied" in written.getvalue()
    assert "the store is broken" in written.getvalue()
    places = {
        "answers": "".join(said),
        "log": written.getvalue(),
        "metrics": metrics,
        "events": events,
        "webhooks": json.dumps(receiver.bodies),
        "traces": "".join(each.to_json() for each in traces.get_finished_spans()),
    }
    for secret in (CANARY, anna.token, anna.refresh):
        assert [name for name, content in places.items() if secret in content] == []
