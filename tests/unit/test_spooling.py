"""Files of uploads in the temporary folder."""

import os
import tempfile
import time
from pathlib import Path

import pytest

from src.domain.errors import Unavailable
from src.infrastructure.spooling import remove_abandoned_files, temporary_file


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_one_is_there_for_as_long_as_it_takes(folder: Path) -> None:
    with temporary_file([b"a", b"b"]) as file:
        assert (file.parent, file.read_bytes()) == (folder, b"ab")
    assert list(folder.iterdir()) == []


def test_without_room_something_is_unavailable(folder: Path) -> None:
    folder.rmdir()
    with pytest.raises(Unavailable), temporary_file():
        pass


def test_what_a_killed_process_left_goes_after_a_day(folder: Path) -> None:
    with temporary_file() as left, temporary_file() as used:
        yesterday = time.time() - 86401
        os.utime(left, (yesterday, yesterday))
        other = folder / "somebody-else's"
        other.touch()
        os.utime(other, (yesterday, yesterday))
        remove_abandoned_files()
        assert set(folder.iterdir()) == {used, other}
        left.touch()
