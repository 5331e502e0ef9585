"""Every error as RFC 9457 problem+json, from one table: error of the domain to status."""

import logging
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, g, json, request
from werkzeug.exceptions import BadRequest, HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from src.application.audit import AuditEvent
from src.domain import errors
from src.domain.errors import FieldError, PorteroError
from src.interfaces.csv_errors import with_field
from src.interfaces.services import Services

_log = logging.getLogger("portero.http")

_STATUS: dict[type[PorteroError], HTTPStatus] = {
    errors.Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Taken: HTTPStatus.CONFLICT,
    errors.Stale: HTTPStatus.PRECONDITION_FAILED,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TooManyAttempts: HTTPStatus.TOO_MANY_REQUESTS,
    errors.TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    errors.LastAdmin: HTTPStatus.CONFLICT,
    errors.Ended: HTTPStatus.CONFLICT,
    errors.InProgress: HTTPStatus.CONFLICT,
}
_FIELD_ERRORS = {
    errors.InvalidCursor: FieldError(
        "cursor", "invalid", "Use the cursor of the Link header as it is, or leave it out."
    ),
    errors.UnknownOwner: FieldError("id_user", "unknown", "There is no such user."),
    errors.KeyReused: FieldError("Idempotency-Key", "reused", "It was used for another request; use a new one."),
}
"""What clients are told for errors about one field."""


class OAuthError(PorteroError):
    """An error of the token endpoint: ``error`` is one of RFC 6749 section 5.2."""

    def __init__(self, error: str, detail: str) -> None:
        self.error = error
        super().__init__(detail)

    @property
    def code(self) -> str:  # type: ignore[override]
        """The same word as in ``error``."""
        return self.error.replace("_", "-")


def status_of(error: type[PorteroError]) -> HTTPStatus:
    """The status of an error, or of its nearest ancestor in the table."""
    return next(_STATUS[base] for base in error.__mro__ if base in _STATUS)


def handle_errors_of(app: Flask) -> None:
    """Answer whatever is raised while a request is handled."""
    app.register_error_handler(PorteroError, _domain_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _crash)


def _domain_error(error: PorteroError) -> Response:
    error = with_field(error)
    if isinstance(error, errors.Invalid) and type(error) in _FIELD_ERRORS:
        error = errors.Invalid(_FIELD_ERRORS[type(error)])
    status = HTTPStatus.BAD_REQUEST if isinstance(error, OAuthError) else status_of(type(error))
    headers: dict[str, str] = {}
    members: dict[str, Any] = {}
    match error:
        case errors.Forbidden():
            _denied(error)
        case errors.Unauthenticated():
            _denied(error)
            invalid = isinstance(error, errors.InvalidToken)
            headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if invalid else "Bearer"
        case errors.Unavailable(retry_after=seconds) | errors.TooManyRequests(retry_after=seconds):
            headers["Retry-After"] = str(seconds)
        case errors.Invalid():
            members["errors"] = [asdict(each) for each in error.errors]
        case errors.Taken():
            message = "This {} is already taken; choose another."
            members["errors"] = [asdict(FieldError(name, "taken", message.format(name))) for name in error.fields]
        case OAuthError():
            members["error"] = error.error
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        _log.error("unavailable: %s", error.__cause__ or error, extra={"request_id": g.request_id})
    return problem(status, error.code, error.detail, headers, **members)


def _denied(error: PorteroError) -> None:
    services: Services = current_app.extensions["portero"]
    services.audit(AuditEvent.DENIED, {"reason": error.code, "method": request.method, "path": request.path})


def _http_error(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or 500)
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    detail = error.description or status.description
    match error:
        case NotFound():
            detail = "There is nothing at this path; /openapi.json lists what there is."
        case MethodNotAllowed():
            detail = f"This path takes {headers['Allow']}."
        case BadRequest(description=BadRequest.description):
            detail = "This is not a valid HTTP request."
        case RequestEntityTooLarge():
            detail = "The body is too large."
    return problem(status, status.phrase.lower().replace(" ", "-"), detail, headers)


def _crash(error: Exception) -> Response:
    _log.error("a request crashed", exc_info=error, extra={"request_id": g.request_id})
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal-server-error",
        "Something went wrong here; if it stays, tell the operator the instance of this answer.",
    )


def problem(
    status: HTTPStatus, code: str, detail: str, headers: dict[str, str] | None = None, **members: Any
) -> Response:
    """The answer; ``code`` is stable and becomes the type, ``members`` are extensions."""
    body = {
        "type": f"urn:portero:{code}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "instance": g.request_id,
        **members,
    }
    return Response(json.dumps(body), status, headers, content_type="application/problem+json")
