"""Answers errors in the form of OAuth2 (RFC 6749 section 5.2)."""

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from flask import Response, request

from src.domain.errors import Invalid, InvalidClient, MfaRequired, PorteroError
from src.domain.messages import Translatable
from src.interfaces.errors.catalogue import CATALOGUE
from src.interfaces.errors.problems import Problem, answer, example, problem_of
from src.interfaces.framework.headers import accepted_language

_CODES = {
    "bad-request": "invalid-request",
    "invalid": "invalid-request",
    "invalid-credentials": "invalid-grant",
    "invalid-token": "invalid-grant",
    "wrong-code": "invalid-grant",
    "registration-closed": "invalid-grant",
}
"""The kinds of errors for which RFC 6749 has others. All of these are 400."""


class UnsupportedGrantType(PorteroError):
    """The token endpoint does not know the grant."""

    code = "unsupported-grant-type"
    default_detail = "Use the grant type password, refresh_token or client_credentials."


def oauth_code(code: str) -> str:
    """Return the kind of error that OAuth2 clients see in place of the kind ``code``."""
    return _CODES.get(code, code)


def oauth_status(code: str) -> int:
    """Return the HTTP status with which an OAuth2 route answers a kind of error.

    ``code`` is a kind that ``oauth_code`` has returned. A missing second factor is 400 at OAuth2 routes.
    """
    return HTTPStatus.BAD_REQUEST if code == MfaRequired.code else CATALOGUE[code].status


def oauth_example(code: str) -> dict[str, Any]:
    """Return the members of an example of this kind of error."""
    return _body(code, {**example(code), "status": oauth_status(code)})


def answer_oauth_error(error: Exception) -> Response:
    """Return an error as JSON with ``error`` and ``error_description``, beside the members of a problem."""
    problem = _problem(error)
    body = problem.body(accepted_language(), request.headers["X-Request-Id"])
    return answer(problem, _body(problem.code, body), "application/json")


def _problem(error: Exception) -> Problem:
    """Return the problem of an error, with the kind, the status and the headers of an OAuth2 answer."""
    problem = problem_of(error)
    detail = problem.detail
    match error:
        case InvalidClient():
            challenge = {"WWW-Authenticate": 'Basic realm="portero", charset="UTF-8"'}
            return replace(problem, detail=CATALOGUE[error.code].detail, headers=challenge)
        case MfaRequired():
            return replace(problem, status=oauth_status(problem.code))
        case Invalid(errors=[first, *_]):
            detail = Translatable("{field}: {message}", field=first.field, message=Translatable(first.message))
    code = oauth_code(problem.code)
    return problem if code == problem.code else Problem(CATALOGUE[code].status, code, detail)


def _body(code: str, problem: Mapping[str, Any]) -> dict[str, Any]:
    return {"error": CATALOGUE[code].oauth, "error_description": _ascii(problem["detail"]), **problem}


def _ascii(text: str) -> str:
    """Return the text in the characters that RFC 6749 allows in a description."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return plain.replace('"', "'").replace("\\", "/")
