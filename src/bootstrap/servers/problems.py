"""Answers to requests that do not reach the application."""

import json
import uuid
from http import HTTPStatus

from gunicorn.http import errors
from werkzeug.http import HTTP_STATUS_CODES

from src.interfaces.errors.catalogue import CATALOGUE

_STATUSES = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
}
"""The status of bytes that are not a valid request, by gunicorn's error. The status of every other error is 400."""


def status_of(error: Exception) -> HTTPStatus:
    """Return the status of an answer to bytes that gunicorn refuses with this error."""
    return _STATUSES.get(type(error), HTTPStatus.BAD_REQUEST)


def problem_response(status: HTTPStatus, *, any_origin: bool) -> bytes:
    """Return an HTTP response with a problem document (RFC 9457), after which the connection is closed.

    With ``any_origin``, pages of all origins may read it.
    """
    instance, title = uuid.uuid4().hex, HTTP_STATUS_CODES[status]  # phrases of HTTPStatus differ between Pythons
    code = title.lower().replace(" ", "-")
    is_bad = status is HTTPStatus.BAD_REQUEST  # for which the catalogue has an example about a body
    body = json.dumps(
        {
            "type": f"/problems/{code}",
            "title": title,
            "status": status,
            "detail": "This is not a valid HTTP request." if is_bad else CATALOGUE[code].detail,
            "instance": instance,
        }
    )
    cors = "Access-Control-Allow-Origin: *\r\n" if any_origin else ""
    head = (
        f"HTTP/1.1 {status} {status.phrase}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
        f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        f"X-Request-Id: {instance}\r\n{cors}\r\n"
    )
    return (head + body).encode()
