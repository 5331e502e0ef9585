"""When the memory of hashes is given back."""

import threading
from unittest.mock import Mock

import pytest

from src.infrastructure.identity.hash_memory import HashMemory
from tests.support.clock import until


def test_memory_is_given_back_once_after_the_last_of_several_hashes() -> None:
    given_back: list[int] = []
    memory = HashMemory(lambda: given_back.append(1))
    for _ in range(50):
        memory.used()
    until(lambda: bool(given_back), "the memory is given back")
    assert given_back == [1]


def test_memory_is_given_back_while_hash_follows_hash() -> None:
    given_back = threading.Event()
    memory = HashMemory(given_back.set)

    def use() -> bool:
        memory.used()
        return given_back.is_set()

    until(use, "the memory is given back")


def test_a_hash_does_not_fail_when_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    given_back = threading.Event()
    memory = HashMemory(given_back.set)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", Mock(side_effect=RuntimeError("can't start new thread")))
        memory.used()
    memory.used()
    assert given_back.wait(30)
