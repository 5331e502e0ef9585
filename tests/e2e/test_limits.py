"""Limits and metrics cover the whole service, whichever process answers."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.service import PASSWORD, portero, redis_server
from tests.support.races import at_once

ON = {"RATE_LIMIT": "on", "TRUSTED_PROXIES": "1"}


def post(url: str, path: str, body: dict[str, str] | None = None, address: str = "192.0.2.1") -> requests.Response:
    """Send a request that seems to come from ``address``."""
    return requests.post(f"http://{url}{path}", json=body, headers={"X-Forwarded-For": address}, timeout=30)


@pytest.fixture
def two_workers_on_sqlite(tmp_path: Path) -> Iterator[Sequence[str]]:
    with portero(tmp_path, ON | {"WEB_CONCURRENCY": "2"}) as address:
        yield [address]


@pytest.fixture
def two_services_on_firestore(
    tmp_path: Path, firestore_emulator: str, firestore_project: str
) -> Iterator[Sequence[str]]:
    common = {"STORE_URL": f"firestore://{firestore_project}", "FIRESTORE_EMULATOR_HOST": firestore_emulator}
    with ExitStack() as stack:
        yield [stack.enter_context(portero(tmp_path / name, ON | common)) for name in ("one", "two")]


@pytest.fixture
def two_services_through_redis(tmp_path: Path) -> Iterator[Sequence[str]]:
    with ExitStack() as stack:
        redis = {"RATE_LIMIT_URL": stack.enter_context(redis_server(tmp_path))}
        common = ON | redis | {"STORE_URL": f"sqlite:///{tmp_path}/portero.db", "WEB_CONCURRENCY": "1"}
        yield [stack.enter_context(portero(tmp_path / name, common)) for name in ("one", "two")]


everywhere = pytest.mark.parametrize(
    "deployment", ["two_workers_on_sqlite", "two_services_on_firestore", "two_services_through_redis"]
)


@everywhere
def test_limits_are_shared_by_all_processes(deployment: str, request: pytest.FixtureRequest) -> None:
    urls: Sequence[str] = request.getfixturevalue(deployment)
    anna = {"username": "anna", "email": "anna@example.com", "password": PASSWORD}
    assert post(urls[0], "/register", anna).status_code == 201

    guess = {"username": "anna", "password": "wrong"}
    began = time.monotonic()
    failures = [post(url, "/login", guess) for url in islice(cycle(urls), 12)]
    assert [failure.status_code for failure in failures] == [401] * 10 + [429] * 2
    assert 300 - (time.monotonic() - began) <= int(failures[-1].headers["Retry-After"]) <= 300
    login = {"username": "ANNA", "password": PASSWORD}
    assert [post(url, "/login", login).status_code for url in urls] == [429] * len(urls)
    assert [post(url, "/login", login, "192.0.2.2").status_code for url in urls] == [200] * len(urls)
    # Simultaneous failures for an unknown name from a third address are limited too.
    unknown = {"username": "nobody", "password": "wrong"}
    answers = at_once(lambda url: post(url, "/login", unknown, "192.0.2.3").status_code, list(islice(cycle(urls), 20)))
    assert sorted(map(str, answers)) == ["401"] * 10 + ["429"] * 10

    for path, allowed in (("/register", 30), ("/auth/anonymous", 60)):
        bodies = [
            {"username": f"user{number}", "email": f"user{number}@example.com", "password": PASSWORD}
            if path == "/register"
            else None
            for number in range(allowed + 1)
        ]
        began = time.monotonic()
        made = [post(url, path, body, "192.0.2.4") for url, body in zip(cycle(urls), bodies, strict=False)]
        assert [answer.status_code for answer in made] == [201] * allowed + [429]
        assert 3600 - (time.monotonic() - began) <= int(made[-1].headers["Retry-After"]) <= 3600


def test_metrics_are_the_sum_of_all_workers(tmp_path: Path) -> None:
    bearer = {"Authorization": "Bearer the-metrics-token"}
    folder = tmp_path / "temporary"
    folder.mkdir()
    settings = {"METRICS_TOKEN": "the-metrics-token", "WEB_CONCURRENCY": "2", "TMPDIR": f"{folder}"}

    def counted(address: str) -> float:
        text = requests.get(f"http://{address}/metrics", headers=bearer, timeout=30).text
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "portero_request_seconds_count" and sample.labels["route"] == "/health"
        )

    with portero(tmp_path, settings) as address:
        before = counted(address)
        for _ in range(40):  # each request has its own connection: the kernel spreads connections over the workers
            assert requests.get(f"http://{address}/health", timeout=30).ok
        assert [counted(address) - before for _ in range(10)] == [40] * 10
        assert [*folder.glob("portero-metrics-*")]
    assert not [*folder.iterdir()]
