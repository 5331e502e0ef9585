"""The stack of the dogs brief: its worker, and containers that are stopped, paused and cut off from the network."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests

from tests.docker.stack import PASSWORD, Stack, docker, until


class TestDogsBrief:
    """The stack on port 9050, with the settings of .compose.env."""

    def test_the_worker_fetches_the_picture_of_a_dog(self, dogs: Stack) -> None:
        token = dogs.login("admin@example.com", PASSWORD)
        created = dogs.call("POST", "/api/dogs/Rex", headers=token)
        assert created.status_code == 201, created.text
        dog = until(lambda: _with_picture(dogs, "Rex"))
        assert dog["picture"] == "https://images.dog.ceo/breeds/pug/stand-in.jpg"

    def test_the_worker_sends_a_file_on(self, dogs: Stack) -> None:
        token = dogs.login("admin@example.com", PASSWORD)
        sent = dogs.call("POST", "/api/files", headers=token, files={"file": ("dog.txt", b"woof" * 1000)})
        assert sent.status_code == 202, sent.text
        job = f"/jobs/{sent.json()['job']['id']}"
        assert until(lambda: dogs.call("GET", job, headers=token).json()["status"] == "succeeded")
        assert dogs.call("GET", job, headers=token).json()["result"]["relayed"] is True

    def test_two_hundred_slow_clients_delay_nobody(self, dogs: Stack) -> None:
        body = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{"
        strangers = [socket.create_connection(("127.0.0.1", dogs.port), timeout=10) for _ in range(200)]
        try:
            for number, stranger in enumerate(strangers):
                stranger.sendall(body if number % 2 else b"GET /user HTT")
            time.sleep(0.5)  # until the server has accepted them
            assert dogs.status("/health", timeout=5) == 200
        finally:
            for stranger in strangers:
                stranger.close()

    def test_api_and_worker_run_as_nobody_on_read_only_files_without_capabilities(self, dogs: Stack) -> None:
        for service in ("api", "worker"):
            done = docker(
                "exec", dogs.container(service), "sh", "-c", "id -u; grep CapEff /proc/1/status; touch /x || :"
            )
            assert done.split() == ["10001", "CapEff:", "0000000000000000"]

    def test_the_worker_logs_no_warning(self, dogs: Stack) -> None:
        assert "Warning" not in dogs.sh("docker-compose logs --no-color worker")


def _with_picture(dogs: Stack, name: str) -> dict[str, str] | None:
    dog = dogs.call("GET", f"/api/dogs/{name}").json()
    return dog if dog["picture_status"] == "ready" else None


Change = Callable[[Stack, str], object]


def _network(dogs: Stack, service: str, *change: str) -> None:
    docker("network", *change, f"{dogs.project}_default", dogs.container(service))


FAULTS: dict[str, tuple[Change, Change]] = {
    "stopped": (
        lambda dogs, service: docker("stop", dogs.container(service)),
        lambda dogs, service: docker("start", dogs.container(service)),
    ),
    "paused": (
        lambda dogs, service: docker("pause", dogs.container(service)),
        lambda dogs, service: docker("unpause", dogs.container(service)),
    ),
    "cut off": (
        lambda dogs, service: _network(dogs, service, "disconnect"),
        lambda dogs, service: _network(dogs, service, "connect", "--alias", service),
    ),
}


@contextmanager
def creating(dogs: Stack, prefix: str) -> Iterator[list[str]]:
    """Create dogs while the block runs. Yield the names of those that were accepted."""
    token = dogs.login("admin@example.com", PASSWORD)
    accepted: list[str] = []
    over = threading.Event()

    def create() -> None:
        number = 0
        while not over.wait(0.1):
            number += 1
            try:
                answer = dogs.call("POST", f"/api/dogs/{prefix}-{number}", headers=token, timeout=20)
            except requests.RequestException:
                continue
            assert answer.status_code in (201, 503), answer.text
            if answer.status_code == 201:
                accepted.append(f"{prefix}-{number}")

    thread = threading.Thread(target=create)
    thread.start()
    try:
        yield accepted
    finally:
        over.set()
        thread.join()


def _more(accepted: list[str]) -> None:
    enough = len(accepted) + 3
    until(lambda: len(accepted) >= enough)


@pytest.mark.parametrize("fault", FAULTS)
def test_accepted_work_is_finished_after_every_container_was_away(dogs: Stack, fault: str) -> None:
    break_it, repair_it = FAULTS[fault]
    with creating(dogs, fault.replace(" ", "-")) as accepted:
        for service in ("worker", "redis", "postgres", "api"):
            _more(accepted)
            break_it(dogs, service)
            if service == "postgres":
                until(lambda: dogs.status("/ready") == 503)
            elif service == "api":
                assert dogs.status("/ready", timeout=2) == 0
            else:
                assert dogs.status("/ready") == 200
                _more(accepted)
            repair_it(dogs, service)
            until(lambda: dogs.status("/ready") == 200)
    unfinished = set(accepted)

    def all_have_pictures() -> bool:
        unfinished.difference_update(
            [name for name in unfinished if dogs.call("GET", f"/api/dogs/{name}").json()["picture_status"] == "ready"]
        )
        return not unfinished

    # A job of a lost worker or message starts again within 20 seconds; see docs/explanation/jobs.md.
    until(all_have_pictures)


def test_a_worker_that_starts_without_the_database_works_as_soon_as_it_is_back(dogs: Stack) -> None:
    token = dogs.login("admin@example.com", PASSWORD)
    worker, postgres = dogs.container("worker"), dogs.container("postgres")
    docker("stop", worker, postgres)
    docker("start", worker)
    until(lambda: docker("inspect", "--format", "{{.RestartCount}}", worker) != "0")
    docker("start", postgres)
    until(lambda: dogs.status("/ready") == 200)
    assert dogs.call("POST", "/api/dogs/late", headers=token).status_code == 201
    until(lambda: _with_picture(dogs, "late"))
