"""Hundreds of clients that send nothing or do not read delay no other client, and fill no memory."""

import os
import resource
import select
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
import requests

from bench.processes import children
from src.bootstrap.servers.event_worker import HEAD_SECONDS
from tests.e2e.service import PASSWORD, ROOT, portero, serving
from tests.e2e.test_upload_sockets import head
from tests.support.clock import Stopwatch, until
from tests.support.emulators import free_port, running
from tests.support.uploading import body, part

MIB = 1 << 20
BUNDLE = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: a\r\n\r\n"
NEXT = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
DOWNLOAD = b"GET /files/%d HTTP/1.1\r\nHost: a\r\n\r\n"


@contextmanager
def strangers(port: int, count: int, sent: bytes = b"") -> Iterator[Sequence[socket.socket]]:
    """Connect ``count`` clients that send ``sent`` and read nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        clients = []
        for _ in range(count):
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(30)
            client.connect(("127.0.0.1", port))
            client.sendall(sent)
            clients.append(client)
        yield clients


def uploading(port: int, files: int, kind: str = "-n") -> AbstractContextManager["subprocess.Popen[bytes]"]:
    """Run the server of tests/support/uploading.py, which has one worker, with a limit of open files."""
    command = ["sh", "-c", f'ulimit {kind} {files}; exec "$@"', "sh", sys.executable, "-m", "tests.support.uploading"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ready = f"http://127.0.0.1:{port}/closed"
    return running([*command, str(port), "30"], env=environment, cwd=ROOT, ready=ready)


def answers(port: int, path: str = "/health") -> int:
    """Return how many of eleven new clients get an answer."""
    return sum(requests.get(f"http://127.0.0.1:{port}{path}", timeout=10).ok for _ in range(11))


def memory(pids: Sequence[int]) -> int:
    """Return the resident memory of processes, in bytes."""
    pages = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return sum(pages) * resource.getpagesize()


def is_closed(client: socket.socket) -> bool:
    """Return whether the server has closed the connection of a client to which it sent nothing."""
    poll = select.poll()
    poll.register(client, select.POLLIN)
    return bool(poll.poll(0))


def test_clients_that_do_not_read_a_large_file_hold_no_threads_and_share_its_memory(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as service:
        until(lambda: len(children(service.pid)) == 2, "both workers have started")
        workers = children(service.pid)
        before = memory(workers)
        with strangers(port, 560, BUNDLE * 4):
            assert answers(port) == 11
            assert memory(workers) - before < 64 * MIB
        assert children(service.pid) == workers


def test_downloads_that_are_not_read_hold_no_threads_and_little_memory() -> None:
    port = free_port()
    with uploading(port, 4096) as service:
        worker = children(service.pid)
        before = memory(worker)
        with strangers(port, 400, DOWNLOAD % (1 << 40)):
            assert answers(port, "/closed") == 11
            assert memory(worker) - before < 64 * MIB


def test_exports_of_large_tasks_that_are_not_read_hold_little_memory(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port, {"WEB_CONCURRENCY": "1"}) as service:
        url, anna = f"http://127.0.0.1:{port}", {"username": "anna", "password": PASSWORD}
        token = requests.post(f"{url}/api/v1/auth/signup", json={**anna, "email": "a@example.com"}, timeout=10).json()
        bearer = {"Authorization": f"Bearer {token['access_token']}"}
        with requests.Session() as session:
            for _ in range(100):
                task = {"title": "large", "description": "\N{DOG FACE}" * 10_000}
                assert session.post(f"{url}/tasks", json=task, headers=bearer, timeout=10).ok
        export = f"GET /user/export HTTP/1.1\r\nHost: a\r\nAuthorization: {bearer['Authorization']}\r\n\r\n"
        before = memory(children(service.pid))
        with strangers(port, 60, export.encode()) as clients:
            for client in clients:
                # More clients read slowly than the server has places for: it disconnects some.
                with client.makefile("rb") as received, suppress(ConnectionResetError):
                    received.read(100_000)
            assert memory(children(service.pid)) - before < 128 * MIB


def test_a_client_that_takes_nothing_of_a_download_is_disconnected() -> None:
    port, size = free_port(), 1 << 40
    with uploading(port, 1024), strangers(port, 1, DOWNLOAD % size):
        closed = f"http://127.0.0.1:{port}/closed"
        until(lambda: size in requests.get(closed, timeout=10).json(), "the download ends")


def test_a_client_that_reads_slowly_gets_the_whole_download_and_can_go_on() -> None:
    port, size = free_port(), 2 * MIB
    with uploading(port, 1024), strangers(port, 1, DOWNLOAD % size * 2) as (client,), client.makefile("rb") as received:
        for _ in range(2):
            assert received.readline().startswith(b"HTTP/1.1 200 ")
            while received.readline() != b"\r\n":
                pass
            assert received.read(size) == bytes(size)


def test_a_client_that_reads_slowly_is_not_cut_for_newer_ones_that_take_nothing() -> None:
    port, part = free_port(), MIB
    with uploading(port, 4096), strangers(port, 1, DOWNLOAD % (9 * part)) as (client,):
        received = client.makefile("rb")
        for _ in range(4):
            assert len(received.read(part)) == part
            assert answers(port, "/closed") == 11
        with strangers(port, 300, DOWNLOAD % (1 << 40)):
            assert answers(port, "/closed") == 11
            assert len(received.read(4 * part)) == 4 * part


def test_thousands_of_unfinished_requests_delay_nobody(tmp_path: Path) -> None:
    login = b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    with portero(tmp_path) as service:
        port = int(service.partition(":")[2])
        for begun in (
            b"G",
            NEXT + b"G",
            NEXT[:-2] + b"Content-Length: 9\r\n\r\n",
            login + b"Content-Length: 9\r\n\r\n",
            login + b"Transfer-Encoding: chunked\r\n\r\n",
        ):
            with strangers(port, 2000, begun):
                watch = Stopwatch()
                assert requests.get(f"http://{service}/health", timeout=30).ok
                assert watch.seconds < HEAD_SECONDS - 2  # it does not wait for them


def test_uploads_that_trickle_are_ended_when_they_hold_all_threads() -> None:
    port, threads, enough = free_port(), 32, threading.Event()
    file = head(length=MIB) + body(part("file", b"", "a.txt"), end=b"")

    def trickle(clients: Sequence[socket.socket]) -> None:
        while not enough.wait(0.5):
            for client in clients:
                with suppress(OSError):  # the server has closed the connection
                    client.sendall(b"x")

    with uploading(port, 128 + 4 * threads), strangers(port, threads, file) as clients, ThreadPoolExecutor(1) as drip:
        drip.submit(trickle, clients)
        try:
            assert answers(port, "/closed") == 11
        finally:
            enough.set()


def test_clients_that_reset_their_downloads_stop_no_worker() -> None:
    port = free_port()
    with uploading(port, 1024) as service:
        workers = children(service.pid)
        with strangers(port, 20, DOWNLOAD % (1 << 40)) as clients:
            for client in clients:
                assert client.recv(1)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
        closed = f"http://127.0.0.1:{port}/closed"
        until(lambda: requests.get(closed, timeout=10).json() == [1 << 40] * 20, "the downloads end")
        assert answers(port, "/closed") == 11
        assert children(service.pid) == workers


def test_thousands_of_silent_connections_delay_nobody(tmp_path: Path) -> None:
    with portero(tmp_path) as service:
        port = int(service.partition(":")[2])
        with strangers(port, 2600):
            assert answers(port) == 11


def test_the_oldest_silent_connections_are_closed_when_there_are_too_many() -> None:
    port = free_port()
    with uploading(port, 512), strangers(port, 400) as clients:
        assert answers(port, "/closed") == 11
        closed = [is_closed(client) for client in clients]
        assert sum(closed) > 200
        assert closed == sorted(closed, reverse=True)
        clients[-1].sendall(b"GET /closed HTTP/1.1\r\nHost: a\r\n\r\n")
        assert clients[-1].recv(1000).startswith(b"HTTP/1.1 200 ")


def test_a_silent_connection_is_closed_in_the_time_that_a_head_may_take(tmp_path: Path) -> None:
    port = free_port()
    with uploading(port, 1024), strangers(port, 1) as (client,):
        assert client.recv(1) == b""


def test_a_worker_that_may_open_no_more_files_goes_on() -> None:
    port = free_port()
    with uploading(port, 1024) as service:
        workers = children(service.pid)
        files = len(list(Path(f"/proc/{workers[0]}/fd").iterdir())) + 40
        resource.prlimit(workers[0], resource.RLIMIT_NOFILE, (files, files))
        with strangers(port, 300):
            assert answers(port, "/closed") == 11
        assert children(service.pid) == workers


def test_a_low_soft_limit_of_open_files_is_raised() -> None:
    port = free_port()
    with uploading(port, 512, "-Sn") as service:
        for pid in (service.pid, *children(service.pid)):
            soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            assert soft == hard


def test_a_start_with_too_few_open_files_says_what_to_change(tmp_path: Path) -> None:
    started = subprocess.run(
        ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh", sys.executable, "-m", "src", "serve"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "DATA_DIR": str(tmp_path), "PORT": str(free_port())},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert started.returncode == 2
    assert "A process may open 64 files; let it open 256 or more (ulimit -n)" in started.stderr


@pytest.mark.parametrize("server", ["gunicorn", "granian"])
def test_two_hosts_and_malformed_chunks_are_refused(tmp_path: Path, server: str) -> None:
    port = free_port()
    chunked = b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving(tmp_path, port, {"SERVER": server}):
        for sent in (b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", chunked + b"xyz\r\n", chunked + b"-1\r\n"):
            with strangers(port, 1, sent) as (client,):
                assert client.recv(1000).startswith(b"HTTP/1.1 400 ")
