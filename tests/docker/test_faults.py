"""Containers that are stopped, paused and cut off from the network while work goes on."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests

from tests.docker.stack import PASSWORD, Stack, docker, until

Change = Callable[[Stack, str], object]


def _network(dogs: Stack, service: str, *change: str) -> None:
    docker("network", *change, f"{dogs.project}_default", dogs.container(service))


FAULTS: dict[str, tuple[Change, Change]] = {
    "stopped": (
        lambda dogs, service: docker("stop", dogs.container(service)),
        lambda dogs, service: docker("start", docker("ps", "-aqf", f"name={dogs.project}_{service}_")),
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
    until(lambda: len(accepted) >= enough, 30)


@pytest.mark.parametrize("fault", FAULTS)
def test_accepted_work_is_finished_after_every_container_was_away(dogs: Stack, fault: str) -> None:
    break_it, repair_it = FAULTS[fault]
    with creating(dogs, fault.replace(" ", "-")) as accepted:
        for service in ("worker", "redis", "postgres", "api"):
            _more(accepted)
            break_it(dogs, service)
            if service == "postgres":
                until(lambda: dogs.status("/ready") == 503, 40)
            elif service == "api":
                assert dogs.status("/ready", timeout=2) == 0
            else:
                assert dogs.status("/ready") == 200
                _more(accepted)
            repair_it(dogs, service)
            until(lambda: dogs.status("/ready") == 200, 40)
    unfinished = set(accepted)

    def all_have_pictures() -> bool:
        unfinished.difference_update(
            [name for name in unfinished if dogs.call("GET", f"/api/dogs/{name}").json()["picture_status"] == "ready"]
        )
        return not unfinished

    # A job of a lost worker or message starts again within 20 seconds; see docs/explanation/jobs.md.
    until(all_have_pictures, 40)
