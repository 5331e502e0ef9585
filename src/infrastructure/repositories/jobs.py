"""The repository of jobs."""

from datetime import datetime

from src.domain.jobs import Job, JobStatus
from src.domain.values import Page
from src.infrastructure.repositories.documents import Documents
from src.infrastructure.stores.base import Store
from src.infrastructure.stores.schema import JOBS


class Jobs(Documents[Job]):
    """Stores jobs. Implements JobRepository."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, JOBS, Job, status=JobStatus)

    def due(self, now: datetime, limit: int = 500) -> Page[Job]:
        return self._page("due_at", until=now, limit=limit)

    def of(self, user_id: str, cursor: str | None = None, limit: int = 100) -> Page[Job]:
        return self._page("created_at", equal={"user_id": user_id}, descending=True, cursor=cursor, limit=limit)

    def all(self, status: JobStatus | None = None, cursor: str | None = None, limit: int = 100) -> Page[Job]:
        equal = {"status": status.value} if status else {}
        return self._page("created_at", equal=equal, descending=True, cursor=cursor, limit=limit)
