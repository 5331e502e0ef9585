"""The File entity: the record of a file, whose content is in object storage."""

from dataclasses import KW_ONLY, dataclass

from src.domain.stored_objects import StoredObject, StoredObjectRepository


@dataclass(frozen=True, slots=True)
class File(StoredObject):
    """A file of any kind. A job sends it on to another service."""

    filename: str
    content_type: str
    _: KW_ONLY
    job_id: str
    """The job that sends the file on."""
    size: int = 0
    """The size of the content in bytes."""
    sha256: str = ""
    """The digest of the content, in hexadecimal."""

    @property
    def key(self) -> str:
        """The key of the content in object storage."""
        return f"files/{self.id}"


FileRepository = StoredObjectRepository[File]
