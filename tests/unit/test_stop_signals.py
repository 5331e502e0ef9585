"""A worker that is told to stop ends, also when a second signal arrives meanwhile."""

import signal
from types import SimpleNamespace

import pytest

from src.bootstrap.servers.worker import Worker


class LockedPool:
    """A pool of threads whose lock is held: a signal has interrupted its ``shutdown``."""

    def shutdown(self, wait: bool = True) -> None:
        raise AssertionError("waits for a lock that the same thread holds")


def test_a_second_signal_within_the_first_one_does_not_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    worker, told = object.__new__(Worker), list[object]()
    monkeypatch.setattr(worker, "cfg", SimpleNamespace(worker_int=told.append), raising=False)
    monkeypatch.setattr(worker, "tpool", LockedPool(), raising=False)
    with pytest.raises(SystemExit) as ended:
        worker.handle_quit(signal.SIGINT, None)
    assert (ended.value.code, told, worker.alive) == (0, [worker], False)
