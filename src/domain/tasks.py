"""The task: something its owner has to do."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypedDict

from src.domain.receipts import Receipt
from src.domain.values import Page

MAX_TITLE = 200
MAX_DESCRIPTION = 10_000


class TaskChange(TypedDict, total=False):
    """What a task can be given; a field that is absent stays."""

    title: str
    description: str | None
    completed: bool


@dataclass(frozen=True, slots=True)
class Task:
    """A task. ``revision`` is the store's mark of this version, empty until stored."""

    id: str
    user_id: str
    created_at: datetime
    updated_at: datetime
    title: str
    description: str | None = None
    completed: bool = False
    revision: str = ""

    def changed(self, change: TaskChange, now: datetime) -> "Task":
        """This task with other content."""
        return replace(self, **change, updated_at=now)


class TaskRepository(Protocol):
    """Keeps tasks."""

    def add(self, task: Task, receipt: Receipt | None = None) -> Task:
        """Store a new task, and the receipt with it. Raises Repeated."""

    def get(self, id: str) -> Task | None:
        """The task with this id."""

    def update(self, id: str, change: Callable[[Task], Task], *, revisions: Collection[str] | None = None) -> Task:
        """Apply the pure function ``change`` to one revision. Raises NotFound, Stale, and what ``change`` raises."""

    def remove(self, id: str) -> None:
        """Remove a task, if it is there."""

    def remove_of(self, user_id: str) -> None:
        """Remove every task of a user."""

    def of(
        self, user_id: str, completed: bool | None = None, cursor: str | None = None, limit: int = 100
    ) -> Page[Task]:
        """The tasks of a user, the newest first."""
