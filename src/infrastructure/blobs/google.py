"""Stores objects in a bucket of Google Cloud Storage.

obstore is not used: it supports only the XML API, which no emulator implements completely and in which the multipart
upload of a killed process stays for ever. Google removes an unfinished resumable upload after a week.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from http import HTTPStatus
from typing import IO

import requests
from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError
from google.cloud.storage import Bucket, Client
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse
from google.cloud.storage.fileio import BlobWriter
from google.cloud.storage.retry import DEFAULT_RETRY

from src.domain.errors import NotFound, Unavailable
from src.infrastructure.blobs.object_keys import checked
from src.infrastructure.chunks import CHUNK_BYTES
from src.infrastructure.outages import unavailable_on

PART_BYTES = 8 << 20
"""The number of bytes of a part of an upload. The API accepts only multiples of 256 KiB."""
_RANGE = 4 << 20
"""The number of bytes that one request reads."""

# The library raises ValueError when the server has stored less of a part than was sent.
_FAILURES = (
    exceptions.GoogleAPIError,
    GoogleAuthError,
    requests.RequestException,
    InvalidResponse,
    DataCorruption,
    ValueError,
)

_translated = partial(unavailable_on, *_FAILURES)


class GoogleBlobs:
    """Stores objects in a bucket of Google Cloud Storage. Implements BlobStore.

    Uses the application default credentials, or none when STORAGE_EMULATOR_HOST names an emulator.
    """

    def __init__(self, bucket: str, prefix: str, timeout: float) -> None:
        """Connect at the first call. ``timeout`` bounds one request and its repetitions, in seconds."""
        self._name = bucket
        self._prefix = prefix
        self._limits = {"timeout": timeout, "retry": DEFAULT_RETRY.with_delay(initial=0.2).with_timeout(timeout)}

    def put(self, key: str, chunks: Iterable[bytes]) -> None:
        path = self._prefix + checked(key)
        with self._translated():
            upload = _Upload(self._bucket.blob(path), chunk_size=PART_BYTES, **self._limits)
        try:
            for chunk in chunks:
                with self._translated():
                    upload.write(chunk)
        except Unavailable:
            raise  # A cancellation would not arrive either.
        except BaseException:
            with suppress(*_FAILURES):
                upload.terminate()
            raise
        with self._translated():
            upload.complete()

    def read(self, key: str, start: int = 0) -> Iterator[bytes]:
        """Return the chunks of an object from ``start`` on. Raises NotFound at once.

        The iterator raises Unavailable if the object is replaced or deleted meanwhile.
        """
        path = self._prefix + checked(key)
        with _translated():
            blob = self._bucket.get_blob(path, **self._limits)
        if blob is None:
            raise NotFound
        reader = blob.open("rb", chunk_size=_RANGE, if_generation_match=blob.generation, **self._limits)
        reader.seek(start)
        return _chunks(reader)

    def delete(self, key: str) -> None:
        path = self._prefix + checked(key)
        with _translated(), suppress(exceptions.NotFound):
            self._bucket.delete_blob(path, **self._limits)

    def check(self) -> None:
        with self._translated():  # A read of one object does not tell a missing bucket from a missing object.
            next(iter(self._bucket.list_blobs(prefix=self._prefix, max_results=1, **self._limits)), None)

    def uri(self, key: str) -> str:
        return f"gs://{self._name}/{self._prefix}{checked(key)}"

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise Unavailable if the service fails, or if it answers 404.

        Use it for calls that need no existing object: a 404 then means that the bucket is missing.
        """
        with _translated():
            try:
                yield
            except (exceptions.NotFound, InvalidResponse) as error:
                if error.response is not None and error.response.status_code == HTTPStatus.NOT_FOUND:
                    raise Unavailable from OSError(f"there is no bucket gs://{self._name}")
                raise

    @cached_property
    def _bucket(self) -> Bucket:
        return Client().bucket(self._name)


class _Upload(BlobWriter):  # type: ignore[misc] # it is not typed
    """A resumable upload. Its object becomes visible with ``complete``, and not when the upload is closed.

    The garbage collector closes every writer, and closing a BlobWriter would complete the upload.
    """

    def complete(self) -> None:
        """Send the buffered bytes and make the object visible."""
        super().close()

    def close(self) -> None:
        """Do nothing: an upload is only completed by ``complete``."""


def _chunks(reader: IO[bytes]) -> Iterator[bytes]:
    # One request for each range: a slow reader holds no connection, and a response never exceeds _RANGE.
    read = _translated()(reader.read)
    while chunk := read(CHUNK_BYTES):
        yield chunk
