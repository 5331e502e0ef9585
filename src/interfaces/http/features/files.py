"""The operations on files."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Self

from flask import Response
from pydantic import Field

from src.application.files import StoredFile
from src.application.sessions import Caller
from src.domain.errors import Stale
from src.interfaces.framework.bodies import Paging
from src.interfaces.framework.downloads import attachment
from src.interfaces.framework.requests import services
from src.interfaces.framework.uploads import Upload, UploadBody
from src.interfaces.http.features.jobs import JobView
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.conditions import expected_revisions
from src.interfaces.http.framework.idempotency import IdempotentRequest
from src.interfaces.http.framework.operations import Feature, Operation
from src.interfaces.http.framework.views import monitor, render_list, render_resource
from src.interfaces.views import Resource

feature = Feature("Files", "Files are stored, and sent on to another service. Only their owners see them.")
route = partial(Operation, feature)


class FileView(Resource):
    """A file."""

    id: str
    filename: str
    content_type: str = Field(description="As the client gave it. Downloads are application/octet-stream.")
    size: int = Field(description="Bytes.")
    sha256: str = Field(description="The SHA-256 of the content, in hexadecimal.")
    created_at: datetime
    job: JobView | None = Field(description="The job that sends the file on; null long after it ended.")

    @classmethod
    def of(cls, stored: StoredFile) -> Self:
        """Return the view of a stored file and of the job that sends it on."""
        own = {name: getattr(stored.file, name) for name in cls.model_fields if name != "job"}
        return cls(**own, job=JobView.of(stored.job) if stored.job else None)


@route("POST /api/files", Access.USER, FileView, body=UploadBody, status=202, monitored=True)
def add_file(caller: Caller, upload: Upload, idempotency: IdempotentRequest) -> Response:
    """Store a file of any kind.

    A job then sends it on to the service that the operator has configured, if any.
    """

    def accepted(stored: StoredFile) -> Response:
        headers = {"Location": f"/api/files/{stored.file.id}", "Link": monitor(stored.file.job_id)}
        return render_resource(FileView, stored, 202, headers)

    idempotency.content = upload.digest
    idempotent = idempotency.answered_with(accepted)
    file = upload.file("file")
    return accepted(services().files.add(caller.user, replace(file, chunks=upload.to_end(file)), idempotent))


@route("GET /api/files", Access.USER, FileView)
def list_files(caller: Caller, query: Paging) -> Response:
    """List your files, the newest first. Admins see the files of all users."""
    return render_list(services().files.list(caller.user, query.cursor, query.limit), FileView, FileView.of)


@route("GET /api/files/<id>", Access.USER, FileView)
def show_file(caller: Caller, id: str) -> Response:
    """See a file of yours. Admins see the files of all users."""
    return render_resource(FileView, services().files.show(caller.user, id))


@route("GET /api/files/<id>/content", Access.USER, download=True)
def read_file(caller: Caller, id: str) -> Response:
    """Get the content of a file as it was sent.

    With `Range`, the answer is a part of it.
    """
    file, read = services().files.read(caller.user, id)
    return attachment(read, file.filename, file.size, file.sha256)


@route("DELETE /api/files/<id>", Access.USER, for_admins_too=True, errors=(Stale,))
def delete_file(caller: Caller, id: str) -> None:
    """Remove a file of yours, and cancel the job that sends it on. Admins remove any file."""
    services().files.delete(caller, id, expected_revisions())
