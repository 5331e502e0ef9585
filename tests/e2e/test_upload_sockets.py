"""Uploads and downloads through the real web server, and clients that misbehave."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from email.message import Message
from http.client import parse_headers
from pathlib import Path
from typing import Any

import pytest
import requests

from src.bootstrap.servers.sockets import LINGER_SECONDS
from src.bootstrap.servers.worker import BODY_SECONDS, CROWD, SILENCE_SECONDS
from tests.support.clock import Stopwatch, until
from tests.support.emulators import free_port, running
from tests.support.uploading import BOUNDARY, CUT_OFF, TYPE, body, part

ROOT = Path(__file__).parents[2]
MIB = 1 << 20
FILE = body(part("file", b"content", "a.txt"), part("after", b"1"))
LONG_HEAD = "The headers are too long; send fewer or shorter ones."
LONG_PATH = "The path and the query are too long; send a shorter query."
NEXT = b"GET /closed HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@contextmanager
def serving(body_seconds: float = BODY_SECONDS) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """A server of tests/support/uploading.py with one worker, and its port."""
    port = free_port()
    with running(
        [sys.executable, "-m", "tests.support.uploading", str(port), str(body_seconds)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        ready=f"http://127.0.0.1:{port}/closed",
    ) as server:
        yield server, port


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving() as (_, port):
        yield port


@pytest.fixture
def url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


class Connection:
    """A client that sends arbitrary bytes."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = self._socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def send_what_it_takes(self, data: bytes) -> int:
        """Send until the server reads no more; return the number of bytes sent."""
        sent = 0
        with suppress(OSError):
            while sent < len(data):
                sent += self._socket.send(data[sent : sent + (1 << 16)])
        return sent

    def stop_sending(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def receive(self) -> bytes:
        return self._received.read1(1 << 16)

    def answer(self) -> tuple[int, Any]:
        """Return the status and the JSON of the next response."""
        status, _, content = self.whole_answer()
        return status, content

    def whole_answer(self) -> tuple[int, Message, Any]:
        """Return the status, the headers and the JSON of the next response."""
        status = int(self._received.readline().split()[1])
        headers = parse_headers(self._received)
        return status, headers, json.loads(self._received.read(int(headers["Content-Length"])))

    def rest(self) -> bytes:
        """Return the bytes that arrive before the server closes the connection."""
        data = b""
        with suppress(ConnectionResetError):
            while more := self.receive():
                data += more
        return data

    def close(self) -> None:
        self._received.close()
        self._socket.close()


@contextmanager
def connect(port: int) -> Iterator[Connection]:
    connection = Connection(port)
    try:
        yield connection
    finally:
        connection.close()


def head(path: str = "/files", length: int | None = None) -> bytes:
    """Return the head of an upload request; without ``length`` the body is chunked."""
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {TYPE}\r\n{framing}\r\n\r\n".encode()


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (*pieces, b""))


def refused(answer: tuple[int, Any]) -> tuple[int, Any]:
    return answer[0], answer[1]["detail"]


def zeros(mebibytes: int) -> Iterator[bytes]:
    """Yield the chunks of an upload of zeros."""
    yield body(part("file", b"", "zeros"), end=b"")[: -len(BOUNDARY) - 4]
    for _ in range(mebibytes):
        yield bytes(MIB)
    yield b"\r\n--" + BOUNDARY.encode() + b"--\r\n"


def test_common_clients_upload_and_download(url: str) -> None:
    content = os.urandom(3 * MIB)
    files = {"file": ("отчёт 数.csv", content, "text/csv")}
    answer = requests.post(f"{url}/files", files=files, data={"name": "Änne"}, timeout=60).json()
    assert answer["sha256"] == hashlib.sha256(content).hexdigest()
    assert (answer["filename"], answer["content_type"]) == ("отчёт 数.csv", "text/csv")
    assert answer["fields"] == {"name": "Änne"}


def test_memory_does_not_grow_with_the_file(port: int, url: str) -> None:
    requests.post(f"{url}/files", data=zeros(4), headers={"Content-Type": TYPE}, timeout=60)
    before = requests.get(f"{url}/memory", timeout=60).json()
    sent = requests.post(f"{url}/files", data=zeros(256), headers={"Content-Type": TYPE}, timeout=300)
    assert sent.json()["size"] == 256 * MIB
    with connect(port) as connection:
        connection.send(head(length=sum(map(len, zeros(256)))))
        for piece in zeros(256):
            connection.send(piece)
        assert connection.answer()[1]["size"] == 256 * MIB
    with requests.get(f"{url}/files/{256 * MIB}", stream=True, timeout=60) as download:
        assert sum(map(len, download.iter_content(MIB))) == 256 * MIB
    assert requests.get(f"{url}/memory", timeout=60).json() - before < 16 << 10  # KiB


def test_a_body_sent_byte_by_byte_is_accepted(port: int) -> None:
    for sent in (head(length=len(FILE)) + FILE, head() + chunked(*(FILE[at : at + 1] for at in range(len(FILE))))):
        with connect(port) as connection:
            for at in range(len(sent)):
                connection.send(sent[at : at + 1])
                time.sleep(0.0005)
            status, answer = connection.answer()
            assert (status, answer["size"], answer["fields"]) == (200, 7, {"after": "1"})


def test_connections_are_reused(port: int) -> None:
    with connect(port) as connection:
        for sent in (
            head(length=len(FILE)) + FILE,
            head() + chunked(FILE),
            head() + chunked(FILE, b"epilogue" + NEXT),
            head(length=len(FILE + NEXT)) + FILE + NEXT,
        ):
            connection.send(sent)
            assert connection.answer()[0] == 200
        connection.send(NEXT)
        assert connection.answer()[0] == 200
        assert connection.rest() == b""


def test_an_upload_that_breaks_off_stores_nothing(port: int) -> None:
    for sent in (
        head(length=len(FILE)) + FILE[:-40],
        head(length=len(FILE)) + FILE[:-1],
        head(length=len(FILE)),
        head() + chunked(FILE)[:-40],
        head() + chunked(FILE)[:-1],
        head() + chunked(FILE).removesuffix(b"0\r\n\r\n"),
    ):
        with connect(port) as connection:
            connection.send(sent)
            connection.stop_sending()
            assert refused(connection.answer()) == (400, CUT_OFF)
            assert connection.rest() == b""


def test_a_client_that_stops_sending_is_disconnected(port: int) -> None:
    with connect(port) as connection:
        connection.send(head(length=len(FILE)) + FILE[:-40])
        watch = Stopwatch()
        assert refused(connection.answer()) == (400, CUT_OFF)
        assert watch.seconds < SILENCE_SECONDS + 10  # a body may take longer
        assert connection.rest() == b""


@pytest.mark.parametrize("bad", [b"xyz\r\n", b"-1\r\n", b"5\r\ncontent\r\n", b"\r\n", b"0\r\nno trailer\r\n\r\n"])
def test_malformed_chunks_return_400(port: int, bad: bytes) -> None:
    with connect(port) as connection:
        connection.send(head() + chunked(FILE[:100]).removesuffix(b"0\r\n\r\n") + bad + NEXT)
        assert refused(connection.answer()) == (400, CUT_OFF)
        assert connection.rest() == b""


def test_bytes_beyond_the_declared_length_are_not_read_as_content(port: int) -> None:
    with connect(port) as connection:
        connection.send(head(length=len(FILE) - 40) + FILE)
        assert refused(connection.answer()) == (400, CUT_OFF)
        # By the rules of HTTP, the bytes that follow are the next request, and not a valid one.
        status, problem = connection.answer()
        assert (status, problem["title"]) == (400, "Bad Request")
        assert connection.rest() == b""


@pytest.mark.parametrize(("path", "status"), [("/forbidden", 403), ("/files", 415)])
def test_an_unread_body_is_never_parsed_as_a_request(port: int, path: str, status: int) -> None:
    for size in (1 << 20, 8 << 20):
        smuggled = NEXT * (size // len(NEXT))
        for sent in (head(path, len(smuggled)) + smuggled, head(path) + chunked(smuggled)):
            with connect(port) as connection:
                connection.send_what_it_takes(sent.replace(b"multipart/form-data", b"text/plain"))
                assert connection.answer()[0] == status
                assert connection.rest() == b""


def test_a_request_after_a_short_unread_body_is_answered(port: int) -> None:
    with connect(port) as connection:
        for framed in (head("/forbidden", len(FILE)) + FILE, head("/forbidden") + chunked(FILE)):
            connection.send(framed)
            assert connection.answer()[0] == 403
        connection.send(NEXT)
        assert connection.answer()[0] == 200


@pytest.mark.parametrize(("path", "status"), [("/forbidden", 403), ("/files", 413)])
def test_a_refused_huge_body_is_answered_at_once_and_not_read(port: int, path: str, status: int) -> None:
    waited = []
    for _ in range(3):  # on a busy machine, one of them may be slow
        with connect(port) as connection:
            watch = Stopwatch()
            connection.send(head(path, 10 << 40))
            assert connection.answer()[0] == status
            waited.append(watch.seconds)
            assert connection.send_what_it_takes(bytes(64 * MIB)) < 32 * MIB
    assert min(waited) < LINGER_SECONDS


def test_a_client_that_continues_sending_gets_the_response(url: str) -> None:
    for path, status in (("/forbidden", 403), ("/files", 413)):
        for data in (zeros(400), bytes(310 * MIB)):
            answer = requests.post(f"{url}{path}", data=data, headers={"Content-Type": TYPE}, timeout=60)
            assert answer.status_code == status


@pytest.mark.parametrize(
    "sent",
    [head("/forbidden", 200_000_000), head("/forbidden"), NEXT, b""],
    ids=["a body that never comes", "chunks that never come", "an answer that is not read", "nothing"],
)
def test_stalled_clients_do_not_block_others(port: int, url: str, sent: bytes) -> None:
    with ExitStack() as stalled:
        clients = [stalled.enter_context(connect(port)) for _ in range(40)]
        for client in clients:
            client.send(sent)
        watch = Stopwatch()
        assert requests.get(f"{url}/closed", timeout=60).status_code == 200
        assert watch.seconds < SILENCE_SECONDS - 1
        for client in clients if sent else ():
            assert client.answer()[0] == (200 if sent is NEXT else 403)
            assert client.rest() == b""


@pytest.mark.parametrize(
    "begin",
    [b"GET /closed HTTP/1.1\r\nX: ", b"POST /text HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n"],
    ids=["headers", "a body"],
)
def test_slowly_sending_clients_do_not_block_others_for_long(begin: bytes) -> None:
    enough = threading.Event()

    def drip(connection: Connection) -> None:
        with suppress(OSError):
            while not enough.wait(0.2):
                connection.send(b"x")

    with serving(body_seconds=2.0) as (_, port), ExitStack() as clients, ThreadPoolExecutor(8) as threads:
        clients.callback(enough.set)
        for _ in range(8):  # one per thread
            client = clients.enter_context(connect(port))
            client.send(begin)
            threads.submit(drip, client)
        assert requests.get(f"http://127.0.0.1:{port}/closed", timeout=60).status_code == 200


def test_a_connection_that_was_cut_off_is_closed_after_its_answer() -> None:
    """Otherwise the rest of the body would be read as the next request, or a proxy would take a 408 for its answer."""
    form = b"Host: a\r\nContent-Type: text/plain; x=multipart/form-data\r\nContent-Length: "
    with serving(body_seconds=1.0) as (_, port):
        for path, length in ((b"/slow", b"3"), (b"/text", b"9")):
            with connect(port) as connection:
                connection.send(b"POST " + path + b" HTTP/1.1\r\n" + form + length + b"\r\n\r\nabc")
                status, headers, _ = connection.whole_answer()
                assert (status, headers["Connection"]) == (200, "close")
                assert connection.rest() == b""


def test_a_silent_connection_does_not_delay_shutdown(tmp_path: Path) -> None:
    with serving() as (server, port), connect(port):
        time.sleep(1)  # after a second, the connection occupies no thread
        server.terminate()
        assert server.wait(20) == 0  # graceful_timeout is longer


@pytest.mark.parametrize("delay", [0.2, 0.5])
def test_a_body_sent_after_the_response_does_not_lose_it(port: int, delay: float) -> None:
    with connect(port) as connection:
        connection.send(head("/forbidden", MIB))
        time.sleep(delay)
        connection.send(bytes(MIB))
        assert connection.answer()[0] == 403
        assert connection.rest() == b""


@pytest.mark.parametrize(
    ("sent", "status", "detail"),
    [
        (b"GET / HTTP/9.9\r\n\r\n", 400, "This is not a valid HTTP request."),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 414, LONG_PATH),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * 9000 + b"\r\n\r\n", 431, LONG_HEAD),
        (b"GET / HTTP/1.1\r\n" + (b"A: " + b"a" * 8000 + b"\r\n") * 12, 431, LONG_HEAD),  # its end does not matter
        (
            b"GET / HTTP/1.1\r\n" + (b"A: " + b"a" * 8000 + b"\r\n") * 5 + b"\r\n",
            431,
            LONG_HEAD,
        ),  # arrives in one piece
        (b"POST / HTTP/1.1\r\nExpect: 200-ok\r\n\r\n", 417, "Leave out the header Expect, or send 100-continue in it."),
    ],
)
def test_bytes_that_are_not_http_get_a_problem_response(port: int, sent: bytes, status: int, detail: str) -> None:
    with connect(port) as connection:
        connection.send(sent)
        answered, headers, problem = connection.whole_answer()
        assert (answered, problem["status"], problem["detail"]) == (status, status, detail)
        assert headers["Content-Type"] == "application/problem+json"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert headers["X-Request-Id"] == problem["instance"]
        assert connection.rest() == b""


def test_a_download_ends_when_the_client_disconnects(port: int, url: str) -> None:
    with connect(port) as connection:
        connection.send(b"GET /files/99999999999 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.receive().startswith(b"HTTP/1.1 200 ")
    until(lambda: 99999999999 in requests.get(f"{url}/closed", timeout=60).json(), "the download ends")


def test_late_requests_are_refused_only_while_a_crowd_waits() -> None:
    """Eighty requests of the crowd can be served in a second."""
    with serving() as (_, port), ExitStack() as stack:
        crowd = [stack.enter_context(connect(port)) for _ in range(CROWD + 300)]
        for client in crowd:
            client.send(b"GET /dependency HTTP/1.1\r\nHost: a\r\n\r\n")
        late = Counter(client.answer()[1] for client in crowd)
    assert late[True] > 0
    assert late[False] > CROWD
