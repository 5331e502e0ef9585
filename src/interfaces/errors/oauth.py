"""Answers errors as OAuth2 clients read them (RFC 6749 section 5.2)."""

import unicodedata
from dataclasses import replace
from http import HTTPStatus

from flask import Response, json
from werkzeug.exceptions import BadRequest

from src.domain.errors import Invalid, InvalidClient, InvalidCredentials, InvalidToken
from src.domain.messages import Translatable
from src.interfaces.errors.problems import Problem, problem_of
from src.interfaces.framework.headers import accepted_language

_BY_STATUS = {
    HTTPStatus.METHOD_NOT_ALLOWED: "invalid_request",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "invalid_request",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "invalid_request",
    HTTPStatus.TOO_MANY_REQUESTS: "temporarily_unavailable",
    HTTPStatus.SERVICE_UNAVAILABLE: "temporarily_unavailable",
}
"""The codes of errors that keep their status. Those for which RFC 6749 has a code are 400 or 401."""
_CREDENTIAL_REQUIRED = Translatable(
    "Authenticate with one of SERVICE_CREDENTIALS, by HTTP Basic or as client_id and client_secret."
)


def answer_oauth_error(error: Exception) -> Response:
    """Return an error as JSON with ``error`` and ``error_description``, beside the members of a problem."""
    problem, code = _problem_with_code(error)
    problem = problem.in_language(accepted_language())
    body = {"error": code, "error_description": _ascii(problem.detail), **problem.body()}
    return Response(json.dumps(body), problem.status, problem.headers, content_type="application/json")


def _problem_with_code(error: Exception) -> tuple[Problem, str]:
    match error:
        case InvalidClient():
            challenge = {"WWW-Authenticate": 'Basic realm="portero", charset="UTF-8"'}
            return replace(problem_of(error), detail=_CREDENTIAL_REQUIRED, headers=challenge), "invalid_client"
        case BadRequest():
            return _bad_request("invalid_request", problem_of(error).detail)
        case InvalidCredentials() | InvalidToken():
            return _bad_request("invalid_grant", error.detail)
        case Invalid(errors=[first, *_]) if first.code == "unsupported_grant":
            return _bad_request("unsupported_grant_type", first.message)
        case Invalid(errors=[first, *_]):
            message = Translatable("{field}: {message}", field=first.field, message=Translatable(first.message))
            return _bad_request("invalid_request", message)
    problem = problem_of(error)
    return problem, _BY_STATUS.get(HTTPStatus(problem.status), "server_error")


def _bad_request(code: str, detail: str) -> tuple[Problem, str]:
    return Problem(HTTPStatus.BAD_REQUEST, code.replace("_", "-"), detail), code


def _ascii(text: str) -> str:
    """Return the text in the characters that RFC 6749 allows in a description."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return plain.replace('"', "'").replace("\\", "/")
