"""The records of files, over the store driver."""

from src.domain.custody import HeldState
from src.domain.files import File
from src.infrastructure.repositories.held import HeldDocuments
from src.infrastructure.stores.base import Store
from src.infrastructure.stores.schema import FILES


class Files(HeldDocuments[File]):
    """See FileRepository."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, FILES, File, state=HeldState)
