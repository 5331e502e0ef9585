"""Object storage whose calls are part of the traces."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from src.application.ports import BlobStore
from src.infrastructure.tracing import span


@dataclass(frozen=True, slots=True)
class TracedBlobs:
    """Records each call of another store as a span, without the key of the object. Implements BlobStore."""

    blobs: BlobStore

    def put(self, key: str, chunks: Iterable[bytes]) -> None:
        with _call("put"):
            self.blobs.put(key, chunks)

    def read(self, key: str, start: int = 0) -> Iterator[bytes]:
        """Return the chunks of an object. The span ends before the first chunk, because the reader may be slow."""
        with _call("read"):
            return self.blobs.read(key, start)

    def delete(self, key: str) -> None:
        with _call("delete"):
            self.blobs.delete(key)

    def check(self) -> None:
        with _call("check"):
            self.blobs.check()

    def uri(self, key: str) -> str:
        return self.blobs.uri(key)


def _call(method: str) -> AbstractContextManager[dict[str, Any]]:
    return span("call", "CLIENT", {"peer.service": "Object storage", "rpc.method": method})
