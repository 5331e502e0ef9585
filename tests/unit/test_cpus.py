"""The CPUs of threads, and the worker that accepts a connection."""

import os
import queue
import threading
import time
from pathlib import Path
from socket import socket
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from gunicorn.workers.gthread import ThreadWorker

from src.bootstrap.queues import make_queue
from src.bootstrap.servers import event_worker
from src.bootstrap.servers.cpus import claim_cpu, cpus_for, create_cpu_locks, leave_cpu, move_to
from src.bootstrap.servers.event_worker import ACCEPTED_AT_ONCE, RUNNING, EventWorker, accept_delay
from src.bootstrap.servers.gunicorn import Server
from src.domain.csv import ReadOptions
from src.infrastructure.csv.checker import PolarsCsvChecker
from src.settings import Settings


def in_thread(call: Any) -> Any:
    """Call a function in a new thread, so that changes of its CPUs affect no other thread. Return the result."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(call()))
    thread.start()
    thread.join()
    return results[0]


def test_a_job_runs_on_all_cpus_when_a_thread_with_one_cpu_sends_it() -> None:
    used = queue.Queue[set[int]]()
    jobs = make_queue(Settings(), lambda _: used.put(os.sched_getaffinity(0)))
    cpus = os.sched_getaffinity(0)

    def send() -> set[int]:
        move_to(min(cpus))
        jobs.send("job")
        return os.sched_getaffinity(0)

    assert in_thread(send) == {min(cpus)}
    assert used.get(timeout=30) == cpus
    assert jobs.close(60)


def test_a_file_is_checked_on_all_cpus_when_a_thread_with_one_cpu_asks(tmp_path: Path) -> None:
    cpus, file = os.sched_getaffinity(0), tmp_path / "a.csv"
    file.write_text("a,b\n1,2\n")
    checker, used = PolarsCsvChecker(leave_cpu), list[set[int]]()

    def check() -> set[int]:
        move_to(min(cpus))
        checker.check(file, ReadOptions(), store=lambda _: used.append(os.sched_getaffinity(0)))
        return os.sched_getaffinity(0)

    assert in_thread(check) == {min(cpus)}
    assert used
    assert all(each == cpus for each in used)


def test_workers_get_no_cpus_when_their_number_differs() -> None:
    cpus = os.sched_getaffinity(0)
    assert cpus_for(len(cpus)) == sorted(cpus)
    assert cpus_for(len(cpus) + 1) == []


def test_a_cpu_that_is_gone_or_that_the_system_refuses_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    cpus = os.sched_getaffinity(0)

    def move_away() -> set[int]:
        move_to(4000)
        return os.sched_getaffinity(0)

    assert in_thread(move_away) == cpus
    monkeypatch.setattr("os.memfd_create", lambda _: os.open("/nowhere", 0))
    claim_cpu(create_cpu_locks(), sorted(cpus))
    assert os.sched_getaffinity(0) == cpus


def test_a_worker_that_is_started_by_a_signal_in_addition_has_no_cpu() -> None:
    cpus = sorted(os.sched_getaffinity(0))
    server = Server(Mock(), host="127.0.0.1", port=0, workers=len(cpus))
    worker, one_more = SimpleNamespace(cpu=None, age=1), SimpleNamespace(cpu=None, age=2)
    server.cfg.pre_fork(SimpleNamespace(num_workers=len(cpus), WORKERS={}), worker)
    assert worker.cpu == cpus[0]
    server.cfg.pre_fork(SimpleNamespace(num_workers=len(cpus) + 1, WORKERS={1: worker}), one_more)
    assert one_more.cpu is None


def test_a_worker_with_more_connections_accepts_later_but_not_much_later() -> None:
    delays = [accept_delay(connections) for connections in (0, 1, 5, 10, 200)]
    assert delays == sorted(delays)
    assert delays[0] == 0 < delays[1] < delays[2]
    assert delays[-1] <= 2e-4


class Accepting(EventWorker):
    """A worker of which only ``accept`` works."""

    def __init__(self, connections: int, waiting: int) -> None:
        self.nr_conns, self.worker_connections = connections, 100
        self.tpool = SimpleNamespace(waiting=waiting)


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let clients wait for a connection; each is accepted once."""
    clients = list(range(50))

    def accept(worker: EventWorker, listener: object) -> None:
        if clients:
            clients.pop()
            worker.nr_conns += 1

    monkeypatch.setattr(ThreadWorker, "accept", accept)
    return clients


def test_a_worker_waits_before_it_accepts(monkeypatch: pytest.MonkeyPatch, clients: list[int]) -> None:
    monkeypatch.setattr(event_worker, "accept_delay", lambda connections: connections / 10)
    worker = Accepting(2, waiting=0)
    began = time.monotonic()
    with socket() as listener:
        worker.accept(listener)
    assert len(clients) == 49
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize(("connections", "accepted"), [(40, ACCEPTED_AT_ONCE), (98, 2)])
def test_a_busy_worker_accepts_several_up_to_its_limit(clients: list[int], connections: int, accepted: int) -> None:
    worker = Accepting(connections, waiting=RUNNING + 1)
    with socket() as listener:
        worker.accept(listener)
        assert 50 - len(clients) == accepted
        del clients[1:]
        worker.nr_conns = 40
        worker.accept(listener)
    assert not clients
