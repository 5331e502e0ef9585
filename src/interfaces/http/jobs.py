"""Jobs over HTTP."""

from datetime import datetime
from typing import Any, Self

from flask import Response
from pydantic import Field

from src.application.jobs import JobService
from src.application.sessions import Caller
from src.domain.errors import Ended
from src.domain.jobs import Job, JobStatus
from src.interfaces.http.operations import Access, Feature, Operation, services
from src.interfaces.http.views import Resource, no_content, render

feature = Feature("Jobs", "Work in the background.")


class JobView(Resource):
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


@Operation(
    feature, "GET /jobs/<id>", Access.USER, aliases=("/api/jobs/<id>",), answer=JobView, use_case=JobService.show
)
def show_job(caller: Caller, id: str) -> Response:
    """See a job."""
    job = services().jobs.show(caller.user, id)
    return render(JobView.of(job), revision=job.revision)


@Operation(
    feature,
    "DELETE /jobs/<id>",
    Access.USER,
    aliases=("/api/jobs/<id>",),
    status=204,
    errors=(Ended,),
    use_case=JobService.cancel,
)
def cancel_job(caller: Caller, id: str) -> Response:
    """Cancel a job."""
    services().jobs.cancel(caller.user, id)
    return no_content()
