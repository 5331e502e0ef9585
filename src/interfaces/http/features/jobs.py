"""The operations on background jobs."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any, ClassVar

from flask import Response
from pydantic import BeforeValidator, Field

from src.application.sessions import Caller
from src.domain.errors import Ended, Stale
from src.domain.jobs import JobStatus
from src.interfaces.framework.headers import accepted_language
from src.interfaces.framework.requests import services
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.conditions import expected_revisions
from src.interfaces.http.framework.operations import Feature, Operation
from src.interfaces.http.framework.views import render_resource
from src.interfaces.languages import translated
from src.interfaces.views import Resource

feature = Feature("Jobs", "Work in the background.")
route = partial(Operation, feature)


class JobView(Resource):
    """A job that runs in the background, and its progress."""

    is_long: ClassVar[bool] = True

    id: str
    kind: str = Field(examples=["dog-picture"])
    status: JobStatus
    progress: float = Field(ge=0, le=1, description="Never falls.")
    attempts: int
    error: Annotated[
        str | None,
        BeforeValidator(lambda message: message and translated(message, accepted_language())),
        Field(description="Why the last attempt failed."),
    ]
    result: Any = Field(description="The result; null until the job is done.")
    created_at: datetime
    updated_at: datetime


@route("GET /jobs/<id> /api/jobs/<id>", Access.USER, JobView)
def show_job(caller: Caller, id: str) -> Response:
    """See a job of yours. Admins and auditors see the jobs of all users."""
    job = services().jobs.show(caller.user, id)
    headers = {"Content-Language": accepted_language()} if job.error else None
    return render_resource(JobView, job, 200, headers)


@route("DELETE /jobs/<id> /api/jobs/<id>", Access.USER, for_admins_too=True, errors=(Ended, Stale))
def cancel_job(caller: Caller, id: str) -> None:
    """Cancel a job of yours that has not ended.

    Admins may cancel the jobs of all users. The worker of the job stops at the next step.
    """
    services().jobs.cancel(caller, id, expected_revisions())
