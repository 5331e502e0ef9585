"""Reads the upload of a dataset."""

from dataclasses import fields
from typing import Annotated

from flask import request
from pydantic import Field

from src.application.datasets import DatasetDetails, IncomingDataset
from src.domain.errors import Invalid
from src.interfaces.framework.fields import NameField, TextField
from src.interfaces.framework.requests import services
from src.interfaces.framework.uploads import Upload, UploadBody

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

    def details() -> DatasetDetails:
        return DatasetDetails(**{name: upload.fields[name] for name in _DETAILS & upload.fields.keys()})

    try:
        file = upload.file("file")
    except Invalid as missing:
        if not upload.whole:
            raise  # without reading the rest, which may be a large file of another name
        raise Invalid(*missing.errors, *services().datasets.flaws_of(details())) from None
    return IncomingDataset(file.filename, upload.to_end(file), details, in_job=prefers_async() or None)
