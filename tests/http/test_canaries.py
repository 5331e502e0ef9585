"""Secrets that are put into every input appear in no answer, log, metric, event or webhook."""

import io
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Flask

from tests.support.access import body_for
from tests.support.logs import logging_to
from tests.support.world import OPERATIONS, PASSWORD, build, client_of, join, place, services_of

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


def test_secrets_of_requests_appear_in_no_answer_log_metric_or_event() -> None:
    receiver, written = Receiver(), io.StringIO()
    app = build(webhook_sender=receiver, metrics_token=METRICS_TOKEN, log_requests=True)
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
    metrics = client.get("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}).text
    events = client.get("/events?limit=100", headers=root.headers).text
    dispatcher = services_of(app).dispatcher
    object.__setattr__(dispatcher, "run_apart", lambda name, step: step())
    dispatcher.run()
    assert receiver.bodies
    assert "login-succeeded" in events
    assert "portero_" in metrics
    assert "denied" in written.getvalue()
    places = {
        "answers": "".join(said),
        "log": written.getvalue(),
        "metrics": metrics,
        "events": events,
        "webhooks": json.dumps(receiver.bodies),
    }
    for secret in (CANARY, anna.token, anna.refresh):
        assert [name for name, content in places.items() if secret in content] == []
