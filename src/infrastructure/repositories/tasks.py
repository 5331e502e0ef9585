"""The repository of tasks."""

from src.domain.receipts import Receipt
from src.domain.tasks import Task
from src.domain.values import Page
from src.infrastructure.repositories.documents import Documents
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import TASKS


class Tasks(Documents[Task]):
    """Stores tasks. Implements TaskRepository."""

    _first_read = 50

    def __init__(self, store: Store) -> None:
        super().__init__(store, TASKS, Task)

    def add(self, task: Task, receipt: Receipt | None = None) -> Task:
        """Store a new task. Takes one commit and no read."""
        return self._save(None, task, receipt)

    def delete_for_user(self, user_id: str) -> None:
        self._remove_all("created_at", equal={"user_id": user_id}, descending=True)

    def list_for_user(
        self, user_id: str, completed: bool | None = None, cursor: str | None = None, limit: int = 100
    ) -> Page[Task]:
        equal = {"user_id": user_id} | ({} if completed is None else {"completed": completed})
        return self._page("created_at", equal=equal, descending=True, cursor=cursor, limit=limit)
