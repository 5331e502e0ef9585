"""Sends files to clients."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Response, request

from src.application.ports import ReadFrom
from src.domain.errors import Stale


def attachment(read: ReadFrom, filename: str, size: int, sha256: str) -> Response:
    """Return a download that is neither cached nor shown in the browser.

    The answer is a part of the file if the request has ``Range``, or 304 if ``If-None-Match`` has the ETag, which is
    ``sha256``. ``size`` is in bytes. The iterator that ``read`` returns is closed when the answer ends or the client
    disconnects. Raises Stale if ``If-Match`` lacks the ETag, and RequestedRangeNotSatisfiable for a ``Range`` beyond
    the file.
    """
    plain = re.sub(r'[^ -~]|["\\%]', "_", filename)  # for clients older than RFC 6266
    encoded = quote(filename, safe="!#$&+^`|")  # quote() and these keep the attr-char of RFC 8187
    response = Response(content_type="application/octet-stream")
    response.content_length = size
    response.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    response.set_etag(sha256)
    response.make_conditional(_with_range_of(size), accept_ranges=True, complete_length=size)
    response.headers.pop("Date", None)  # the server adds it too
    match response.status_code:
        case HTTPStatus.PRECONDITION_FAILED:
            raise Stale
        case HTTPStatus.PARTIAL_CONTENT:
            response.response = _first(read(response.content_range.start or 0), response.content_length or 0)
        case HTTPStatus.OK:
            response.response = read(0)
    return response


def _with_range_of(size: int) -> dict[str, Any]:
    """Return the WSGI environment of the request with a Range that Werkzeug reads as RFC 9110 section 14 requires.

    A Range in a unit other than bytes, or with several parts, is removed. A Range for the last bytes of a file that has
    fewer bytes becomes the whole file.
    """
    environ, wanted = dict(request.environ), request.range
    unit = environ.get("HTTP_RANGE", "").partition("=")[0].strip().lower()
    if unit != "bytes" or (wanted and len(wanted.ranges) > 1):
        environ.pop("HTTP_RANGE", None)
    elif wanted and wanted.ranges[0][0] < -size:
        environ["HTTP_RANGE"] = f"bytes=-{size}"
    return environ


def _first(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Yield the first ``size`` bytes."""
    for chunk in chunks:
        yield chunk[:size]
        size -= len(chunk)
        if size <= 0:
            return
