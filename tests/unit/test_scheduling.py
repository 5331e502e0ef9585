"""The order of the test files, and a test process that dies: the others do not wait for ever."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.support.markdown import ROOT
from tests.support.scheduling import FileScheduling, share_of_modules, spread

TESTS = [f"tests/test_{file}.py::test_{number}" for file in "abcdef" for number in range(3)]


class Process:
    """A fake test process, which records the tests that it was told to run and those that it ran."""

    def __init__(self, scheduling: FileScheduling) -> None:
        self.gateway = SimpleNamespace(id="gw0")
        self.shutting_down = False
        self.waiting: list[int] = []
        self.ran: list[int] = []
        self._scheduling = scheduling

    def send_runtest_some(self, tests: list[int]) -> None:
        assert tests, "told to run nothing, after which a process asks for nothing"
        self.waiting += tests

    def shutdown(self) -> None:
        self.shutting_down = True

    def run_one(self) -> None:
        self.ran.append(self.waiting.pop(0))
        self._scheduling.mark_test_complete(cast(Any, self), self.ran[-1])


def test_the_files_that_a_dead_process_had_finished_are_not_handed_out_again() -> None:
    option = SimpleNamespace(loadscopereorder=False)
    config = cast(pytest.Config, SimpleNamespace(getvalue=lambda _: ["popen"] * 2, option=option))
    scheduling = FileScheduling(config)
    dead, alive = Process(scheduling), Process(scheduling)
    for process in (dead, alive):
        scheduling.add_node(cast(Any, process))
        scheduling.add_node_collection(cast(Any, process), TESTS)
    scheduling.schedule()
    for _ in range(4):
        dead.run_one()

    assert scheduling.remove_node(cast(Any, dead)) == TESTS[dead.waiting[0]]

    while not alive.shutting_down or alive.waiting:
        alive.run_one()
    assert sorted(dead.ran + alive.ran) == list(range(len(TESTS)))


def test_every_folder_is_spread_over_the_run_and_no_long_file_begins_at_its_end() -> None:
    files = [f"tests/{folder}/test_{number}.py" for folder in ("e2e", "unit") for number in range(4)]
    place = spread(files)
    order = sorted(files, key=place.__getitem__)
    assert order == [f"tests/{folder}/test_{number}.py" for number in range(4) for folder in ("e2e", "unit")]
    assert place["tests/e2e/test_3.py"] < 0.8


def test_a_long_file_with_a_late_name_begins_in_the_first_half_of_the_run() -> None:
    files = [str(file.relative_to(ROOT)) for file in sorted((ROOT / "tests/http").glob("test_*.py"))]
    assert spread(files)["tests/http/test_who_may_what.py"] < 0.5


def test_the_processes_share_the_import_of_all_test_files() -> None:
    shares = [share_of_modules(number, 3) for number in range(3)]
    names = [name for share in shares for name in share]
    files = [path.relative_to(ROOT) for path in (ROOT / "tests").glob("*/**/test_*.py") if path.parts[-2] != "docker"]
    folders = {name.split(".")[1] for name in names}
    assert sorted(names) == sorted(".".join(file.with_suffix("").parts) for file in files if file.parts[1] in folders)
    assert {"unit", "contract", "http", "web", "e2e", "ship", "clients"} == folders
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
