"""The operations on datasets."""

from functools import partial
from typing import Annotated

from flask import Response
from pydantic import Field

from src.application.datasets import DatasetService, StoredDataset, temporary_file
from src.application.sessions import Caller
from src.domain.errors import Ended, NotFound, Stale
from src.interfaces.framework.bodies import Paging
from src.interfaces.framework.fields import BooleanParameter
from src.interfaces.framework.headers import accepted_language
from src.interfaces.framework.requests import services
from src.interfaces.http.features.datasets.uploads import DatasetUpload, prefers_async, receive
from src.interfaces.http.features.datasets.views import AcceptedView, DatasetView, RowView, SummaryView
from src.interfaces.http.features.jobs import JobView
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.conditions import expected_revisions
from src.interfaces.http.framework.downloads import attachment
from src.interfaces.http.framework.idempotency import IdempotentRequest
from src.interfaces.http.framework.operations import Feature, Operation
from src.interfaces.http.framework.uploads import Upload
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
    use_case=DatasetService.add,
)
def add_dataset(caller: Caller, upload: Upload, idempotency: IdempotentRequest) -> Response:
    """Store a dataset."""

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
    datasets = services().datasets
    with temporary_file() as file, datasets.receiving(caller.user, idempotent) as pending:
        return created(datasets.store(pending, receive(upload, caller, file, pending.heartbeat)))


@route("GET /datasets", Access.UPLOADER, DatasetView, use_case=DatasetService.list)
def list_datasets(caller: Caller, query: Paging) -> Response:
    """List datasets."""
    return render_list(services().datasets.list(caller.user, query.cursor, query.limit), DatasetView, DatasetView.of)


@route("GET /datasets/<id>", Access.UPLOADER, DatasetView, monitored=True, use_case=DatasetService.show)
def show_dataset(caller: Caller, id: str) -> Response:
    """See a dataset."""
    dataset = services().datasets.show(caller.user, id)
    headers = {"Link": monitor(dataset.job_id)} if dataset.job_id else None
    return render_resource(DatasetView, dataset, 200, headers)


@route("GET /datasets/<id>/rows", Access.UPLOADER, RowView, use_case=DatasetService.list_rows)
def list_rows(caller: Caller, id: str, query: RowFilter) -> Response:
    """List rows."""
    dataset, page = services().datasets.list_rows(caller.user, id, query.valid, query.cursor, query.limit)
    columns = dataset.report.columns if dataset.report else ()
    return render_list(page, RowView, lambda row: RowView.of_row(row, columns))


@route("GET /datasets/<id>/file", Access.UPLOADER, download=True, use_case=DatasetService.read)
def read_dataset(caller: Caller, id: str) -> Response:
    """Get the file of a dataset."""
    dataset, read = services().datasets.read(caller.user, id)
    return attachment(read, dataset.filename, dataset.size, dataset.sha256)


@route(
    "POST /datasets/<id>/summary",
    Access.UPLOADER,
    SummaryView,
    errors=(NotFound, Ended),
    use_case=DatasetService.summarise,
)
def summarise_dataset(caller: Caller, id: str) -> Response:
    """Summarise a dataset."""
    language = accepted_language()
    summary = services().datasets.summarise(caller.user, id, translations(language))
    return render(SummaryView.of(summary), 200, {"Content-Language": language})


@route("DELETE /datasets/<id>", Access.UPLOADER, errors=(Stale,), use_case=DatasetService.delete)
def delete_dataset(caller: Caller, id: str) -> None:
    """Remove a dataset."""
    services().datasets.delete(caller.user, id, expected_revisions())
