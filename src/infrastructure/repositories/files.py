"""The repository of the records of files."""

from src.domain.files import File
from src.infrastructure.repositories.stored_objects import StoredObjectDocuments
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import FILES


class Files(StoredObjectDocuments[File]):
    """Stores the records of files. Implements FileRepository."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, FILES, File)
