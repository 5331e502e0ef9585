"""The OpenAPI document as the clients need it."""

import json
import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Any, Literal

SKIPPED_TAGS = {"Metrics", "OAuth2", "Operations", "Problems"}
"""Routes for operators and for OAuth2 libraries. PATCH is left out too, because PUT does the same."""
SKIPPED = {"refresh"}
"""The clients refresh their tokens by themselves."""
SUCCESSES = ("200", "201", "202", "204")
SESSION_ENDS = {"deleteUser", "logOut", "logOutEverywhere"}
LEFT_OUT = {"cursor", "If-None-Match", "Range"}
"""Parameters for caches and partial downloads, and the cursor, which the clients follow by themselves."""
KEPT = {
    "$ref",
    "additionalProperties",
    "anyOf",
    "const",
    "description",
    "enum",
    "items",
    "properties",
    "required",
    "type",
}
"""The keywords that shape a type. The service checks the bounds, which its settings change."""


Schema = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """An operation of the document, as the templates of the clients need it."""

    id: str
    method: str
    path: str
    text: str
    session: Literal["none", "use", "end"]
    parameters: list[dict[str, Any]]
    answers: list[Schema]
    media_type: str | None
    body: str | None
    body_fields: set[str]
    required_fields: set[str]

    @property
    def kind(self) -> Literal["call", "pages", "download"]:
        """Whether the operation answers with one resource, a list in pages, or a file."""
        if self.answers[0].get("type") == "string":
            return "download"
        return "pages" if self.answers[0].get("type") == "array" else "call"

    @property
    def types(self) -> list[str]:
        """The names of the models in the answer; none when there is no content."""
        if self.kind == "download":
            return []
        shown = [self.answers[0]["items"]] if self.kind == "pages" else self.answers
        return [reference(each) for schema in shown for each in schema.get("anyOf", [schema]) if each]

    @property
    def may_be_empty(self) -> bool:
        """Whether an answer may have no content."""
        return {} in self.answers


def operations(document: Schema, skipped: Set[str] = SKIPPED) -> Iterator[Operation]:
    """Yield the operations of the clients in the order of their names."""
    schemas = document["components"]["schemas"]
    found = [
        (each["operationId"], method, path, each)
        for path, item in document["paths"].items()
        for method, each in item.items()
        if method != "patch" and not SKIPPED_TAGS & set(each["tags"]) and each["operationId"] not in skipped
    ]
    for name, method, path, each in sorted(found, key=lambda row: row[0]):
        content = {**each.get("requestBody", {}).get("content", {})}
        body = next((reference(shown["schema"]) for shown in content.values()), None)
        fields = one_object(schemas[body]) if body else {"properties": {}}
        yield Operation(
            id=name,
            method=method.upper(),
            path=path,
            text=each["description"],
            session="end" if name in SESSION_ENDS else "use" if each["security"] else "none",
            parameters=[one for one in each.get("parameters", []) if one["name"] not in LEFT_OUT],
            answers=[
                next((shown["schema"] for shown in answer.get("content", {}).values()), {})
                for status, answer in each["responses"].items()
                if status in SUCCESSES
            ],
            media_type=next(iter(content), None),
            body=body,
            body_fields=set(fields["properties"]),
            required_fields=set(fields.get("required", [])),
        )


def reference(schema: Schema) -> str:
    """Return the name of the schema that a reference leads to."""
    return str(schema["$ref"]).removeprefix("#/components/schemas/")


def reached(schemas: dict[str, Schema], names: set[str]) -> list[str]:
    """Return the names of these schemas and of those that they refer to, in order."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += re.findall(r'"#/components/schemas/(\w+)"', json.dumps(schemas[name]))
    return sorted(found)


def one_object(schema: Schema) -> Schema:
    """Return the schema of a body as one object, because keyword arguments cannot be one of two types."""
    variants = schema.get("anyOf", [])
    if not variants:
        return schema
    required = [name for name in variants[0]["required"] if all(name in each["required"] for each in variants)]
    return {"description": schema["description"], **variants[0], "required": required}


def shape(schema: Any, *, open_enums: bool) -> Any:
    """Return a schema with what a type needs, without files, which the operations take as arguments of their own.

    With ``open_enums`` a value that a later version of the service adds is no error.
    """
    if isinstance(schema, list):
        return [shape(each, open_enums=open_enums) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: shape(value, open_enums=open_enums) for key, value in schema.items() if key in KEPT}
    if "properties" in schema:
        fields = {name: each for name, each in schema["properties"].items() if each.get("format") != "binary"}
        kept["properties"] = {name: shape(each, open_enums=open_enums) for name, each in fields.items()}
        kept["required"] = [name for name in schema.get("required", []) if name in fields]
        kept.pop("anyOf", None)
    if schema.get("format") == "date-time":
        kept["format"] = "date-time"
    if "enum" in kept and open_enums:
        kept = {"anyOf": [kept, {"type": "string"}]}
    return kept
