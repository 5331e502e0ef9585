"""A process that is killed while it hands out and delivers events loses none, and repeats at most one."""

import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from src.domain.values import new_id
from src.infrastructure.stores.driver import Key, Write
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.registry import store_class
from tests.support.children import exit_code, preload
from tests.support.databases import create_database, drop_database
from tests.support.world import build, client_of, join, services_of

preload(__name__)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)


class Receiver:
    """A receiver that accepts all deliveries, and writes their ids to a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def check(self, url: str) -> None:
        """Accept every URL."""

    def send(self, url: str, id: str, at: datetime, body: str, secrets: Sequence[bytes]) -> int:
        with self._file.open("a") as file:
            file.write(f"{id}\n")
        return 200


class Unsealed:
    def open(self, sealed: str, owner: str) -> bytes:
        return b"secret"


class Clock:
    def __init__(self, now: datetime) -> None:
        self._now = now

    def __call__(self) -> datetime:
        self._now += timedelta(microseconds=1)
        return self._now


Copies = tuple[str, Callable[[], str]]
"""The URL of a database, and a function that copies the database and returns the URL of the copy."""


@pytest.fixture
def sqlite_copies(database: Path, tmp_path: Path) -> Copies:
    return f"sqlite:///{database}", lambda: f"sqlite:///{shutil.copy(database, tmp_path / f'{new_id()}.db')}"


@pytest.fixture
def postgresql_copies(postgres_server: str, migrated_template: str) -> Iterator[Copies]:
    urls: list[str] = []

    def copy_of(url: str) -> str:
        urls.append(create_database(postgres_server, template=url.rpartition("/")[2]))
        return urls[-1]

    url = copy_of(migrated_template)
    yield url, lambda: copy_of(url)
    for each in urls:
        drop_database(each)


def opened(url: str) -> Store:
    return store_class(url).open(url, pool_size=8)


def dispatch(url: str, received: Path, now: datetime, die_at: int = 0) -> None:
    """Deliver what is due. Kill the process after the commit number ``die_at``, unless it is 0."""
    with closing(opened(url)) as store:
        commit, commits = store._commit, 0

        def dying(writes: Sequence[Write], operation: str) -> dict[Key, str]:
            nonlocal commits
            revisions = commit(writes, operation)
            commits += 1
            if commits == die_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return revisions

        store.__dict__["_commit"] = dying
        app = build(store, clock=Clock(now), webhook_sender=Receiver(received))
        dispatcher = services_of(app).dispatcher
        object.__setattr__(dispatcher, "run_apart", lambda name, step: step())
        object.__setattr__(dispatcher, "sealer", Unsealed())  # each process of the tests has other keys
        dispatcher.run()


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_a_process_that_is_killed_after_any_commit_loses_no_delivery(
    store: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url, copy = request.getfixturevalue(f"{store}_copies")
    with closing(opened(url)) as database:
        client = client_of(build(database, clock=Clock(NOON), webhook_sender=Receiver(tmp_path / "none")))
        body: dict[str, Any] = {"url": "https://example.com/", "events": ["login-succeeded", "user-registered"]}
        assert client.post("/webhooks", json=body, headers=join(client, "admin").headers).status_code == 201
        join(client)
    for die_at in range(1, 100):
        mortal, received = copy(), tmp_path / f"{die_at}.txt"
        code = exit_code(dispatch, mortal, received, LATER, die_at)
        dispatch(mortal, received, LATER + timedelta(minutes=1))
        times = Counter(received.read_text().split())
        assert len(times) == 2
        assert sum(times.values()) <= 3
        if code != -signal.SIGKILL:
            assert code == 0
            assert die_at == 10  # after all nine commits
            return
    pytest.fail("the process never came to its end")
