"""A service that is told to stop: no job loses an attempt, and no connection loses its request."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from subprocess import Popen
from time import sleep

import pytest

from bench.processes import children
from tests.e2e.service import redis_server, serving, working
from tests.e2e.test_background import Visitor, relayed
from tests.support import outside
from tests.support.clock import until
from tests.support.emulators import free_port
from tests.support.outside import Outside

Start = Callable[[], AbstractContextManager["Popen[bytes]"]]
"""A function that starts the process that runs jobs."""


@pytest.fixture
def world() -> Iterator[Outside]:
    with outside.started() as services:
        yield services


@contextmanager
def web_process(folder: Path, port: int, relay: str) -> Iterator[Start]:
    """The web process runs the jobs."""
    yield lambda: serving(folder, port, {"FILE_RELAY_URL": relay})


@contextmanager
def celery_worker(folder: Path, port: int, relay: str) -> Iterator[Start]:
    """A worker behind Redis runs the jobs."""
    with redis_server(folder) as broker:
        settings = {"FILE_RELAY_URL": relay, "QUEUE_URL": broker}
        with serving(folder, port, settings):
            yield lambda: working(folder, settings)


@pytest.mark.parametrize("jobs_in", [web_process, celery_worker])
def test_a_job_survives_four_stops_in_its_middle_with_no_attempt_lost(
    tmp_path: Path, world: Outside, jobs_in: Callable[[Path, int, str], AbstractContextManager[Start]]
) -> None:
    port = free_port()
    world.relay.behave("hang")
    with jobs_in(tmp_path, port, world.relay.url) as start:
        with start() as process:
            visitor = Visitor(port)
            file = visitor.add_file(b"x" * 1000)
            stop_in_the_middle(process, world)
        for _ in range(3):
            with start() as process:
                stop_in_the_middle(process, world)
        world.relay.heal()
        with start():
            until(lambda: relayed(visitor, file), "a file whose job was handed back")
            assert visitor.get(f"/jobs/{file['job']['id']}")["attempts"] == 1


def stop_in_the_middle(process: "Popen[bytes]", world: Outside) -> None:
    """Send TERM while the relay has the file. Assert that the process ends before the relay would have to answer.

    Cloud Run kills a process after ten seconds, within which a busy machine may not end it.
    """
    until(lambda: bool(world.relay.received), "the file is on its way", 90)
    world.relay.forget()
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(25) == 0


def test_workers_that_stop_first_accept_connections_that_complete_meanwhile(tmp_path: Path) -> None:
    """Ctrl-C and systemd tell all processes at once, and the first process may be the last to handle the signal."""
    port = free_port()
    with serving(tmp_path, port, {"WEB_CONCURRENCY": "1"}) as service:
        os.kill(service.pid, signal.SIGSTOP)
        for process in (*children(service.pid), service.pid):
            os.kill(process, signal.SIGTERM)
        sleep(0.2)
        with socket.create_connection(("127.0.0.1", port), 30) as late:
            late.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            os.kill(service.pid, signal.SIGCONT)
            assert late.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert service.wait(30) == 0


def test_no_connection_completes_that_no_worker_would_accept(tmp_path: Path) -> None:
    port = free_port()

    def completes() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), 0.3).close()
        except TimeoutError:
            return False
        return True

    with serving(tmp_path, port, {"WEB_CONCURRENCY": "1"}) as service:
        [worker] = children(service.pid)
        os.kill(worker, signal.SIGSTOP)
        try:
            with socket.create_connection(("127.0.0.1", port), 30) as waiting:
                waiting.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
                service.send_signal(signal.SIGTERM)
                until(lambda: not completes(), "the service has begun to stop")
                os.kill(worker, signal.SIGCONT)
                assert waiting.recv(1000).startswith(b"HTTP/1.1 200 ")
        finally:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGCONT)
        assert service.wait(30) == 0
    with pytest.raises(ConnectionRefusedError):
        completes()
