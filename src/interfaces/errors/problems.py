"""Answers errors as problem+json (RFC 9457)."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Response, current_app, request
from pydantic_core import to_json
from werkzeug.exceptions import (
    HTTPException,
    MethodNotAllowed,
    NotFound,
    RequestedRangeNotSatisfiable,
    RequestEntityTooLarge,
)
from werkzeug.http import HTTP_STATUS_CODES

from src.domain import errors
from src.domain.errors import FieldError, PorteroError
from src.domain.events import EventType
from src.domain.messages import Translatable
from src.domain.sessions import Level
from src.interfaces.errors.catalogue import CATALOGUE, TAKEN, status_of
from src.interfaces.errors.pages import page_of, prefers_page
from src.interfaces.framework.field_errors import with_field
from src.interfaces.framework.headers import accepted_language
from src.interfaces.languages import translated
from src.interfaces.services import Services

_log = logging.getLogger("portero.http")

_EXAMPLE_INSTANCE = "0b5c6f6e6a7f4b0c9a53a8f8c6ad1c3a"


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as clients see it. ``errors`` are the fields that have caused it."""

    status: int
    code: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    errors: Sequence[FieldError] = ()
    members: Mapping[str, Any] = field(default_factory=dict)
    """Members that only this kind of error has."""

    def body(self, language: str, instance: str) -> dict[str, Any]:
        """Return the members of the JSON document, whose texts are in a language. ``instance`` is the request's id."""
        errors = [
            {"field": each.field, "code": each.code, "message": translated(each.message, language)}
            for each in self.errors
        ]
        return {
            "type": f"/problems/{self.code}",  # the page that explains the error
            # The phrases of http.HTTPStatus differ between versions of Python.
            "title": translated(HTTP_STATUS_CODES[self.status], language),
            "status": self.status,
            "detail": translated(self.detail, language),
            "instance": instance,
            **self.members,
        } | ({"errors": errors} if errors else {})


def example(code: str, language: str = "en") -> dict[str, Any]:
    """Return the members of an example of this kind of error."""
    kind = CATALOGUE[code]
    return Problem(kind.status, code, kind.detail, errors=kind.errors, members=kind.members).body(
        language, _EXAMPLE_INSTANCE
    )


def allowed(methods: Iterable[str]) -> str:
    """Return the Allow header for the current path. ``methods`` are the methods of every rule that matches the path.

    If a rule spells the path literally, such as /api/dogs/is_adopted, only the methods of this rule are allowed: a rule
    with a variable would always fail for this path.
    """
    path = request.path.rstrip("/")
    rules = (rule for rule in current_app.url_map.iter_rules() if rule.rule == path)
    literal = {method for rule in rules for method in rule.methods or ()}
    return ", ".join(sorted(literal or methods))


def answer_error(error: Exception) -> Response:
    """Return the answer to an error as problem+json, or as an HTML page to a browser that opens the URL itself."""
    problem = problem_of(error)
    body = problem.body(accepted_language(), request.headers["X-Request-Id"])
    if prefers_page():
        return page_of(body, problem.headers)
    return answer(problem, body, "application/problem+json")


def answer(problem: Problem, body: Mapping[str, Any], content_type: str) -> Response:
    """Return the JSON answer with this body, the status and the headers of a problem."""
    headers = {**problem.headers, "Content-Language": accepted_language()}
    return Response(to_json(body), problem.status, headers, content_type=content_type)


def problem_of(error: Exception) -> Problem:
    """Return the problem that describes an error, and log the errors that the operator must know."""
    match error:
        case PorteroError():
            return _domain_problem(with_field(error))
        case HTTPException():
            return _http_problem(error)
    _log.error("a request crashed", exc_info=error, extra={"request_id": request.headers["X-Request-Id"]})
    code = "internal-server-error"
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, code, CATALOGUE[code].detail)


def _domain_problem(error: PorteroError) -> Problem:
    status = status_of(type(error))
    headers: dict[str, str] = {}
    invalid: Sequence[FieldError] = ()
    members: Mapping[str, Any] = {}
    match error:
        case errors.MfaRequired():
            members = {name: getattr(error, name) for name in ("mfa_token", "expires_in", "factors")}
        case errors.InsufficientScope(scope=scope):
            _audit_denial(error)
            headers["WWW-Authenticate"] = f'Bearer error="insufficient_scope", scope="{scope}"'
        case errors.Forbidden():
            _audit_denial(error)
        case errors.InsufficientAuthentication():
            _audit_denial(error)
            headers["WWW-Authenticate"] = _challenge(error)
        case errors.Unauthenticated():
            _audit_denial(error)
            has_token = isinstance(error, errors.InvalidToken)
            headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if has_token else "Bearer"
        case errors.Unavailable(retry_after=seconds) | errors.TooManyRequests(retry_after=seconds):
            headers["Retry-After"] = str(seconds)
        case errors.Invalid():
            invalid = error.errors
        case errors.Taken():
            invalid = [FieldError(name, "taken", Translatable(TAKEN, field=name)) for name in error.fields]
    if status == HTTPStatus.SERVICE_UNAVAILABLE and not isinstance(error, errors.Overloaded):
        request_id = request.headers["X-Request-Id"]
        _log.error("unavailable: %s", error.__cause__ or error, extra={"request_id": request_id})
    return Problem(status, error.code, error.detail, headers, invalid, members)


def _challenge(error: errors.InsufficientAuthentication) -> str:
    """Return the challenge that tells clients how the user must authenticate again (RFC 9470 section 3)."""
    level = f', acr_values="{Level.TWO_FACTORS}"' if error.two_factors else ""
    age = f', max_age="{int(error.within.total_seconds())}"' if error.within else ""
    return f'Bearer error="insufficient_user_authentication"{level}{age}'


def _audit_denial(error: PorteroError) -> None:
    services: Services = current_app.extensions["portero"]
    services.audit(EventType.DENIED, {"reason": error.code, "method": request.method, "path": request.path})


def _http_problem(error: HTTPException) -> Problem:
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    detail, code = error.description, error.name.lower().replace(" ", "-")
    match error:
        case NotFound() | RequestEntityTooLarge() | RequestedRangeNotSatisfiable():
            detail = CATALOGUE[code].detail
        case MethodNotAllowed(valid_methods=methods):
            headers["Allow"] = allowed(methods or ())
            detail = Translatable("This path takes {methods}.", methods=headers["Allow"])
        case _ if detail is None or detail == type(error).description:  # a sentence of Werkzeug
            detail = "This is not a valid HTTP request."
    return Problem(error.code or 500, code, detail, headers)
