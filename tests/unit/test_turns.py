"""Few calls run at the same time, in the order in which they were submitted, and waiting calls let others run."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from src.bootstrap.servers.turns import STALL_SECONDS, Turns
from tests.support.clock import until

LIMIT = 3
THREADS = 20


@pytest.fixture
def turns_of() -> Iterator[Callable[[int], Turns]]:
    """Yield a function that makes turns with a limit, in a few threads."""
    made = list[Turns]()

    def make(limit: int) -> Turns:
        made.append(Turns(THREADS, limit))
        return made[-1]

    yield make
    for turns in made:
        turns.shutdown()


class Running:
    """A call that runs until it is told to end."""

    def __init__(self, turns: Turns) -> None:
        self.begun, self.ends = threading.Event(), threading.Event()
        self.result: Future[None] = turns.submit(self._run)

    def _run(self) -> None:
        self.begun.set()
        assert self.ends.wait(60)

    def end(self) -> None:
        self.ends.set()
        self.result.result(60)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a list whose last item is the time of the turns, which the test sets."""
    now = [0.0]
    monkeypatch.setattr("src.bootstrap.servers.turns.time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_calls_begin_in_the_order_in_which_they_were_submitted(turns_of: Callable[[int], Turns]) -> None:
    turns, order = turns_of(1), list[int]()
    first = Running(turns)
    results = [turns.submit(order.append, number) for number in range(8)]
    assert turns.waiting == 8
    first.end()
    for result in results:
        result.result(60)
    assert order == list(range(8))


def test_no_more_calls_run_than_the_limit(turns_of: Callable[[int], Turns]) -> None:
    turns, lock, running, most = turns_of(LIMIT), threading.Lock(), 0, 0

    def run() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.0005)
        with lock:
            running -= 1

    for result in [turns.submit(run) for _ in range(500)]:
        result.result(30)
    assert most == LIMIT


def test_a_thread_goes_from_one_call_to_the_next(turns_of: Callable[[int], Turns]) -> None:
    turns = turns_of(1)
    first = Running(turns)
    results = [turns.submit(threading.get_ident) for _ in range(8)]
    first.end()
    assert len({result.result(60) for result in results}) == 1


def test_the_result_of_a_call_is_what_it_returns_or_raises(turns_of: Callable[[int], Turns]) -> None:
    turns = turns_of(1)
    assert turns.submit(divmod, 7, 2).result(60) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        turns.submit(divmod, 7, 0).result(60)
    assert turns.submit(int, "11", base=2).result(60) == 3


def test_a_call_is_cancelled_only_before_it_begins(turns_of: Callable[[int], Turns]) -> None:
    turns, begun = turns_of(1), list[int]()
    first = Running(turns)
    second = turns.submit(begun.append, 2)
    assert (first.result.cancel(), second.cancel()) == (False, True)
    first.end()
    assert turns.submit(begun.append, 3).result(60) is None
    assert begun == [3]


def test_a_call_that_waits_for_its_client_lets_others_run(turns_of: Callable[[int], Turns]) -> None:
    turns = turns_of(1)
    came, resumed = threading.Event(), list[bool]()
    others = list[Running]()

    def wait() -> None:
        with turns.paused():
            others.append(Running(turns))
            assert others[0].begun.wait(60)
            came.set()
        resumed.append(others[0].result.done())

    waiting = turns.submit(wait)
    assert came.wait(60)
    others[0].end()
    waiting.result(60)
    assert resumed == [True]


def test_calls_that_hold_all_threads_go_on_before_others_begin(
    turns_of: Callable[[int], Turns], now: list[float]
) -> None:
    turns, everyone = turns_of(LIMIT), threading.Barrier(THREADS + 1, timeout=60)

    def wait() -> None:
        with turns.paused():
            everyone.wait()
            everyone.wait()

    waiting: list[Future[Any]] = [turns.submit(wait) for _ in range(THREADS)]
    everyone.wait()
    others = [turns.submit(int) for _ in range(2 * LIMIT)]
    assert turns.waiting == len(others)
    everyone.wait()
    for result in (*waiting, *others):
        result.result(60)


def test_a_call_that_goes_on_waits_behind_those_that_came_before(turns_of: Callable[[int], Turns]) -> None:
    turns, paused, resumes, order = turns_of(1), threading.Event(), threading.Event(), list[str]()

    def wait() -> None:
        with turns.paused():
            paused.set()
            assert resumes.wait(60)
        order.append("went on")

    waiting = turns.submit(wait)
    assert paused.wait(60)
    other = Running(turns)
    turns.submit(order.append, "waited longer")
    resumes.set()
    until(lambda: turns.waiting == 2, "the paused call waits for a turn")
    turns.submit(order.append, "came later")
    turns.submit_first(partial(order.append, "came first"))
    other.end()
    waiting.result(60)
    turns.submit(int).result(60)
    assert order == ["came first", "waited longer", "went on", "came later"]


def test_a_call_waits_for_a_thread_when_the_system_starts_no_more(
    turns_of: Callable[[int], Turns], monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = turns_of(LIMIT)
    first = Running(turns)
    assert first.begun.wait(60)

    start, ours = threading.Thread.start, turns._threads._thread_name_prefix

    def refuse(thread: threading.Thread) -> None:
        if thread.name.startswith(f"{ours}_"):
            raise RuntimeError("can't start new thread")
        start(thread)  # for somebody else in this process

    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", refuse)
        others = [turns.submit(int) for _ in range(2 * LIMIT)]
        first.end()
        assert [other.result(60) for other in others] == [0] * len(others)


def test_a_call_that_has_left_counts_no_longer(turns_of: Callable[[int], Turns]) -> None:
    turns, ends = turns_of(1), threading.Event()

    def linger() -> bool:
        turns.leave()
        return ends.wait(60)

    lingering = turns.submit(linger)
    turns.submit(int).result(60)
    ends.set()
    assert lingering.result(60)


def test_others_begin_when_all_that_count_have_stalled(turns_of: Callable[[int], Turns], now: list[float]) -> None:
    turns = turns_of(LIMIT)
    stalled = [Running(turns) for _ in range(2 * LIMIT)]
    assert turns.waiting == LIMIT
    now[0] += STALL_SECONDS
    turns.admit()
    assert all(each.begun.wait(60) for each in stalled)
    for each in stalled:
        each.end()


def test_as_many_as_the_limit_run_beside_calls_that_have_stalled(
    turns_of: Callable[[int], Turns], now: list[float]
) -> None:
    turns = turns_of(LIMIT)
    stalled = [Running(turns) for _ in range(LIMIT)]
    now[0] += STALL_SECONDS
    quick = [Running(turns) for _ in range(LIMIT)]
    assert all(each.begun.wait(60) for each in (*stalled, *quick))
    last = Running(turns)
    assert turns.waiting == 1
    stalled[0].end()
    turns.admit()
    assert turns.waiting == 1
    quick[0].end()
    assert last.begun.wait(60)
    for each in (*stalled[1:], *quick[1:], last):
        each.end()


def test_a_call_knows_how_long_it_has_waited(turns_of: Callable[[int], Turns], now: list[float]) -> None:
    turns = turns_of(1)
    first = Running(turns)
    waited = turns.submit(lambda: turns.waited)
    now[0] += STALL_SECONDS / 2
    first.end()
    assert waited.result(60) == STALL_SECONDS / 2
    assert turns.submit(lambda: turns.waited).result(60) == 0


def test_no_call_begins_while_they_are_held(turns_of: Callable[[int], Turns]) -> None:
    turns = turns_of(LIMIT)
    with turns.held():
        held = Running(turns)
        assert turns.waiting == 1
    assert held.begun.wait(60)
    held.end()


def test_calls_that_wait_run_in_spite_of_a_shutdown(turns_of: Callable[[int], Turns]) -> None:
    turns = turns_of(1)
    first = Running(turns)
    last = turns.submit(int)
    turns.shutdown(wait=False)
    first.end()
    assert last.result(60) == 0
    with pytest.raises(RuntimeError):
        turns.submit(int)


def test_a_call_that_pauses_ends_after_a_shutdown(turns_of: Callable[[int], Turns]) -> None:
    turns, paused, resumes = turns_of(1), threading.Event(), threading.Event()

    def wait() -> None:
        with turns.paused():
            paused.set()
            assert resumes.wait(60)

    waiting = turns.submit(wait)
    assert paused.wait(60)
    other = Running(turns)
    assert other.begun.wait(60)
    resumes.set()
    until(lambda: turns.waiting == 1, "the paused call waits for a turn")
    turns.shutdown(wait=False)
    waiting.result(60)
    other.end()
