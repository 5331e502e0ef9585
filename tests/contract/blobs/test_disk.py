"""Blobs in a folder: durability, a full disk, and files that killed processes leave."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from src.domain.errors import NotFound, Unavailable
from src.infrastructure.blobs import make_blobs
from src.infrastructure.blobs.disk import DiskBlobs
from tests.support.blobs import KEY, MIB, Place, content


def test_a_process_killed_while_it_puts_stores_nothing(disk: Place) -> None:
    script = (
        "import os, sys\n"
        "from src.infrastructure.blobs import make_blobs\n"
        "def chunks():\n"
        "    yield bytes(1 << 22)\n"
        "    os.kill(os.getpid(), 9)\n"
        f"make_blobs(sys.argv[1]).put({KEY!r}, chunks())\n"
    )
    done = subprocess.run([sys.executable, "-c", script, disk.url], timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL
    with pytest.raises(NotFound):
        make_blobs(disk.url).read(KEY)
    assert len(disk.leftovers()) == 1


def test_a_check_creates_no_folder(disk: Place, tmp_path: Path) -> None:
    make_blobs(disk.url).check()
    assert list(tmp_path.iterdir()) == []


def test_a_check_finds_that_the_folder_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in ("file", "file/deep"):
        with pytest.raises(Unavailable) as raised:
            make_blobs(f"file://{tmp_path}/{path}").check()
        assert str(raised.value.__cause__) == f"{tmp_path}/file is not a folder"


def test_a_check_finds_that_the_folder_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)  # the superuser may write everywhere
    with pytest.raises(Unavailable) as raised:
        make_blobs(f"file://{tmp_path}/blobs").check()
    assert str(raised.value.__cause__) == f"{tmp_path} cannot be written to"


def test_the_unfinished_file_of_a_killed_process_is_removed_an_hour_later(tmp_path: Path) -> None:
    now = time.time()
    blobs = DiskBlobs(tmp_path, clock=lambda: now)
    blobs.put(KEY, [b"x"])
    leftover = tmp_path / ".unfinished" / "killed"
    leftover.write_bytes(b"half")

    now += 3500
    blobs.put(KEY, [b"x"])
    assert leftover.exists()  # its writer may still be there

    now += 200
    blobs.put(KEY, [b"x"])
    assert not leftover.exists()


def test_the_unfinished_file_of_a_killed_process_is_removed_by_the_next_one(tmp_path: Path) -> None:
    leftover = tmp_path / ".unfinished" / "killed"
    leftover.parent.mkdir()
    leftover.write_bytes(b"half")
    DiskBlobs(tmp_path, clock=lambda: time.time() + 3500).put(KEY, [b"x"])
    assert leftover.exists()
    DiskBlobs(tmp_path, clock=lambda: time.time() + 3700).put(KEY, [b"x"])
    assert not leftover.exists()


def test_put_syncs_the_file_before_the_rename_and_the_folder_after_it(
    disk: Place, monkeypatch: pytest.MonkeyPatch
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


def test_a_folder_that_cannot_be_written_to_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for folder in ("/proc/portero", tmp_path / "file", tmp_path / "file" / "deeper"):
        blobs = make_blobs(f"file://{folder}")
        with pytest.raises(Unavailable):
            blobs.put(KEY, [b"x"])


@pytest.mark.parametrize(("when", "last"), [("writing", MIB), ("writing", 1), ("syncing", MIB)])
def test_a_full_disk_is_unavailable_and_leaves_nothing(
    disk: Place, monkeypatch: pytest.MonkeyPatch, when: str, last: int
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
            blobs.put(KEY, [bytes(MIB), b"x" * last])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert disk.leftovers() == []
    assert content(blobs) == b"earlier"


def test_folders_and_files_are_private_to_their_owner(disk: Place, tmp_path: Path) -> None:
    make_blobs(disk.url).put(KEY, [b"x"])
    made = [tmp_path / "deep", *(tmp_path / "deep").rglob("*")]
    assert [path for path in made if path.stat().st_mode & 0o077] == []
