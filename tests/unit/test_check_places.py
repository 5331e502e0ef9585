"""How many CSV files are checked at once: as many as fit into the memory of the container."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace

import pytest

from src.infrastructure.csv.places import CheckPlaces, available_memory, places_for
from tests.support.children import child

MIB = 1 << 20
MACHINE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@pytest.mark.parametrize(
    ("own", "limits", "expected"),
    [
        ("0::/\n", {"memory.max": "536870912\n"}, 512 * MIB),
        ("0::/\n", {"memory.max": "max\n"}, MACHINE),
        ("0::/host/path/of/a/container\n", {"memory.max": "536870912\n"}, 512 * MIB),
        (
            "0::/a.slice/b.service\n",
            {"a.slice/memory.max": "100000000", "a.slice/b.service/memory.max": "200000000"},
            100_000_000,
        ),
        ("5:cpu:/\n4:memory:/docker/1\n0::/\n", {"memory/memory.limit_in_bytes": "536870912\n"}, 512 * MIB),
        ("4:memory:/docker/1\n", {"memory/docker/1/memory.limit_in_bytes": "536870912\n"}, 512 * MIB),
        ("4:memory:/\n", {"memory/memory.limit_in_bytes": "9223372036854771712\n"}, MACHINE),
        (None, {}, MACHINE),
    ],
)
def test_the_memory_is_the_lowest_limit_of_the_control_groups_or_that_of_the_machine(
    tmp_path: Path, own: str | None, limits: dict[str, str], expected: int
) -> None:
    if own is not None:
        (tmp_path / "own").write_text(own)
    for name, limit in limits.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(limit)
    assert available_memory(tmp_path, tmp_path / "own") == expected


@pytest.mark.parametrize(
    ("memory", "processes", "places"), [(256, 2, 1), (512, 1, 1), (512, 2, 1), (1024, 2, 3), (4096, 2, 15)]
)
def test_there_are_as_many_places_as_checks_fit_beside_the_processes(memory: int, processes: int, places: int) -> None:
    assert places_for(memory * MIB, processes) == places


def test_no_more_checks_than_places_run_at_once(tmp_path: Path) -> None:
    running, most, lock = 0, 0, threading.Lock()
    both = threading.Barrier(2)

    def check(places: CheckPlaces) -> bool:
        nonlocal running, most
        with places.take(60) as is_taken:
            with lock:
                running += 1
                most = max(most, running)
            both.wait(60)  # until two checks run at once
            with lock:
                running -= 1
            return is_taken

    # Each object opens the files itself, as each process does.
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(check, [CheckPlaces(2, tmp_path / "places") for _ in range(8)]))
    assert most == 2


def test_without_a_free_place_the_wait_ends_in_time(tmp_path: Path) -> None:
    places = CheckPlaces(1, tmp_path / "places")
    with places.take(0), places.take(0.01) as is_taken:
        assert not is_taken
    with places.take(0) as is_taken:
        assert is_taken


def test_few_threads_wait_and_others_are_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("src.infrastructure.csv.places._MAX_WAITING", 1)
    places, waits = CheckPlaces(1, tmp_path / "places"), threading.Event()
    # Only the module's name is replaced, because a replaced time.sleep would affect every thread of the process.
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: waits.set())
    monkeypatch.setattr("src.infrastructure.csv.places.time", clock)

    def take() -> bool:
        with places.take(60) as is_taken:
            return is_taken

    with ThreadPoolExecutor(1) as pool:
        with places.take(0):
            waiting = pool.submit(take)
            assert waits.wait(60)
            assert not take()
        assert waiting.result(60)
    assert take()


def hold_a_place(folder: Path, told: Connection) -> None:
    """Take the only place, say so, and keep it until the process is killed."""
    with CheckPlaces(1, folder).take(0) as is_taken:
        told.send(is_taken)
        signal.pause()


def test_a_killed_process_frees_its_place(tmp_path: Path) -> None:
    places = CheckPlaces(1, tmp_path)
    hears, told = Pipe()
    with child(hold_a_place, tmp_path, told):
        assert hears.recv()
        with places.take(0) as is_taken:
            assert not is_taken
    with places.take(0) as is_taken:
        assert is_taken
