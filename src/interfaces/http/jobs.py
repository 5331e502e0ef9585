"""Jobs over HTTP."""

from datetime import datetime
from typing import Any, Self

from flask import Response
from pydantic import Field

from src.application.jobs import JobService
from src.application.sessions import Caller
from src.domain.errors import Ended, NotFound
from src.domain.jobs import Job, JobStatus
from src.interfaces.http.operations import Access, Operations, services
from src.interfaces.http.views import View, no_content, render

operations = Operations("Jobs", "Work in the background.")


class JobView(View):
    """Work in the background, and how far it is."""

    id: str
    kind: str = Field(examples=["dog-picture"])
    status: JobStatus
    progress: float = Field(ge=0, le=1, description="Never falls.")
    attempts: int
    error: str | None = Field(description="Why the last attempt failed.")
    result: Any = Field(description="What came out of it; null until then.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, job: Job) -> Self:
        """A job as its owner sees it."""
        return cls(**{name: getattr(job, name) for name in cls.model_fields})


@operations.add("GET", "/jobs/<id>", aliases=("/api/jobs/<id>",), access=Access.USER, answer=JobView, etag=True,
                errors=(NotFound,), use_case=JobService.show)  # fmt: skip
def show_job(caller: Caller, id: str) -> Response:
    """See a job."""
    job = services().jobs.show(caller.user, id)
    return render(JobView.of(job), revision=job.revision)


@operations.add("DELETE", "/jobs/<id>", aliases=("/api/jobs/<id>",), access=Access.USER, status=204,
                errors=(NotFound, Ended), use_case=JobService.cancel)  # fmt: skip
def cancel_job(caller: Caller, id: str) -> Response:
    """Cancel a job."""
    services().jobs.cancel(caller.user, id)
    return no_content()
