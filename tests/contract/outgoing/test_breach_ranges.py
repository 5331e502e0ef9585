"""The service of leaked passwords gets five digits of a hash, and cannot delay or break a registration."""

import hashlib
import socket
from threading import Event
from typing import Any

import pytest

from src.infrastructure.breaches.ranges import MAX_RANGE, TIMEOUT, BreachRanges
from tests.contract.outgoing.conftest import failing
from tests.support import outside
from tests.support.emulators import free_port
from tests.support.leaks import LEAKED_PASSWORD


def sha1(password: str) -> str:
    return hashlib.sha1(password.encode()).hexdigest().upper()


LEAKED = sha1(LEAKED_PASSWORD)
RESERVE = 10.0
"""The seconds that a busy machine may need beyond the timeout."""


def test_only_a_leaked_password_is_found_by_five_digits_of_its_hash(
    services: outside.Outside, ranges: BreachRanges
) -> None:
    assert ranges.contains(LEAKED)
    assert not ranges.contains(sha1("another zebra battery"))
    assert not ranges.contains(LEAKED[:-1] + ("1" if LEAKED[-1] == "0" else "0"))
    seen = services.ranges.received
    assert [each["target"] for each in seen] == [
        f"/ranges/{LEAKED[:5]}",
        f"/ranges/{sha1('another zebra battery')[:5]}",
        f"/ranges/{LEAKED[:5]}",
    ]
    assert all(each["headers"]["add-padding"] == "true" for each in seen)
    assert LEAKED[5:] not in str(seen).upper()


def test_an_entry_of_padding_is_no_leak(services: outside.Outside, ranges: BreachRanges) -> None:
    services.ranges.behave("answer", body=outside.entries(LEAKED_PASSWORD, LEAKED[:5], count=0))
    assert not ranges.contains(LEAKED)


def test_an_answer_in_small_letters_with_bare_line_feeds_is_understood(
    services: outside.Outside, ranges: BreachRanges
) -> None:
    body = outside.entries(LEAKED_PASSWORD, LEAKED[:5]).lower().replace("\r", "") + "\n"
    services.ranges.behave("answer", body=body)
    assert ranges.contains(LEAKED)


GOOD = outside.entries(LEAKED_PASSWORD, LEAKED[:5])
MISBEHAVIOURS: list[tuple[str, dict[str, Any], str]] = [
    ("hang", {}, "too long"),
    ("dribble", {}, "too long"),
    ("dribble", {"head": True}, "too long"),
    ("reset", {}, "broke off"),
    ("vanish", {}, "broke off"),
    ("garbage", {}, "broke off"),
    ("endless", {}, "understood"),
    ("endless", {"chunked": True}, "understood"),
    ("redirect", {}, "status 302"),
    *[("answer", {"status": status, "body": GOOD}, f"status {status}") for status in (204, 404, 429, 503)],
    *[
        ("answer", {"body": body}, "understood")
        for body in (
            "<html>Welcome</html>",
            f"{GOOD}:",
            f"{GOOD}\r\n{LEAKED}:1",
            f"{LEAKED[5:]}:-1",
            f"{LEAKED[5:]}:{'9' * 5000}",
            f"{LEAKED[5:]}:\u0661",
            f"{GOOD}\r\n" * (MAX_RANGE // len(GOOD)),
        )
    ],
]


@pytest.mark.parametrize(("behaviour", "options", "said"), MISBEHAVIOURS)
def test_a_misbehaving_service_fails_within_a_second(
    services: outside.Outside,
    ranges: BreachRanges,
    hasty_ranges: BreachRanges,
    behaviour: str,
    options: dict[str, Any],
    said: str,
) -> None:
    services.ranges.behave(behaviour, **options)
    with failing(within=TIMEOUT + RESERVE) as details:
        (hasty_ranges if said == "too long" else ranges).contains(LEAKED)
    assert said in details[0]


def test_a_name_that_takes_long_to_resolve_fails_within_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved, resolve = Event(), socket.getaddrinfo

    def resolve_slowly(host: str, *arguments: Any, **options: Any) -> list[Any]:
        if host != "leaks.example":  # of another thread of the process
            return resolve(host, *arguments, **options)
        resolved.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", resolve_slowly)
    try:
        with failing(within=TIMEOUT + RESERVE) as details:
            BreachRanges("http://leaks.example/range").contains(LEAKED)
        assert "too long" in details[0]
    finally:
        resolved.set()


def test_a_service_that_is_down_is_left_alone_after_five_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("src.infrastructure.breaches.ranges.TIMEOUT", 30.0)  # a busy machine refuses later, too
    ranges = BreachRanges(f"http://127.0.0.1:{free_port()}/range")
    for said in (*["cannot be reached"] * 5, "left alone"):
        with failing() as details:
            ranges.contains(LEAKED)
        assert said in details[0]


@pytest.mark.parametrize("url", ["https://", "https://[::1/", "https://leaks.example/range?a=b", "http://a/#b"])
def test_a_url_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="use "):
        BreachRanges(url)
