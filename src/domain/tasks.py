"""The Task entity: a to-do item of its owner."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypedDict

from src.domain.receipts import Receipt
from src.domain.repositories import OwnedRepository
from src.domain.values import Page

MAX_TITLE = 200
"""The maximum number of characters of a title."""
MAX_DESCRIPTION = 10_000
"""The maximum number of characters of a description."""


class TaskFields(TypedDict, total=False):
    """The fields of a new task, or of a change. A change keeps the fields that are absent."""

    title: str
    description: str | None
    completed: bool


@dataclass(frozen=True, slots=True)
class Task:
    """A task. ``revision`` identifies this version in the store, and is empty until the task is stored."""

    id: str
    user_id: str
    created_at: datetime
    updated_at: datetime
    title: str
    description: str | None = None
    completed: bool = False
    revision: str = ""

    def changed(self, change: TaskFields, now: datetime) -> "Task":
        """Return the task after ``change``."""
        return replace(self, **change, updated_at=now)


class TaskRepository(OwnedRepository[Task], Protocol):
    """Stores tasks."""

    def add(self, task: Task, receipt: Receipt | None = None) -> Task:
        """Store a new task and the receipt atomically. Raises Repeated."""

    def list_for_user(
        self, user_id: str, completed: bool | None = None, cursor: str | None = None, limit: int = 100
    ) -> Page[Task]:
        """Return a page of a user's tasks, the newest first.

        ``completed`` selects the completed tasks (True), the open ones (False) or all of them (None).
        """
