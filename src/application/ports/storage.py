"""The ports of storage: objects, rows of CSV files, and the maintenance of the store."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from src.domain.csv import Row

ReadFrom = Callable[[int], Iterator[bytes]]
"""A function that returns the content of an object in chunks, from a position on."""
EncodedRow = tuple[int, bool, str]
"""A row as it is stored: like ``Row``, with the values as the text of a JSON array.

The empty values at the end of a row may be missing from the array, and the rules that it breaks may follow them.
"""
ROW_PAGE_CHARACTERS = 1_000_000
"""About the characters of JSON in a page of rows: a row has between a few characters and a million."""


class BlobStore(Protocol):
    """Stores objects of any size under keys that the caller chooses. Every method raises Unavailable."""

    def put(self, key: str, chunks: Iterable[bytes]) -> None:
        """Store an object completely or not at all, in bounded memory.

        Raises the errors of iterating over ``chunks``, and then stores nothing.
        """

    def read(self, key: str, start: int = 0) -> Iterator[bytes]:
        """Return the content of an object in chunks, without its first ``start`` bytes.

        Raises NotFound at once, not at the first chunk.
        """

    def delete(self, key: str) -> None:
        """Remove an object, if it exists."""

    def check(self) -> None:
        """Raise Unavailable if objects cannot be found, or if the bucket is missing. Writes nothing."""

    def uri(self, key: str) -> str:
        """Return the URI of an object, to show to users: ``s3://BUCKET/KEY``, ``gs://BUCKET/KEY`` or ``file:KEY``."""


class RowStore(Protocol):
    """Stores the rows of CSV files in row sets, whose ids the caller chooses. Every method raises Unavailable."""

    def append(self, set_id: str, rows: Sequence[EncodedRow]) -> None:
        """Append rows to a row set, in bounded memory. ``rows`` are in the order of their lines."""

    def pages(self, set_id: str, *, valid: bool | None = None, after: int = 0, limit: int = 500) -> Iterator[list[Row]]:
        """Yield the rows after the line ``after``, in order: all rows, only valid rows or only invalid rows.

        A page has at least one row and at most ``limit`` rows. It ends early where its rows have ROW_PAGE_CHARACTERS.
        It is read when it is asked for.
        """

    def remove(self, set_id: str) -> None:
        """Remove a row set, if it exists. Takes several commits."""


class StoreMaintenance(Protocol):
    """Checks the store, and removes expired documents."""

    def ping(self) -> None:
        """Raise Unavailable when the store cannot be read."""

    def remove_expired(self, now: datetime) -> int:
        """Remove expired documents, and return their number. A store that removes them by itself returns 0."""
