"""The circuit breaker refuses calls to a service that is down."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from src.domain.errors import AttemptFailed
from src.infrastructure.outgoing.circuit import Circuit, Down
from src.infrastructure.outgoing.pictures import DogPictures
from src.infrastructure.outgoing.relay import HttpRelay
from tests.contract.outgoing.conftest import failing, send
from tests.support import outside
from tests.support.clock import MonotonicWatch, until


def test_the_circuit_opens_and_closes(services: outside.Outside, pictures: DogPictures, watch: MonotonicWatch) -> None:
    services.pictures.behave("answer", status=503)
    for _ in range(5):
        with failing() as details:
            pictures.fetch()
        assert "503" in details[0]
    services.pictures.heal()
    for seconds in (0, 59.9):
        watch.forward(seconds)
        with failing() as details:
            pictures.fetch()
        assert "left alone" in details[0]
        assert len(services.pictures.received) == 5
    watch.forward(0.2)
    assert pictures.fetch()
    assert pictures.fetch()


def test_the_circuit_stays_open_when_a_trial_fails(
    services: outside.Outside, pictures: DogPictures, watch: MonotonicWatch
) -> None:
    services.pictures.behave("reset")
    for pause in (0, 0, 0, 0, 0, 60):
        watch.forward(pause)
        with failing() as details:
            pictures.fetch()
        assert "broke off" in details[0]
    with failing() as details:
        pictures.fetch()
    assert "left alone" in details[0]
    assert len(services.pictures.received) == 6


def test_an_answer_below_500_resets_the_count_of_failures(services: outside.Outside, relay: HttpRelay) -> None:
    for status in (404, 429, 302):
        for _ in range(3):
            services.relay.behave("answer", status=status)
            with pytest.raises(AttemptFailed, match=str(status)):
                send(relay)
            services.relay.behave("answer", status=500)
            with pytest.raises(AttemptFailed, match="500"):
                send(relay)
    services.relay.heal()
    assert send(relay)


def down(circuit: Circuit) -> None:
    with pytest.raises(AttemptFailed, match="down"), circuit.attempt():
        raise Down("It is down.")


def test_one_trial_at_a_time_is_let_through_after_the_pause(
    services: outside.Outside, relay: HttpRelay, watch: MonotonicWatch
) -> None:
    services.relay.behave("answer", status=500)
    for _ in range(5):
        with pytest.raises(AttemptFailed):
            send(relay)
    services.relay.forget()
    services.relay.behave("hold")
    watch.forward(60)
    with in_threads(8, lambda: send(relay)) as outcomes:
        until(lambda: len(outcomes) == 7, "all but one have ended")
        assert outcomes == ["Postponed"] * 7
        services.relay.heal()
    assert outcomes[7:] == ["done"]
    assert len(services.relay.received) == 1
    with in_threads(8, lambda: send(relay)) as outcomes:
        pass
    assert outcomes == ["done"] * 8


def test_calls_of_several_threads_run_at_the_same_time(services: outside.Outside, relay: HttpRelay) -> None:
    services.relay.behave("hold")
    with in_threads(6, lambda: send(relay)) as outcomes:
        until(lambda: len(services.relay.received) == 6, "all are under way")
        assert outcomes == []
        services.relay.heal()
    assert outcomes == ["done"] * 6


def test_an_exception_other_than_down_is_not_counted(watch: MonotonicWatch) -> None:
    circuit = Circuit("It", pause=60, clock=watch.monotonic)
    for _ in range(4):
        down(circuit)
    with pytest.raises(OSError, match="disk"), circuit.attempt():
        raise OSError("disk")
    with pytest.raises(AttemptFailed, match="down"), circuit.attempt():
        raise Down("It is down.")
    with pytest.raises(AttemptFailed, match="left alone"), circuit.attempt():
        pytest.fail("let through")
    watch.forward(60)
    with pytest.raises(OSError, match="disk"), circuit.attempt():
        raise OSError("disk")
    down(circuit)
    with pytest.raises(AttemptFailed, match="left alone"), circuit.attempt():
        pytest.fail("let through")


def test_a_call_that_began_before_the_circuit_opened_does_not_close_it() -> None:
    circuit = Circuit("It", pause=60)
    with circuit.attempt():
        for _ in range(5):
            down(circuit)
    with pytest.raises(AttemptFailed, match="left alone"), circuit.attempt():
        pytest.fail("let through")


@contextmanager
def in_threads(count: int, call: Callable[[], object]) -> Iterator[list[str]]:
    """Call ``call`` in ``count`` threads. Yield the list of outcomes, which is complete when the block has ended."""
    outcomes: list[str] = []

    def run() -> None:
        try:
            call()
        except Exception as error:
            outcomes.append(type(error).__name__)
        else:
            outcomes.append("done")

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    yield outcomes
    for thread in threads:
        thread.join()
