"""Describes operations, their parameters and their models."""

import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from inspect import cleandoc
from typing import Any

from src.domain import errors
from src.domain.errors import InvalidClient
from src.interfaces.framework.bodies import Change
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.operations import Feature, Operation, Route
from src.interfaces.http.openapi.responses import (
    REFERENCE,
    VARIABLE,
    reference,
    response_components,
    responses,
)
from src.interfaces.http.openapi.schemas import public_name, schemas

_VERBS = {"add": "create", "show": "get", "read": "download", "change": "update"}
"""The words of operation ids for the verbs of our handlers."""

_VARIABLES: dict[str, dict[str, Any]] = {
    "delivery_id": {
        "description": "The id of the delivery.",
        "schema": {"type": "string", "examples": ["7b1d4e2a9c8f4d6e8a1b2c3d4e5f6a7b"]},
    },
    "id": {"description": "The id.", "schema": {"type": "string", "examples": ["3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f"]}},
    "name": {
        "description": "The name of the dog, in any case.",
        "schema": {"type": "string", "minLength": 1, "pattern": "^[^/]+$", "examples": ["Rex"]},
    },
    "code": {"description": "The code of the error.", "schema": {"type": "string", "examples": ["taken"]}},
}
"""The variables of paths."""


def describe(
    features: Sequence[Feature], version: str, aliases: bool = False, password_min_length: int = 8
) -> dict[str, Any]:
    """Return the OpenAPI document of every operation of ``features``, as a JSON value, with or without the aliases."""
    tags = {feature.tag: feature.description for feature in features}  # several modules may share one
    described = [each for feature in features for each in feature.operations if each.status != HTTPStatus.FOUND]
    operations = [each for each in described if aliases or not each.alias_of]
    routes = [(operation, route) for operation in operations for route in operation.routes()]
    routes = [each for each in routes if aliases or not each[1].alias_of]
    routes.sort(key=lambda each: each[1].alias_of is not None)
    paths: dict[str, dict[str, Any]] = {}
    for operation, route in routes:
        paths.setdefault(_template(route.path), {})[route.method.lower()] = _operation(operation, route, aliases)
    models = schemas(operations, password_min_length)
    document = {
        "openapi": "3.1.1",
        "info": {
            "title": "Portero",
            "version": version,
            "description": "Accounts and sessions, and the tasks, dogs, files and datasets behind them.\n\n"
            "Make an account with `POST /register`, log in with `POST /login`, and send the access token as "
            "`Authorization: Bearer …`. Errors are RFC 9457 `application/problem+json`; their `type` leads to a page "
            "that explains them. The [guide](/docs/guide) shows the first requests.",
            "contact": {"name": "The operator of this service"},
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag, "description": description} for tag, description in tags.items()],
        "paths": paths,
        "components": {
            "schemas": {public_name(name): schema for name, schema in models.items()},
            **response_components(operations),
            "securitySchemes": {
                "password": {
                    "type": "oauth2",
                    "description": "Log in here with a username or an e-mail address.",
                    "flows": {"password": {"tokenUrl": "/auth/token", "scopes": {}}},
                },
                "token": {"type": "http", "scheme": "bearer", "description": "Paste an access token."},
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key of a user, for programs. An operation names the scope that the key needs.",
                },
                "service": {"type": "http", "scheme": "basic", "description": "The id and the secret of a service."},
            },
        },
    }
    named: dict[str, Any] = _renamed(document)
    return named


def _renamed(value: Any) -> Any:
    """Return a JSON value whose references to schemas have the public names of the models."""
    if isinstance(value, dict):
        return {name: _renamed(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each) for each in value]
    prefix = REFERENCE.format(model="")
    if isinstance(value, str) and value.startswith(prefix):
        return prefix + public_name(value.removeprefix(prefix))
    return value


def _operation(operation: Operation, route: Route, aliases: bool) -> dict[str, Any]:
    summary, description = _texts(operation)
    described: dict[str, Any] = {
        "operationId": _id(operation, route),
        "summary": summary,
        "description": description,
        "tags": [operation.feature.tag],
        "security": _security(operation),
        "responses": responses(operation, route),
    }
    if route.alias_of:
        described["x-alias-of"] = _template(route.alias_of)
        described["deprecated"] = True
        described["summary"] += f" (alias of {described['x-alias-of']})"
    if body := operation.body:
        # What clients of other services send stands beside their paths: with two media types for one body,
        # openapi-python-client makes a client that cannot be imported.
        media_types = body.media_types if aliases else body.media_types[:1]
        described["requestBody"] = {
            "required": issubclass(body, Change) or any(field.is_required() for field in body.model_fields.values()),
            "content": {media_type: {"schema": reference(body)} for media_type in media_types},
        }
    if parameters := list(_parameters(operation, route)):
        described["parameters"] = parameters
    return described


def _texts(operation: Operation) -> tuple[str, str]:
    """Return the summary and the description of an operation, which are its handler's docstring.

    The description ends with the proofs that the operation asks of callers with factors.
    """
    summary, _, description = cleandoc(operation.handler.__doc__ or "").partition("\n\n")
    return summary.removesuffix("."), "\n\n".join([description or summary, *_step_ups(operation)])


def _step_ups(operation: Operation) -> Iterator[str]:
    if operation.step_up:
        what = f"a new `{operation.step_up_fields[0]}`" if operation.step_up_fields else "it"
        yield f"For callers with factors, {what} needs a proof with {operation.step_up.value}."
    if operation.for_admins_too:
        yield "Admins with factors need a proof with two factors for what belongs to others."


def _template(path: str) -> str:
    return VARIABLE.sub(r"{\1}", path)


def _security(operation: Operation) -> list[dict[str, Any]]:
    optional: list[dict[str, Any]] = [{}]
    if InvalidClient in operation.errors:
        return [{"service": []}, *optional]  # the credential may also be in the body
    if operation.access is Access.PUBLIC:
        return []
    scope = None if operation.access in (Access.AUDITOR, Access.ADMIN) else operation.scope
    keys: list[dict[str, Any]] = [{"key": [scope.value]}] if scope else []
    return [{"password": []}, {"token": []}, *keys, *([] if operation.access.needs_token else optional)]


def _parameters(operation: Operation, route: Route) -> Iterator[dict[str, Any]]:
    for name in VARIABLE.findall(route.path):
        yield {"name": name, "in": "path", "required": True, **_VARIABLES[name]}
    if operation.query:
        properties = operation.query.model_json_schema(ref_template=REFERENCE)["properties"]
        for name, schema in properties.items():
            schema.pop("title", None)
            description = schema.pop("description", None) or f"The {name} to look for."
            yield {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
    if errors.Stale in operation.errors:
        yield _header("If-Match", "Change or remove it only if this is still its ETag.")
    if operation.has_etag and route.method == "GET":
        yield _header("If-None-Match", "Answer 304 if this is still its ETag.")
    if operation.download:
        yield _header("Range", "The part to send, such as bytes=1000-.")
    if operation.idempotent:
        described = "The same key with the same request gets the first answer again, for 24 hours."
        yield _header("Idempotency-Key", described, minLength=1, maxLength=255, pattern="^[!-~]+$")
    if HTTPStatus.ACCEPTED in operation.instead:
        yield _header("Prefer", "respond-async: do not wait, there will be a job to watch.")


def _header(name: str, description: str, **schema: Any) -> dict[str, Any]:
    text = {"type": "string", **schema}
    return {"name": name, "in": "header", "required": False, "description": description, "schema": text}


def _id(operation: Operation, route: Route) -> str:
    """Return the operation id, such as ``createTask``, from which code generators make the name of a method."""
    verb, _, rest = operation.handler.__name__.partition("_")
    words = [_VERBS.get(verb, verb), *rest.split("_")]
    if route.method == "PATCH":
        words[0] = "patch"
    if route.alias_of:
        words += ["at", route.method.lower(), *re.findall("[A-Za-z0-9]+", route.path)]
    return words[0] + "".join(word[:1].upper() + word[1:] for word in words[1:])
