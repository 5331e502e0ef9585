"""Every operation in detail, from the OpenAPI document. The site has this page; the repository does not."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from clients.generate.document import Schema, one_object
from scripts.reference.markdown import table


def operations(document: Schema) -> str:
    """Return a page with every operation of an OpenAPI document, by tag; aliases are only named."""
    lines = ["# Operations in detail", "", "This page is made from the OpenAPI document.", ""]
    described = [
        (operation["tags"][0], method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if "x-alias-of" not in operation
    ]
    for tag, group in groupby(sorted(described, key=lambda each: each[0]), key=lambda each: each[0]):
        lines += [f"## {tag}", ""]
        for _, method, path, operation in group:
            lines += [f"### `{method} {path}`", "", f"{operation['summary']}.", ""]
            lines += [operation["description"], ""] if "description" in operation else []
            lines += [_access(operation), ""]
            lines += [*_fields(document, operation)]
            answers = operation["responses"].items()
            rows = [(status, _resolved(document, answer)["description"]) for status, answer in answers]
            lines += [table(["status", "answer"], rows), ""]
    return "\n".join(lines)


def _access(operation: Schema) -> str:
    security = operation.get("security", [])
    if not security:
        return "No token is needed."
    return "A token may be sent." if {} in security else "A token is needed."


def _fields(document: Schema, operation: Schema) -> Iterator[str]:
    rows = [_row(each["name"], each["schema"], each["in"], each.get("required", False)) for each in _given(operation)]
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        body = one_object(_resolved(document, content["schema"]))
        required = body.get("required", [])
        rows += [_row(name, field, media_type, name in required) for name, field in body.get("properties", {}).items()]
    if rows:
        yield from [table(["field", "in", "required", "meaning"], rows), ""]


def _given(operation: Schema) -> list[Schema]:
    return [
        {**each, "schema": {"description": each.get("description", ""), **each["schema"]}}
        for each in operation.get("parameters", [])
        if "schema" in each
    ]


def _row(name: str, schema: Schema, place: str, required: bool) -> tuple[str, ...]:
    return f"`{name}`", place, "yes" if required else "no", schema.get("description", "")


def _resolved(document: Schema, schema: Schema) -> Schema:
    found: Any = document
    if "$ref" not in schema:
        return schema
    for name in schema["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    assert isinstance(found, dict)
    return found
