"""Answers errors as problem+json (RFC 9457). One table maps the errors of the domain to statuses."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, json, request
from werkzeug.exceptions import (
    HTTPException,
    MethodNotAllowed,
    NotFound,
    RequestedRangeNotSatisfiable,
    RequestEntityTooLarge,
)
from werkzeug.http import HTTP_STATUS_CODES

from src.application.audit import AuditEvent
from src.domain import errors
from src.domain.errors import FieldError, PorteroError
from src.domain.messages import Translatable
from src.interfaces.errors.pages import page_of, prefers_page
from src.interfaces.framework.field_errors import with_field
from src.interfaces.framework.headers import accepted_language
from src.interfaces.languages import translated
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


def status_of(error: type[PorteroError]) -> HTTPStatus:
    """Return the status of an error: its own, or that of its nearest ancestor in the table."""
    return next(_STATUS[base] for base in error.__mro__ if base in _STATUS)


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as clients see it. ``members`` are extensions (RFC 9457 section 3.2)."""

    status: int
    code: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, Any] = field(default_factory=dict)
    language: str = "en"

    def in_language(self, language: str) -> "Problem":
        """Return the problem with its texts in a language. Codes and types stay."""
        members = dict(self.members)
        if "errors" in members:
            members["errors"] = [
                {**each, "message": translated(each["message"], language)} for each in members["errors"]
            ]
        headers = {**self.headers, "Content-Language": language}
        detail = translated(self.detail, language)
        return replace(self, detail=detail, headers=headers, members=members, language=language)

    def body(self) -> dict[str, Any]:
        """Return the members of the JSON document. Its type leads to the page that explains the error."""
        return {
            "type": f"/problems/{self.code}",
            # The phrases of http.HTTPStatus differ between versions of Python.
            "title": translated(HTTP_STATUS_CODES[self.status], self.language),
            "status": int(self.status),
            "detail": self.detail,
            "instance": request.headers["X-Request-Id"],
            **self.members,
        }


def allowed(methods: Iterable[str]) -> str:
    """Return the Allow header for the current path. ``methods`` are those of every rule that matches the path.

    If one rule spells the path literally, as one does /api/dogs/is_adopted, only its methods count: those of a rule
    with a variable always fail there.
    """
    path = request.path.rstrip("/")
    rules = (rule for rule in current_app.url_map.iter_rules() if rule.rule == path)
    literal = {method for rule in rules for method in rule.methods or ()}
    return ", ".join(sorted(literal or methods))


def handle_errors_of(app: Flask) -> None:
    """Answer every exception that is raised while ``app`` handles a request."""
    app.register_error_handler(Exception, answer_error)


def answer_error(error: Exception) -> Response:
    """Return the answer to an error as problem+json, or as a page to a browser that opens the URL itself."""
    problem = problem_of(error).in_language(accepted_language())
    if prefers_page():
        return page_of(problem.body(), problem.headers)
    return Response(
        json.dumps(problem.body()), problem.status, problem.headers, content_type="application/problem+json"
    )


def problem_of(error: Exception) -> Problem:
    """Return the problem that describes an error, and log the errors that the operator must know."""
    match error:
        case PorteroError():
            return _domain_problem(with_field(error))
        case HTTPException():
            return _http_problem(error)
    _log.error("a request crashed", exc_info=error, extra={"request_id": request.headers["X-Request-Id"]})
    detail = "Something went wrong here; if it stays, tell the operator the instance of this answer."
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal-server-error", detail)


def _domain_problem(error: PorteroError) -> Problem:
    status = status_of(type(error))
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
            members["errors"] = [_member(each) for each in error.errors]
        case errors.Taken():
            message = "This {field} is already taken; choose another."
            taken = (FieldError(name, "taken", Translatable(message, field=name)) for name in error.fields)
            members["errors"] = [_member(each) for each in taken]
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        request_id = request.headers["X-Request-Id"]
        _log.error("unavailable: %s", error.__cause__ or error, extra={"request_id": request_id})
    return Problem(status, error.code, error.detail, headers, members)


def _member(error: FieldError) -> dict[str, str]:
    return {"field": error.field, "code": error.code, "message": error.message}


def _audit_denial(error: PorteroError) -> None:
    services: Services = current_app.extensions["portero"]
    services.audit(AuditEvent.DENIED, {"reason": error.code, "method": request.method, "path": request.path})


def _http_problem(error: HTTPException) -> Problem:
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    detail = error.description
    match error:
        case NotFound():
            detail = "There is nothing at this path; /openapi.json lists what there is."
        case MethodNotAllowed(valid_methods=methods):
            headers["Allow"] = allowed(methods or ())
            detail = Translatable("This path takes {methods}.", methods=headers["Allow"])
        case RequestEntityTooLarge():
            detail = "The body is too large."
        case RequestedRangeNotSatisfiable():
            detail = "The file has no such part; Content-Range says how long it is."
        case _ if detail is None or detail == type(error).description:  # a sentence of Werkzeug
            detail = "This is not a valid HTTP request."
    return Problem(error.code or 500, error.name.lower().replace(" ", "-"), detail, headers)
