"""Describes the responses of operations, successes and errors."""

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from src.domain import errors
from src.domain.errors import PorteroError
from src.domain.values import Scope
from src.interfaces.errors.catalogue import CATALOGUE
from src.interfaces.errors.oauth import oauth_code, oauth_example, oauth_status
from src.interfaces.errors.problems import example
from src.interfaces.framework.requests import MONITORED
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


def response_components(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the components to which the responses refer: the errors and the headers."""
    refusals = {
        (codes, operation.oauth)
        for operation in operations
        for route in operation.routes()
        for codes in _refusals(operation, route).values()
    }
    return {
        "responses": {_name(codes, oauth): _refusal(codes, oauth) for codes, oauth in sorted(refusals)},
        "headers": {
            name: {"description": text, "schema": {"type": "integer" if name == "Retry-After" else "string"}}
            for name, text in _HEADERS.items()
        },
    }


def responses(operation: Operation, route: Route) -> dict[str, Any]:
    """Return the responses of an operation at one of its routes, by status."""
    success = _success(operation)
    unchanged = {"304": _response("What the client has already.", ["ETag"])}
    part = {"206": _with_header({**success, "description": "The part that Range asks for."}, "Content-Range")}
    return (
        {str(operation.status): success}
        | (part if operation.download else {})
        | (unchanged if operation.has_etag and route.method == "GET" else {})
        | {str(status): _instead(HTTPStatus(status), answer) for status, answer in operation.instead.items()}
        | {
            str(status): {"$ref": f"#/components/responses/{_name(codes, operation.oauth)}"}
            for status, codes in _refusals(operation, route).items()
        }
    )


def reference(model: type[BaseModel]) -> dict[str, Any]:
    """Return a reference to the schema of a model."""
    return {"$ref": REFERENCE.format(model=model.__name__)}


def _refusals(operation: Operation, route: Route) -> dict[int, tuple[str, ...]]:
    """Return the kinds of errors with which the route can answer, by status."""
    raised: set[type[PorteroError]] = set(operation.errors)
    codes = {"request-uri-too-long", "request-header-fields-too-large", "internal-server-error"}
    if route.path not in MONITORED:
        raised |= {errors.Overloaded}
    if operation.access is not Access.PUBLIC:
        # The first visit of a user of the identity provider makes a user here, if that may come in; its address may be
        # taken. An ID token of a user with factors may prove too little.
        raised |= {errors.InvalidToken, errors.InsufficientAuthentication, errors.RegistrationClosed}
        raised |= {errors.Taken}
        raised |= {errors.InsufficientScope} if operation.scope is Scope.WRITE else set()
        raised |= set() if operation.scope else {errors.Forbidden}
    if operation.access.needs_token:
        raised |= {errors.Unauthenticated}
    if operation.access in (Access.USER, Access.UPLOADER, Access.AUDITOR, Access.ADMIN):
        raised |= {errors.Forbidden}
    if operation.query:
        raised |= {errors.Invalid}
    if operation.idempotent:
        raised |= {errors.Invalid, errors.InProgress}
    if operation.reads_body:
        raised |= {errors.Invalid}
        codes |= {"bad-request", "request-entity-too-large", "unsupported-media-type"}
    if operation.download:
        raised |= {errors.Stale}
        codes |= {"requested-range-not-satisfiable"}
    if VARIABLE.search(route.path):
        codes |= {"bad-request"}
        raised |= {errors.NotFound} if route.method != "POST" else set()  # a POST may create what the path names
    codes |= {error.code for error in raised}
    if operation.oauth:
        codes = {oauth_code(code) for code in codes}
    status_of = oauth_status if operation.oauth else lambda code: CATALOGUE[code].status
    statuses = {code: status_of(code) for code in codes}
    return {
        status: tuple(sorted(code for code in codes if statuses[code] == status))
        for status in sorted({*statuses.values()})
    }


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


def _name(codes: Iterable[str], oauth: bool) -> str:
    return ("oauth-" if oauth else "") + "-or-".join(codes)


def _refusal(codes: Sequence[str], oauth: bool) -> dict[str, Any]:
    """Describe the responses with errors of these kinds, which all have one status, and show an example of each."""
    kinds = [CATALOGUE[code] for code in codes]
    examples = {code: {"value": oauth_example(code) if oauth else example(code)} for code in codes}
    shown = {"schema": reference(OAuthError if oauth else ProblemSchema), "examples": examples}
    content = {"application/json" if oauth else "application/problem+json": shown}
    status = oauth_status(codes[0]) if oauth else kinds[0].status
    challenged = ["WWW-Authenticate"] if errors.InsufficientScope.code in codes else []
    headers = _ERROR_HEADERS.get(status, challenged)
    return _response(" ".join(kind.cause for kind in kinds), headers, content)


def _response(description: str, headers: Iterable[str], content: dict[str, Any] | None = None) -> dict[str, Any]:
    references = {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *headers)}
    return {"description": description, "headers": references} | ({"content": content} if content else {})
