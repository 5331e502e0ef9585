"""The routes that Cloud Tasks and Cloud Scheduler call, and the tokens that they need."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from src.application.deliveries import DeliveryService
from src.infrastructure.tokens.google import GoogleTokens
from tests.support.clock import MonotonicWatch
from tests.support.cloud_tasks import ACCOUNT, CloudTasks, cloud_tasks
from tests.support.world import Client, build, client_of

URL = "https://accounts.example.com"
JOB = "/internal/jobs/3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f"


@dataclass
class Recorder:
    """Records the jobs and sweeps that the routes have run."""

    done: list[str] = field(default_factory=list)

    def sweep(self) -> int:
        self.done.append("sweep")
        return 1


@pytest.fixture(scope="module")
def google() -> Iterator[CloudTasks]:
    with cloud_tasks(1) as stub:
        yield stub


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def watch() -> MonotonicWatch:
    return MonotonicWatch()


@pytest.fixture
def client(google: CloudTasks, recorder: Recorder, watch: MonotonicWatch) -> Client:
    google.asked_for_certificates = 0
    tokens = GoogleTokens(URL, ACCOUNT, google.certificates, watch.monotonic)
    service = DeliveryService(
        authenticate=tokens.require, deliver=recorder.done.append, sweeps=[recorder.sweep, recorder.sweep]
    )
    return client_of(build(services={"deliveries": service}))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_the_queue_and_the_scheduler_are_let_in(google: CloudTasks, client: Client, recorder: Recorder) -> None:
    headers = {**bearer(google.token(URL)), "Content-Type": "application/octet-stream"}
    for path in (JOB, "/internal/sweep"):
        assert client.application.test_client().post(path, headers=headers).status_code == 204
    assert recorder.done == [JOB.rpartition("/")[2], "sweep", "sweep"]
    assert google.asked_for_certificates == 1


NOW = int(time.time())
FORGED: dict[str, dict[str, Any]] = {
    "of another service": {"aud": "https://other.example.com"},
    "of several audiences": {"aud": [URL, "https://other.example.com"]},
    "of another account": {"email": "mallory@other.iam.gserviceaccount.com"},
    "of no account": {"email": None},
    "of an address that is not verified": {"email_verified": False},
    "of an address that is said to be verified": {"email_verified": "true"},
    "of another issuer": {"iss": "https://accounts.example.com"},
    "without an issuer": {"iss": None},
    "that has expired": {"iat": NOW - 7200, "exp": NOW - 3600},
    "without an end": {"exp": None},
    # Far in the future, as a run of all tests may take an hour.
    "of the future": {"iat": NOW + 86_400, "exp": NOW + 90_000},
}


@pytest.mark.parametrize("claims", FORGED.values(), ids=FORGED)
@pytest.mark.parametrize("path", [JOB, "/internal/sweep"])
def test_tokens_of_google_for_others_are_refused(
    google: CloudTasks, client: Client, recorder: Recorder, path: str, claims: dict[str, Any]
) -> None:
    assert client.application.test_client().post(path, headers=bearer(google.token(URL, **claims))).status_code == 401
    assert recorder.done == []


def test_tokens_that_google_has_not_signed_are_refused(
    google: CloudTasks, client: Client, recorder: Recorder, watch: MonotonicWatch
) -> None:
    """All of them together cause one request for the keys a minute."""
    claims = jwt.decode(google.token(URL), options={"verify_signature": False})
    other, public = rsa.generate_private_key(65537, 2048), google.key.public_key().public_numbers()
    headers: list[dict[str, str]] = [{}]
    headers += [
        bearer(token)
        for token in (
            jwt.encode(claims, other, "RS256", {"kid": "google-1"}),
            *(jwt.encode(claims, other, "RS256", {"kid": f"made-up-{number}"}) for number in range(10)),
            jwt.encode(claims, str(public.n), "HS256", {"kid": "google-1"}),
            jwt.encode(claims, "", "none", {"kid": "google-1"}),
            google.token(URL)[:-4] + "AAAA",
            "x.y.z",
            "W" * 4000,
        )
    ]
    for sent in headers:
        assert client.application.test_client().post("/internal/sweep", headers=sent).status_code == 401
    assert recorder.done == []
    assert google.asked_for_certificates == 1
    watch.forward(60)
    client.application.test_client().post("/internal/sweep", headers=headers[2])
    assert google.asked_for_certificates == 2


def test_the_keys_of_google_are_fetched_again_after_six_hours_and_kept_if_that_fails(
    google: CloudTasks, client: Client, watch: MonotonicWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deliver() -> int:
        return client.application.test_client().post(JOB, headers=bearer(google.token(URL))).status_code

    asked = []
    for seconds in (0, 6 * 3600 - 1, 1):
        watch.forward(seconds)
        assert deliver() == 204
        asked.append(google.asked_for_certificates)
    assert asked == [1, 1, 2]
    monkeypatch.setattr(google, "certs", lambda: (503, {}))
    watch.forward(6 * 3600)
    assert deliver() == 204


def test_without_the_keys_of_google_nobody_is_let_in(google: CloudTasks, watch: MonotonicWatch) -> None:
    tokens = GoogleTokens(URL, ACCOUNT, "http://127.0.0.1:1/certs", watch.monotonic)
    service = DeliveryService(authenticate=tokens.require, deliver=lambda _: None, sweeps=[])
    app = build(services={"deliveries": service})
    assert app.test_client().post(JOB, headers=bearer(google.token(URL))).status_code == 503


def test_without_cloud_tasks_there_are_no_routes_for_deliveries(google: CloudTasks) -> None:
    client = client_of(build())
    assert client.post("/internal/sweep", headers=bearer(google.token(URL))).status_code == 404
    assert not [path for path in client.get("/openapi.json").json["paths"] if "internal" in path]
