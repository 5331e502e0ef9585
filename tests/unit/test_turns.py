"""Few threads run at the same time, in the order in which they ask, and none waits for others that wait."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from src.bootstrap.servers.turns import STALL_SECONDS, Turns
from tests.support.clock import until

LIMIT = 3


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(20) as threads:
        yield threads


class Runner:
    """A thread that asks for a turn and keeps it until it is told to end."""

    def __init__(self, turns: Turns, threads: ThreadPoolExecutor) -> None:
        self.has_turn, self.ends = threading.Event(), threading.Event()
        self._turns = turns
        self.done: Future[None] = threads.submit(self._run)

    def _run(self) -> None:
        with self._turns.turn():
            self.has_turn.set()
            assert self.ends.wait(10)

    def end(self) -> None:
        self.ends.set()
        self.done.result(10)


def test_threads_get_their_turns_in_the_order_in_which_they_ask(threads: ThreadPoolExecutor) -> None:
    turns, order = Turns(1), list[int]()
    first = Runner(turns, threads)
    assert first.has_turn.wait(10)
    asked = [threading.Event() for _ in range(8)]

    def ask(number: int) -> None:
        asked[number].set()
        with turns.turn():
            order.append(number)

    for number, event in enumerate(asked):
        threads.submit(ask, number)
        assert event.wait(10)
        threading.Event().wait(0.01)  # until it waits
    first.end()
    until(lambda: len(order) == 8, "all had a turn")
    assert order == sorted(order)


def test_no_more_threads_run_than_the_limit_while_turns_end(threads: ThreadPoolExecutor) -> None:
    turns, lock, running, most = Turns(LIMIT), threading.Lock(), 0, 0

    def run() -> None:
        nonlocal running, most
        for _ in range(50):
            with turns.turn():
                with lock:
                    running += 1
                    most = max(most, running)
                threading.Event().wait(0.0005)
                with lock:
                    running -= 1

    for done in [threads.submit(run) for _ in range(10)]:
        done.result(30)
    assert most == LIMIT


def test_a_thread_that_waits_for_its_client_gives_its_turn_away(threads: ThreadPoolExecutor) -> None:
    turns = Turns(1)
    with turns.turn() as turn:
        with turns.paused(turn):
            other = Runner(turns, threads)
            assert other.has_turn.wait(10)
            other.end()
        late = Runner(turns, threads)
        assert not late.has_turn.wait(0.05)
    assert late.has_turn.wait(10)
    late.end()


def test_others_get_a_turn_when_all_that_have_one_wait(threads: ThreadPoolExecutor) -> None:
    turns = Turns(LIMIT)
    waiting = [Runner(turns, threads) for _ in range(5 * LIMIT)]
    assert all(each.has_turn.wait(10) for each in waiting)
    for each in waiting:
        each.end()


def test_as_many_as_the_limit_run_beside_threads_that_wait(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither while some wait, even if others end often, nor after a pause in which all have waited."""
    now = [0.0]
    monkeypatch.setattr("src.bootstrap.servers.turns.time.monotonic", lambda: now[0])
    turns = Turns(LIMIT)
    waiting = [Runner(turns, threads) for _ in range(LIMIT)]
    assert all(each.has_turn.wait(10) for each in waiting)
    now[0] += STALL_SECONDS
    quick = [Runner(turns, threads) for _ in range(LIMIT)]
    assert all(each.has_turn.wait(10) for each in quick)
    next_one = Runner(turns, threads)
    assert not next_one.has_turn.wait(0.05)
    waiting[0].end()
    assert not next_one.has_turn.wait(0.05)
    quick[0].end()
    assert next_one.has_turn.wait(10)
    for each in (*waiting[1:], *quick[1:], next_one):
        each.end()
