"""How pytest-xdist shares out the test files among its processes."""

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController


class FileScheduling(LoadFileScheduling):  # type: ignore[misc]
    """Give each process whole files, and go on with those of a process that has died.

    pytest-xdist 3.8 hands out the finished files of a dead process again, as units without tests. A process that gets
    one asks for no more, so that the run waits for ever (https://github.com/pytest-dev/pytest-xdist/issues/1378).
    """

    def remove_node(self, node: WorkerController) -> str | None:
        """Return the test during which a process died, after its unfinished files have gone back to the queue."""
        files = self.assigned_work[node]
        self.assigned_work[node] = {name: tests for name, tests in files.items() if not all(tests.values())}
        crashed: str | None = super().remove_node(node)
        return crashed
