"""Describes the responses of operations, successes and errors."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from src.domain import errors
from src.domain.errors import PorteroError
from src.interfaces.errors.problems import status_of
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.operations import Operation, Route
from src.interfaces.http.framework.views import OAuthError, ProblemSchema

VARIABLE = re.compile(r"<(\w+)>")
REFERENCE = "#/components/schemas/{model}"
TEXT = {"schema": {"type": "string"}}

_HEADERS = {
    "Accept-Ranges": "bytes: the client may ask for a part with Range.",
    "Content-Disposition": "attachment, and the name of the file (RFC 6266).",
    "Content-Range": "The part that this is, or the length of the file.",
    "ETag": "The revision, for If-Match and If-None-Match.",
    "Link": "The next page as rel=next (RFC 8288), absent on the last one; or the job as rel=monitor.",
    "Location": "Where it is now.",
    "Retry-After": "Seconds after which to try again.",
    "WWW-Authenticate": "The scheme: Bearer (RFC 6750), or Basic for services.",
    "X-Request-Id": "The id of the request: the one sent, or a new one.",
}
_ERROR_HEADERS = {401: ["WWW-Authenticate"], 416: ["Content-Range"], 429: ["Retry-After"], 503: ["Retry-After"]}
_MEANINGS = {
    400: "The body, or the path, cannot be parsed.",
    401: "No or bad credentials.",
    403: "Known, but not allowed.",
    404: "Not found.",
    409: "A unique value is taken, which is named in errors; or the state of things forbids it, as detail says.",
    412: "It has changed since it was read.",
    413: "The body is too large.",
    414: "The path and the query are too long.",
    415: "The Content-Type is wrong.",
    416: "The file has no such part; Content-Range says how long it is.",
    422: "Understood, but some fields are not valid; each is named in errors.",
    429: "Too many attempts.",
    431: "The headers are too long.",
    500: "Something went wrong here.",
    503: "A dependency does not answer.",
}


def response_components(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the components to which the responses refer: the errors, by status, and the headers."""
    oauth = {
        status
        for operation in operations
        if operation.oauth
        for route in operation.routes()
        for status in _error_statuses(operation, route)
    }
    return {
        "responses": {f"Problem{status}": _problem(status) for status in _MEANINGS}
        | {f"OAuthError{status}": _oauth_error(status) for status in sorted(oauth)},
        "headers": {
            name: {"description": text, "schema": {"type": "integer" if name == "Retry-After" else "string"}}
            for name, text in _HEADERS.items()
        },
    }


def responses(operation: Operation, route: Route) -> dict[str, Any]:
    """Return the responses of an operation at one of its routes, by status."""
    refusal = "OAuthError" if operation.oauth else "Problem"
    success = _success(operation)
    unchanged = {"304": _response("What the client has already.", ["ETag"])}
    part = {"206": _with_header({**success, "description": "The part that Range asks for."}, "Content-Range")}
    return (
        {str(operation.status): success}
        | (part if operation.download else {})
        | (unchanged if operation.has_etag and route.method == "GET" else {})
        | {str(status): _instead(HTTPStatus(status), answer) for status, answer in operation.instead.items()}
        | {
            str(status): {"$ref": f"#/components/responses/{refusal}{status}"}
            for status in _error_statuses(operation, route)
        }
    )


def reference(model: type[BaseModel]) -> dict[str, Any]:
    """Return a reference to the schema of a model."""
    return {"$ref": REFERENCE.format(model=model.__name__)}


def _error_statuses(operation: Operation, route: Route) -> list[int]:
    """Return the status of every error with which the route can answer."""
    raised: set[type[PorteroError]] = set(operation.errors)
    statuses = {414, 431, 500}
    if operation.access is not Access.PUBLIC:
        # The first visit of a user of the identity provider makes a user here, whose address may be taken.
        raised |= {errors.InvalidToken, errors.Taken, errors.Unavailable}
    if operation.access in (Access.USER, Access.UPLOADER, Access.ADMIN):
        raised |= {errors.Forbidden}
    if operation.query:
        raised |= {errors.Invalid}
    if operation.idempotent:
        raised |= {errors.Invalid, errors.InProgress}
    if operation.reads_body:
        raised |= {errors.Invalid, errors.Unavailable}
        statuses |= {400, 413, 415}
    if operation.download:
        statuses |= {412, 416}
    if VARIABLE.search(route.path):
        statuses |= {400}
        raised |= {errors.NotFound} if route.method != "POST" else set()  # a POST may create what the path names
    statuses |= {int(status_of(error)) for error in raised}
    if operation.oauth:
        statuses -= {422}  # OAuth2 says 400
    return sorted(statuses)


def _success(operation: Operation) -> dict[str, Any]:
    status = HTTPStatus(operation.status)
    made = status in (HTTPStatus.CREATED, HTTPStatus.ACCEPTED)
    placed = made and any("id" in answer.model_fields for answer in operation.answers)
    headers = {
        "ETag": operation.has_etag,
        "Accept-Ranges": operation.download,
        "Content-Disposition": operation.download,
        "Location": placed or status is HTTPStatus.FOUND,
        "Link": operation.is_list or (operation.monitored and not operation.instead),
    }
    success = _response(_meaning(operation), [name for name, is_sent in headers.items() if is_sent])
    if operation.answers:
        references = [reference(model) for model in operation.answers]
        schema: dict[str, Any] = references[0] if len(references) == 1 else {"anyOf": references}
        if operation.is_list:
            schema = {"type": "array", "items": schema}
        success["content"] = {"application/json": {"schema": schema}}
    if operation.text:
        success["content"] = {operation.text.partition(";")[0]: TEXT}
    return success


def _meaning(operation: Operation) -> str:
    """Return the description of a success: the first sentence of the docstring of its model."""
    if operation.text:
        return "The file." if operation.download else "The text."
    if not operation.answers:
        return "Done."
    text = " ".join((operation.answers[0].__doc__ or "").partition("\n\n")[0].split())
    thing = text.partition(". ")[0].rstrip(".")
    if operation.is_list:
        return f"A page of the list. Each item: {thing[:1].lower()}{thing[1:]}."
    made = {HTTPStatus.CREATED: "Created: ", HTTPStatus.ACCEPTED: "Accepted: "}.get(HTTPStatus(operation.status), "")
    return f"{made}{thing[:1].lower()}{thing[1:]}." if made else f"{thing}."


def _with_header(response: dict[str, Any], name: str) -> dict[str, Any]:
    return {**response, "headers": {**response["headers"], name: {"$ref": f"#/components/headers/{name}"}}}


def _instead(status: HTTPStatus, answer: type[BaseModel] | None) -> dict[str, Any]:
    if answer is None:
        return _response("Done.", [])
    headers = ["Link", "Location"] if status is HTTPStatus.ACCEPTED else []
    description = "Accepted: a job does it." if status is HTTPStatus.ACCEPTED else "Done."
    return _response(description, headers, {"application/json": {"schema": reference(answer)}})


def _problem(status: int) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": reference(ProblemSchema)}}
    return _response(_MEANINGS[status], _ERROR_HEADERS.get(status, []), content)


def _oauth_error(status: int) -> dict[str, Any]:
    return {**_problem(status), "content": {"application/json": {"schema": reference(OAuthError)}}}


def _response(description: str, headers: Iterable[str], content: dict[str, Any] | None = None) -> dict[str, Any]:
    references = {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *headers)}
    return {"description": description, "headers": references} | ({"content": content} if content else {})
