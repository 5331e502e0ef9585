"""The repository of jobs."""

import json
from datetime import datetime
from typing import Any

from src.domain.jobs import Job, JobStatus
from src.domain.messages import Translatable
from src.domain.values import Page
from src.infrastructure.repositories.documents import OwnedDocuments
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import JOBS
from src.infrastructure.tracing import traceparent

_MARK = '{"message": '
"""The beginning of a message that is stored with its values. Any other text is stored as it is."""


class Jobs(OwnedDocuments[Job]):
    """Stores jobs. Implements JobRepository."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, JOBS, Job, status=JobStatus, error=_read)

    def _special_fields(self, entity: Job) -> dict[str, Any]:
        trace = entity.trace if entity.revision else entity.trace or traceparent()
        return {"error": _written(entity.error), "trace": trace}

    def due(self, now: datetime, limit: int = 500) -> Page[Job]:
        return self._page("due_at", until=now, limit=limit)

    def all(self, status: JobStatus | None = None, cursor: str | None = None, limit: int = 100) -> Page[Job]:
        equal = {"status": status.value} if status else {}
        return self._page("created_at", equal=equal, descending=True, cursor=cursor, limit=limit)


def _written(message: str | None) -> str | None:
    """Return a message with its template and values as JSON, so that it can be translated for each reader."""
    has_values = isinstance(message, Translatable) and message.values
    return json.dumps(_nested(message), ensure_ascii=False) if has_values else message


def _nested(message: str | None) -> Any:
    if not isinstance(message, Translatable):
        return message
    return {"message": message.template, **{name: _nested(value) for name, value in message.values.items()}}


def _read(stored: str | None) -> str | None:
    return _message(json.loads(stored)) if stored and stored.startswith(_MARK) else stored


def _message(nested: Any) -> str:
    if not isinstance(nested, dict):
        return str(nested)
    values = {name: _message(value) for name, value in nested.items() if name != "message"}
    return Translatable(nested["message"], **values)
