"""Google Cloud Storage: uploads and downloads while requests fail."""

import gc
import os
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from src.domain.errors import NotFound, Unavailable
from src.infrastructure.blobs import google, make_blobs
from tests.support.blobs import KEY, MIB, Place, Torn, content, cut, torn
from tests.support.clock import outcome_within

SEND: Callable[..., requests.Response] = requests.Session.request


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """An upload has several parts."""
    monkeypatch.setattr(google, "PART_BYTES", MIB)


def test_a_part_that_was_stored_only_in_part_fails_the_upload(gs: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def send(session: requests.Session, method: str, url: str, **options: Any) -> requests.Response:
        span = options["headers"].get("content-range", "")
        if span.endswith("/*"):
            start = int(span.removeprefix("bytes ").partition("-")[0])
            options["data"] = options["data"][: MIB // 4]
            options["headers"]["content-range"] = f"bytes {start}-{start + MIB // 4 - 1}/*"
        return SEND(session, method, url, **options)

    monkeypatch.setattr(requests.Session, "request", send)
    blobs = make_blobs(gs.url)
    with pytest.raises(Unavailable):
        blobs.put(KEY, cut(os.urandom(3 * MIB + 5), 99_999))
    gc.collect()
    with pytest.raises(NotFound):
        blobs.read(KEY)


def test_a_request_that_fails_is_repeated(gs: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_uploads(monkeypatch, times=2)
    blobs = make_blobs(gs.url)
    sent = os.urandom(3 * MIB + 5)
    blobs.put(KEY, cut(sent, 99_999))
    assert content(blobs) == sent


def test_an_upload_that_keeps_failing_is_unavailable_soon_and_leaves_nothing(
    gs: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_uploads(monkeypatch, times=1_000_000)
    blobs = make_blobs(gs.url, timeout=1)
    for sent in (b"x", os.urandom(3 * MIB + 5)):
        outcome = outcome_within(15, partial(blobs.put, KEY, cut(sent, 99_999)))
        assert isinstance(outcome, Unavailable)
        assert outcome.__cause__
    monkeypatch.setattr(requests.Session, "request", SEND)
    gc.collect()
    with pytest.raises(NotFound):
        blobs.read(KEY)


def test_all_ranges_are_of_the_generation_that_was_found(gs: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    # The emulator returns the newest generation, whichever is asked for.
    generations: list[str] = []

    def send(session: requests.Session, method: str, url: str, **options: Any) -> requests.Response:
        query = parse_qs(urlsplit(url).query)
        if query.get("alt") == ["media"]:
            generations.extend(query["ifGenerationMatch"])
        return SEND(session, method, url, **options)

    blobs = make_blobs(gs.url)
    blobs.put(KEY, [bytes(9 * MIB)])
    monkeypatch.setattr(requests.Session, "request", send)
    assert len(content(blobs)) == 9 * MIB
    assert len(generations) >= 3
    assert len(set(generations)) == 1
    assert generations[0].isdecimal()


@pytest.mark.parametrize("reachable", [True, False])
def test_an_upload_whose_chunks_fail_is_cancelled_and_never_completed(
    gs: Place, monkeypatch: pytest.MonkeyPatch, reachable: bool
) -> None:
    cancelled: list[str] = []

    def send(session: requests.Session, method: str, url: str, **options: Any) -> requests.Response:
        if method == "DELETE":
            cancelled.append(url)
            if not reachable:
                raise requests.ConnectionError("the line is cut")
        return SEND(session, method, url, **options)

    monkeypatch.setattr(requests.Session, "request", send)
    blobs = make_blobs(gs.url)
    with pytest.raises(Torn):
        blobs.put(KEY, torn(3 * MIB + MIB // 2, Torn()))
    assert len(cancelled) == 1
    assert "upload_id=" in cancelled[0] or "uploadType=resumable" in cancelled[0]
    gc.collect()
    with pytest.raises(NotFound):
        blobs.read(KEY)


def fail_uploads(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Answer the next requests that send content with 503."""
    left = times

    def send(session: requests.Session, method: str, url: str, **options: Any) -> requests.Response:
        nonlocal left
        if method == "PUT" and left:
            left -= 1
            busy = requests.Response()
            busy.status_code = 503
            return busy
        return SEND(session, method, url, **options)

    monkeypatch.setattr(requests.Session, "request", send)
