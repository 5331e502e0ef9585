"""The processes of the service send their traces, however they were forked."""

from pathlib import Path

import pytest
import requests

from tests.e2e.service import PASSWORD, portero, redis_server, working
from tests.support.clock import until
from tests.support.collector import collector


@pytest.mark.parametrize("server", ["gunicorn", "granian"])
def test_a_worker_sends_its_last_spans_when_it_stops(server: str, tmp_path: Path) -> None:
    with collector() as (url, names):
        settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "SERVER": server, "WEB_CONCURRENCY": "1"}
        with portero(tmp_path, settings) as address:
            answer = requests.get(f"http://{address}/user?token=secret", timeout=60)
            assert len(answer.headers["X-Request-Id"]) == 32
        assert "GET /user" in names


def test_a_worker_of_celery_sends_the_spans_of_its_jobs(tmp_path: Path) -> None:
    with collector() as (url, names), redis_server(tmp_path) as broker:
        settings = {"QUEUE_URL": broker, "DOG_API_URL": "http://127.0.0.1:1/"}
        traced = {**settings, "OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        with portero(tmp_path / "data", settings) as address, working(tmp_path / "data", traced):
            account = {"username": "anna", "email": "anna@example.com", "password": PASSWORD}
            requests.post(f"http://{address}/register", json=account, timeout=60)
            token = requests.post(f"http://{address}/login", json=account, timeout=60).json()["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            assert requests.post(f"http://{address}/api/dogs/Rex", headers=headers, timeout=60).status_code == 201
            until(lambda: {"run dog-picture", "call", "commit"} <= {*names}, "the job is traced")
    assert "POST /register" not in names
