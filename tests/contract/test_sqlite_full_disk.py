"""A SQLite store on a disk that is full. tests/docker fills a real one to the last byte."""

import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from src.domain.errors import Unavailable
from src.infrastructure.disks import RESERVE_BYTES
from src.infrastructure.stores.driver import Delete, Insert, Key, Update
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import SPENT
from src.infrastructure.stores.sqlite.reserve import Reserve
from tests.contract.documents import CLAIM, claim

SetFree = Callable[[int], None]


@pytest.fixture
def set_free(monkeypatch: pytest.MonkeyPatch) -> SetFree:
    """Return a function that sets how many bytes the disk says to have left."""

    def set_to(size: int) -> None:
        monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=size, f_frsize=1))

    return set_to


def full() -> Unavailable:
    """Return the error of a commit for which SQLite finds no space."""
    with sqlite3.connect(":memory:", isolation_level=None) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("PRAGMA max_page_count = 2")
        with pytest.raises(sqlite3.OperationalError) as refused:
            connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
    connection.close()
    error = Unavailable()
    error.__cause__ = refused.value
    return error


def test_on_a_disk_that_is_nearly_full_nothing_lasting_is_added_and_the_rest_goes_on(
    sqlite: Callable[[], Store], set_free: SetFree
) -> None:
    store = sqlite()
    [revision] = store.commit(Insert(claim("old"), CLAIM)).values()
    store.ping()
    set_free(RESERVE_BYTES - 1)
    for refused in (lambda: store.commit(Insert(claim("new"), CLAIM)), store.ping):
        with pytest.raises(Unavailable) as error:
            refused()
        assert "nearly full" in str(error.value.__cause__)
    rows = store.bulk_rows()
    assert rows
    with pytest.raises(Unavailable):
        rows.append("set", [(1, True, "[]")])
    store.commit(Insert(Key(SPENT, "token"), {"expires_at": datetime.now(UTC)}))
    [revision] = store.commit(Update(claim("old"), CLAIM, revision)).values()
    store.commit(Delete(claim("old"), revision))
    set_free(RESERVE_BYTES)
    store.ping()
    store.commit(Insert(claim("new"), CLAIM))
    store.close()


def test_a_change_that_finds_the_disk_full_is_repeated_with_the_space_of_the_reserve(
    tmp_path: Path, set_free: SetFree
) -> None:
    reserve, file = Reserve(tmp_path / "portero.db"), tmp_path / "portero.db-reserve"
    reserve.ensure()
    assert file.stat().st_blocks * 512 >= RESERVE_BYTES
    attempts: list[bool] = []

    def change() -> None:
        attempts.append(file.exists())
        if len(attempts) == 1:
            raise full()

    reserve.retry_without(change)
    assert attempts == [True, False]
    set_free(2 * RESERVE_BYTES - 1)
    with pytest.raises(Unavailable):
        reserve.ensure()
    set_free(2 * RESERVE_BYTES)
    reserve.ensure()
    assert file.exists()


def test_a_reserve_that_a_crash_has_left_empty_is_filled_also_on_macos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    file = tmp_path / "portero.db-reserve"
    file.touch()
    Reserve(tmp_path / "portero.db").ensure()
    assert file.stat().st_blocks * 512 >= RESERVE_BYTES


def test_without_its_reserve_a_full_disk_refuses_the_change(tmp_path: Path) -> None:
    """The change is repeated, because another one may have removed the reserve a moment before."""
    attempts: list[None] = []

    def change() -> None:
        attempts.append(None)
        raise full()

    with pytest.raises(Unavailable):
        Reserve(tmp_path / "portero.db").retry_without(change)
    assert attempts == [None] * 2


def test_other_outages_do_not_use_the_reserve(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "portero.db")
    reserve.ensure()

    def change() -> None:
        raise Unavailable

    with pytest.raises(Unavailable):
        reserve.retry_without(change)
    assert (tmp_path / "portero.db-reserve").exists()
