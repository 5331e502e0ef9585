"""Of fifty simultaneous registrations of one name at real servers, one succeeds and the others return 409."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path

import pytest
import requests

from tests.e2e.service import PASSWORD, portero
from tests.support.races import at_once, spellings


@pytest.fixture
def two_workers_on_sqlite(tmp_path: Path) -> Iterator[Sequence[str]]:
    with portero(tmp_path) as address:
        yield [f"http://{address}"]


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
        yield [f"http://{stack.enter_context(portero(tmp_path / name, settings))}" for name in ("one", "two")]


@pytest.mark.parametrize("deployment", ["two_workers_on_sqlite", "two_services_on_firestore"])
def test_of_50_simultaneous_registrations_of_a_username_one_succeeds(
    deployment: str, request: pytest.FixtureRequest
) -> None:
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

    # Every spelling of the name belongs to the winner at each service; addresses of the others are free.
    loser = refused[0][0]
    for url in urls:
        login = {"username": loser["username"], "password": PASSWORD}
        token = requests.post(f"{url}/login", json=login, timeout=30).json()["access_token"]
        shown = requests.get(f"{url}/user", headers={"Authorization": f"Bearer {token}"}, timeout=30).json()
        assert shown["email"] == winner["email"]
    again = requests.post(f"{urls[0]}/register", json={**loser, "username": "another"}, timeout=30)
    assert again.status_code == 201
