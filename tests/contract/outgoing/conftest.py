"""Clients of the stub services in tests/support/outside.py, over real sockets."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from src.application.ports import RelayAnswer
from src.domain.errors import AttemptFailed
from src.infrastructure.breaches.ranges import BreachRanges
from src.infrastructure.outgoing.circuit import Circuit
from src.infrastructure.outgoing.pictures import DogPictures
from src.infrastructure.outgoing.relay import HttpRelay
from tests.support import outside
from tests.support.clock import MonotonicWatch, Stopwatch


@pytest.fixture(scope="module")
def server() -> Iterator[outside.Outside]:
    with outside.started() as services:
        yield services


@pytest.fixture
def services(server: outside.Outside) -> outside.Outside:
    server.reset()
    return server


@pytest.fixture
def pictures(services: outside.Outside, watch: MonotonicWatch) -> DogPictures:
    circuit = Circuit("The picture service", pause=60, clock=watch.monotonic)
    return DogPictures(services.pictures.url, [outside.PICTURE_HOST], timeout=30, connect=15, circuit=circuit)


@pytest.fixture
def hasty_pictures(services: outside.Outside) -> DogPictures:
    return DogPictures(services.pictures.url, [outside.PICTURE_HOST], timeout=0.8, connect=0.3)


@pytest.fixture
def ranges(services: outside.Outside, monkeypatch: pytest.MonkeyPatch) -> BreachRanges:
    # On a busy machine, the stub takes longer to answer than the service would tolerate.
    with monkeypatch.context() as patched:
        patched.setattr("src.infrastructure.breaches.ranges.TIMEOUT", 30.0)
        return BreachRanges(services.ranges.url)


@pytest.fixture
def hasty_ranges(services: outside.Outside) -> BreachRanges:
    return BreachRanges(services.ranges.url)


@pytest.fixture
def relay(services: outside.Outside, watch: MonotonicWatch) -> HttpRelay:
    circuit = Circuit("The service that files are sent on to", pause=60, clock=watch.monotonic)
    return HttpRelay(services.relay.url, circuit=circuit)


@pytest.fixture
def hasty_relay(services: outside.Outside) -> HttpRelay:
    return HttpRelay(services.relay.url, connect=1.5, idle=1.5)


@pytest.fixture
def watch() -> MonotonicWatch:
    """The clock of the circuit breakers of ``pictures`` and ``relay``."""
    return MonotonicWatch()


def send(relay: HttpRelay, data: bytes = b"some bytes", name: str = "a.txt", type: str = "text/plain") -> RelayAnswer:
    return relay.send("job-1", name, type, len(data), iter([data]))


@contextmanager
def failing(*, final: bool = False, within: float = 10.0) -> Iterator[list[str]]:
    """Expect the block to raise AttemptFailed. The list that it yields gets the detail of the error.

    A stub that hangs or dribbles would take much longer than ``within`` seconds.
    """
    details: list[str] = []
    stopwatch = Stopwatch()
    with pytest.raises(AttemptFailed) as raised:
        yield details
    assert stopwatch.seconds < within
    assert raised.value.final is final
    assert 10 < len(raised.value.detail) < 120
    assert raised.value.detail.endswith(".")
    details.append(raised.value.detail)
