"""Fifty registrations of one name at once, over real servers: one of them wins, and the others learn why not."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path

import pytest
import requests

from tests.emulators import free_port, running
from tests.races import at_once, spellings

PORTERO = Path(__file__).parents[2] / "portero"
PASSWORD = "correct horse battery"


@contextmanager
def service(folder: Path, **settings: str) -> Iterator[str]:
    """The URL of a service of its own, with its files in ``folder``."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    folder.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "DATA_DIR": str(folder),
        "ARGON2_TIME_COST": "1",
        "ARGON2_MEMORY_KIB": "8",
        **settings,
    }
    with running([str(PORTERO), "serve"], env=environment, cwd=folder, ready=f"{url}/health"):
        yield url


@pytest.fixture
def two_workers_on_sqlite(tmp_path: Path) -> Iterator[Sequence[str]]:
    with service(tmp_path / "service", WEB_CONCURRENCY="2") as url:
        yield [url]


@pytest.fixture
def two_services_on_firestore(
    tmp_path: Path, firestore_emulator: str, firestore_project: str
) -> Iterator[Sequence[str]]:
    settings = {
        "STORE_URL": f"firestore://{firestore_project}",
        "FIRESTORE_EMULATOR_HOST": firestore_emulator,
        "WEB_CONCURRENCY": "1",
    }
    with ExitStack() as stack:
        yield [stack.enter_context(service(tmp_path / name, **settings)) for name in ("one", "two")]


@pytest.mark.parametrize("deployment", ["two_workers_on_sqlite", "two_services_on_firestore"])
def test_fifty_registrations_of_one_username(deployment: str, request: pytest.FixtureRequest) -> None:
    urls: Sequence[str] = request.getfixturevalue(deployment)
    bodies = [
        {"username": spelling, "email": f"user{number}@example.com", "password": PASSWORD}
        for number, spelling in enumerate(spellings(50))
    ]

    answers = at_once(
        lambda way: requests.post(f"{way[0]}/register", json=way[1], timeout=30),
        list(zip(cycle(urls), bodies, strict=False)),
    )

    answered = [
        (body, answer) for body, answer in zip(bodies, answers, strict=True) if not isinstance(answer, Exception)
    ]
    assert len(answered) == 50, answers
    [(winner, welcome)] = [(body, answer) for body, answer in answered if answer.status_code == 201]
    assert welcome.json()["username"] == winner["username"]
    refused = [(body, answer) for body, answer in answered if body is not winner]
    for _, answer in refused:
        assert (answer.status_code, answer.headers["Content-Type"]) == (409, "application/problem+json")
        assert [error["field"] for error in answer.json()["errors"]] == ["username"]

    # Under any spelling, and through any service, the name is the winner's; a loser's address is free.
    loser = refused[0][0]
    for url in urls:
        login = {"username": loser["username"], "password": PASSWORD}
        token = requests.post(f"{url}/login", json=login, timeout=30).json()["access_token"]
        shown = requests.get(f"{url}/user", headers={"Authorization": f"Bearer {token}"}, timeout=30).json()
        assert shown["email"] == winner["email"]
    again = requests.post(f"{urls[0]}/register", json={**loser, "username": "another"}, timeout=30)
    assert again.status_code == 201
