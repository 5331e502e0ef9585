"""The web server with clients that send slowly or send nonsense, and when it stops or starts again."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from textwrap import dedent

import pytest
import requests

from bench.processes import children, threads
from src.bootstrap.servers.event_worker import HEAD_SECONDS
from tests.e2e.connections import BODY, UNREAD
from tests.e2e.service import ROOT, portero, serving
from tests.support.clock import Stopwatch, until
from tests.support.emulators import free_port
from tests.support.load import asking

STRANGERS = 200
LOGIN = b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
SERVERS = ["gunicorn", "granian"]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with portero(tmp_path_factory.mktemp("service")) as service:
        yield int(service.partition(":")[2])


@pytest.fixture(scope="module")
def granian_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with portero(tmp_path_factory.mktemp("service"), {"SERVER": "granian"}) as service:
        yield int(service.partition(":")[2])


@pytest.fixture(params=["port", "granian_port"], ids=SERVERS)
def each_port(request: pytest.FixtureRequest) -> int:
    port: int = request.getfixturevalue(request.param)
    return port


def test_no_request_is_lost_on_a_connection_that_is_said_to_be_kept(each_port: int) -> None:
    lost = 0
    for method, path in UNREAD * 8:
        for content in (BODY, BODY[:1000]):
            connection = HTTPConnection("127.0.0.1", each_port, timeout=60)
            connection.auto_open = False
            connection.connect()
            with suppress(BrokenPipeError, ConnectionResetError):  # the server reads no more
                connection.request(method, path, content)
            response = connection.getresponse()
            response.read()
            if not response.will_close:
                connection.request("GET", "/health")
                lost += connection.getresponse().status != 200
            connection.close()
    assert lost == 0


def test_a_request_without_a_host_is_refused(each_port: int) -> None:
    with connected(each_port) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 400 ")


def test_an_idle_connection_is_kept_longer_than_the_head_of_a_request_may_take(port: int, granian_port: int) -> None:
    connections = [HTTPConnection("127.0.0.1", each, timeout=60) for each in (port, granian_port)]
    for pause in (HEAD_SECONDS + 1, 0):
        for connection in connections:
            connection.request("GET", "/health")
            assert connection.getresponse().read()
            connection.auto_open = False
        time.sleep(pause)
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("begin", [LOGIN, b"GET /hea"], ids=["bodies at a byte a second", "half request lines"])
def test_two_hundred_slow_strangers_delay_nobody(port: int, begin: bytes) -> None:
    enough = threading.Event()
    with ExitStack() as strangers:
        clients = [strangers.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(STRANGERS)]
        strangers.callback(enough.set)
        for client in clients:
            client.sendall(begin)
        threading.Thread(target=_drip, args=(clients, enough), daemon=True).start()
        time.sleep(1.5)
        for _ in range(3):
            watch = Stopwatch()
            assert requests.get(f"http://127.0.0.1:{port}/health", timeout=30).status_code == 200
            assert watch.seconds < HEAD_SECONDS / 2  # it does not wait for them


def _drip(clients: list[socket.socket], enough: threading.Event) -> None:
    while not enough.wait(1):
        for client in clients:
            with suppress(OSError):
                client.sendall(b"x")


def test_a_silent_client_and_an_invalid_request_take_one_line_of_the_log_each(tmp_path: Path) -> None:
    log, port = tmp_path / "log", free_port()
    with log.open("w") as file:
        service = subprocess.Popen(
            [sys.executable, "-m", "tests.support.uploading", str(port), "30"], cwd=ROOT, stderr=file
        )
    try:
        until(lambda: _status(port, "/closed") == 200, "the server listens")
        before = log.read_text().splitlines()
        with connected(port) as silent, connected(port) as typing:
            typing.sendall(b"LOGIN with-password=hunter2\r\n\r\n")
            assert typing.recv(1000).startswith(b"HTTP/1.1 400 ")
            silent.sendall(b"GET /closed HTTP/1.1\r\nHost:")
            assert silent.recv(1000).startswith(b"HTTP/1.1 408 ")
        after = log.read_text().splitlines()
    finally:
        service.terminate()
        service.wait()
    assert any(f"Listening at: http://127.0.0.1:{port} ({service.pid})" in line for line in before)
    invalid, late = after[len(before) :]
    assert "Invalid request from 127.0.0.1: InvalidRequestLine of 27 characters" in invalid
    assert "hunter2" not in invalid
    assert "did not arrive in time" in late


def test_a_terminal_shows_where_the_service_is_and_its_requests_only(tmp_path: Path) -> None:
    log, port = tmp_path / "log", free_port()
    settings = {"DATA_DIR": str(tmp_path / "data"), "PORT": str(port), "LOG_FORMAT": "text", "RATE_LIMIT": "off"}
    with log.open("w") as file:
        service = subprocess.Popen(
            [ROOT / "portero", "serve"], cwd=tmp_path, env={**os.environ, **settings}, stdout=file, stderr=file
        )
    try:
        until(lambda: _status(port, "/health") == 200, "the service listens")
    finally:
        service.terminate()
        service.wait()
    first, *requests_made = log.read_text().splitlines()
    assert first == f"Portero: http://localhost:{port}/docs"
    assert requests_made
    assert all("/health" in line for line in requests_made)


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def _status(port: int, path: str) -> int | None:
    with suppress(requests.ConnectionError):
        return requests.get(f"http://127.0.0.1:{port}{path}", timeout=60).status_code
    return None


def test_a_reload_or_the_stop_of_one_worker_loses_no_request(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as service, asking(port, "/health") as outcomes:
        for _ in range(3):
            _wait_for_answers(outcomes)
            old = set(children(service.pid))
            os.kill(service.pid, signal.SIGHUP)
            until(partial(_are_gone, service.pid, old), "the workers are replaced")
            os.kill(children(service.pid)[0], signal.SIGTERM)
        _wait_for_answers(outcomes)
    assert outcomes.keys() == {"200"}


def test_a_killed_worker_loses_only_the_requests_that_it_had_begun(tmp_path: Path) -> None:
    port, clients, kills = free_port(), 8, 3
    with serving(tmp_path, port) as service, asking(port, "/health", clients) as outcomes:
        for _ in range(kills):
            _wait_for_answers(outcomes)
            os.kill(children(service.pid)[0], signal.SIGKILL)
        _wait_for_answers(outcomes)
    assert outcomes["refused"] == 0
    assert outcomes["lost"] <= clients * kills


def test_granian_loses_no_request_that_begins_after_a_killed_worker_is_gone(tmp_path: Path) -> None:
    port, clients = free_port(), 8
    with serving(tmp_path, port, {"SERVER": "granian"}) as service, asking(port, "/health", clients) as outcomes:
        until(lambda: _listeners(port) == 2, "both workers serve")
        _wait_for_answers(outcomes)
        worker = children(service.pid)[0]
        os.kill(worker, signal.SIGKILL)
        until(lambda: worker not in children(service.pid), "the worker is gone")
        failed = outcomes.total() - outcomes["200"]
        _wait_for_answers(outcomes)
    assert outcomes.keys() <= {"200", "lost", "refused"}
    assert outcomes.total() - outcomes["200"] - failed <= clients, "each client may have had a request on its way"


@pytest.mark.parametrize("server", ["gunicorn", "granian"])
def test_a_service_stops_at_once_while_a_new_worker_loads(server: str, tmp_path: Path) -> None:
    with serving(tmp_path, free_port(), {"SERVER": server}) as service:
        until(lambda: len(children(service.pid)) == 2, "both workers run")
        old = set(children(service.pid))
        os.kill(min(old), signal.SIGKILL)
        until(lambda: bool(set(children(service.pid)) - old), "a new worker loads")
        service.terminate()
        assert service.wait(timeout=20) == 0  # a worker that ignores the signal is killed after 25 s


@pytest.fixture
def two_cpus() -> Iterator[list[int]]:
    """Two CPUs, or the only one, to which services that the test starts are restricted."""
    all_cpus = os.sched_getaffinity(0)
    cpus = sorted(all_cpus)[:2]
    os.sched_setaffinity(0, cpus)
    try:
        yield cpus
    finally:
        os.sched_setaffinity(0, all_cpus)


# granian stops the service when workers end too often, and its new worker does not start on the CPU of the old one.
@pytest.mark.parametrize(("server", "kills", "reloads"), [("gunicorn", 2, 1), ("granian", 1, 0)])
def test_each_worker_serves_on_a_cpu_of_its_own_when_there_are_as_many(
    tmp_path: Path, two_cpus: list[int], server: str, kills: int, reloads: int
) -> None:
    port = free_port()
    settings = {"SERVER": server, "WEB_CONCURRENCY": str(len(two_cpus))}
    with serving(tmp_path, port, settings) as service, asking(port, "/health"):

        def are_replaced(gone: set[int]) -> bool:
            workers = children(service.pid)
            used = [_single_cpus(worker) for worker in workers]
            return gone.isdisjoint(workers) and sorted(used, key=sorted) == [{cpu} for cpu in two_cpus]

        until(partial(are_replaced, set()), "each worker has a CPU")
        for worker in children(service.pid)[:kills]:
            os.kill(worker, signal.SIGKILL)
            until(partial(are_replaced, {worker}), "another worker has the CPU of the one that was killed")
        for _ in range(reloads):
            old = set(children(service.pid))
            os.kill(service.pid, signal.SIGHUP)
            until(partial(are_replaced, old), "the workers after a reload have a CPU each")


def test_workers_use_all_cpus_when_there_are_more_of_them(tmp_path: Path, two_cpus: list[int]) -> None:
    port, workers = free_port(), len(two_cpus) + 1
    with serving(tmp_path, port, {"WEB_CONCURRENCY": str(workers)}) as service, asking(port, "/health"):
        until(lambda: all(_usable_cpus(worker)[1:] for worker in children(service.pid)), "each has threads that serve")
        usable = [cpus for worker in children(service.pid) for cpus in _usable_cpus(worker)]
        assert all(cpus == {*two_cpus} for cpus in usable)


def test_a_service_that_stops_answers_what_it_has_accepted(tmp_path: Path) -> None:
    port, stops = free_port(), 3
    lost = 0
    for _ in range(stops):
        with serving(tmp_path, port) as service, asking(port, "/health") as outcomes:
            _wait_for_answers(outcomes)
            os.kill(service.pid, signal.SIGTERM)
            assert service.wait(20) == 0
        lost += outcomes["lost"]
        assert outcomes.keys() <= {"200", "refused", "lost"}
    assert lost <= stops


def test_a_service_that_stops_is_not_ready_from_the_first_moment(tmp_path: Path) -> None:
    port = free_port()
    with ExitStack() as stack:
        service = stack.enter_context(serving(tmp_path, port, {"WEB_CONCURRENCY": "1"}))
        connection = stack.enter_context(closing(HTTPConnection("127.0.0.1", port, timeout=60)))
        connection.request("GET", "/ready")
        assert connection.getresponse().read()

        def is_refused() -> bool:
            connection.request("GET", "/ready")
            response = connection.getresponse()
            assert response.read()
            return response.status == 503

        with connected(port) as late:  # the begun request keeps the worker from stopping
            late.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n")
            time.sleep(2)
            os.kill(service.pid, signal.SIGTERM)
            until(is_refused, "the worker is told to stop")
            late.sendall(b"Connection: close\r\n\r\n")
            assert late.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert service.wait(20) == 0


STOPPING = """
import os, sys
from flask import Flask
from src.bootstrap.servers.granian import Server

def create_app():
    app = Flask("stopping")
    app.add_url_rule("/", view_func=lambda: str(os.getpid()))
    app.extensions["portero.stop"] = lambda: print("stopped", flush=True)
    return app

Server(create_app, host="127.0.0.1", port=int(sys.argv[1]), workers=2).run()
"""


def test_each_worker_of_granian_stops_its_background_tasks() -> None:
    port = free_port()
    command = [sys.executable, "-c", STOPPING, str(port)]
    answered: set[str] = set()

    def both_have_answered() -> bool:
        with suppress(requests.ConnectionError):
            answered.add(requests.get(f"http://127.0.0.1:{port}/", timeout=60).text)
        return len(answered) == 2

    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as service:
        until(both_have_answered, "both workers serve")
        service.terminate()
        output, _ = service.communicate(timeout=60)
    assert output.count("stopped") == 2
    assert service.returncode == 0


def test_a_server_that_is_not_installed_is_named_at_the_start(tmp_path: Path) -> None:
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests/e2e/deployed")])
    environment = {**os.environ, "PYTHONPATH": path, "ABSENT_MODULES": "granian", "SERVER": "granian"}
    started = subprocess.run(
        [sys.executable, "-m", "src", "serve"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert started.returncode == 2
    assert "SERVER: granian needs requirements/granian.txt installed" in started.stderr


def _wait_for_answers(outcomes: Counter[str]) -> None:
    """Wait until a hundred more requests have been answered."""
    before = outcomes["200"]
    until(lambda: outcomes["200"] >= before + 100, "requests are answered")


def _listeners(port: int) -> int:
    """Return how many sockets listen on a port."""
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    return sum(address.endswith(f":{port:04X}") and state == "0A" for _, address, _, state, *_ in sockets)


def _are_gone(pid: int, workers: set[int]) -> bool:
    """Return whether a server has new workers, and none of the given ones."""
    left = children(pid)
    return bool(left) and workers.isdisjoint(left)


def _usable_cpus(pid: int) -> list[set[int]]:
    """Return the CPUs that each thread of a process may use."""
    usable = []
    for thread in threads(pid):
        with suppress(ProcessLookupError):  # it has just ended
            usable.append(os.sched_getaffinity(thread))
    return usable


def _single_cpus(pid: int) -> set[int]:
    """Return the CPUs of the threads of a process that may use one CPU only."""
    return {min(cpus) for cpus in _usable_cpus(pid) if len(cpus) == 1}


def test_a_worker_that_has_just_been_forked_is_stopped_too(tmp_path: Path) -> None:
    """Until a worker has its own signal handlers, it runs those of the first process, which stop no worker."""
    hook = "import os, time; os.register_at_fork(after_in_child=lambda: time.sleep(1))"
    (tmp_path / "sitecustomize.py").write_text(hook)
    with serving(tmp_path, free_port(), {"PYTHONPATH": f"{tmp_path}:{ROOT}"}) as process:
        first = set(children(process.pid))
        os.kill(process.pid, signal.SIGTTIN)
        until(lambda: bool(set(children(process.pid)) - first), "another worker is forked")
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) == 0


def test_ctrl_c_stops_the_service_at_once_however_often_it_is_typed(tmp_path: Path) -> None:
    """A terminal sends the signal to all processes, and then the first process sends another one to each worker."""
    with serving(tmp_path, free_port()) as process:
        for _ in range(20):
            os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) == 0


def test_a_worker_that_starts_a_thread_for_a_request_is_stopped_too(tmp_path: Path) -> None:
    """A signal that broke the start of a thread off would leave a thread behind that nobody tells to end."""
    hook = """
        import pathlib, threading, time

        class Slow(threading.Thread):
            def start(self):
                super().start()
                if self.name.startswith("ThreadPoolExecutor") and pathlib.Path("slow").exists():
                    pathlib.Path("starting").touch()
                    time.sleep(1)

        threading.Thread = Slow
    """
    (tmp_path / "sitecustomize.py").write_text(dedent(hook))
    settings = {"PYTHONPATH": f"{tmp_path}:{ROOT}", "WEB_CONCURRENCY": "1"}
    with serving(tmp_path, port := free_port(), settings) as process:
        (tmp_path / "slow").touch()
        os.kill(children(process.pid)[0], signal.SIGKILL)  # the next worker has no threads yet
        with connected(port) as client:
            client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            until(lambda: (tmp_path / "starting").exists(), "a thread is being started")
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(20) == 0
