"""The memory of hashes is given back to the system."""

import threading
import time
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from src.infrastructure.identity import hash_memory
from src.infrastructure.identity.hash_memory import HashMemory
from tests.support.clock import Stopwatch, until


def test_memory_is_given_back_once_after_the_last_of_several_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    given_back: list[int] = []
    memory, last_computed = HashMemory(lambda: given_back.append(1)), threading.Event()
    # However slow the machine is, the pause of the thread that waits ends after the last hash.
    clock = SimpleNamespace(monotonic=lambda: 0.0, sleep=lambda _: last_computed.wait(30))
    monkeypatch.setattr(hash_memory, "time", clock)
    for _ in range(50):
        memory.hash_computed()
    last_computed.set()
    until(lambda: bool(given_back), "the memory is given back")
    time.sleep(0.3)
    assert given_back == [1]


def test_memory_is_given_back_while_hash_follows_hash() -> None:
    given_back = threading.Event()
    memory = HashMemory(given_back.set)
    watch = Stopwatch()
    while not given_back.is_set():
        memory.hash_computed()
        assert watch.seconds < 30


def test_a_hash_does_not_fail_when_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    given_back = threading.Event()
    memory = HashMemory(given_back.set)
    with monkeypatch.context() as patch:
        # The module's name, as a change of the class itself would meet each thread of the process.
        refuse = Mock(side_effect=RuntimeError("can't start new thread"))
        patch.setattr(hash_memory, "threading", SimpleNamespace(Thread=lambda **_: SimpleNamespace(start=refuse)))
        memory.hash_computed()
    memory.hash_computed()
    assert given_back.wait(30)
