"""The requests to a webhook, the addresses that they are sent to, and what a receiver can do to the sender."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from src.domain.values import InvalidValue
from src.domain.webhooks import is_success
from src.infrastructure.outgoing.webhooks import HttpWebhookSender
from tests.support.clock import Stopwatch

SECRETS = [b"s" * 32, b"t" * 32]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Receiver:
    """A server that reads a request, and answers with ``answer``."""

    def __init__(self, answer: Callable[[socket.socket], None]) -> None:
        self.requests: list[bytes] = []
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection, suppress(OSError):
                    request = b""
                    while (b"\r\n\r\n" not in request or not request.endswith(b"}")) and (
                        part := connection.recv(65536)
                    ):
                        request += part
                    self.requests.append(request)
                    self._answer(connection)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # ends a blocking accept, which closing alone does not
        self._thread.join()
        self._listener.close()


@contextmanager
def receiving(answer: bytes | Callable[[socket.socket], None]) -> Iterator[Receiver]:
    receiver = Receiver(answer if callable(answer) else lambda connection: connection.sendall(answer))
    try:
        yield receiver
    finally:
        receiver.close()


def send(receiver: Receiver, sender: HttpWebhookSender | None = None, host: str = "127.0.0.1") -> int | None:
    sender = sender or HttpWebhookSender(production=False, seconds=30)
    return sender.send(f"http://{host}:{receiver.port}/hook", "id-1", datetime.now(UTC), '{"å": 1}', SECRETS)


def test_a_delivery_is_signed_with_every_secret_as_the_library_of_the_standard_verifies_it() -> None:
    with receiving(OK) as receiver:
        assert send(receiver) == 200
    head, _, body = receiver.requests[0].partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    for secret in SECRETS:
        assert Webhook(secret).verify(body, headers) == {"å": 1}
    assert headers["content-type"] == "application/json"


def test_statuses_from_200_to_299_accept_a_delivery() -> None:
    assert [status for status in (None, 199, 200, 299, 300) if is_success(status)] == [200, 299]


@pytest.mark.parametrize("status", [204, 301, 410, 500])
def test_the_status_of_the_answer_is_kept_and_nothing_is_followed(status: int) -> None:
    with receiving(f"HTTP/1.1 {status} X\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n".encode()) as receiver:
        assert send(receiver) == status
    assert len(receiver.requests) == 1


def test_a_hundred_megabytes_of_an_answer_are_not_read() -> None:
    sent = []

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"x" * 1_000_000)
            sent.append(1)

    with receiving(answer) as receiver:
        assert send(receiver) == 200
        time.sleep(0.1)
    assert len(sent) < 20


def drop(connection: socket.socket) -> None:
    """Close the connection without an answer."""


def wait(connection: socket.socket) -> None:
    connection.recv(1)


def trickle(connection: socket.socket) -> None:
    for byte in OK[:-1]:
        connection.sendall(bytes([byte]))
        time.sleep(0.3)


@pytest.mark.parametrize("answer", [drop, wait, trickle, b"no HTTP\r\n\r\n"])
def test_a_receiver_that_drops_or_is_slow_counts_as_no_answer_in_time(
    answer: bytes | Callable[[socket.socket], None],
) -> None:
    with receiving(answer) as receiver:
        watch = Stopwatch()
        assert send(receiver, HttpWebhookSender(production=False, seconds=1)) is None
        assert watch.seconds < 8  # the whole answer would take longer


def test_a_slow_handshake_ends_in_time_too() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def greet() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                for _ in range(100):
                    connection.sendall(b"\x16")
                    time.sleep(0.2)

    threading.Thread(target=greet, daemon=True).start()
    watch = Stopwatch()
    url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
    assert HttpWebhookSender(production=False, seconds=1).send(url, "1", datetime.now(UTC), "{}", SECRETS) is None
    assert watch.seconds < 10  # half of the time for which the server goes on
    listener.close()


def test_a_slow_name_server_ends_in_time_too() -> None:
    over = threading.Event()

    def resolve(*_: object) -> list[str]:
        over.wait(60)
        return []

    sender = HttpWebhookSender(production=True, resolve=resolve, seconds=0.2)
    watch = Stopwatch()
    assert sender.send("https://example.com/", "1", datetime.now(UTC), "{}", SECRETS) is None
    assert watch.seconds < 10
    over.set()


def test_a_name_is_looked_up_once_and_the_checked_address_is_used() -> None:
    """The name server's second answer would lead to another address."""
    answers = [["127.0.0.1"], ["127.0.0.99"]]
    sender = HttpWebhookSender(production=False, resolve=lambda *_: answers.pop(0), seconds=30)
    with receiving(OK) as receiver:
        assert send(receiver, sender, "hooks.example.com") == 200
    assert b"host: hooks.example.com:" in receiver.requests[0].lower()
    assert len(answers) == 1


def test_tls_verifies_the_name_and_not_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    names = []

    class Context(ssl.SSLContext):
        def wrap_socket(self, *arguments: object, **options: object) -> ssl.SSLSocket:
            names.append(options["server_hostname"])
            raise ssl.SSLError("seen")

    sender = HttpWebhookSender(production=False, resolve=lambda *_: ["127.0.0.1"], seconds=30)
    sender.__dict__["_tls"] = Context(ssl.PROTOCOL_TLS_CLIENT)
    with receiving(OK) as receiver:
        url = f"https://hooks.example.com:{receiver.port}/"
        assert sender.send(url, "1", datetime.now(UTC), "{}", SECRETS) is None
    assert names == ["hooks.example.com"]


PUBLIC = ("93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822", "2002:5db8:d822::1", "::ffff:93.184.216.34")
PRIVATE = (
    *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "192.0.2.1", "198.18.0.1", "240.0.0.1"),
    *("255.255.255.255", "::1", "fd00::1", "fec0::1", "2001:db8::1", "::ffff:10.0.0.1", "::10.0.0.1", "::7f00:1"),
    *("64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:a00:1::1", "::ffff:0:a00:1"),
)
NEVER = (
    *("169.254.169.254", "fe80::1", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "fd00:ec2::254", "100.100.100.200"),
    *("::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::a9fe:a9fe", "fd20:ce::254"),
)


@pytest.mark.parametrize(
    ("production", "address", "allowed"),
    [
        *((True, address, address in PUBLIC) for address in (*PUBLIC, *PRIVATE, *NEVER)),
        *((False, address, address not in NEVER) for address in (*PUBLIC, *PRIVATE, *NEVER)),
    ],
)
def test_which_addresses_deliveries_are_sent_to(production: bool, address: str, allowed: bool) -> None:
    """The name has two addresses; a delivery is refused if only one of them is."""
    connected: list[object] = []
    looked_up, connect = [PUBLIC[0], address], socket.create_connection

    def refuse(to: tuple[str, int], *arguments: Any, **options: Any) -> socket.socket:
        if to[0] not in looked_up:  # another thread of the process connects
            return connect(to, *arguments, **options)
        connected.append(to)
        raise OSError

    sender = HttpWebhookSender(production=production, resolve=lambda *_: looked_up, seconds=30)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket, "create_connection", refuse)
        sender.send("https://hooks.example.com/", "1", datetime.now(UTC), "{}", SECRETS)
    assert bool(connected) == allowed
    literal = f"[{address}]" if ":" in address else address
    try:
        sender.check(f"https://{literal}/")
    except InvalidValue:
        assert not allowed
    else:
        assert allowed


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.com/", "ftp://example.com/", "https://", "//example.com", "example.com", "https://[::1", ""),
        *("https://user@example.com/", "https://user:secret@example.com/", "https://exa\nmple.com/", "javascript:x"),
        "https://example.com/" + "x" * 2000,
        *(f"https://{host}/" for host in ("a..b", ".a", "a" * 64 + ".com", "a." * 126 + "com", "a.b:0", "a.b:65536")),
    ],
)
def test_urls_that_are_refused_when_they_are_given(url: str) -> None:
    with pytest.raises(InvalidValue):
        HttpWebhookSender(production=True).check(url)


@pytest.mark.parametrize(
    "host", ["a_b.example", "a" * 63 + ".com", "a.b.", "ß.de", "a.b:65535", "xn--zca.de", "[2606:4700::1]"]
)
def test_urls_that_can_be_reached_are_accepted(host: str) -> None:
    HttpWebhookSender(production=True).check(f"https://{host}/")


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1", "017700000001"])
def test_other_spellings_of_this_machine_are_refused_too(host: str) -> None:
    with receiving(OK) as receiver:
        sender = HttpWebhookSender(production=True, seconds=1)
        assert sender.send(f"https://{host}:{receiver.port}/", "1", datetime.now(UTC), "{}", SECRETS) is None
        assert receiver.requests == []
