"""Objects in a bucket of S3 or a compatible service, or in the memory of this process.

Uses obstore (https://developmentseed.org/obstore), the Python binding of https://docs.rs/object_store. It hangs in a
process whose parent has used it before the fork.
"""

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError
from obstore.store import MemoryStore, S3Store

from src.domain.errors import NotFound, Unavailable
from src.infrastructure.blobs.object_keys import checked

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore

_PART = 8 << 20  # S3 takes 10 000 of them: 78 GiB
_PARTS_AT_ONCE = 2
_RANGE = 4 << 20
_CHUNK = 1 << 18
_SENTENCE = 300

# obstore raises FileNotFoundError, an OSError, for a missing object or bucket.
_FAILURES = (BaseError, OSError)


def memory() -> "ObjectBlobs":
    """Return a store whose objects end with the process."""
    return ObjectBlobs(MemoryStore(), "memory:")


def s3(bucket: str, prefix: str, timeout: float) -> "ObjectBlobs":
    """Return a store in a bucket of S3. Raise ValueError when the AWS_* variables contradict each other.

    The AWS_* variables hold the region, the endpoint and the credentials: keys, or the role of a container, a web
    identity or an instance. ``~/.aws`` is not read. Without the permission s3:ListBucket, S3 answers a read of a
    missing object with 403 instead of 404. The upload of a killed process stays until the rule
    AbortIncompleteMultipartUpload of the bucket removes it.
    """
    limit = timedelta(seconds=timeout)
    try:
        store = S3Store(
            bucket,
            client_options={
                "allow_http": True,  # AWS_ENDPOINT_URL says whether; AWS itself is always https
                "connect_timeout": timedelta(seconds=min(5.0, timeout)),
                "timeout": limit,
            },
            retry_config={
                "max_retries": 2,
                "retry_timeout": limit,
                "backoff": {"init_backoff": timedelta(seconds=0.1), "max_backoff": timedelta(seconds=1), "base": 2},
            },
        )
    except BaseError as error:
        raise ValueError(f"the AWS_* variables do not go together: {_in_one_sentence(error)}") from None
    return ObjectBlobs(store, f"s3://{bucket}/", prefix)


class ObjectBlobs:
    """Stores objects through obstore. Implements BlobStore."""

    def __init__(self, store: "ObjectStore", root: str, prefix: str = "") -> None:
        """``prefix`` precedes every key in the store; ``root`` precedes both in a URI."""
        self._store = store
        self._root = root
        self._prefix = prefix

    def put(self, key: str, chunks: Iterable[bytes]) -> None:
        """Store an object with a multipart upload, which obstore aborts when anything fails."""
        path = self._prefix + checked(key)
        watched = _Watched(chunks)
        try:
            obstore.put(self._store, path, watched, chunk_size=_PART, max_concurrency=_PARTS_AT_ONCE)
        except _FAILURES as error:
            # An OSError that the chunks raised is passed on.
            if watched.error is error:
                raise
            raise watched.error or Unavailable() from _in_one_sentence(error)

    def read(self, key: str) -> Iterator[bytes]:
        """Return the chunks of the object. They end with Unavailable when it is replaced or deleted meanwhile."""
        path = self._prefix + checked(key)
        try:
            found = obstore.head(self._store, path)
        except FileNotFoundError:
            raise NotFound from None
        except _FAILURES as error:
            raise Unavailable from _in_one_sentence(error)
        return self._ranges(path, found)

    def delete(self, key: str) -> None:
        path = self._prefix + checked(key)
        try:
            obstore.delete(self._store, path)
        except FileNotFoundError:
            return
        except _FAILURES as error:
            raise Unavailable from _in_one_sentence(error)

    def uri(self, key: str) -> str:
        return self._root + self._prefix + checked(key)

    def _ranges(self, path: str, found: "ObjectMeta") -> Generator[bytes, None, None]:
        # Range by range: a slow consumer holds no connection, and each response arrives within the timeout.
        for start in range(0, found["size"], _RANGE):
            end = min(start + _RANGE, found["size"])
            with _translated():
                answer = obstore.get(self._store, path, options={"range": (start, end), "if_match": found["e_tag"]})
                content = memoryview(answer.bytes())
            for offset in range(0, len(content), _CHUNK):
                yield bytes(content[offset : offset + _CHUNK])


class _Watched:
    """An iterator that keeps the exception it raised."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self.error: BaseException | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._chunks)
        except StopIteration:
            raise
        except BaseException as error:
            self.error = error
            raise


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _FAILURES as error:
        raise Unavailable from _in_one_sentence(error)


def _in_one_sentence(error: Exception) -> OSError:
    """Return an error that says in one sentence what failed; obstore adds pages of its internals."""
    sentence = " ".join(str(error).partition("\n\nDebug source")[0].split())[:_SENTENCE]
    # obstore asks the instance metadata service last, when the variables name no credentials.
    if "/latest/api/token " in sentence or "/latest/meta-data/iam/" in sentence:
        sentence = "there are no credentials: AWS_ACCESS_KEY_ID is not set, and this machine has no role of AWS"
    return OSError(sentence)
