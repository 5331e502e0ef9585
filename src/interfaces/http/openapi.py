"""Describes the declared operations as an OpenAPI document (https://spec.openapis.org/oas/v3.1.1)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from inspect import cleandoc
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from src.domain import errors
from src.domain.errors import PorteroError
from src.interfaces.http.authentication import Access
from src.interfaces.http.bodies import Body, Change, Form
from src.interfaces.http.operations import Feature, Operation, Route
from src.interfaces.http.problems import status_of
from src.interfaces.http.uploads import UploadBody
from src.interfaces.http.views import Problem, Resource

_VARIABLE = re.compile(r"<(\w+)>")
_REFERENCE = "#/components/schemas/{model}"

_TEXT = {"schema": {"type": "string"}}
_HEADERS = {
    "ETag": "The revision, for If-Match.",
    "Link": "The next page as rel=next (RFC 8288), absent on the last one; or the job as rel=monitor.",
    "Location": "Where it is now.",
    "Retry-After": "Seconds after which to try again.",
    "WWW-Authenticate": "Bearer, see RFC 6750.",
    "X-Request-Id": "The id of the request: the one sent, or a new one.",
}
_MEANINGS = {
    400: "The body, or the path, cannot be parsed.",
    401: "No or bad credentials.",
    403: "Known, but not allowed.",
    404: "Not found.",
    409: "A unique value is taken, which is named in errors; or the state of things forbids it, as detail says.",
    412: "It has changed since it was read.",
    413: "The body is too large.",
    415: "The Content-Type is wrong.",
    422: "Understood, but some fields are not valid; each is named in errors.",
    429: "Too many attempts.",
    500: "Something went wrong here.",
    503: "A dependency does not answer.",
}


def describe(features: Sequence[Feature], version: str) -> dict[str, Any]:
    """Return the OpenAPI document of every operation of ``features``, as a JSON value."""
    operations = [operation for feature in features for operation in feature.operations]
    routes = [(operation, route) for operation in operations for route in operation.routes()]
    routes.sort(key=lambda each: each[1].alias_of is not None)
    paths: dict[str, dict[str, Any]] = {}
    for operation, route in routes:
        paths.setdefault(_template(route.path), {})[route.method.lower()] = _operation(operation, route)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Portero",
            "version": version,
            "description": "Accounts and sessions, and the tasks, dogs, files and datasets behind them. "
            "Errors are RFC 9457 problem+json.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": feature.tag, "description": feature.description} for feature in features],
        "paths": paths,
        "components": {
            "schemas": _schemas(operations),
            "responses": {f"Problem{status}": _problem(status) for status in _MEANINGS},
            "headers": {
                name: {"description": text, "schema": {"type": "integer" if name == "Retry-After" else "string"}}
                for name, text in _HEADERS.items()
            },
            "securitySchemes": {
                "password": {
                    "type": "oauth2",
                    "description": "Log in here with a username or an e-mail address.",
                    "flows": {"password": {"tokenUrl": "/auth/token", "scopes": {}}},
                },
                "token": {"type": "http", "scheme": "bearer", "description": "Paste an access token."},
            },
        },
    }


def _operation(operation: Operation, route: Route) -> dict[str, Any]:
    summary, description = _texts(operation)
    described: dict[str, Any] = {
        "operationId": _id(operation, route),
        "summary": summary,
        "tags": [operation.feature.tag],
        "security": _security(operation.access),
        "responses": {str(operation.status): _success(operation)}
        | {str(status): _instead(HTTPStatus(status), answer) for status, answer in operation.instead.items()}
        | {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in _problems(operation, route)},
    }
    if route.alias_of:
        described["x-alias-of"] = _template(route.alias_of)
        described["summary"] += f" (alias of {described['x-alias-of']})"
    if description:
        described["description"] = description
    if body := operation.body:
        described["requestBody"] = {
            "required": issubclass(body, Change) or any(field.is_required() for field in body.model_fields.values()),
            "content": {_media_of(body): {"schema": _reference(body)}},
        }
    if parameters := list(_parameters(operation, route)):
        described["parameters"] = parameters
    return described


def _texts(operation: Operation) -> tuple[str, str]:
    """Return the summary and the description of an operation.

    The summary is the first paragraph of the handler's docstring. The description is the use case's docstring, or else
    the rest of the handler's. Paragraphs with Python names in double backquotes, and the list of raised errors, are
    left out.
    """
    summary, _, rest = cleandoc(operation.handler.__doc__ or "").partition("\n\n")
    text = cleandoc(operation.use_case.__doc__ or "") if operation.use_case else rest
    paragraphs = text.partition("Raises ")[0].strip().split("\n\n")
    description = "\n\n".join(paragraph for paragraph in paragraphs if "``" not in paragraph)
    return " ".join(summary.split()).rstrip("."), description


def _template(path: str) -> str:
    return _VARIABLE.sub(r"{\1}", path)


def _security(access: Access) -> list[dict[str, Any]]:
    if access is Access.PUBLIC:
        return []
    return [{"password": []}, {"token": []}, *([] if access.needs_token else [{}])]  # {} makes it optional


def _media_of(body: type[Body]) -> str:
    if issubclass(body, UploadBody):
        return "multipart/form-data"
    return "application/x-www-form-urlencoded" if issubclass(body, Form) else "application/json"


def _parameters(operation: Operation, route: Route) -> Iterator[dict[str, Any]]:
    for name in _VARIABLE.findall(route.path):
        yield {"name": name, "in": "path", "required": True, **_TEXT}
    if operation.query:
        properties = operation.query.model_json_schema(ref_template=_REFERENCE)["properties"]
        for name, schema in properties.items():
            yield {"name": name, "in": "query", "required": False, "schema": schema}
    if errors.Stale in operation.errors:
        yield _header("If-Match", "Change it only if this is still its ETag.")
    if operation.idempotent:
        yield _header(
            "Idempotency-Key", "The same key with the same request gets the first answer again, for 24 hours."
        )
    if HTTPStatus.ACCEPTED in operation.instead:
        yield _header("Prefer", "respond-async: do not wait, there will be a job to watch.")


def _header(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": description, **_TEXT}


def _id(operation: Operation, route: Route) -> str:
    name = operation.handler.__name__
    if route.method == "PATCH":
        name += "_by_patch"
    if route.alias_of:
        name += "_at_" + "".join(c if c.isalnum() else "_" for c in f"{route.method.lower()}{route.path}")
    return name


def _problems(operation: Operation, route: Route) -> list[int]:
    """Return the status of every error with which the route can answer."""
    raised: set[type[PorteroError]] = set(operation.errors)
    statuses = {500}
    if operation.access is not Access.PUBLIC:
        # The first visit of a user of the identity provider makes a user here, whose address may be taken.
        raised |= {errors.InvalidToken, errors.Taken, errors.Unavailable}
    if operation.use_case:
        raised |= {errors.Unavailable}
    if operation.access in (Access.USER, Access.UPLOADER, Access.ADMIN):
        raised |= {errors.Forbidden}
    if operation.query:
        raised |= {errors.Invalid}
    if operation.idempotent:
        raised |= {errors.Invalid, errors.InProgress}
    if operation.reads_body:
        raised |= {errors.Invalid, errors.Unavailable}
        statuses |= {400, 413, 415}
    if _VARIABLE.search(route.path):
        statuses |= {400}
        raised |= {errors.NotFound} if route.method != "POST" else set()  # a POST may create what the path names
    statuses |= {int(status_of(error)) for error in raised}
    if operation.translate:
        statuses -= {401, 422}  # OAuth2 says 400
    return sorted(statuses)


def _success(operation: Operation) -> dict[str, Any]:
    status = HTTPStatus(operation.status)
    is_resource = any(issubclass(answer, Resource) and answer.has_etag for answer in operation.answers)
    made = status in (HTTPStatus.CREATED, HTTPStatus.ACCEPTED)
    placed = made and any("id" in answer.model_fields for answer in operation.answers)
    headers = {
        "ETag": is_resource and not operation.is_list,
        "Location": placed or status is HTTPStatus.FOUND,
        "Link": operation.is_list or (operation.monitored and not operation.instead),
    }
    success = _response(status.description or status.phrase, [name for name, is_sent in headers.items() if is_sent])
    if operation.answers:
        references = [_reference(model) for model in operation.answers]
        schema: dict[str, Any] = references[0] if len(references) == 1 else {"anyOf": references}
        if operation.is_list:
            schema = {"type": "array", "items": schema}
        success["content"] = {"application/json": {"schema": schema}}
    if operation.text:
        success["content"] = {operation.text.partition(";")[0]: _TEXT}
    return success


def _instead(status: HTTPStatus, answer: type[BaseModel]) -> dict[str, Any]:
    headers = ["Link", "Location"] if status is HTTPStatus.ACCEPTED else []
    return _response(status.description, headers, {"application/json": {"schema": _reference(answer)}})


def _problem(status: int) -> dict[str, Any]:
    headers = {401: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"]}.get(status, [])
    return _response(_MEANINGS[status], headers, {"application/problem+json": {"schema": _reference(Problem)}})


def _response(description: str, headers: Iterable[str], content: dict[str, Any] | None = None) -> dict[str, Any]:
    references = {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *headers)}
    return {"description": description, "headers": references} | ({"content": content} if content else {})


def _reference(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": _REFERENCE.format(model=model.__name__)}


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    bodies = {operation.body for operation in operations if operation.body}
    answers = {answer for operation in operations for answer in (*operation.answers, *operation.instead.values())}
    _, definitions = models_json_schema(
        [(model, "validation") for model in bodies] + [(model, "serialization") for model in answers | {Problem}],
        ref_template=_REFERENCE,
    )
    # pydantic also describes these types of the domain, but clients send and receive them as texts.
    return {name: schema for name, schema in sorted(definitions["$defs"].items()) if name not in ("Email", "Username")}
