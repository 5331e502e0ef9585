"""The service for tasks. Only the owner of a task sees it."""

from collections.abc import Collection
from dataclasses import dataclass

from src.application.ports import Clock
from src.domain.errors import NotFound
from src.domain.receipts import IdempotentCreate
from src.domain.tasks import Task, TaskFields, TaskRepository
from src.domain.users import User
from src.domain.values import Page, new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskService:
    """Makes, lists, changes and removes tasks."""

    tasks: TaskRepository
    clock: Clock

    def add(self, owner: User, fields: TaskFields, idempotent: IdempotentCreate[Task] | None = None) -> Task:
        """Make a task. Raises Repeated."""
        now = self.clock()
        task = Task(new_id(), owner.id, now, now, **fields)
        return self.tasks.add(task, idempotent.receipt_for(task) if idempotent else None)

    def list(self, owner: User, completed: bool | None, cursor: str | None, limit: int) -> Page[Task]:
        """List your tasks, the newest first: all tasks, only completed tasks, or only open tasks."""
        return self.tasks.list_for_user(owner.id, completed, cursor, limit)

    def show(self, owner: User, id: str) -> Task:
        """See one of your tasks. Raises NotFound."""
        return _owned(self.tasks.get(id), owner)

    def change(self, owner: User, id: str, change: TaskFields, revisions: Collection[str] | None) -> Task:
        """Change one of your tasks. A field that is not given keeps its value. Raises NotFound, Stale."""
        now = self.clock()
        return self.tasks.update(id, lambda task: _owned(task, owner).changed(change, now), revisions=revisions)

    def delete(self, owner: User, id: str, revisions: Collection[str] | None = None) -> None:
        """Remove one of your tasks. Raises NotFound, Stale."""
        self.tasks.remove(self.show(owner, id).id, revisions)


def _owned(task: Task | None, owner: User) -> Task:
    if task is None or task.user_id != owner.id:
        raise NotFound("There is no such task.")
    return task
