"""The commands of docs/how-to/docker.md, typed as they are written in a fresh checkout, and what they start."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.stack import COMMANDS, PASSWORD, Stack, docker, layers, stack, until

TASKS_BRIEF = COMMANDS[0]


@pytest.fixture(scope="module")
def tasks(checkout: Path, project: str) -> Iterator[Stack]:
    """The stack that the first command of the tasks brief starts."""
    with stack(checkout, project) as it:
        it.sh(TASKS_BRIEF[0])
        until(lambda: it.status("/ready") == 200, 30)
        yield it


class TestTasksBrief:
    """Each test types the next command."""

    def test_up_starts_an_api_that_takes_the_passwords_of_the_brief(self, tasks: Stack) -> None:
        answer = tasks.call("POST", "/users", json={"username": "ana", "password": "test123"})
        assert answer.status_code == 201, answer.text
        task = tasks.call("POST", "/tasks", json={"title": "Ship it"}, headers=tasks.login("ana", "test123"))
        assert task.status_code == 201, task.text

    def test_alembic_upgrades(self, tasks: Stack) -> None:
        assert "alembic upgrade head" in TASKS_BRIEF[1]
        tasks.sh(TASKS_BRIEF[1])

    def test_alembic_finds_no_change_and_writes_nothing_to_the_read_only_image(self, tasks: Stack) -> None:
        assert "The tables agree with the migrations" in tasks.sh(TASKS_BRIEF[2])

    def test_psql_shows_the_tables(self, tasks: Stack) -> None:
        shown = tasks.sh(TASKS_BRIEF[3])
        assert all(f" {name} " in shown for name in ("users", "tasks", "alembic_version"))

    def test_down_ends_every_container_in_its_grace_and_keeps_the_data(self, tasks: Stack) -> None:
        started = time.monotonic()
        tasks.sh("docker-compose stop")
        assert time.monotonic() - started < 20
        assert [tasks.state(name, "ExitCode") for name in ("api", "worker", "postgres", "redis")] == ["0"] * 4
        tasks.sh(TASKS_BRIEF[4])
        tasks.sh("docker-compose up --detach")
        listed = tasks.call("GET", "/tasks", headers=tasks.login("ana", "test123"))
        assert [task["title"] for task in listed.json()] == ["Ship it"]
        tasks.sh("docker-compose down --volumes")

    def test_build_without_cache_makes_the_same_layers(self, tasks: Stack) -> None:
        before = layers("portero")
        assert TASKS_BRIEF[5].endswith("build --no-cache")
        # Once is enough: the API and the worker have the same image.
        tasks.sh(f"{TASKS_BRIEF[5]} api")
        assert layers("portero") == before


class TestDogsBrief:
    """The stack on port 9050, with the settings of .compose.env."""

    def test_the_worker_fetches_the_picture_of_a_dog(self, dogs: Stack) -> None:
        token = dogs.login("admin@example.com", PASSWORD)
        created = dogs.call("POST", "/api/dogs/Rex", headers=token)
        assert created.status_code == 201, created.text
        dog = until(lambda: _with_picture(dogs, "Rex"), 20)
        assert dog["picture"] == "https://images.dog.ceo/breeds/pug/stand-in.jpg"

    def test_the_worker_sends_a_file_on(self, dogs: Stack) -> None:
        token = dogs.login("admin@example.com", PASSWORD)
        sent = dogs.call("POST", "/api/files", headers=token, files={"file": ("dog.txt", b"woof" * 1000)})
        assert sent.status_code == 202, sent.text
        job = f"/jobs/{sent.json()['job']['id']}"
        assert until(lambda: dogs.call("GET", job, headers=token).json()["status"] == "succeeded", 20)
        assert dogs.call("GET", job, headers=token).json()["result"]["relayed"] is True

    def test_two_hundred_slow_strangers_hold_nobody_up(self, dogs: Stack) -> None:
        body = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{"
        strangers = [socket.create_connection(("127.0.0.1", dogs.port), timeout=10) for _ in range(200)]
        try:
            for number, stranger in enumerate(strangers):
                stranger.sendall(body if number % 2 else b"GET /user HTT")
            time.sleep(0.5)  # for the server to take them
            assert dogs.status("/health", timeout=1) == 200
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
