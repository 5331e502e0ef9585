"""The page on which admins import users of another system, after they have seen what would happen."""

import json
import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any

from flask import Response
from werkzeug.exceptions import RequestEntityTooLarge

from src.application.files import IncomingFile
from src.application.importing import ImportPlan, NotImportable
from src.application.sessions import Caller
from src.domain.errors import FieldError, Invalid
from src.interfaces.framework.bodies import Form
from src.interfaces.framework.fields import TextField
from src.interfaces.framework.requests import client, services
from src.interfaces.framework.uploads import Upload
from src.interfaces.user_files import HASH_OPTIONS, SYSTEMS, plan_import
from src.interfaces.web.console.pages import ADMINS, Page

imports = Page("/users/import", "users/import.html", ADMINS)
MOST_BYTES, MOST_USERS = 5_000_000, 2_000
"""The size of a file, which is read into memory. The command line takes larger ones."""
SECONDS = 10
"""The time after which a request stores no further batch of users."""


class Preview(Form):
    """The file of a preview, as ``ImportService.seal_file`` has encrypted it."""

    sealed: TextField


@imports.show
def _import(caller: Caller) -> Mapping[str, Any]:
    services().imports.require(caller)  # asks for a proof before a file is chosen
    return {"systems": SYSTEMS, "options": HASH_OPTIONS, "most": MOST_BYTES, "most_users": MOST_USERS}


@imports.upload("system", *HASH_OPTIONS)
def preview(caller: Caller, upload: Upload, file: IncomingFile) -> Response:
    """Show the plan of the import of a file."""
    content = _whole(upload.to_end(file))
    system = upload.fields.get("system", "")
    options = {name: upload.fields.get(name, "").strip() or default for name, default in HASH_OPTIONS.items()}
    chosen = json.dumps([system if system in SYSTEMS else None, options]).encode() + b"\n" + content
    plan = _plan(caller, chosen)
    return imports.render(caller, plan=plan, refused=plan.refused, sealed=services().imports.seal_file(chosen, caller))


@imports.form("/users/import/confirm")
def run(caller: Caller, body: Preview) -> Response:
    """Import the users of a previewed file who can be imported, and show who could not.

    Users with plain passwords take long, because each one is hashed. After SECONDS the page offers to import the rest.
    """
    plan = _plan(caller, services().imports.open_file(body.sealed, caller))
    refused, stored, end = [*plan.refused], 0, time.monotonic() + SECONDS
    with closing(services().imports.run(plan, caller, client())) as batches:
        for count, taken in batches:
            stored += count
            refused += taken
            if time.monotonic() > end:
                break
    left = len(plan.new) + len(plan.without_password) + len(plan.refused) - stored - len(refused)
    return imports.render(caller, plan=plan, refused=refused, stored=stored, left=left, sealed=body.sealed)


def _whole(chunks: Iterable[bytes]) -> bytes:
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > MOST_BYTES:
            raise RequestEntityTooLarge
    return bytes(content)


def _plan(caller: Caller, chosen: bytes) -> ImportPlan:
    """Return the plan of the import of a file. ``chosen`` is a line with the choices of the form, and the file."""
    choices, _, content = chosen.partition(b"\n")
    system, options = json.loads(choices)
    try:
        return plan_import(services().imports, content, system, options, caller, MOST_USERS)
    except NotImportable as error:
        raise Invalid(FieldError("file", "invalid", error.message)) from None
