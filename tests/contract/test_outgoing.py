"""The services of others, as they are and as they should not be, over real sockets."""

import hashlib
import json
import logging
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import urllib3.util
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from src.application.ports import RelayAnswer
from src.domain.errors import AttemptFailed
from src.domain.values import InvalidValue
from src.infrastructure.outgoing.circuit import Circuit, Down
from src.infrastructure.outgoing.pictures import DogPictures
from src.infrastructure.outgoing.relay import HttpRelay
from tests.support import outside
from tests.support.clock import Stopwatch, Watch, until
from tests.support.emulators import free_port

HOST = outside.PICTURE_HOST
PICTURE = f"https://{HOST}/breeds/hound-afghan/n02088094_1003.jpg"


@pytest.fixture(scope="module")
def server() -> Iterator[outside.Outside]:
    with outside.started() as services:
        yield services


@pytest.fixture
def services(server: outside.Outside) -> outside.Outside:
    server.reset()
    return server


@pytest.fixture
def pictures(services: outside.Outside, watch: Watch) -> DogPictures:
    return DogPictures(services.pictures.url, [HOST], timeout=30, connect=15, pause=60, clock=watch.monotonic)


@pytest.fixture
def hasty_pictures(services: outside.Outside) -> DogPictures:
    return DogPictures(services.pictures.url, [HOST], timeout=0.8, connect=0.3)


@pytest.fixture
def relay(services: outside.Outside, watch: Watch) -> HttpRelay:
    return HttpRelay(services.relay.url, pause=60, clock=watch.monotonic)


@pytest.fixture
def hasty_relay(services: outside.Outside) -> HttpRelay:
    return HttpRelay(services.relay.url, connect=0.5, idle=0.5)


@pytest.fixture
def watch() -> Watch:
    """The clock of circuits."""
    return Watch()


def send(relay: HttpRelay, data: bytes = b"some bytes", name: str = "a.txt", type: str = "text/plain") -> RelayAnswer:
    return relay.send("job-1", name, type, len(data), iter([data]))


@contextmanager
def failing(*, final: bool = False, within: float = 3.0) -> Iterator[list[str]]:
    """The detail of the AttemptFailed that the block raises."""
    details: list[str] = []
    stopwatch = Stopwatch()
    with pytest.raises(AttemptFailed) as raised:
        yield details
    assert stopwatch.seconds < within
    assert raised.value.final is final
    assert 10 < len(raised.value.detail) < 120
    assert raised.value.detail.endswith(".")
    details.append(raised.value.detail)


# Pictures.


def test_a_picture(services: outside.Outside, pictures: DogPictures) -> None:
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
def test_a_misbehaving_source(
    services: outside.Outside,
    pictures: DogPictures,
    hasty_pictures: DogPictures,
    behaviour: str,
    options: dict[str, Any],
    said: str,
) -> None:
    services.pictures.behave(behaviour, **options)
    with failing(within=1.5) as details:
        (hasty_pictures if said == "too long" else pictures).fetch()
    assert said in details[0]
    until(lambda: len(services.pictures.received) > 0, "the request is seen")
    assert len(services.pictures.received) == 1  # neither followed nor tried again


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
def test_an_answer_that_is_no_picture(services: outside.Outside, pictures: DogPictures, body: str) -> None:
    services.pictures.behave("answer", body=body)
    with failing() as details:
        pictures.fetch()
    assert "evil" not in details[0]


def test_a_good_answer_may_say_more_and_call_itself_text(services: outside.Outside, pictures: DogPictures) -> None:
    services.pictures.behave("answer", body=good()[:-1] + ', "code": 200}', type="text/plain")
    assert pictures.fetch() == PICTURE


def test_nobody_listens(services: outside.Outside) -> None:
    pictures = DogPictures(f"http://127.0.0.1:{free_port()}/", [HOST])
    with failing(within=1) as details:
        pictures.fetch()
    assert "cannot be reached" in details[0]


def test_an_address_that_drops_every_packet() -> None:
    # A full backlog: Linux answers no more SYNs.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        with failing(within=1.0) as details:
            DogPictures(f"http://127.0.0.1:{full.getsockname()[1]}/", [HOST], timeout=0.6, connect=0.3).fetch()
        for client in waiting:
            client.close()
    assert "too long" in details[0]


def test_tls_that_never_shakes_hands() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, failing(within=1.0) as details:
        DogPictures(f"https://127.0.0.1:{silent.getsockname()[1]}/", [HOST], timeout=0.6, connect=0.3).fetch()
    assert "too long" in details[0]


def test_certificates_are_checked_against_those_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tls_server(tmp_path / "cert.pem") as port:
        with failing() as details:
            DogPictures(f"https://127.0.0.1:{port}/", [HOST]).fetch()
        assert "cannot be reached" in details[0]
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        assert DogPictures(f"https://127.0.0.1:{port}/", [HOST]).fetch() == PICTURE
        with failing() as details:
            DogPictures(f"https://127.0.0.1:{port}/dribble", [HOST], timeout=1.0, connect=0.5).fetch()
        assert "too long" in details[0]


@contextmanager
def tls_server(certificate: Path) -> Iterator[int]:
    """Answers over TLS, for 127.0.0.1 and with a certificate of its own: the picture, or byte by byte."""
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


def test_a_name_that_does_not_exist() -> None:
    with failing(within=8) as details:
        DogPictures("http://nowhere.invalid/", [HOST]).fetch()
    assert "cannot be reached" in details[0]


def test_a_dead_first_address_leaves_time_for_the_second(
    services: outside.Outside, pictures: DogPictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo("127.0.0.1", urlsplit(services.pictures.url).port, type=socket.SOCK_STREAM)
    other = (*real[0][:4], ("127.0.0.2", real[0][4][1]))  # where the server does not listen
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_, **__: real if host == "127.0.0.1" else [other, *real])
    url = services.pictures.url.replace("127.0.0.1", "localhost")
    assert DogPictures(url, [HOST]).fetch()


def test_proxies_of_the_environment_are_not_asked(
    services: outside.Outside, pictures: DogPictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert pictures.fetch()


# Where pictures may be.

TRICKS = [
    "",
    "https://",
    "https:///a.jpg",
    f"https://{HOST}",
    f"http://{HOST}/a.jpg",
    f"//{HOST}/a.jpg",
    f"https:{HOST}/a.jpg",
    f"https:/{HOST}/a.jpg",
    f"https:///{HOST}/a.jpg",
    f"https:\\\\{HOST}\\a.jpg",
    f"https://evil.example\\@{HOST}/a.jpg",
    f"https://{HOST}\\@evil.example/a.jpg",
    f"https://{HOST}#@evil.example/a.jpg",
    f"https://{HOST}?@evil.example/a.jpg",
    f"https://{HOST}@evil.example/a.jpg",
    f"https://evil.example@{HOST}/a.jpg",
    f"https://@{HOST}/a.jpg",
    f"https://:@{HOST}/a.jpg",
    f"https://{HOST}:80/a.jpg",
    f"https://{HOST}:/a.jpg",
    f"https://{HOST}:0443/a.jpg",
    f"https://{HOST}:443443/a.jpg",
    f"https://{HOST}:\u0664\u0664\u0663/a.jpg",
    f"https://{HOST}./a.jpg",
    f"https://.{HOST}/a.jpg",
    f"https://x.{HOST}/a.jpg",
    f"https://{HOST}.evil.example/a.jpg",
    f"https://{HOST}%2eevil.example/a.jpg",
    f"https://{HOST}%00.evil.example/a.jpg",
    f"https://{HOST}\u3002evil.example/a.jpg",
    "https://images\u3002dog\uff0eceo/a.jpg",
    "https://ima\u0261es.dog.ceo/a.jpg",
    "https://\u24d8mages.dog.ceo/a.jpg",
    "https://images.dog.ce\u00ba/a.jpg",
    "https://[::1]/a.jpg",
    f"https://[{HOST}]/a.jpg",
    "https://2130706433/a.jpg",
    f" https://{HOST}/a.jpg",
    f"https://{HOST}/a.jpg ",
    f"https://{HOST}/a.jpg\n",
    f"https://{HOST}/a b.jpg",
    f"https://{HOST}/a\tb.jpg",
    f"ht\ttps://{HOST}/a.jpg",
    "https://images.\ndog.ceo/a.jpg",
    f"https://{HOST}/a\u0000.jpg",
    f"https://{HOST}/a\u2028.jpg",
    f"https://{HOST}/a\u202egpj.exe",
    f"https://{HOST}/a\ud800.jpg",
    f"https://{HOST}/%",
    f"https://{HOST}/%zz",
    f"https://{HOST}/\\..\\a.jpg",
    f"https://{HOST}/a.jpg#fragment",
    f'https://{HOST}/"><script>',
    f"javascript:https://{HOST}/a.jpg",
    f"https://{HOST}/" + "a" * 2048,
]


def dogs(*hosts: str) -> DogPictures:
    return DogPictures("http://127.0.0.1:9/", hosts)


@pytest.mark.parametrize("url", TRICKS)
def test_a_url_of_somewhere_else(url: str) -> None:
    with pytest.raises(InvalidValue, match=f"https://{HOST}/ or https://cdn.example/") as raised:
        dogs(HOST, "cdn.example").check(url)
    assert raised.value.code == "url"


@pytest.mark.parametrize(
    "url",
    [
        PICTURE,
        PICTURE.replace(HOST, HOST.upper()),
        PICTURE.replace("https", "HTTPS"),
        f"https://{HOST}:443/a.jpg",
        f"https://{HOST}/",
        f"https://{HOST}/a@2x(1),b;c=d&e'f!$*+~.jpg?size=1&q=%20#"[:-1],
        f"https://{HOST}/" + "a" * (2048 - len(f"https://{HOST}/")),
    ],
)
def test_a_url_of_a_picture(url: str) -> None:
    assert dogs(HOST).check(url) == url


def test_a_host_of_another_script_is_compared_as_it_is_on_the_wire() -> None:
    hosts = dogs("Bücher.example")
    assert hosts.check("https://xn--bcher-kva.example/a.jpg")
    with pytest.raises(InvalidValue):
        hosts.check("https://bücher.example/a.jpg")


pieces = st.sampled_from(
    [
        "https",
        "http",
        ":",
        "//",
        "/",
        "\\",
        "@",
        "#",
        "?",
        "%40",
        "%2f",
        "%00",
        ".",
        "\t",
        "\n",
        "\r",
        " ",
        "\0",
        ":443",
    ]
    + ["[", "]", "::1", "evil.example", HOST, HOST, HOST.upper(), "https://", f"https://{HOST}", "a.jpg", "\u3002", "ß"]
)
urls = st.one_of(
    st.lists(st.one_of(pieces, st.text(max_size=3)), max_size=8).map("".join),
    st.lists(pieces, max_size=6).map(lambda rest: "https://" + "".join(rest)),
    st.lists(pieces, max_size=4).map(lambda rest: f"https://{HOST}" + "".join(rest)),
)


@settings(max_examples=700, deadline=None)
@given(urls)
@example(f"https://{HOST}:443/?\\@evil.example")
@example(f"https://{HOST}/@evil.example/")
def test_every_parser_finds_the_same_host_in_a_url_that_is_let_through(url: str) -> None:
    try:
        dogs(HOST).check(url)
    except InvalidValue:
        return
    stdlib, other, third = urlsplit(url), httpx2.URL(url), urllib3.util.parse_url(url)
    assert {stdlib.scheme, other.scheme, third.scheme} == {"https"}
    assert {stdlib.hostname, other.host, third.host} == {HOST}
    assert {stdlib.port, other.port, third.port} <= {None, 443}
    assert stdlib.username is third.auth is None
    assert not other.userinfo
    assert url.isascii()
    assert url.isprintable()
    assert not set(url) & set(' \\"<>^`{|}#')


# The relay.


def test_a_file_is_sent_on(services: outside.Outside, relay: HttpRelay) -> None:
    data = bytes(range(256)) * 5000
    answer = relay.send(
        "job-7", "photo.png", "image/png", len(data), (data[at : at + 999] for at in range(0, len(data), 999))
    )
    digest = hashlib.sha256(data).hexdigest()
    assert answer == RelayAnswer(201, {"stored": True, "sha256": digest})
    [got] = services.relay.received
    assert (got["method"], got["key"], got["filename"]) == ("POST", "job-7", "photo.png")
    assert (got["content_type"], got["sha256"], got["size"]) == ("image/png", digest, len(data))
    assert got["complete"] is True
    assert "transfer-encoding" not in got["headers"]


@pytest.mark.parametrize("chunks", [[], [b""], [b"", b"ab", b"", b"c"]])
def test_any_sizes_of_chunks(services: outside.Outside, relay: HttpRelay, chunks: list[bytes]) -> None:
    relay.send("job-1", "a", "text/plain", len(b"".join(chunks)), chunks)
    [got] = services.relay.received
    assert got["complete"]
    assert got["sha256"] == hashlib.sha256(b"".join(chunks)).hexdigest()


@pytest.mark.parametrize(
    "name",
    [
        "собака.png",
        "犬 🐕.png",
        'a"b".txt',
        "a\r\nContent-Type: text/html\r\n\r\nb",
        "a\\",
        "a\0b",
        "a;b=c.txt",
        "a\u2028b",
    ],
)
def test_names_stay_in_their_place(services: outside.Outside, relay: HttpRelay, name: str) -> None:
    send(relay, name=name)
    [got] = services.relay.received
    assert (got["filename"], got["content_type"], got["complete"]) == (name, "text/plain", True)
    _, options = parse_options_header(got["disposition"])
    assert set(options) == {"name", "filename"}


def test_a_name_with_a_lone_surrogate_is_sent_without_it(services: outside.Outside, relay: HttpRelay) -> None:
    send(relay, name="a\ud800.txt")
    assert services.relay.received[0]["filename"] == "a?.txt"


@pytest.mark.parametrize("type", ["text/html\r\nX-Evil: 1", "text/\0html", "tëxt/html"])
def test_a_content_type_cannot_end_its_header(services: outside.Outside, relay: HttpRelay, type: str) -> None:
    send(relay, type=type)
    [got] = services.relay.received
    assert (got["content_type"], got["complete"]) == ("application/octet-stream", True)


ANSWERS: list[tuple[str, str, Any]] = [
    ("application/json", '{"a": [1, 2.5, null, "x"]}', {"a": [1, 2.5, None, "x"]}),
    ("application/problem+json; charset=utf-8", '"text"', "text"),
    ("application/json", '{"a\\u0000": "b\\u0000\\ud800"}', {"a\ufffd": "b\ufffd\ufffd"}),
    ("application/json", '{"a": 1, "a": 2}', '{"a": 1, "a": 2}'),
    ("application/json", "[NaN]", "[NaN]"),
    ("application/json", "[1e999]", "[1e999]"),
    ("application/json", "[" * 3000, "[" * 2000),
    ("application/json", "oops", "oops"),
    ("text/html", "<h1>ü</h1>", "<h1>ü</h1>"),
    ("text/plain", "é" * 3000, "é" * 2000),
    ("text/plain", "a\0b", None),
    ("application/json", '"a\0b"', None),
    ("image/png", "\udc89PNG\r\n", None),
    ("text/plain", "", None),
    ("text/plain", "x" * (64 << 10), "x" * 2000),
    ("application/json", '"' + "x" * (64 << 10), "The answer was longer than 64 KiB and was not kept."),
]


@pytest.mark.parametrize(("type", "body", "kept"), ANSWERS, ids=range(len(ANSWERS)))
def test_what_is_kept_of_an_answer(
    services: outside.Outside, relay: HttpRelay, type: str, body: str, kept: object
) -> None:
    services.relay.behave("answer", body=body, type=type)
    assert send(relay) == RelayAnswer(200, kept)


@pytest.mark.parametrize("behaviour", ["endless", "bomb"])
def test_a_2xx_counts_whatever_comes_with_it(services: outside.Outside, relay: HttpRelay, behaviour: str) -> None:
    services.relay.behave(behaviour)
    answer = send(relay)
    assert answer.status == 200
    assert behaviour == "endless" or answer.answer is None


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_statuses_that_may_pass(services: outside.Outside, relay: HttpRelay, status: int) -> None:
    services.relay.behave("answer", status=status, body="secret stack trace")
    with failing() as details:
        send(relay)
    assert str(status) in details[0]
    assert "secret" not in details[0]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 400, 401, 404, 409, 413, 422])
def test_statuses_that_stay(services: outside.Outside, relay: HttpRelay, status: int) -> None:
    services.relay.behave("answer", status=status, location="/relay")
    with failing(final=True) as details:
        send(relay)
    assert str(status) in details[0]
    assert len(services.relay.received) == 1


@pytest.mark.parametrize("behaviour", ["hang", "dribble", "reset", "vanish", "cut", "garbage"])
def test_a_misbehaving_relay(services: outside.Outside, hasty_relay: HttpRelay, behaviour: str) -> None:
    services.relay.behave(behaviour)
    with failing(within=1.5):
        send(hasty_relay)


def zeros(size: int) -> Iterator[bytes]:
    return (bytes(1 << 16) for _ in range(size >> 16))


def test_a_relay_that_reads_nothing(services: outside.Outside, hasty_relay: HttpRelay) -> None:
    services.relay.behave("stall")
    with failing(within=3) as details:
        hasty_relay.send("job-1", "a", "text/plain", 64 << 20, zeros(64 << 20))
    assert "too long" in details[0]


@pytest.mark.parametrize("close", [False, True])
def test_a_refusal_before_the_end_of_the_file_is_heard(
    services: outside.Outside, hasty_relay: HttpRelay, close: bool
) -> None:
    services.relay.behave("early", status=413, close=close)
    with failing(final=True) as details:
        hasty_relay.send("job-1", "a", "text/plain", 64 << 20, zeros(64 << 20))
    assert "413" in details[0]


def test_thanks_before_the_end_of_the_file_are_not_believed(services: outside.Outside, hasty_relay: HttpRelay) -> None:
    services.relay.behave("early", status=200)
    with failing():
        hasty_relay.send("job-1", "a", "text/plain", 64 << 20, zeros(64 << 20))


@pytest.mark.parametrize("size", [0, 9, 11, 1 << 20])
def test_a_file_of_another_size(services: outside.Outside, relay: HttpRelay, size: int) -> None:
    with failing() as details:
        relay.send("job-1", "a", "text/plain", size, [b"12345", b"67890"])
    assert "size" in details[0]
    assert not any(got.get("complete") for got in services.relay.received)


@pytest.mark.parametrize("error", [OSError("disk"), TimeoutError(), httpx2.ReadError("store"), Down("x")], ids=repr)
def test_what_the_chunks_raise_is_raised(services: outside.Outside, relay: HttpRelay, error: Exception) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"12345"
        raise error

    with pytest.raises(type(error)) as raised:
        relay.send("job-1", "a", "text/plain", 10, chunks())
    assert raised.value is error


def test_credentials_are_used_and_never_shown(services: outside.Outside, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    address = services.relay.url.removeprefix("http://")
    url = f"http://us%40er:s%3Acret@{address}?token=hidden"
    send(HttpRelay(url))
    [got] = services.relay.received
    assert got["headers"]["authorization"] == "Basic dXNAZXI6czpjcmV0"
    assert got["target"] == "/relay?token=hidden"
    said = []
    for behaviour in ("hang", "reset"):
        services.relay.behave(behaviour)
        with failing() as details:
            send(HttpRelay(url, idle=0.3))
        said += details
    with failing() as details:
        send(HttpRelay(f"http://us%40er:s%3Acret@127.0.0.1:{free_port()}/?token=hidden"))
    said += [*details, caplog.text]
    assert "portero.outgoing" in caplog.text
    for secret in ("cret", "hidden", "us%40er", "us@er", "dXNAZXI6czpjcmV0"):
        assert not any(secret in text for text in said), secret


@pytest.mark.parametrize(
    "url", ["", "relay.example", "ftp://relay.example/", "http://", "http://u:sec/ret@h/", "https:///x"]
)
def test_a_url_that_is_none(url: str) -> None:
    with pytest.raises(ValueError, match=r"use http://HOST/PATH or https://HOST/PATH$") as raised:
        HttpRelay(url)
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


MEMORY = """
import resource, sys
from src.infrastructure.outgoing.relay import HttpRelay

relay, size = HttpRelay(sys.argv[1]), 192 << 20
relay.send("warm", "a", "text/plain", 1 << 20, [b"x" * (1 << 20)])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
relay.send("job-1", "a", "text/plain", size, (b"x" * (1 << 20) for _ in range(size >> 20)))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_large_file_takes_no_memory(services: outside.Outside) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", MEMORY, services.relay.url]
    ran = subprocess.run(command, cwd=root, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) < 8 << 10  # KiB
    [_, got] = services.relay.received
    assert (got["size"], got["complete"]) == (192 << 20, True)


# The circuit.


def test_the_circuit_opens_and_closes(services: outside.Outside, pictures: DogPictures, watch: Watch) -> None:
    services.pictures.behave("answer", status=503)
    for _ in range(5):
        with failing() as details:
            pictures.fetch()
        assert "503" in details[0]
    services.pictures.heal()
    with failing(within=0.1) as details:
        pictures.fetch()
    assert "left alone" in details[0]
    assert len(services.pictures.received) == 5
    watch.forward(59.9)
    with failing(within=0.1):
        pictures.fetch()
    watch.forward(0.2)
    assert pictures.fetch()
    assert pictures.fetch()


def test_the_circuit_stays_open_when_the_trial_fails(
    services: outside.Outside, pictures: DogPictures, watch: Watch
) -> None:
    services.pictures.behave("reset")
    for pause in (0, 0, 0, 0, 0, 60):
        watch.forward(pause)
        with failing() as details:
            pictures.fetch()
        assert "broke off" in details[0]
    with failing() as details:
        pictures.fetch()
    assert "left alone" in details[0]
    assert len(services.pictures.received) == 6


def test_answers_of_any_kind_keep_the_circuit_closed(services: outside.Outside, relay: HttpRelay) -> None:
    for status in (404, 429, 302):
        for _ in range(3):
            services.relay.behave("answer", status=status)
            with pytest.raises(AttemptFailed, match=str(status)):
                send(relay)
            services.relay.behave("answer", status=500)
            with pytest.raises(AttemptFailed, match="500"):
                send(relay)
    services.relay.heal()
    assert send(relay)


def down(circuit: Circuit) -> None:
    with pytest.raises(AttemptFailed, match="down"), circuit.attempt():
        raise Down("It is down.")


def test_while_it_is_open_one_at_a_time_is_let_through(
    services: outside.Outside, relay: HttpRelay, watch: Watch
) -> None:
    services.relay.behave("answer", status=500)
    for _ in range(5):
        with pytest.raises(AttemptFailed):
            send(relay)
    services.relay.forget()
    services.relay.behave("hold")
    watch.forward(60)
    with in_threads(8, lambda: send(relay)) as outcomes:
        until(lambda: len(outcomes) == 7, "all but one have ended")
        assert outcomes == ["Postponed"] * 7
        services.relay.heal()
    assert outcomes[7:] == ["done"]
    assert len(services.relay.received) == 1
    with in_threads(8, lambda: send(relay)) as outcomes:
        pass
    assert outcomes == ["done"] * 8


def test_threads_do_not_wait_for_each_other(services: outside.Outside, relay: HttpRelay) -> None:
    services.relay.behave("hold")
    with in_threads(6, lambda: send(relay)) as outcomes:
        until(lambda: len(services.relay.received) == 6, "all are under way")
        assert outcomes == []
        services.relay.heal()
    assert outcomes == ["done"] * 6


def test_an_error_of_our_own_says_nothing_about_the_others(watch: Watch) -> None:
    circuit = Circuit("It", pause=60, clock=watch.monotonic)
    for _ in range(4):
        down(circuit)
    with pytest.raises(OSError, match="disk"), circuit.attempt():
        raise OSError("disk")
    with pytest.raises(AttemptFailed, match="down"), circuit.attempt():
        raise Down("It is down.")
    with pytest.raises(AttemptFailed, match="left alone"), circuit.attempt():
        pytest.fail("let through")
    watch.forward(60)
    with pytest.raises(OSError, match="disk"), circuit.attempt():
        raise OSError("disk")
    down(circuit)
    with pytest.raises(AttemptFailed, match="left alone"), circuit.attempt():
        pytest.fail("let through")


def test_a_late_outcome_changes_nothing() -> None:
    circuit = Circuit("It", pause=60)
    with circuit.attempt():
        for _ in range(5):
            down(circuit)
    with pytest.raises(AttemptFailed, match="left alone"), circuit.attempt():
        pytest.fail("let through")


@contextmanager
def in_threads(count: int, call: Callable[[], object]) -> Iterator[list[str]]:
    """So many calls at once, and how those ended that have; all have at the end of the block."""
    outcomes: list[str] = []

    def run() -> None:
        try:
            call()
        except Exception as error:
            outcomes.append(type(error).__name__)
        else:
            outcomes.append("done")

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    yield outcomes
    for thread in threads:
        thread.join()


# The stub as a process.


def test_the_services_of_others_as_a_process() -> None:
    port = free_port()
    command = [sys.executable, "-m", "tests.support.outside", str(port)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().split() == [
                f"http://127.0.0.1:{port}/{api}" for api in ("pictures", "relay", "chat")
            ]
            services = outside.Outside(f"http://127.0.0.1:{port}")
            services.relay.behave("answer", status=404, times=1)
            relay = HttpRelay(services.relay.url)
            with failing(final=True):
                send(relay)
            assert send(relay).status == 201
            assert [got["key"] for got in services.relay.received] == ["job-1"] * 2
        finally:
            process.terminate()
