"""The memory of hashes is given back to the system."""

import threading
import time
from unittest.mock import Mock

import pytest

from src.infrastructure.identity.hash_memory import HashMemory
from tests.support.clock import Stopwatch, until


def test_memory_is_given_back_once_after_the_last_of_several_hashes() -> None:
    given_back: list[int] = []
    memory = HashMemory(lambda: given_back.append(1))
    for _ in range(50):
        memory.hash_computed()
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
        patch.setattr(threading.Thread, "start", Mock(side_effect=RuntimeError("can't start new thread")))
        memory.hash_computed()
    memory.hash_computed()
    assert given_back.wait(30)
