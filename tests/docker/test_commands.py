"""The commands of docs/how-to/docker.md, run as they are written in a fresh checkout, and what they start."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.stack import COMMANDS, COMPOSES, Stack, layers, stack, until

TASKS_BRIEF = COMMANDS[0]


@pytest.fixture(scope="module", params=COMPOSES)
def tasks(request: pytest.FixtureRequest, checkout: Path, project: str) -> Iterator[Stack]:
    """The stack that the first command of the tasks brief starts, with each version of Compose."""
    with stack(checkout, project, compose=request.param) as it:
        it.sh(TASKS_BRIEF[0])
        until(lambda: it.status("/ready") == 200)
        yield it


class TestTasksBrief:
    """Each test runs the next command of the brief."""

    def test_up_starts_an_api_that_takes_the_passwords_of_the_brief(self, tasks: Stack) -> None:
        answer = tasks.call("POST", "/users", json={"username": "ana", "password": "test123"})
        assert answer.status_code == 201, answer.text
        task = tasks.call("POST", "/tasks", json={"title": "Ship it"}, headers=tasks.login("ana", "test123"))
        assert task.status_code == 201, task.text

    def test_the_mails_of_development_are_shown_to_this_machine_only(self, tasks: Stack) -> None:
        assert tasks.status("/dev/mail") == 200
        assert tasks.call("GET", "/dev/mail", headers={"Host": "evil.example"}).status_code == 403

    def test_alembic_upgrades(self, tasks: Stack) -> None:
        assert "alembic upgrade head" in TASKS_BRIEF[1]
        tasks.sh(TASKS_BRIEF[1])

    def test_alembic_finds_no_change_and_writes_nothing_to_the_read_only_image(self, tasks: Stack) -> None:
        assert "The tables agree with the migrations" in tasks.sh(TASKS_BRIEF[2])

    def test_psql_shows_the_tables(self, tasks: Stack) -> None:
        shown = tasks.sh(TASKS_BRIEF[3])
        assert all(f" {name} " in shown for name in ("users", "tasks", "alembic_version"))

    def test_down_ends_every_container_in_its_grace_and_keeps_the_data(self, tasks: Stack) -> None:
        tasks.sh("docker-compose stop")
        assert [tasks.state(name, "ExitCode") for name in ("api", "worker", "postgres", "redis")] == ["0"] * 4
        tasks.sh(TASKS_BRIEF[4])
        tasks.sh("docker-compose up --detach")
        listed = tasks.call("GET", "/tasks", headers=tasks.login("ana", "test123"))
        assert [task["title"] for task in listed.json()] == ["Ship it"]
        tasks.sh("docker-compose down --volumes")


def test_build_without_cache_makes_the_same_layers_with_either_builder_of_docker(checkout: Path, project: str) -> None:
    with stack(checkout, project) as it:
        it.sh("DOCKER_BUILDKIT=1 docker build --tag portero .")
        before = layers("portero")
        assert TASKS_BRIEF[5].endswith("build --no-cache")
        # One image is enough: the API and the worker have the same one.
        it.sh(f"DOCKER_BUILDKIT=0 {TASKS_BRIEF[5]} api")
        assert layers("portero") == before
