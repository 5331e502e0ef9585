"""Objects in a bucket of Google Cloud Storage.

Follows its JSON API, https://docs.cloud.google.com/storage/docs/json_api, and resumable uploads as told in
https://docs.cloud.google.com/storage/docs/performing-resumable-uploads. Not obstore: it speaks the XML API only,
which no emulator has whole, and multipart uploads of which stay when a process is killed, while what is left of a
resumable one is gone after a week.
"""

import os
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from typing import Any
from urllib.parse import quote

import google.auth
import requests
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession

from src.domain.errors import NotFound, Unavailable
from src.infrastructure.blobs.object_keys import checked

_PART = 8 << 20  # each but the last must be a multiple of 256 KiB
_RANGE = 4 << 20
_CHUNK = 1 << 18
_PAUSES = (0.2, 0.8, None)
"""Seconds to wait after each attempt; none after the last."""
_WORTH_ANOTHER_TRY = (408, 429, 500, 502, 503, 504)
_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"


class GoogleBlobs:
    """See BlobStore. Credentials are the application default ones; with STORAGE_EMULATOR_HOST there are none."""

    def __init__(self, bucket: str, prefix: str, timeout: float) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._timeout = timeout
        emulator = os.environ.get("STORAGE_EMULATOR_HOST")
        self._emulated = bool(emulator)
        base = emulator or "https://storage.googleapis.com"
        self._base = (base if "://" in base else f"http://{base}").rstrip("/")
        self._local = threading.local()

    def put(self, key: str, chunks: Iterable[bytes]) -> None:
        """See BlobStore."""
        begun = self._call(
            "POST",
            f"/upload/storage/v1/b/{self._bucket}/o",
            200,
            params={"uploadType": "resumable", "name": self._prefix + checked(key)},
            headers={"X-Upload-Content-Type": "application/octet-stream"},
        )
        upload = begun.headers.get("Location")
        if not upload:
            raise Unavailable
        start, rest = 0, bytearray()
        try:
            for chunk in chunks:
                for offset in range(0, len(chunk), _PART):
                    rest += chunk[offset : offset + _PART]
                    # More than a part, so that something is left for the request that ends the upload.
                    while len(rest) > _PART:
                        kept = self._send_part(upload, start, bytes(rest[:_PART]))
                        start += kept
                        del rest[:kept]
            self._send_last(upload, start, bytes(rest))
        except BaseException:
            self._cancel(upload)
            raise

    def read(self, key: str) -> Iterator[bytes]:
        """See BlobStore. Raises Unavailable when the object is replaced or deleted while it is read."""
        name = self._name(key)
        found = self._call("GET", f"/storage/v1/b/{self._bucket}/o/{name}", 200, 404)
        if found.status_code == 404:
            raise NotFound
        try:
            about = found.json()
            return self._ranges(name, int(about["size"]), about["generation"])
        except (ValueError, LookupError, TypeError) as error:
            raise Unavailable from error

    def delete(self, key: str) -> None:
        """See BlobStore."""
        self._call("DELETE", f"/storage/v1/b/{self._bucket}/o/{self._name(key)}", 200, 204, 404)

    def uri(self, key: str) -> str:
        """See BlobStore."""
        return f"gs://{self._bucket}/{self._prefix}{checked(key)}"

    def _name(self, key: str) -> str:
        return quote(self._prefix + checked(key), safe="")

    def _send_part(self, upload: str, start: int, part: bytes) -> int:
        """Send a part that is not the last one; how much of it was kept: Google may keep less, but more than none."""
        headers = {"Content-Range": f"bytes {start}-{start + len(part) - 1}/*"}
        answer = self._call("PUT", upload, 308, data=part, headers=headers)
        last = answer.headers.get("Range", "").rpartition("-")[2]
        kept = int(last) + 1 - start if last.isdecimal() else 0
        if not 0 < kept <= len(part):
            raise Unavailable
        return kept

    def _send_last(self, upload: str, start: int, part: bytes) -> None:
        total = start + len(part)
        span = f"{start}-{total - 1}" if part else "*"
        self._call("PUT", upload, 200, 201, data=part, headers={"Content-Range": f"bytes {span}/{total}"})

    def _cancel(self, upload: str) -> None:
        """Ask for the upload to be forgotten now, and not in a week."""
        with suppress(requests.RequestException, GoogleAuthError):
            self._session.delete(upload, timeout=min(5.0, self._timeout))

    def _ranges(self, name: str, size: int, generation: str) -> Generator[bytes, None, None]:
        # Request by request: a slow reader holds no connection, and no single answer grows beyond bounds.
        for start in range(0, size, _RANGE):
            end = min(start + _RANGE, size)
            answer = self._call(
                "GET",
                f"/download/storage/v1/b/{self._bucket}/o/{name}",
                206,
                params={"alt": "media", "generation": generation},
                headers={"Range": f"bytes={start}-{end - 1}"},
            )
            content = answer.content
            if len(content) != end - start:
                raise Unavailable
            for offset in range(0, len(content), _CHUNK):
                yield content[offset : offset + _CHUNK]

    @property
    def _session(self) -> requests.Session:
        """That of this thread: requests does not say that threads may share one."""
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session() if self._emulated else self._authorized_session()
        session: requests.Session = self._local.session
        return session

    def _authorized_session(self) -> requests.Session:
        return AuthorizedSession(self._credentials, refresh_timeout=self._timeout)  # type: ignore[no-untyped-call]

    @cached_property
    def _credentials(self) -> Credentials:
        return google.auth.default(scopes=[_SCOPE])[0]

    def _call(self, method: str, address: str, *expected: int, **options: Any) -> requests.Response:
        """One of the expected answers; raises Unavailable. Every call can be repeated."""
        url = self._base + address if address.startswith("/") else address
        limits = (min(5.0, self._timeout), self._timeout)
        deadline = time.monotonic() + self._timeout
        for pause in _PAUSES:
            failure: Exception
            try:
                answer = self._session.request(method, url, timeout=limits, allow_redirects=False, **options)
            except (requests.RequestException, GoogleAuthError) as error:
                failure = error
            else:
                if answer.status_code in expected:
                    return answer
                failure = requests.HTTPError(f"{method} {address}: {answer.status_code} {answer.text[:500]}")
                if answer.status_code not in _WORTH_ANOTHER_TRY:
                    break
            if pause is None or time.monotonic() + pause > deadline:
                break
            time.sleep(pause)
        raise Unavailable from failure
