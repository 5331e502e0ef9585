"""Twenty simultaneous refreshes with one token get the same successor; a later reuse ends the session."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
import requests
from google.cloud import firestore

from tests.e2e.service import PASSWORD, portero
from tests.support.races import at_once

Generation = Callable[[], int]
"""A function that returns the generation of the only session in the store."""


def post(url: str, path: str, body: dict[str, str]) -> requests.Response:
    return requests.post(f"http://{url}{path}", json=body, timeout=30)


def log_in(url: str) -> str:
    """Register a user and return the first refresh token."""
    anna = {"username": "anna", "email": "anna@example.com", "password": PASSWORD}
    assert post(url, "/register", anna).status_code == 201
    token: str = post(url, "/login", {"username": "anna", "password": PASSWORD}).json()["refresh_token"]
    return token


def refresh(url: str, token: str) -> requests.Response:
    return post(url, "/auth/refresh", {"refresh_token": token})


def generation_in_sqlite(folder: Path) -> int:
    connection = sqlite3.connect(folder / "portero.db")
    [[generation]] = connection.execute("SELECT generation FROM sessions").fetchall()
    connection.close()
    return int(generation)


def as_if_spent_now(folder: Path) -> None:
    connection = sqlite3.connect(folder / "portero.db", timeout=10)
    changed = connection.execute("UPDATE sessions SET spent_at = strftime('%Y-%m-%d %H:%M:%f000', 'now')").rowcount
    connection.commit()
    connection.close()
    assert changed == 1


def generation_in_firestore(project: str) -> int:
    client = firestore.Client(project=project)
    [session] = client.collection("sessions").stream()
    client.close()  # type: ignore[no-untyped-call]
    return int(session.get("generation"))


@pytest.fixture
def two_workers_on_sqlite(tmp_path: Path) -> Iterator[tuple[Sequence[str], Generation]]:
    with portero(tmp_path, {"WEB_CONCURRENCY": "2"}) as address:
        yield [address], partial(generation_in_sqlite, tmp_path)


@pytest.fixture
def two_services_on_firestore(
    tmp_path: Path, firestore_emulator: str, firestore_project: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Sequence[str], Generation]]:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator)
    keys = tmp_path / "one" / "signing-keys.json"
    common = {"STORE_URL": f"firestore://{firestore_project}", "FIRESTORE_EMULATOR_HOST": firestore_emulator}
    with ExitStack() as stack:
        one = stack.enter_context(portero(tmp_path / "one", common | {"WEB_CONCURRENCY": "1"}))
        two = stack.enter_context(
            portero(tmp_path / "two", common | {"WEB_CONCURRENCY": "1", "SIGNING_KEYS": f"@{keys}"})
        )
        yield [one, two], partial(generation_in_firestore, firestore_project)


@pytest.mark.parametrize("deployment", ["two_workers_on_sqlite", "two_services_on_firestore"])
def test_twenty_simultaneous_refreshes_get_the_same_successor(deployment: str, request: pytest.FixtureRequest) -> None:
    urls, generation = request.getfixturevalue(deployment)
    first = log_in(urls[0])
    assert generation() == 0

    answers: Any = at_once(lambda url: refresh(url, first), list(islice(cycle(urls), 20)))

    assert [getattr(answer, "status_code", answer) for answer in answers] == [200] * 20
    [successor] = {answer.json()["refresh_token"] for answer in answers}
    assert successor != first
    assert generation() == 1
    access = {"Authorization": f"Bearer {answers[-1].json()['access_token']}"}
    assert all(requests.get(f"http://{url}/user", headers=access, timeout=30).ok for url in urls)

    last = refresh(urls[0], successor).json()["refresh_token"]
    assert generation() == 2
    # The successor was used, so the reuse of the first token means that it was copied, and the session ends.
    assert refresh(urls[-1], first).status_code == 401
    assert [refresh(url, last).status_code for url in urls] == [401] * len(urls)
    assert all(requests.get(f"http://{url}/user", headers=access, timeout=30).status_code == 401 for url in urls)


def test_a_replay_after_a_restart_gets_the_same_successor(tmp_path: Path) -> None:
    with portero(tmp_path) as address:
        first = log_in(address)
        successor = refresh(address, first).json()["refresh_token"]
    with portero(tmp_path) as address:
        as_if_spent_now(tmp_path)  # the start on a slow machine takes longer than the grace period
        replay = refresh(address, first)
        assert (replay.status_code, replay.json()["refresh_token"]) == (200, successor)
        assert generation_in_sqlite(tmp_path) == 1
        assert refresh(address, successor).status_code == 200
        assert refresh(address, first).status_code == 401
        assert refresh(address, successor).status_code == 401
