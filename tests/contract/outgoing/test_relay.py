"""The relay sends files to a service that works or misbehaves."""

import hashlib
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from werkzeug.http import parse_options_header

from src.application.ports import RelayAnswer
from src.infrastructure.outgoing.circuit import Down
from src.infrastructure.outgoing.relay import HttpRelay
from tests.contract.outgoing.conftest import failing, send
from tests.support import outside
from tests.support.emulators import free_port


def test_a_file_is_posted_as_a_form_with_its_length(services: outside.Outside, relay: HttpRelay) -> None:
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
def test_empty_and_small_chunks_are_sent(services: outside.Outside, relay: HttpRelay, chunks: list[bytes]) -> None:
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
def test_a_filename_cannot_add_headers_or_parameters(services: outside.Outside, relay: HttpRelay, name: str) -> None:
    send(relay, name=name)
    [got] = services.relay.received
    assert (got["filename"], got["content_type"], got["complete"]) == (name, "text/plain", True)
    _, options = parse_options_header(got["disposition"])
    assert set(options) == {"name", "filename"}


def test_a_lone_surrogate_in_a_filename_becomes_a_question_mark(services: outside.Outside, relay: HttpRelay) -> None:
    send(relay, name="a\ud800.txt")
    assert services.relay.received[0]["filename"] == "a?.txt"


@pytest.mark.parametrize("type", ["text/html\r\nX-Evil: 1", "text/\0html", "tëxt/html"])
def test_a_content_type_that_could_end_its_header_is_replaced(
    services: outside.Outside, relay: HttpRelay, type: str
) -> None:
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
def test_the_answer_is_stored_as_json_or_text_or_nothing(
    services: outside.Outside, relay: HttpRelay, type: str, body: str, kept: object
) -> None:
    services.relay.behave("answer", body=body, type=type)
    assert send(relay) == RelayAnswer(200, kept)


@pytest.mark.parametrize("behaviour", ["endless", "bomb"])
def test_a_2xx_status_counts_with_any_body(services: outside.Outside, relay: HttpRelay, behaviour: str) -> None:
    services.relay.behave(behaviour)
    answer = send(relay)
    assert answer.status == 200
    assert behaviour == "endless" or answer.answer is None


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_temporary_status_may_be_tried_again(services: outside.Outside, relay: HttpRelay, status: int) -> None:
    services.relay.behave("answer", status=status, body="secret stack trace")
    with failing() as details:
        send(relay)
    assert str(status) in details[0]
    assert "secret" not in details[0]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 400, 401, 404, 409, 413, 422])
def test_a_permanent_status_is_final(services: outside.Outside, relay: HttpRelay, status: int) -> None:
    services.relay.behave("answer", status=status, location="/relay")
    with failing(final=True) as details:
        send(relay)
    assert str(status) in details[0]
    assert len(services.relay.received) == 1


@pytest.mark.parametrize("behaviour", ["hang", "dribble", "reset", "vanish", "cut", "garbage"])
def test_a_misbehaving_service_is_a_failed_attempt(
    services: outside.Outside, hasty_relay: HttpRelay, behaviour: str
) -> None:
    services.relay.behave(behaviour)
    with failing():
        send(hasty_relay)


def zeros(size: int) -> Iterator[bytes]:
    return (bytes(1 << 16) for _ in range(size >> 16))


def test_a_service_that_reads_nothing_times_out(services: outside.Outside, hasty_relay: HttpRelay) -> None:
    services.relay.behave("stall")
    with failing() as details:
        hasty_relay.send("job-1", "a", "text/plain", 64 << 20, zeros(64 << 20))
    assert "too long" in details[0]


def limit_attempts(monkeypatch: pytest.MonkeyPatch, seconds: float, bytes_per_second: int) -> None:
    """Let an attempt take some seconds, and a second more for so many bytes of the file."""
    monkeypatch.setattr("src.infrastructure.outgoing.relay.ATTEMPT_SECONDS", seconds)
    monkeypatch.setattr("src.infrastructure.outgoing.relay.MIN_BYTES_PER_SECOND", bytes_per_second)


def test_a_service_that_reads_slowly_times_out(
    services: outside.Outside, relay: HttpRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_attempts(monkeypatch, 0.5, 128 << 20)
    services.relay.behave("sip")
    with failing() as details:
        relay.send("job-1", "a", "text/plain", 64 << 20, zeros(64 << 20))
    assert "too long" in details[0]


def test_a_longer_file_may_take_longer(
    services: outside.Outside, relay: HttpRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_attempts(monkeypatch, 0.2, 1 << 20)
    services.relay.behave("slow", seconds=0.6)
    with failing():
        send(relay)
    assert relay.send("job-1", "a", "text/plain", 16 << 20, zeros(16 << 20)).status == 201


@pytest.mark.parametrize("close", [False, True])
def test_a_refusal_before_the_end_of_the_file_is_final(services: outside.Outside, close: bool) -> None:
    services.relay.behave("early", status=413, close=close)
    relay = HttpRelay(services.relay.url, connect=15, idle=5)  # after which the answer is read
    with failing(final=True, within=60) as details:
        relay.send("job-1", "a", "text/plain", 64 << 20, zeros(64 << 20))
    assert "413" in details[0]


def test_a_2xx_status_before_the_end_of_the_file_is_a_failed_attempt(
    services: outside.Outside, hasty_relay: HttpRelay
) -> None:
    services.relay.behave("early", status=200)
    with failing():
        hasty_relay.send("job-1", "a", "text/plain", 64 << 20, zeros(64 << 20))


@pytest.mark.parametrize("size", [0, 9, 11, 1 << 20])
def test_a_file_of_another_size_than_stated_is_not_sent_whole(
    services: outside.Outside, relay: HttpRelay, size: int
) -> None:
    with failing() as details:
        relay.send("job-1", "a", "text/plain", size, [b"12345", b"67890"])
    assert "size" in details[0]
    assert not any(got.get("complete") for got in services.relay.received)


@pytest.mark.parametrize("error", [OSError("disk"), TimeoutError(), httpx2.ReadError("store"), Down("x")], ids=repr)
def test_exceptions_of_the_chunks_are_raised_unchanged(
    services: outside.Outside, relay: HttpRelay, error: Exception
) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"12345"
        raise error

    with pytest.raises(type(error)) as raised:
        relay.send("job-1", "a", "text/plain", 10, chunks())
    assert raised.value is error


def test_credentials_are_sent_but_appear_in_no_error_or_log(
    services: outside.Outside, caplog: pytest.LogCaptureFixture
) -> None:
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
def test_a_url_that_is_not_http_is_refused(url: str) -> None:
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


def test_a_large_file_is_streamed_in_bounded_memory(services: outside.Outside) -> None:
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", MEMORY, services.relay.url]
    ran = subprocess.run(command, cwd=root, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) < 8 << 10  # KiB
    [_, got] = services.relay.received
    assert (got["size"], got["complete"]) == (192 << 20, True)


def test_the_stub_services_run_as_a_process() -> None:
    port = free_port()
    command = [sys.executable, "-m", "tests.support.outside", str(port)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True) as process:
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
