"""The pages of files: upload, list, download and delete them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Response, current_app, request

from src.application.files import IncomingFile
from src.application.sessions import Caller
from src.interfaces.framework.downloads import attachment
from src.interfaces.framework.requests import services
from src.interfaces.framework.uploads import Upload
from src.interfaces.web.console.pages import MEMBERS, Page
from src.interfaces.web.console.responses import go

files = Page("/files", "files/files.html", MEMBERS)
content = Page("/files/<id>/content", "", MEMBERS)
removal = Page("/files/<id>/delete", "files/delete.html", MEMBERS)
PAGE = 50


@files.show
def _files(caller: Caller) -> Mapping[str, Any]:
    page = services().files.list(caller.user, request.args.get("cursor"), PAGE)
    return {"files": page.items, "more": page.next, "most": current_app.config["MAX_UPLOAD_BYTES"]}


@files.upload()
def add_file(caller: Caller, upload: Upload, file: IncomingFile) -> Response:
    """Store a file."""
    services().files.add(caller.user, replace(file, chunks=upload.to_end(file)))
    return go("/console/files", "file")


@content.show
def _content(caller: Caller, id: str) -> Response:
    file, read = services().files.read(caller.user, id)
    return attachment(read, file.filename, file.size, file.sha256)


@removal.show
def _removal(caller: Caller, id: str) -> Mapping[str, Any]:
    return {"file": services().files.show(caller.user, id).file}


@removal.form()
def delete_file(caller: Caller, id: str) -> Response:
    """Remove a file."""
    services().files.delete(caller, id)
    return go("/console/files", "file-removed")
