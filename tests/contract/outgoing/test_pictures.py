"""The picture source asks a service that works or misbehaves."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from src.infrastructure.outgoing.pictures import DogPictures
from tests.contract.outgoing.conftest import failing
from tests.support import outside
from tests.support.clock import until
from tests.support.emulators import free_port

HOST = outside.PICTURE_HOST
PICTURE = f"https://{HOST}/breeds/hound-afghan/n02088094_1003.jpg"


def test_each_fetch_returns_the_url_of_a_picture(services: outside.Outside, pictures: DogPictures) -> None:
    first, second = pictures.fetch(), pictures.fetch()
    assert first != second
    assert first.startswith(f"https://{HOST}/breeds/")
    [headers, _] = [request["headers"] for request in services.pictures.received]
    assert headers["accept-encoding"] == "identity"
    assert headers["host"] == urlsplit(services.pictures.url).netloc


GOOD = json.dumps({"message": PICTURE, "status": "success"})

MISBEHAVIOURS: list[tuple[str, dict[str, Any], str]] = [
    ("hang", {}, "too long"),
    ("dribble", {}, "too long"),
    ("dribble", {"head": True}, "too long"),
    ("dribble", {"length": False}, "too long"),
    ("reset", {}, "broke off"),
    ("vanish", {}, "broke off"),
    ("cut", {}, "broke off"),
    ("garbage", {}, "broke off"),
    ("endless", {}, "understood"),
    ("endless", {"chunked": True}, "understood"),
    ("bomb", {}, "understood"),
    ("answer", {"body": GOOD, "content_encoding": "gzip"}, "understood"),
    ("redirect", {}, "status 302"),
    ("redirect", {"status": 308}, "status 308"),
    *[("answer", {"status": status}, f"status {status}") for status in (201, 204, 304, 400, 404, 429, 500, 503)],
]


@pytest.mark.parametrize(("behaviour", "options", "said"), MISBEHAVIOURS)
def test_a_misbehaving_picture_service_is_a_failed_attempt(
    services: outside.Outside,
    pictures: DogPictures,
    hasty_pictures: DogPictures,
    behaviour: str,
    options: dict[str, Any],
    said: str,
) -> None:
    services.pictures.behave(behaviour, **options)
    with failing() as details:
        (hasty_pictures if said == "too long" else pictures).fetch()
    assert said in details[0]
    until(lambda: len(services.pictures.received) > 0, "the request is seen")
    assert len(services.pictures.received) == 1  # a redirect is not followed, and the request not repeated


def good(message: Any = PICTURE, status: Any = "success") -> str:
    return json.dumps({"message": message, "status": status})


NONSENSE: list[Any] = [
    "",
    "<html><body>Welcome to our captive portal</body></html>",
    good()[:-1],
    good() + "x",
    "\ufeff" + good(),
    good().replace("success", "suc\udcffcess"),
    "null",
    "[]",
    "true",
    "{}",
    good(message=None),
    good(message=[PICTURE]),
    good(message={"url": PICTURE}),
    good(message=7),
    good(message=""),
    good(status="error"),
    good(status=None),
    good(status=True),
    good(status=["success"]),
    '{"message": "https://evil.example/a.jpg", ' + good()[1:],
    '{"status": "error", ' + good()[1:],
    "[" * 50_000,
    '{"a":' * 10_000,
    good()[:-1] + ', "x": ' + "[" * 40 + "]" * 40 + "}",
    good()[:-1] + ', "x": NaN}',
    good()[:-1] + ', "x": 1e999}',
    good()[:-1] + ', "x": ' + "9" * 5000 + "}",
    good() + " " * (1 << 16),
    good(message="https://evil.example/a.jpg"),
    good(message=PICTURE.replace("https", "http")),
    good(message=PICTURE + "\0"),
    good(message=PICTURE + "\ud800"),
]


@pytest.mark.parametrize("body", NONSENSE, ids=range(len(NONSENSE)))
def test_an_answer_without_an_allowed_picture_is_a_failed_attempt(
    services: outside.Outside, pictures: DogPictures, body: str
) -> None:
    services.pictures.behave("answer", body=body)
    with failing() as details:
        pictures.fetch()
    assert "evil" not in details[0]


def test_additional_members_and_another_content_type_are_accepted(
    services: outside.Outside, pictures: DogPictures
) -> None:
    services.pictures.behave("answer", body=good()[:-1] + ', "code": 200}', type="text/plain")
    assert pictures.fetch() == PICTURE


def test_a_closed_port_cannot_be_reached(services: outside.Outside) -> None:
    pictures = DogPictures(f"http://127.0.0.1:{free_port()}/", [HOST])
    with failing() as details:
        pictures.fetch()
    assert "cannot be reached" in details[0]


def test_connecting_to_an_address_that_drops_packets_times_out() -> None:
    # A full backlog: Linux answers no more SYNs.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        with failing() as details:
            DogPictures(f"http://127.0.0.1:{full.getsockname()[1]}/", [HOST], timeout=0.6, connect=0.3).fetch()
        for client in waiting:
            client.close()
    assert "too long" in details[0]


def test_a_tls_handshake_without_an_answer_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, failing() as details:
        DogPictures(f"https://127.0.0.1:{silent.getsockname()[1]}/", [HOST], timeout=0.6, connect=0.3).fetch()
    assert "too long" in details[0]


def test_certificates_are_checked_against_ssl_cert_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tls_server(tmp_path / "cert.pem") as port:
        with failing() as details:
            DogPictures(f"https://127.0.0.1:{port}/", [HOST], timeout=30, connect=15).fetch()
        assert "cannot be reached" in details[0]
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        assert DogPictures(f"https://127.0.0.1:{port}/", [HOST], timeout=30, connect=15).fetch() == PICTURE
        with failing() as details:
            DogPictures(f"https://127.0.0.1:{port}/dribble", [HOST], timeout=1.0, connect=0.5).fetch()
        assert "too long" in details[0]


@contextmanager
def tls_server(certificate: Path) -> Iterator[int]:
    """Serve a picture over TLS on 127.0.0.1, with a self-signed certificate; below /dribble, byte by byte."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "outside")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    addresses = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    made = builder.add_extension(addresses, critical=False).sign(key, hashes.SHA256())
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    certificate.write_bytes(made.public_bytes(Encoding.PEM) + plain)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    body = good().encode()
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)

    def serve() -> None:
        for _ in range(3):
            client, _ = listener.accept()
            with client, suppress(OSError), context.wrap_socket(client, server_side=True) as secure:
                dribbling = b"/dribble" in secure.recv(1 << 16)
                for at in range(0, len(answer), 1 if dribbling else len(answer)):
                    secure.sendall(answer[at:] if not dribbling else answer[at : at + 1])
                    time.sleep(0.1 * dribbling)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_a_host_that_does_not_resolve_cannot_be_reached() -> None:
    with failing(within=60) as details:
        DogPictures("http://nowhere.invalid/", [HOST]).fetch()
    assert "cannot be reached" in details[0]


def test_the_second_address_of_a_host_is_tried_when_the_first_refuses(
    services: outside.Outside, pictures: DogPictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = socket.getaddrinfo
    real = resolve("127.0.0.1", urlsplit(services.pictures.url).port, type=socket.SOCK_STREAM)
    other = (*real[0][:4], ("127.0.0.2", real[0][4][1]))  # where the server does not listen

    def resolve_to_both(host: str, *arguments: Any, **options: Any) -> list[Any]:
        return [other, *real] if host == "pictures.example" else resolve(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_to_both)
    url = services.pictures.url.replace("127.0.0.1", "pictures.example")
    assert DogPictures(url, [HOST], timeout=30, connect=15).fetch()


def test_proxies_of_the_environment_are_not_used(
    services: outside.Outside, pictures: DogPictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert pictures.fetch()
