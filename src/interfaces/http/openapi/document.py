"""Describes operations, their parameters and their models."""

from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from inspect import cleandoc
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from src.domain import errors
from src.interfaces.http.authentication import Access
from src.interfaces.http.bodies import Change
from src.interfaces.http.oauth_errors import InvalidClient
from src.interfaces.http.openapi.responses import (
    REFERENCE,
    TEXT,
    VARIABLE,
    reference,
    response_components,
    responses,
)
from src.interfaces.http.operations import Feature, Operation, Route
from src.interfaces.http.views import OAuthError, Problem


def describe(features: Sequence[Feature], version: str, aliases: bool = False) -> dict[str, Any]:
    """Return the OpenAPI document of every operation of ``features``, as a JSON value, with or without the aliases."""
    operations = [each for feature in features for each in feature.operations if aliases or not each.alias_of]
    routes = [(operation, route) for operation in operations for route in operation.routes()]
    routes = [each for each in routes if aliases or not each[1].alias_of]
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
            **response_components(operations),
            "securitySchemes": {
                "password": {
                    "type": "oauth2",
                    "description": "Log in here with a username or an e-mail address.",
                    "flows": {"password": {"tokenUrl": "/auth/token", "scopes": {}}},
                },
                "token": {"type": "http", "scheme": "bearer", "description": "Paste an access token."},
                "service": {"type": "http", "scheme": "basic", "description": "One of SERVICE_CREDENTIALS."},
            },
        },
    }


def _operation(operation: Operation, route: Route) -> dict[str, Any]:
    summary, description = _texts(operation)
    described: dict[str, Any] = {
        "operationId": _id(operation, route),
        "summary": summary,
        "tags": [operation.feature.tag],
        "security": _security(operation),
        "responses": responses(operation, route),
    }
    if route.alias_of:
        described["x-alias-of"] = _template(route.alias_of)
        described["deprecated"] = True
        described["summary"] += f" (alias of {described['x-alias-of']})"
    if description:
        described["description"] = description
    if body := operation.body:
        described["requestBody"] = {
            "required": issubclass(body, Change) or any(field.is_required() for field in body.model_fields.values()),
            "content": {media_type: {"schema": reference(body)} for media_type in body.media_types},
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
    return VARIABLE.sub(r"{\1}", path)


def _security(operation: Operation) -> list[dict[str, Any]]:
    optional: list[dict[str, Any]] = [{}]
    if InvalidClient in operation.errors:
        return [{"service": []}, *optional]  # the credential may also be in the body
    if operation.access is Access.PUBLIC:
        return []
    return [{"password": []}, {"token": []}, *([] if operation.access.needs_token else optional)]


def _parameters(operation: Operation, route: Route) -> Iterator[dict[str, Any]]:
    for name in VARIABLE.findall(route.path):
        yield {"name": name, "in": "path", "required": True, **TEXT}
    if operation.query:
        properties = operation.query.model_json_schema(ref_template=REFERENCE)["properties"]
        for name, schema in properties.items():
            yield {"name": name, "in": "query", "required": False, "schema": schema}
    if errors.Stale in operation.errors:
        yield _header("If-Match", "Change or remove it only if this is still its ETag.")
    if operation.has_etag and route.method == "GET":
        yield _header("If-None-Match", "Answer 304 if this is still its ETag.")
    if operation.download:
        yield _header("Range", "The part to send, such as bytes=1000-.")
    if operation.idempotent:
        yield _header(
            "Idempotency-Key", "The same key with the same request gets the first answer again, for 24 hours."
        )
    if HTTPStatus.ACCEPTED in operation.instead:
        yield _header("Prefer", "respond-async: do not wait, there will be a job to watch.")


def _header(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": description, **TEXT}


def _id(operation: Operation, route: Route) -> str:
    name = operation.handler.__name__
    if route.method == "PATCH":
        name += "_by_patch"
    if route.alias_of:
        name += "_at_" + "".join(c if c.isalnum() else "_" for c in f"{route.method.lower()}{route.path}")
    return name


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    bodies = {operation.body for operation in operations if operation.body}
    answers: set[type[BaseModel]] = {Problem, OAuthError}
    answers |= {answer for operation in operations for answer in operation.answers}
    answers |= {answer for operation in operations for answer in operation.instead.values() if answer}
    received: list[tuple[type[BaseModel], Any]] = [(model, "validation") for model in bodies]
    sent: list[tuple[type[BaseModel], Any]] = [(model, "serialization") for model in answers]
    _, definitions = models_json_schema(received + sent, ref_template=REFERENCE)
    # pydantic also describes these types of the domain, but clients send and receive them as texts.
    return {name: schema for name, schema in sorted(definitions["$defs"].items()) if name not in ("Email", "Username")}
