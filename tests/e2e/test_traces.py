"""The processes of the service send their traces, whatever has forked them."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.e2e.service import PASSWORD, portero, redis_server, working
from tests.support.clock import until
from tests.support.cloud_tasks import served


@contextmanager
def collector() -> Iterator[tuple[str, list[str]]]:
    """Yield the URL of a collector, and the names of the spans that it gets."""
    names: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.path == "/v1/traces"
            names.extend(
                span.name for each in sent.resource_spans for scope in each.scope_spans for span in scope.spans
            )
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, served(server):
        yield f"http://127.0.0.1:{server.server_port}", names


@pytest.mark.parametrize("server", ["gunicorn", "granian"])
def test_a_worker_sends_its_last_spans_when_it_stops(server: str, tmp_path: Path) -> None:
    with collector() as (url, names):
        settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "SERVER": server, "WEB_CONCURRENCY": "1"}
        with portero(tmp_path, settings) as address:
            answer = requests.get(f"http://{address}/user?token=secret", timeout=10)
            assert len(answer.headers["X-Request-Id"]) == 32
        assert "GET /user" in names


def test_a_worker_of_celery_sends_the_spans_of_its_jobs(tmp_path: Path) -> None:
    with collector() as (url, names), redis_server(tmp_path) as broker:
        settings = {"QUEUE_URL": broker, "DOG_API_URL": "http://127.0.0.1:1/"}
        traced = {**settings, "OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        with portero(tmp_path / "data", settings) as address, working(tmp_path / "data", traced):
            account = {"username": "anna", "email": "anna@example.com", "password": PASSWORD}
            requests.post(f"http://{address}/register", json=account, timeout=10)
            token = requests.post(f"http://{address}/login", json=account, timeout=10).json()["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            assert requests.post(f"http://{address}/api/dogs/Rex", headers=headers, timeout=10).status_code == 201
            until(lambda: {"run dog-picture", "call", "commit"} <= {*names}, "the job is traced")
    assert "POST /register" not in names
