"""Traces: the recorded spans and their ids, without personal data."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import format_trace_id

from src.bootstrap.web import trace_requests
from src.domain.errors import AttemptFailed, NotFound
from src.infrastructure import tracing
from src.infrastructure.blobs.objects import memory
from src.infrastructure.blobs.traced import TracedBlobs
from src.infrastructure.outgoing.circuit import Circuit, Down
from src.infrastructure.outgoing.http import Destination
from tests.support.emulators import free_port
from tests.support.world import PASSWORD, Client, Pictures, build, client_of, join, registration, services_of


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(provider)
    yield exporter
    tracing.use(None)
    provider.shutdown()


@pytest.fixture
def client(exporter: InMemorySpanExporter) -> Client:
    pictures = Pictures()
    pictures.error = AttemptFailed("")  # so that a job tries again
    app = build(pictures=pictures)
    trace_requests(app)
    return client_of(app)


def trace_of(span: ReadableSpan) -> str:
    return format_trace_id(span.context.trace_id)


def test_the_trace_of_a_request_has_its_id_and_its_commits(client: Client, exporter: InMemorySpanExporter) -> None:
    anna = join(client)
    exporter.clear()
    made = client.post("/tasks", json={"title": "Walk the dog"}, headers=anna.headers)
    commit, request = exporter.get_finished_spans()
    assert trace_of(request) == trace_of(commit) == made.headers["X-Request-Id"]
    assert commit.parent == request.context
    assert (request.name, dict(request.attributes or {})) == (
        "POST /tasks",
        {"http.request.method": "POST", "http.route": "/tasks", "http.response.status_code": 201},
    )
    assert (commit.name, dict(commit.attributes or {})) == (
        "commit",
        {"db.collection.name": "tasks", "db.operation.batch.size": 1},
    )


def test_a_request_continues_the_trace_of_its_client(client: Client, exporter: InMemorySpanExporter) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    answer = client.get("/health", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    own = client.get("/health", headers={"X-Request-Id": "mine", "traceparent": "nonsense"})
    assert answer.headers["X-Request-Id"] == trace
    assert own.headers["X-Request-Id"] == "mine"
    assert trace_of(exporter.get_finished_spans()[0]) == trace


def test_requests_are_answered_while_the_library_is_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    tracing.use(TracerProvider(shutdown_on_exit=False))
    app = build()
    trace_requests(app)
    tracing.use(None)
    answers = [client_of(app).get("/health") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].headers["X-Request-Id"] != answers[1].headers["X-Request-Id"]


def test_a_job_continues_the_trace_of_its_request(client: Client, exporter: InMemorySpanExporter) -> None:
    anna, services = join(client), services_of(client.application)
    assert client.post("/api/dogs/Rex", headers=anna.headers).status_code == 201
    request = exporter.get_finished_spans()[-1]
    [job] = services.jobs.jobs.all().items
    exporter.clear()
    services.jobs.runner.run(job.id)
    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert {*spans} == {"commit", "run dog-picture"}
    parent = spans["run dog-picture"].parent
    assert parent
    assert (trace_of(spans["run dog-picture"]), parent.span_id) == (trace_of(request), request.context.span_id)
    assert dict(spans["run dog-picture"].attributes or {}) == {"error.type": "AttemptFailed"}


def test_calls_of_object_storage_are_recorded_without_the_key(exporter: InMemorySpanExporter) -> None:
    blobs = TracedBlobs(memory())
    blobs.put("anna/1", [b"x"])
    assert [*blobs.read("anna/1")] == [b"x"]
    blobs.delete("anna/1")
    with pytest.raises(NotFound):
        blobs.read("anna/1")
    spans = exporter.get_finished_spans()
    assert [(span.attributes or {})["rpc.method"] for span in spans] == ["put", "read", "delete", "read"]
    assert [span.status.is_ok for span in spans] == [True, True, True, False]
    assert "anna" not in "".join(span.to_json() for span in spans)


def test_a_failed_call_of_another_service_is_recorded(exporter: InMemorySpanExporter) -> None:
    url = f"http://127.0.0.1:{free_port()}/anna?token=anna"
    with pytest.raises(Down):
        Destination(url, Circuit("The relay"), connect=1, idle=1).ask("GET")
    [call] = exporter.get_finished_spans()
    assert not call.status.is_ok
    assert dict(call.attributes or {}) == {
        "peer.service": "The relay",
        "http.request.method": "GET",
        "error.type": "ConnectError",
    }


def test_spans_hold_nothing_of_a_person(client: Client, exporter: InMemorySpanExporter) -> None:
    anna = join(client, name="Canary", username="canary", email="canary@example.com")
    headers = {**anna.headers, "User-Agent": "canary", "X-Forwarded-For": "203.0.113.7", "X-Request-Id": "canary"}
    for method, path in (
        ("GET", "/dogs?name=canary"),
        ("GET", "/canary@example.com"),
        ("GET", f"/users/{anna.user['id']}"),
        ("CANARY", "/user"),
        ("POST", "/login"),
    ):
        client.open(path, method=method, headers=headers, json={"username": "canary", "password": PASSWORD})
    client.post("/register", json=registration(email="canary@example.com"))
    told = "".join(span.to_json() for span in exporter.get_finished_spans())
    for personal in ("canary", "203.0.113", "127.0.0.1", anna.user["id"], anna.token, PASSWORD):
        assert personal.lower() not in told.lower()


def test_an_exception_is_recorded_by_its_class_only(exporter: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="canary"), tracing.span("step"):
        raise ValueError("canary@example.com")
    [span] = exporter.get_finished_spans()
    assert not span.status.is_ok
    assert "canary" not in span.to_json()
    assert "ValueError" in span.to_json()
