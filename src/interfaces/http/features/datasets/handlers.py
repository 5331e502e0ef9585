"""The operations on datasets."""

from functools import partial
from typing import Annotated

from flask import Response
from pydantic import Field

from src.application.datasets import StoredDataset
from src.application.sessions import Caller
from src.domain.errors import Ended, NotFound, Stale
from src.interfaces.framework.bodies import Paging
from src.interfaces.framework.downloads import attachment
from src.interfaces.framework.fields import BooleanParameter
from src.interfaces.framework.headers import accepted_language
from src.interfaces.framework.requests import services
from src.interfaces.framework.uploads import Upload
from src.interfaces.http.features.datasets.uploads import DatasetUpload, incoming_dataset, prefers_async
from src.interfaces.http.features.datasets.views import AcceptedView, DatasetView, RowView, SummaryView
from src.interfaces.http.features.jobs import JobView
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.conditions import expected_revisions
from src.interfaces.http.framework.idempotency import IdempotentRequest
from src.interfaces.http.framework.operations import Feature, Operation
from src.interfaces.http.framework.views import monitor, render, render_list, render_resource
from src.interfaces.languages import translations

feature = Feature("Datasets", "CSV files: every row, and what was found in them.")
route = partial(Operation, feature)


class RowFilter(Paging):
    """The page of rows to list, and a filter."""

    valid: Annotated[
        BooleanParameter | None, Field(description="Only the valid rows, or only the others. By default all.")
    ] = None


@route(
    "POST /datasets /files/csv",
    Access.UPLOADER,
    DatasetView,
    body=DatasetUpload,
    status=201,
    instead={202: AcceptedView},
    monitored=True,
)
def add_dataset(caller: Caller, upload: Upload, idempotency: IdempotentRequest) -> Response:
    """Store a CSV file, all its rows, and the result of every rule that was checked.

    A large file, or one that the client does not want to wait for, is checked by a job. Nothing is visible until the
    last row is stored.
    """

    def created(stored: StoredDataset) -> Response:
        dataset, job = stored.dataset, stored.job
        headers = {"Location": f"/datasets/{dataset.id}"}
        if job is None:
            return render_resource(DatasetView, dataset, 201, headers)
        accepted = AcceptedView(id=dataset.id, status=dataset.status, job=JobView.of(job))
        headers |= {"Link": monitor(job.id)} | ({"Preference-Applied": "respond-async"} if prefers_async() else {})
        return render(accepted, 202, headers)

    idempotency.content = upload.digest
    idempotent = idempotency.answered_with(created)
    return created(services().datasets.add(caller.user, incoming_dataset(upload), idempotent))


@route("GET /datasets", Access.UPLOADER, DatasetView)
def list_datasets(caller: Caller, query: Paging) -> Response:
    """List your datasets, the newest first. Admins see the datasets of all users."""
    return render_list(services().datasets.list(caller.user, query.cursor, query.limit), DatasetView, DatasetView.of)


@route("GET /datasets/<id>", Access.UPLOADER, DatasetView, monitored=True)
def show_dataset(caller: Caller, id: str) -> Response:
    """See a dataset of yours. Admins see the datasets of all users."""
    dataset = services().datasets.show(caller.user, id)
    headers = {"Link": monitor(dataset.job_id)} if dataset.job_id else None
    return render_resource(DatasetView, dataset, 200, headers)


@route("GET /datasets/<id>/rows", Access.UPLOADER, RowView)
def list_rows(caller: Caller, id: str, query: RowFilter) -> Response:
    """List the rows in the order of their lines: all rows, only valid rows or only invalid rows.

    A page of long rows may hold fewer rows than were asked for.
    """
    dataset, page = services().datasets.list_rows(caller.user, id, query.valid, query.cursor, query.limit)
    columns = dataset.report.columns if dataset.report else ()
    return render_list(page, RowView, lambda row: RowView.of_row(row, columns))


@route("GET /datasets/<id>/file", Access.UPLOADER, download=True)
def read_dataset(caller: Caller, id: str) -> Response:
    """Get the file of a dataset as it was sent.

    With `Range`, the answer is a part of it.
    """
    dataset, read = services().datasets.read(caller.user, id)
    return attachment(read, dataset.filename, dataset.size, dataset.sha256)


@route("POST /datasets/<id>/summary", Access.UPLOADER, SummaryView, errors=(NotFound, Ended))
def summarise_dataset(caller: Caller, id: str) -> Response:
    """Say in plain words what was found and what to do about it.

    The answer also suggests a stricter schema.
    """
    language = accepted_language()
    summary = services().datasets.summarise(caller.user, id, translations(language))
    return render(SummaryView.of(summary), 200, {"Content-Language": language})


@route("DELETE /datasets/<id>", Access.UPLOADER, for_admins_too=True, errors=(Stale,))
def delete_dataset(caller: Caller, id: str) -> None:
    """Remove a dataset of yours with its rows and its file. Admins remove any dataset."""
    services().datasets.delete(caller, id, expected_revisions())
