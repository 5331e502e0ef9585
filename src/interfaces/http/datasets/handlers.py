"""The operations on datasets."""

from functools import partial
from typing import Annotated

from flask import Response
from pydantic import Field

from src.application.datasets import DatasetService, StoredDataset, spooled
from src.application.sessions import Caller
from src.domain.errors import Ended, NotFound
from src.interfaces.http.bodies import Paging
from src.interfaces.http.datasets.uploads import DatasetUpload, prefers_async, receive
from src.interfaces.http.datasets.views import AcceptedView, DatasetView, RowView, SummaryView
from src.interfaces.http.downloads import attachment
from src.interfaces.http.fields import BooleanParameter
from src.interfaces.http.jobs import JobView
from src.interfaces.http.operations import Access, Operations, services
from src.interfaces.http.receipts import Repeatable
from src.interfaces.http.uploads import Upload
from src.interfaces.http.views import monitor, no_content, render, render_list

operations = Operations("Datasets", "CSV files: every row, and what was found in them.")


class RowFilter(Paging):
    """Which rows."""

    valid: Annotated[
        BooleanParameter | None, Field(description="Those in which nothing was found, or the others; all unless told.")
    ] = None


@operations.add("POST", "/datasets", aliases=("/files/csv",), access=Access.UPLOADER, body=DatasetUpload, status=201,
                answer=DatasetView, instead={202: AcceptedView}, idempotent=True, monitored=True,
                use_case=DatasetService.add)  # fmt: skip
def add_dataset(caller: Caller, upload: Upload, repeatable: Repeatable) -> Response:
    """Store a dataset."""

    def created(stored: StoredDataset) -> Response:
        dataset, job = stored.dataset, stored.job
        headers = {"Location": f"/datasets/{dataset.id}"}
        if job is None:
            return render(DatasetView.of(dataset), 201, headers, revision=dataset.revision)
        accepted = AcceptedView(id=dataset.id, status=dataset.status, job=JobView.of(job))
        headers |= {"Link": monitor(job.id)} | ({"Preference-Applied": "respond-async"} if prefers_async() else {})
        return render(accepted, 202, headers)

    repeatable.content = upload.digest
    with spooled() as file:
        once = repeatable.once(created)
        return created(services().datasets.add(caller.user, partial(receive, upload, caller, file), once))


@operations.add("GET", "/datasets", access=Access.UPLOADER, query=Paging, answer=DatasetView, array=True,
                use_case=DatasetService.list)  # fmt: skip
def list_datasets(caller: Caller, query: Paging) -> Response:
    """List datasets."""
    page = services().datasets.list(caller.user, query.cursor, query.limit)
    return render_list([DatasetView.of(dataset) for dataset in page.items], page.next)


@operations.add("GET", "/datasets/<id>", access=Access.UPLOADER, answer=DatasetView, etag=True, errors=(NotFound,),
                monitored=True, use_case=DatasetService.show)  # fmt: skip
def show_dataset(caller: Caller, id: str) -> Response:
    """See a dataset."""
    dataset = services().datasets.show(caller.user, id)
    response = render(DatasetView.of(dataset), revision=dataset.revision)
    if dataset.job_id:
        response.headers["Link"] = monitor(dataset.job_id)
    return response


@operations.add("GET", "/datasets/<id>/rows", access=Access.UPLOADER, query=RowFilter, answer=RowView, array=True,
                errors=(NotFound,), use_case=DatasetService.list_rows)  # fmt: skip
def list_rows(caller: Caller, id: str, query: RowFilter) -> Response:
    """List rows."""
    dataset, page = services().datasets.list_rows(caller.user, id, query.valid, query.cursor, query.limit)
    names = [column.name for column in dataset.report.columns] if dataset.report else []
    return render_list([RowView.of(row, names) for row in page.items], page.next)


@operations.add("GET", "/datasets/<id>/file", access=Access.UPLOADER, text="application/octet-stream",
                errors=(NotFound,), use_case=DatasetService.read)  # fmt: skip
def read_dataset(caller: Caller, id: str) -> Response:
    """Get the file of a dataset."""
    dataset, chunks = services().datasets.read(caller.user, id)
    return attachment(chunks, dataset.filename, dataset.size)


@operations.add("POST", "/datasets/<id>/summary", access=Access.UPLOADER, answer=SummaryView,
                errors=(NotFound, Ended), use_case=DatasetService.summarise)  # fmt: skip
def summarise_dataset(caller: Caller, id: str) -> Response:
    """Summarise a dataset."""
    summary = services().datasets.summarise(caller.user, id)
    schema = dict(summary.suggested_schema)
    return render(SummaryView(source=summary.source, text=summary.text, suggested_schema=schema))


@operations.add("DELETE", "/datasets/<id>", access=Access.UPLOADER, status=204, errors=(NotFound,),
                use_case=DatasetService.delete)  # fmt: skip
def delete_dataset(caller: Caller, id: str) -> Response:
    """Remove a dataset."""
    services().datasets.delete(caller.user, id)
    return no_content()
