"""Stores objects through obstore: in S3 or a compatible service, or in the memory of this process.

Uses obstore (https://developmentseed.org/obstore), the Python binding of https://docs.rs/object_store. obstore
hangs in a forked process if the parent process used it before the fork.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError
from obstore.store import MemoryStore

from src.domain.errors import NotFound, Unavailable
from src.infrastructure.blobs.object_keys import checked
from src.infrastructure.chunks import CHUNK_BYTES, guarded

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore

_PART = 8 << 20
"""The number of bytes of a part of an upload. S3 accepts 10 000 parts, so that an object can have 78 GiB."""
_PARTS_AT_ONCE = 2
_RANGE = 4 << 20
"""The number of bytes that one request reads."""
_MAX_REASON = 300
"""The maximum number of characters of an error message of obstore that are kept."""


def memory() -> "ObjectBlobs":
    """Return a store that keeps its objects in the memory of this process."""
    return ObjectBlobs(MemoryStore(), "memory:")


class ObjectBlobs:
    """Stores objects through obstore. Implements BlobStore."""

    def __init__(self, store: "ObjectStore", root: str, prefix: str = "") -> None:
        """Store objects in ``store``, each under ``prefix`` followed by its key.

        ``root`` is the URI of the store. The URI of an object is ``root``, ``prefix`` and the key, without
        separators between them.
        """
        self.objects = store
        self._root = root
        self._prefix = prefix

    def put(self, key: str, chunks: Iterable[bytes]) -> None:
        """Store an object with a multipart upload, which obstore aborts when anything fails."""
        path = self._prefix + checked(key)
        with guarded(chunks) as chunks, self._translated():
            obstore.put(self.objects, path, chunks, chunk_size=_PART, max_concurrency=_PARTS_AT_ONCE)

    def read(self, key: str, start: int = 0) -> Iterator[bytes]:
        """Return an iterator over the content of the object from ``start`` on. Raises NotFound.

        The iterator raises Unavailable if the object is replaced or deleted before all of it has been read.
        """
        path = self._prefix + checked(key)
        with self._translated():
            try:
                meta = obstore.head(self.objects, path)
            except FileNotFoundError:
                raise NotFound from None
        return self._ranges(path, meta, start)

    def delete(self, key: str) -> None:
        path = self._prefix + checked(key)
        with self._translated(), suppress(FileNotFoundError):
            obstore.delete(self.objects, path)

    def check(self) -> None:
        with self._translated():  # The answer to HEAD does not tell a missing bucket from a missing object.
            next(iter(obstore.list(self.objects, self._prefix or None)), None)

    def uri(self, key: str) -> str:
        return self._root + self._prefix + checked(key)

    def _ranges(self, path: str, meta: "ObjectMeta", first: int) -> Iterator[bytes]:
        # One request for each range: a slow reader holds no connection, and each response arrives within the timeout.
        for start in range(first, meta["size"], _RANGE):
            end = min(start + _RANGE, meta["size"])
            with self._translated():
                answer = obstore.get(self.objects, path, options={"range": (start, end), "if_match": meta["e_tag"]})
                content = memoryview(answer.bytes())
            for offset in range(0, len(content), CHUNK_BYTES):
                yield bytes(content[offset : offset + CHUNK_BYTES])

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError) as error:  # FileNotFoundError is an OSError
            reason = reason_of(error)
            missing = "<Code>NoSuchBucket<" in reason
            shown = f"there is no bucket {self._root.rstrip('/')}" if missing else reason[:_MAX_REASON]
            raise Unavailable from OSError(shown)


def reason_of(error: Exception) -> str:
    """Return the message of an error in one line. The messages of obstore contain pages of debug output."""
    reason = " ".join(str(error).partition("\n\nDebug source")[0].split())
    return reason.rpartition("credential provider: ")[2]
