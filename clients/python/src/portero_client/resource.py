"""The base of the generated models."""

from pydantic import BaseModel, Field


class Resource(BaseModel):
    """A resource of the service. Fields that this version of the client does not know are ignored.

    ``etag`` is the revision of a single resource, for ``if_match`` of its next change; None for an item of a list.
    """

    etag: str | None = Field(default=None, exclude=True, repr=False)
