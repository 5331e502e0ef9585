"""The blob stores: one contract on memory, disk, S3 and Google Cloud Storage, and what is particular to each."""

import gc
import hashlib
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import requests

from src.application.ports import BlobStore
from src.domain.errors import NotFound, Unavailable
from src.infrastructure.blobs import google, make_blobs
from tests.support.clock import outcome_within
from tests.support.emulators import free_port, running
from tests.support.races import at_once

KEY = "files/3f1c"
MIB = 1 << 20
SEND: Callable[..., requests.Response] = requests.Session.request


@dataclass
class Place:
    """Where blobs are kept: the URL, and how to see what an upload that failed has left there."""

    url: str
    uri: str
    leftovers: Callable[[], list[str]] = list


@contextmanager
def moto_server() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    with running(["moto_server", "-H", "127.0.0.1", "-p", str(port)], ready=f"127.0.0.1:{port}") as server:
        yield f"http://127.0.0.1:{port}", server


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    with moto_server() as (url, _):
        yield url


@pytest.fixture(scope="session")
def gcp() -> Iterator[str]:
    port = str(free_port())
    where = ["--host", "127.0.0.1", "--port", port]
    command = [sys.executable, "-m", "gcp_storage_emulator", "start", *where, "--in-memory", "--quiet"]
    with running(command, ready=f"http://127.0.0.1:{port}/"):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a bucket that nobody has used yet. No proxy may come between a test and its own machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return f"files-{uuid4().hex}"


def use_s3(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")


@pytest.fixture
def s3(moto: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    use_s3(monkeypatch, moto)
    requests.put(f"{moto}/{bucket}", timeout=5).raise_for_status()

    def uploads() -> list[str]:
        return re.findall("<UploadId>", requests.get(f"{moto}/{bucket}?uploads", timeout=5).text)

    return Place(f"s3://{bucket}/a/b", f"s3://{bucket}/a/b/{KEY}", uploads)


@pytest.fixture
def gs(gcp: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcp)
    requests.post(f"{gcp}/storage/v1/b", json={"name": bucket}, timeout=5).raise_for_status()
    # Nothing lists resumable uploads, neither here nor at Google; see TestGoogle for what is left of one.
    return Place(f"gs://{bucket}/a/b", f"gs://{bucket}/a/b/{KEY}")


@pytest.fixture
def disk(tmp_path: Path) -> Place:
    folder = tmp_path / "deep" / "down"
    return Place(f"file://{folder}", f"file:{KEY}", lambda: [str(file) for file in folder.glob(".unfinished/*")])


@pytest.fixture
def memory() -> Place:
    return Place("memory://", f"memory:{KEY}")


@pytest.fixture(params=["memory", "disk", "s3", "gs"])
def place(request: pytest.FixtureRequest) -> Place:
    return cast(Place, request.getfixturevalue(request.param))


@pytest.fixture
def blobs(place: Place) -> BlobStore:
    return make_blobs(place.url)


def cut(content: bytes, *sizes: int) -> Iterator[bytes]:
    """``content`` in chunks of these sizes, over and over."""
    start = 0
    while start < len(content):
        for size in sizes:
            yield content[start : start + size]
            start += size


def content(blobs: BlobStore) -> bytes:
    return b"".join(blobs.read(KEY))


class Torn(Exception):
    """What the sender of a file did to us."""


def torn(size: int, error: BaseException) -> Iterator[bytes]:
    yield from cut(os.urandom(size), MIB)
    raise error


class TestContract:
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
    def test_gives_back_what_was_put(self, blobs: BlobStore, size: int, sizes: tuple[int, ...]) -> None:
        sent = os.urandom(size)
        blobs.put(KEY, cut(sent, *sizes))
        received, largest = hashlib.sha256(), 0
        for chunk in blobs.read(KEY):
            assert type(chunk) is bytes
            received.update(chunk)
            largest = max(largest, len(chunk))
        assert received.digest() == hashlib.sha256(sent).digest()
        assert largest <= MIB

    def test_an_object_of_empty_chunks_is_empty(self, blobs: BlobStore) -> None:
        blobs.put(KEY, [b"", b""])
        assert content(blobs) == b""

    def test_a_missing_object_is_not_found_before_the_first_chunk(self, blobs: BlobStore) -> None:
        with pytest.raises(NotFound):
            blobs.read(KEY)
        blobs.put(KEY, [b"x"])
        for other in ("files", f"{KEY}/more", "files/3f1"):
            with pytest.raises(NotFound):
                blobs.read(other)

    def test_deletes_as_often_as_asked(self, blobs: BlobStore) -> None:
        blobs.delete(KEY)
        blobs.put(KEY, [b"x"])
        blobs.put("files/3f1d", [b"other"])
        blobs.delete(KEY)
        blobs.delete(KEY)
        with pytest.raises(NotFound):
            blobs.read(KEY)
        assert b"".join(blobs.read("files/3f1d")) == b"other"

    def test_replaces_the_whole_object(self, blobs: BlobStore) -> None:
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
    def test_what_the_chunks_raise_is_raised_and_nothing_is_stored(
        self, place: Place, blobs: BlobStore, size: int, error: BaseException
    ) -> None:
        with pytest.raises(type(error)) as raised:
            blobs.put(KEY, torn(size, error))
        assert raised.value is error
        assert error.__cause__ is None
        with pytest.raises(NotFound):
            blobs.read(KEY)
        assert place.leftovers() == []

    def test_a_put_that_fails_keeps_the_earlier_object(self, place: Place, blobs: BlobStore) -> None:
        blobs.put(KEY, [b"earlier"])
        with pytest.raises(Torn):
            blobs.put(KEY, torn(9 * MIB, Torn()))
        assert content(blobs) == b"earlier"
        assert place.leftovers() == []

    def test_of_two_puts_at_once_one_is_there_whole(self, place: Place, blobs: BlobStore) -> None:
        sent = [os.urandom(9 * MIB), os.urandom(10 * MIB)]
        at_once(lambda one: blobs.put(KEY, cut(one, 100_000)), sent)
        assert content(blobs) in sent
        assert place.leftovers() == []

    def test_deleted_while_it_is_read_it_comes_whole_or_fails(self, blobs: BlobStore) -> None:
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

    # Not on Google's emulator, which gives the newest object, whichever is asked for; see TestGoogle.
    @pytest.mark.parametrize("place", ["memory", "disk", "s3"], indirect=True)
    def test_replaced_while_it_is_read_it_is_never_a_mixture(self, blobs: BlobStore) -> None:
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

    def test_a_reader_may_stop_early(self, blobs: BlobStore) -> None:
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
    def test_refuses_keys_that_might_escape(self, blobs: BlobStore, key: str) -> None:
        def put() -> None:
            blobs.put(key, [b"x"])

        for call in (put, lambda: blobs.read(key), lambda: blobs.delete(key), lambda: blobs.uri(key)):
            with pytest.raises(ValueError, match="cannot be the key"):
                call()

    def test_says_where_an_object_is(self, place: Place, blobs: BlobStore) -> None:
        assert blobs.uri(KEY) == place.uri


# How much the most memory that a process has had grows with a large object. Not ru_maxrss, which a process inherits.
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


class TestUnreachable:
    @pytest.fixture(params=["closed", "silent"])
    def address(self, request: pytest.FixtureRequest) -> Iterator[str]:
        if request.param == "closed":
            yield f"http://127.0.0.1:{free_port()}"
            return
        with socket.create_server(("127.0.0.1", 0)) as listener:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"

    @pytest.mark.parametrize("scheme", ["s3", "gs"])
    @pytest.mark.parametrize("call", ["put", "read", "delete"])
    def test_is_unavailable_and_soon(
        self, monkeypatch: pytest.MonkeyPatch, bucket: str, address: str, scheme: str, call: str
    ) -> None:
        use_s3(monkeypatch, address)
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
        blobs = make_blobs(f"{scheme}://{bucket}", timeout=0.3)
        calls: dict[str, Callable[[], object]] = {
            "put": lambda: blobs.put(KEY, [bytes(MIB)]),
            "read": lambda: blobs.read(KEY),
            "delete": lambda: blobs.delete(KEY),
        }
        outcome = outcome_within(5, calls[call])
        assert isinstance(outcome, Unavailable)
        assert outcome.__cause__

    def test_what_the_chunks_raise_is_raised_when_the_upload_cannot_even_be_aborted(
        self, monkeypatch: pytest.MonkeyPatch, bucket: str
    ) -> None:
        with moto_server() as (url, server):
            use_s3(monkeypatch, url)
            requests.put(f"{url}/{bucket}", timeout=5).raise_for_status()

            def chunks() -> Iterator[bytes]:
                yield bytes(9 * MIB)
                server.kill()
                server.wait()
                raise Torn

            with pytest.raises(Torn):
                make_blobs(f"s3://{bucket}").put(KEY, chunks())

    @pytest.mark.parametrize("place", ["s3", "gs"], indirect=True)
    def test_a_bucket_that_is_not_there_cannot_be_written_to(self, place: Place) -> None:
        missing = place.url.replace("files-", "files-x")
        with pytest.raises(Unavailable):
            make_blobs(missing).put(KEY, [b"x"])


class TestS3:
    @pytest.fixture
    def no_credentials(self, moto: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> str:
        use_s3(monkeypatch, moto)
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.setenv("AWS_METADATA_ENDPOINT", f"http://127.0.0.1:{free_port()}")  # no instance of AWS
        return f"s3://{bucket}"

    def test_what_is_wrong_is_said_in_a_sentence(self, no_credentials: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def cause() -> str:
            with pytest.raises(Unavailable) as raised:
                make_blobs(no_credentials, timeout=1).put(KEY, [b"x"])
            said = str(raised.value.__cause__)
            assert 10 < len(said) <= 300
            assert said.isprintable()
            return said

        assert "AWS_ACCESS_KEY_ID" in cause()
        use_s3(monkeypatch, f"http://127.0.0.1:{free_port()}")
        assert "error sending request" in cause()

    def test_half_a_key_is_refused(self, no_credentials: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        with pytest.raises(ValueError, match=r"AWS_\*.*SecretAccessKey$"):
            make_blobs(no_credentials)


class TestDisk:
    def test_killed_in_the_middle_nothing_is_there(self, disk: Place) -> None:
        script = (
            "import os, sys\n"
            "from src.infrastructure.blobs import make_blobs\n"
            "def chunks():\n"
            "    yield bytes(1 << 22)\n"
            "    os.kill(os.getpid(), 9)\n"
            f"make_blobs(sys.argv[1]).put({KEY!r}, chunks())\n"
        )
        done = subprocess.run([sys.executable, "-c", script, disk.url], timeout=30, check=False)
        assert done.returncode == -signal.SIGKILL
        with pytest.raises(NotFound):
            make_blobs(disk.url).read(KEY)
        (leftover,) = map(Path, disk.leftovers())

        # It is removed when it is old, by the first put of another process.
        make_blobs(disk.url).put(KEY, [b"x"])
        assert leftover.exists()
        os.utime(leftover, (0, time.time() - 2 * 24 * 60 * 60))
        make_blobs(disk.url).put(KEY, [b"x"])
        assert not leftover.exists()

    def test_syncs_the_file_before_it_is_seen_and_its_name_before_put_returns(
        self, disk: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        blobs = make_blobs(disk.url)
        blobs.put("files/other", [b"x"])  # makes the folders
        events: list[str] = []
        sync, replace = os.fsync, Path.replace

        def fsync(descriptor: int) -> None:
            events.append("sync " + Path(f"/proc/self/fd/{descriptor}").readlink().parent.name)
            sync(descriptor)

        def rename(file: Path, target: Path) -> Path:
            events.append(f"rename to {target.name}")
            return replace(file, target)

        monkeypatch.setattr(os, "fsync", fsync)
        monkeypatch.setattr(Path, "replace", rename)
        blobs.put(KEY, [b"x"])
        assert events == ["sync .unfinished", "rename to 3f1c", "sync down"]  # the folder "files" is in "down"

    def test_a_folder_that_cannot_be_written_to_is_unavailable(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        for folder in ("/proc/portero", tmp_path / "file", tmp_path / "file" / "deeper"):
            blobs = make_blobs(f"file://{folder}")
            with pytest.raises(Unavailable):
                blobs.put(KEY, [b"x"])

    @pytest.mark.parametrize("when", ["writing", "syncing"])
    def test_a_full_disk_is_unavailable_and_leaves_nothing(
        self, disk: Place, monkeypatch: pytest.MonkeyPatch, when: str
    ) -> None:
        def full(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        blobs = make_blobs(disk.url)
        blobs.put(KEY, [b"earlier"])
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        if when == "syncing":
            monkeypatch.setattr(os, "fsync", full)
        else:
            resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, hard))
        try:
            with pytest.raises(Unavailable):
                blobs.put(KEY, [bytes(MIB), b"x" * MIB])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert disk.leftovers() == []
        assert content(blobs) == b"earlier"

    def test_others_may_not_look(self, disk: Place, tmp_path: Path) -> None:
        make_blobs(disk.url).put(KEY, [b"x"])
        made = [tmp_path / "deep", *(tmp_path / "deep").rglob("*")]
        assert [path for path in made if path.stat().st_mode & 0o077] == []


class TestGoogle:
    """Uploads and downloads while requests to the emulator fail. Parts are small, so that an upload has several."""

    @pytest.fixture(autouse=True)
    def small_parts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(google, "_PART", MIB)

    def test_a_part_that_was_stored_only_in_part_fails_the_upload(
        self, gs: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
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

    def test_a_request_that_fails_is_repeated(self, gs: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        fail_uploads(monkeypatch, times=2)
        blobs = make_blobs(gs.url)
        sent = os.urandom(3 * MIB + 5)
        blobs.put(KEY, cut(sent, 99_999))
        assert content(blobs) == sent

    def test_an_upload_that_keeps_failing_is_unavailable_soon_and_leaves_nothing(
        self, gs: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fail_uploads(monkeypatch, times=1_000_000)
        blobs = make_blobs(gs.url, timeout=1)
        for sent in (b"x", os.urandom(3 * MIB + 5)):
            outcome = outcome_within(5, partial(blobs.put, KEY, cut(sent, 99_999)))
            assert isinstance(outcome, Unavailable)
            assert outcome.__cause__
        monkeypatch.setattr(requests.Session, "request", SEND)
        gc.collect()
        with pytest.raises(NotFound):
            blobs.read(KEY)

    def test_all_ranges_are_of_the_generation_that_was_found(self, gs: Place, monkeypatch: pytest.MonkeyPatch) -> None:
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
        self, gs: Place, monkeypatch: pytest.MonkeyPatch, reachable: bool
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


class TestUrl:
    @pytest.mark.parametrize(
        ("url", "advice"),
        [
            ("", "file://PATH"),
            ("/var/files", "file://PATH"),
            ("ftp://x", "s3://BUCKET"),
            ("file://", "file:///var"),
            ("memory://x", "remove 'x'"),
            ("s3://", "BUCKET is a name"),
            ("s3:///prefix", "BUCKET is a name"),
            ("gs://Upper", "BUCKET is a name"),
            ("s3://user:secret@host", "BUCKET is a name"),
            ("gs://bucket/a//b", "cannot be a prefix"),
            ("s3://bucket/../b", "cannot be a prefix"),
            ("s3://bucket/a?region=x", "cannot be a prefix"),
        ],
    )
    def test_a_bad_one_is_refused_with_advice(self, url: str, advice: str) -> None:
        with pytest.raises(ValueError, match=re.escape(advice)):
            make_blobs(url)

    @pytest.mark.parametrize("scheme", ["s3", "gs"])
    def test_a_prefix_may_be_missing_or_end_in_a_slash(self, scheme: str) -> None:
        for url in ("bucket", "bucket/"):
            assert make_blobs(f"{scheme}://{url}").uri(KEY) == f"{scheme}://bucket/{KEY}"
        assert make_blobs(f"{scheme}://bucket/a=1/b/").uri(KEY) == f"{scheme}://bucket/a=1/b/{KEY}"

    def test_only_the_library_of_the_chosen_one_is_loaded(self) -> None:
        script = (
            "import sys\n"
            "from src.infrastructure.blobs import make_blobs\n"
            "make_blobs('file:///tmp')\n"
            "assert not {'obstore', 'requests', 'google.auth', 'google.cloud.storage'} & set(sys.modules)\n"
        )
        subprocess.run([sys.executable, "-c", script], timeout=30, check=True)
