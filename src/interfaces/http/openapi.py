"""Describes the declared operations as an OpenAPI document (https://spec.openapis.org/oas/v3.1.1)."""

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from inspect import cleandoc
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.json_schema import models_json_schema

from src.domain import errors
from src.domain.errors import PorteroError
from src.interfaces.http.bodies import Body, Form
from src.interfaces.http.operations import Access, Feature, Operation, Route
from src.interfaces.http.problems import status_of
from src.interfaces.http.uploads import UploadBody
from src.interfaces.http.views import Problem, Resource

_VARIABLE = re.compile(r"<(\w+)>")
_REFERENCE = "#/components/schemas/{model}"

_TEXT = {"schema": {"type": "string"}}
_HEADERS = {
    "ETag": {"description": "The revision, for If-Match.", **_TEXT},
    "Link": {
        "description": "The next page as rel=next (RFC 8288), absent on the last one; or the job as rel=monitor.",
        **_TEXT,
    },
    "Location": {"description": "Where it is now.", **_TEXT},
    "Retry-After": {"description": "Seconds after which to try again.", "schema": {"type": "integer"}},
    "WWW-Authenticate": {"description": "Bearer, see RFC 6750.", **_TEXT},
    "X-Request-Id": {"description": "The id of the request: the one sent, or a new one.", **_TEXT},
}
_REQUEST_HEADERS = {
    "If-Match": "Change it only if this is still its ETag.",
    "Idempotency-Key": "The same key with the same request gets the first answer again, for 24 hours.",
    "Prefer": "respond-async: do not wait, there will be a job to watch.",
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
    """Return the whole document, ready to be written as JSON."""
    operations = [operation for feature in features for operation in feature.operations]
    routes = [(operation, route) for operation in operations for route in operation.routes()]
    routes.sort(key=lambda each: each[1].alias_of is not None)
    paths: dict[str, dict[str, Any]] = {}
    for operation, route in routes:
        paths.setdefault(_template(route.path), {})[route.method.lower()] = _operation(operation, route)
    statuses = sorted({status for operation, route in routes for status in _problems(operation, route)})
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
            "responses": {f"Problem{status}": _problem(status) for status in statuses},
            "headers": _HEADERS,
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
    described: dict[str, Any] = {
        "operationId": _id(operation, route),
        "summary": _summary(operation),
        "tags": [operation.feature.tag],
        "security": _security(operation.access),
        "responses": {str(operation.status): _success(operation)}
        | {str(status): _instead(HTTPStatus(status), answer) for status, answer in operation.instead.items()}
        | {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in _problems(operation, route)},
    }
    if route.alias_of:
        described["x-alias-of"] = _template(route.alias_of)
        described["summary"] += f" (alias of {described['x-alias-of']})"
    if description := _description(operation):
        described["description"] = description
    if operation.body:
        described["requestBody"] = {
            "required": _is_required(operation.body),
            "content": {_media_of(operation.body): _schema_of(operation.body)},
        }
    if parameters := [*_path_parameters(route), *_query_parameters(operation), *_header_parameters(operation)]:
        described["parameters"] = parameters
    return described


def _summary(operation: Operation) -> str:
    """Return the first sentence of the handler's docstring."""
    first, _, _ = cleandoc(operation.handler.__doc__ or "").partition("\n\n")
    return " ".join(first.split()).rstrip(".")


def _description(operation: Operation) -> str:
    """Return the use case's docstring, or the rest of the handler's.

    Paragraphs with Python names in double backquotes, and the list of raised errors, are left out.
    """
    if operation.use_case:
        text = cleandoc(operation.use_case.__doc__ or "")
    else:
        text = cleandoc(operation.handler.__doc__ or "").partition("\n\n")[2]
    paragraphs = text.partition("Raises ")[0].strip().split("\n\n")
    return "\n\n".join(paragraph for paragraph in paragraphs if "``" not in paragraph)


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


def _is_required(body: type[Body]) -> bool:
    """Return whether a request must send a body, because the model refuses an empty object."""
    try:
        body.model_validate({})
    except ValidationError:
        return True
    return False


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, **_TEXT} for name in _VARIABLE.findall(route.path)]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    properties = operation.query.model_json_schema(ref_template=_REFERENCE)["properties"]
    return [{"name": name, "in": "query", "required": False, "schema": schema} for name, schema in properties.items()]


def _header_parameters(operation: Operation) -> list[dict[str, Any]]:
    headers = [
        ("If-Match", errors.Stale in operation.errors),
        ("Idempotency-Key", operation.idempotent),
        ("Prefer", HTTPStatus.ACCEPTED in operation.instead),
    ]
    return [
        {"name": name, "in": "header", "required": False, "description": _REQUEST_HEADERS[name], **_TEXT}
        for name, is_read in headers
        if is_read
    ]


def _id(operation: Operation, route: Route) -> str:
    name = operation.handler.__name__
    if route.method == "PATCH":
        name += "_by_patch"
    if route.alias_of:
        name += "_at_" + "".join(c if c.isalnum() else "_" for c in f"{route.method.lower()}{route.path}")
    return name


def _problems(operation: Operation, route: Route) -> list[int]:
    """Return every error status that the route can answer."""
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
    headers = ["X-Request-Id"]
    is_resource = any(issubclass(answer, Resource) and answer.has_etag for answer in operation.answers)
    headers += ["ETag"] if is_resource and not operation.is_list else []
    made = status in (HTTPStatus.CREATED, HTTPStatus.ACCEPTED)
    placed = made and any("id" in answer.model_fields for answer in operation.answers)
    headers += ["Location"] if placed or status is HTTPStatus.FOUND else []
    headers += ["Link"] if operation.is_list or (operation.monitored and not operation.instead) else []
    success: dict[str, Any] = {"description": status.description or status.phrase, "headers": _headers(headers)}
    if operation.answers:
        references = [{"$ref": _REFERENCE.format(model=model.__name__)} for model in operation.answers]
        schema: dict[str, Any] = references[0] if len(references) == 1 else {"anyOf": references}
        if operation.is_list:
            schema = {"type": "array", "items": schema}
        success["content"] = {"application/json": {"schema": schema}}
    if operation.text:
        success["content"] = {operation.text.partition(";")[0]: _TEXT}
    return success


def _instead(status: HTTPStatus, answer: type[BaseModel]) -> dict[str, Any]:
    content = {"application/json": _schema_of(answer)}
    headers = ["X-Request-Id", *(["Link", "Location"] if status is HTTPStatus.ACCEPTED else [])]
    return {"description": status.description, "headers": _headers(headers), "content": content}


def _problem(status: int) -> dict[str, Any]:
    headers = ["X-Request-Id"]
    headers += ["WWW-Authenticate"] if status == HTTPStatus.UNAUTHORIZED else []
    headers += ["Retry-After"] if status in (429, 503) else []
    return {
        "description": _MEANINGS[status],
        "headers": _headers(headers),
        "content": {"application/problem+json": _schema_of(Problem)},
    }


def _headers(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    return {"schema": {"$ref": _REFERENCE.format(model=model.__name__)}}


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    bodies = {operation.body for operation in operations if operation.body}
    answers = {answer for operation in operations for answer in (*operation.answers, *operation.instead.values())}
    _, definitions = models_json_schema(
        [(model, "validation") for model in bodies] + [(model, "serialization") for model in answers | {Problem}],
        ref_template=_REFERENCE,
    )
    # pydantic also describes these types of the domain, but clients send and receive them as texts.
    return {name: schema for name, schema in sorted(definitions["$defs"].items()) if name not in ("Email", "Username")}
