"""The contract of blob stores: memory, disk, S3 and Google Cloud Storage."""

import hashlib
import os
import subprocess
import sys
from typing import Any, cast

import pytest

from src.application.ports import BlobStore
from src.domain.errors import NotFound, Unavailable
from tests.support.blobs import KEY, MIB, Place, Torn, content, cut, torn
from tests.support.races import at_once


@pytest.mark.parametrize(
    ("size", "sizes"),
    [
        (0, (1,)),
        (1, (1,)),
        (3, (0, 1, 0)),
        (20 * MIB, (MIB,)),
        (20 * MIB + 1, (0, 77_777, 9 * MIB)),
        (16 * MIB, (64 * MIB,)),
    ],
)
def test_read_returns_the_bytes_that_were_put(blobs: BlobStore, size: int, sizes: tuple[int, ...]) -> None:
    sent = os.urandom(size)
    blobs.put(KEY, cut(sent, *sizes))
    received, largest = hashlib.sha256(), 0
    for chunk in blobs.read(KEY):
        assert type(chunk) is bytes
        received.update(chunk)
        largest = max(largest, len(chunk))
    assert received.digest() == hashlib.sha256(sent).digest()
    assert largest <= MIB


def test_an_object_of_empty_chunks_is_empty(blobs: BlobStore) -> None:
    blobs.put(KEY, [b"", b""])
    assert content(blobs) == b""


def test_a_missing_object_is_not_found_before_the_first_chunk(blobs: BlobStore) -> None:
    with pytest.raises(NotFound):
        blobs.read(KEY)
    blobs.put(KEY, [b"x"])
    for other in ("files", f"{KEY}/more", "files/3f1"):
        with pytest.raises(NotFound):
            blobs.read(other)


def test_a_check_finds_nothing_wrong_with_or_without_objects(blobs: BlobStore) -> None:
    blobs.check()
    blobs.put(KEY, [b"x"])
    blobs.check()
    assert content(blobs) == b"x"


def test_deleting_twice_is_no_error_and_removes_one_object(blobs: BlobStore) -> None:
    blobs.delete(KEY)
    blobs.put(KEY, [b"x"])
    blobs.put("files/3f1d", [b"other"])
    blobs.delete(KEY)
    blobs.delete(KEY)
    with pytest.raises(NotFound):
        blobs.read(KEY)
    assert b"".join(blobs.read("files/3f1d")) == b"other"


def test_a_second_put_replaces_the_whole_object(blobs: BlobStore) -> None:
    blobs.put(KEY, [b"long" * 1000])
    blobs.put(KEY, [b"short"])
    assert content(blobs) == b"short"


@pytest.mark.parametrize(
    ("size", "error"),
    [
        (0, Torn()),
        (20 * MIB, Torn()),
        (MIB, OSError(5, "the client is gone")),
        (MIB, FileNotFoundError()),
        (MIB, SystemExit(1)),
    ],
)
def test_an_error_of_the_chunks_is_raised_and_nothing_is_stored(
    place: Place, blobs: BlobStore, size: int, error: BaseException
) -> None:
    with pytest.raises(type(error)) as raised:
        blobs.put(KEY, torn(size, error))
    assert raised.value is error
    assert error.__cause__ is None
    with pytest.raises(NotFound):
        blobs.read(KEY)
    assert place.leftovers() == []


def test_a_put_that_fails_keeps_the_earlier_object(place: Place, blobs: BlobStore) -> None:
    blobs.put(KEY, [b"earlier"])
    with pytest.raises(Torn):
        blobs.put(KEY, torn(9 * MIB, Torn()))
    assert content(blobs) == b"earlier"
    assert place.leftovers() == []


@pytest.mark.parametrize("start", [0, 1, 300_000, 5 * MIB, 9 * MIB - 1, 9 * MIB])
def test_a_read_can_start_anywhere(blobs: BlobStore, start: int) -> None:
    sent = bytes(range(256)) * (9 * MIB // 256)
    blobs.put(KEY, [sent])
    assert b"".join(blobs.read(KEY, start)) == sent[start:]


def test_one_of_two_concurrent_puts_is_stored_whole(place: Place, blobs: BlobStore) -> None:
    sent = [os.urandom(9 * MIB), os.urandom(10 * MIB)]
    at_once(lambda one: blobs.put(KEY, cut(one, 100_000)), sent)
    assert content(blobs) in sent
    assert place.leftovers() == []


def test_an_object_deleted_while_it_is_read_is_read_whole_or_unavailable(blobs: BlobStore) -> None:
    sent = os.urandom(12 * MIB)
    blobs.put(KEY, [sent])
    chunks = blobs.read(KEY)
    received = [next(chunks)]
    blobs.delete(KEY)
    try:
        received.extend(chunks)
    except Unavailable:
        return
    assert b"".join(received) == sent


# Not on Google's emulator, which returns the newest object whichever is asked for; test_google.py checks that store.
@pytest.mark.parametrize("place", ["memory", "disk", "s3"], indirect=True)
def test_an_object_replaced_while_it_is_read_is_never_a_mixture(blobs: BlobStore) -> None:
    sent = os.urandom(12 * MIB)
    blobs.put(KEY, [sent])
    chunks = blobs.read(KEY)
    received = [next(chunks)]
    blobs.put(KEY, [os.urandom(12 * MIB)])
    try:
        received.extend(chunks)
    except Unavailable:
        return
    assert b"".join(received) == sent


def test_a_reader_may_stop_early(blobs: BlobStore) -> None:
    blobs.put(KEY, [bytes(5 * MIB)])
    for begun in (False, True):
        chunks = cast(Any, blobs.read(KEY))
        if begun:
            next(chunks)
        chunks.close()
        assert list(chunks) == []


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "..",
        "../x",
        "files/..",
        "files/../x",
        "/etc/passwd",
        "files//x",
        "files/",
        "a\\b",
        "./x",
        ".x",
        "X",
        "x\0",
        "x\n",
        "ä",
    ],
)
def test_a_key_that_could_leave_the_store_is_refused(blobs: BlobStore, key: str) -> None:
    def put() -> None:
        blobs.put(key, [b"x"])

    for call in (put, lambda: blobs.read(key), lambda: blobs.delete(key), lambda: blobs.uri(key)):
        with pytest.raises(ValueError, match="cannot be the key"):
            call()


def test_the_uri_of_an_object_names_store_and_key(place: Place, blobs: BlobStore) -> None:
    assert blobs.uri(KEY) == place.uri


# A program that prints how many MiB the peak memory of its process grows with a large object. It does not read
# ru_maxrss, which a process inherits.
MEMORY = """
import re, sys
from pathlib import Path
from src.infrastructure.blobs import make_blobs

def most():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) >> 10

def count(mebibytes):
    blobs.put("files/3f1c", (bytes(1 << 16) for _ in range(mebibytes << 4)))
    assert sum(map(len, blobs.read("files/3f1c"))) == mebibytes << 20

blobs = make_blobs(sys.argv[1])
count(1)
before = most()
count(int(sys.argv[2]))
print(most() - before)
"""


@pytest.mark.parametrize("place", ["disk", "s3", "gs"], indirect=True)
def test_memory_does_not_grow_with_the_object(place: Place) -> None:
    python = [sys.executable, "-c", MEMORY, place.url, "128"]
    done = subprocess.run(python, capture_output=True, text=True, timeout=300, check=True)
    assert int(done.stdout) < 80
