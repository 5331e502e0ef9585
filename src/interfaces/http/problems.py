"""Answers errors as problem+json (RFC 9457). One table maps the errors of the domain to statuses."""

import logging
from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, json, request
from werkzeug.exceptions import BadRequest, HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge
from werkzeug.http import HTTP_STATUS_CODES

from src.application.audit import AuditEvent
from src.domain import errors
from src.domain.errors import FieldError, PorteroError
from src.interfaces.field_errors import with_field
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


class OAuthError(PorteroError):
    """An error of the token endpoint. ``error`` is one of the codes of RFC 6749 section 5.2."""

    def __init__(self, error: str, detail: str) -> None:
        self.error = error
        super().__init__(detail)

    @property
    def code(self) -> str:  # type: ignore[override]
        """The code of RFC 6749 with hyphens, as in all codes of problems."""
        return self.error.replace("_", "-")


def as_oauth(error: PorteroError | BadRequest) -> Exception:
    """Return the error with the code that RFC 6749 section 5.2 gives it, or unchanged if it has none."""
    match error:
        case BadRequest():
            return OAuthError("invalid_request", f"{error.description}")
        case errors.InvalidCredentials() | errors.InvalidToken():
            return OAuthError("invalid_grant", error.detail)
        case errors.Invalid(errors=[first, *_]) if first.code == "unsupported_grant":
            return OAuthError("unsupported_grant_type", first.message)
        case errors.Invalid(errors=fields):
            return OAuthError("invalid_request", " ".join(f"{each.field}: {each.message}" for each in fields))
    return error


def status_of(error: type[PorteroError]) -> HTTPStatus:
    """Return the status of an error: its own, or that of its nearest ancestor in the table."""
    return next(_STATUS[base] for base in error.__mro__ if base in _STATUS)


def handle_errors_of(app: Flask) -> None:
    """Answer every exception that is raised while ``app`` handles a request."""
    app.register_error_handler(PorteroError, _domain_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _crash)


def _domain_error(error: PorteroError) -> Response:
    error = with_field(error)
    status = HTTPStatus.BAD_REQUEST if isinstance(error, OAuthError) else status_of(type(error))
    headers: dict[str, str] = {}
    members: dict[str, Any] = {}
    match error:
        case errors.Forbidden():
            _audit_denial(error)
        case errors.Unauthenticated():
            _audit_denial(error)
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
        _log.error("unavailable: %s", error.__cause__ or error, extra={"request_id": _request_id()})
    return _problem(status, error.code, error.detail, headers, **members)


def _audit_denial(error: PorteroError) -> None:
    services: Services = current_app.extensions["portero"]
    services.audit(AuditEvent.DENIED, {"reason": error.code, "method": request.method, "path": request.path})


def _http_error(error: HTTPException) -> Response:
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    detail = error.description or error.name
    match error:
        case NotFound():
            detail = "There is nothing at this path; /openapi.json lists what there is."
        case MethodNotAllowed(valid_methods=methods):
            headers["Allow"] = ", ".join(sorted(methods or ()))
            detail = f"This path takes {headers['Allow']}."
        case BadRequest(description=BadRequest.description):
            detail = "This is not a valid HTTP request."
        case RequestEntityTooLarge():
            detail = "The body is too large."
    return _problem(error.code or 500, error.name.lower().replace(" ", "-"), detail, headers)


def _crash(error: Exception) -> Response:
    _log.error("a request crashed", exc_info=error, extra={"request_id": _request_id()})
    detail = "Something went wrong here; if it stays, tell the operator the instance of this answer."
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal-server-error", detail)


def _problem(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, **members: Any) -> Response:
    """Return a problem whose type is made of ``code``; ``members`` are extensions (RFC 9457 section 3.2)."""
    body = {
        "type": f"urn:portero:{code}",
        # The phrases of http.HTTPStatus differ between versions of Python.
        "title": HTTP_STATUS_CODES[status],
        "status": int(status),
        "detail": detail,
        "instance": _request_id(),
        **members,
    }
    return Response(json.dumps(body), status, headers, content_type="application/problem+json")


def _request_id() -> str:
    return request.headers["X-Request-Id"]
