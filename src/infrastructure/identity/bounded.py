"""HTTP calls that end: no retries but of connecting, one deadline for the whole answer, a limit on its size."""

import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

_MAX_BYTES = 1 << 20


class BoundedAdapter(HTTPAdapter):
    """A transport for ``requests`` whose answers are read whole within ``seconds``, or raise Timeout."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        super().__init__(max_retries=Retry(total=1, connect=1, read=False, status=0, backoff_factor=0.1))

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        """See HTTPAdapter."""
        deadline = time.monotonic() + self._seconds
        response = super().send(request, *arguments, **{**options, "stream": True})
        content = bytearray()
        try:
            # read1 returns what is there; a plain read would wait anew for every byte of a slow answer.
            while chunk := response.raw.read1(1 << 16, decode_content=True):
                content += chunk
                if time.monotonic() > deadline or len(content) > _MAX_BYTES:
                    raise requests.Timeout("the answer is too slow or too large", request=request)
        finally:
            response.close()
        response._content = bytes(content)
        return response
