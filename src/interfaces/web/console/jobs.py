"""The page of the background jobs of all users."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Annotated, Any

from flask import Response

from src.application.sessions import Caller
from src.domain.jobs import MAX_ATTEMPTS, JobStatus, NotRunnable
from src.interfaces.framework.parsing import parse_query
from src.interfaces.framework.requests import services
from src.interfaces.web.console.charts import MOST_COUNTED, chart
from src.interfaces.web.console.lists import ROWS, Listing, OrNone, next_query
from src.interfaces.web.console.pages import AUDITORS, Page
from src.interfaces.web.console.responses import go

_LIST = "/console/jobs"
jobs = Page("/jobs", "operators/jobs.html", AUDITORS)


_GROUPS = {JobStatus.SUCCEEDED: "succeeded", JobStatus.QUEUED: "open", JobStatus.RUNNING: "open"}


class Jobs(Listing):
    """The filter of the list of jobs."""

    status: Annotated[JobStatus | None, OrNone] = None


@jobs.show
def _jobs(caller: Caller) -> Mapping[str, Any]:
    search = parse_query(Jobs)
    page = services().jobs.list(caller, search.status, search.cursor, ROWS)
    users = services().directory.get_many(caller, {job.user_id for job in page.items if job.user_id})
    newest = services().jobs.list(caller, limit=MOST_COUNTED).items
    made = [(job.created_at, _GROUPS.get(job.status, "failed")) for job in newest]
    bars = chart(made, ("succeeded", "open", "failed"), services().jobs.clock(), timedelta(minutes=1), 60)
    own = {"chart": bars, "jobs": page.items, "users": users, "search": search, "more": next_query(page)}
    return {**own, "most": MAX_ATTEMPTS}


@jobs.form("/jobs/<id>/retry")
def retry(caller: Caller, id: str) -> Response:
    """Queue a job again that has failed or was cancelled."""
    with suppress(NotRunnable):  # it is queued already, as after a second click
        services().jobs.retry(caller, id)
    return go(_LIST, "job-retried")


@jobs.form("/jobs/<id>/cancel")
def cancel(caller: Caller, id: str) -> Response:
    """Cancel a job that has not ended."""
    services().jobs.cancel(caller, id)
    return go(_LIST, "job-cancelled")
