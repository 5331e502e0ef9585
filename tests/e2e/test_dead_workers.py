"""Workers that die or stop: others take their place, and the service outlives an outage of its store."""

import os
import signal
from pathlib import Path

import pytest
import requests

from bench.processes import children
from tests.e2e import faults
from tests.e2e.faults import Proxy
from tests.e2e.service import serving
from tests.support.clock import until
from tests.support.databases import create_database
from tests.support.emulators import free_port


@pytest.mark.parametrize("server", ["gunicorn", "granian"])
def test_workers_that_start_without_the_store_answer_503_and_serve_when_it_is_back(
    tmp_path: Path, postgres_server: str, server: str
) -> None:
    name = create_database(postgres_server).rpartition("/")[2]
    host, _, number = postgres_server.partition(":")
    proxy = Proxy((host, int(number)))
    url = f"postgresql://postgres@{proxy.address}/{name}?connect_timeout=2"
    port = free_port()
    with serving(tmp_path, port, {"STORE_URL": url, "SERVER": server}) as service:
        proxy.fail(faults.reset)
        before = set(children(service.pid))
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        until(lambda: len(set(children(service.pid)) - before) == 2, "both workers are replaced")
        until(lambda: status(port, "/health") == 200, "a new worker answers")
        refused = requests.get(f"http://127.0.0.1:{port}/ready", timeout=20)
        assert (refused.status_code, refused.headers["Content-Type"]) == (503, "application/problem+json")
        assert int(refused.headers["Retry-After"]) > 0
        proxy.heal()
        until(lambda: status(port, "/ready") == 200, "the store is back")
        person = {"username": "ana", "email": "ana@example.com", "password": "correct zebra battery"}
        assert requests.post(f"http://127.0.0.1:{port}/register", json=person, timeout=20).status_code == 201
        assert service.poll() is None


def test_workers_that_cannot_read_the_keys_are_tried_again_until_the_file_is_back(tmp_path: Path) -> None:
    port, keys = free_port(), tmp_path / "signing-keys.json"
    # With one worker only: a second one might still be starting, and the service does not start without the keys.
    with serving(tmp_path, port, {"WEB_CONCURRENCY": "1"}) as service:
        before = set(children(service.pid))
        hidden = keys.rename(tmp_path / "hidden")
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        seen: set[int] = set()

        def workers_were_replaced() -> bool:
            seen.update(set(children(service.pid)) - before)
            return len(seen) > 2

        until(workers_were_replaced, "the new workers give up, and others take their place")
        assert service.poll() is None
        hidden.rename(keys)
        until(lambda: status(port, "/health") == 200, "a new worker answers")


def test_new_connections_do_not_wait_for_a_stopped_worker(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port, {"WEB_CONCURRENCY": "2"}) as service:
        until(lambda: len(children(service.pid)) > 1, "both workers run")
        stopped = min(children(service.pid))
        os.kill(stopped, signal.SIGSTOP)
        try:
            assert [status(port, "/health") for _ in range(50)] == [200] * 50
        finally:
            os.kill(stopped, signal.SIGCONT)
        assert status(port, "/health") == 200


def status(port: int, path: str) -> int:
    """Return the status of a GET, or 0 without an answer."""
    try:
        return requests.get(f"http://127.0.0.1:{port}{path}", timeout=20).status_code
    except requests.RequestException:
        return 0
