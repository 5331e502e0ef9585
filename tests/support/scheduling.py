"""How pytest-xdist distributes the test files over its processes."""

import pkgutil
from collections import defaultdict
from collections.abc import Iterable

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

import tests

_LONG, _END_OF_LONG = "tests/e2e", 0.8
"""The folder whose files take longest, and the part of the run at which the last one of them begins."""
_LONG_FILES = {
    "tests/contract/test_users_races.py",
    "tests/contract/test_webhook_crashes.py",
    "tests/http/test_who_may_what.py",
}
"""Long files of other folders, whose names put them at the end. They begin in the first half of the run."""


class FileScheduling(LoadFileScheduling):  # type: ignore[misc]
    """Give each process whole files, and give the files of a dead process to the others.

    pytest-xdist 3.8 hands out the finished files of a dead process again, as units without tests. A process that gets
    one asks for no more, so that the run waits for ever (https://github.com/pytest-dev/pytest-xdist/issues/1378).
    """

    def remove_node(self, node: WorkerController) -> str | None:
        """Return the test during which a process died, after its unfinished files have gone back to the queue."""
        files = self.assigned_work[node]
        self.assigned_work[node] = {name: tests for name, tests in files.items() if not all(tests.values())}
        crashed: str | None = super().remove_node(node)
        return crashed


def spread(files: Iterable[str]) -> dict[str, float]:
    """Return the place of each test file in the run, from 0 to 1, so that every folder is spread over the whole run.

    The tests of some folders mostly wait for servers and browsers, and those of others mostly compute. Side by side
    they keep the processors busier than one folder after the other. No long file begins near the end, where the other
    processes would wait for it.
    """
    folders = defaultdict[str, list[str]](list)
    for file in dict.fromkeys(files):
        folders["/".join(file.split("/")[:2])].append(file)
    return {
        file: (number + 0.5) / len(found) * (0.5 if file in _LONG_FILES else _END_OF_LONG if folder == _LONG else 1)
        for folder, found in folders.items()
        for number, file in enumerate(found)
    }


def share_of_modules(number: int, count: int) -> list[str]:
    """Return the names of the test modules that process ``number`` of ``count`` processes imports first."""
    found = sorted(module.name for module in pkgutil.walk_packages(tests.__path__, "tests."))
    names = [name for name in found if name.split(".")[-1].startswith("test_") and not name.startswith("tests.docker.")]
    return names[number::count]
