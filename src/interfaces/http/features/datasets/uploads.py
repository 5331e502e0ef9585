"""Reads the upload of a dataset."""

from dataclasses import fields
from functools import partial
from typing import Annotated

from flask import request
from pydantic import Field

from src.application.datasets import DatasetDetails, IncomingDataset
from src.domain.errors import Invalid
from src.interfaces.framework.fields import NameField, TextField
from src.interfaces.framework.requests import services
from src.interfaces.http.framework.uploads import Upload, UploadBody

_DETAILS = {field.name for field in fields(DatasetDetails)}


class DatasetUpload(UploadBody):
    """A CSV file and the options to read it with."""

    name: Annotated[NameField, Field(examples=["Customers"])]
    schema_: Annotated[
        TextField,
        Field(
            alias="schema",
            description="JSON: each column's name and its type, or an object of type, required, unique, min, max, "
            "pattern, enum. Empty or absent: it is inferred.",
            examples=['{"id": {"type": "integer", "unique": true}, "email": "email"}'],
        ),
    ] = ""
    delimiter: Annotated[TextField, Field(description="A comma, semicolon, tab or bar. Detected by default.")] = ""
    encoding: Annotated[TextField, Field(description="Detected by default.", examples=["utf-8"])] = ""


def prefers_async() -> bool:
    """Return whether the client prefers a job to waiting for the check (RFC 7240 section 4.1)."""
    preferences = ",".join(request.headers.getlist("Prefer")).lower().split(",")
    return "respond-async" in {preference.partition(";")[0].strip() for preference in preferences}


def incoming_dataset(upload: Upload) -> IncomingDataset:
    """Return the uploaded file, of which nothing has been read yet.

    Raises Invalid, UnsupportedMediaType, BadRequest, RequestEntityTooLarge.
    """
    try:
        file = upload.file("file")
    except Invalid as missing:
        if upload.whole:  # else the rest, which may be a large file of another name, is not read
            _add_flaws(missing, upload)
        raise
    in_job = True if prefers_async() else None
    return IncomingDataset(file.filename, upload.to_end(file), partial(_details, upload), in_job)


def _details(upload: Upload) -> DatasetDetails:
    return DatasetDetails(**{name: upload.fields[name] for name in _DETAILS & upload.fields.keys()})


def _add_flaws(missing: Invalid, upload: Upload) -> None:
    """Raise Invalid if the details have flaws, too, so that one answer names all."""
    try:
        services().datasets.require_details(_details(upload))
    except Invalid as flaws:
        raise Invalid(*missing.errors, *flaws.errors) from None
