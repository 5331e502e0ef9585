"""The generated files of the Python client."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from clients.generate.document import Operation, Schema, one_object, operations, reached, shape

PARAMETERS = {"limit": "page_size", "from": "since"}
"""The parameters that are renamed: a list is not limited, only its pages are; and ``from`` is a word of Python."""


def write(document: Schema, folder: Path) -> None:
    """Write the models, the bodies and the operations of the Python client."""
    folder.mkdir(parents=True, exist_ok=True)
    bodies = {each.body for each in operations(document) if each.body}
    answers = {name for each in operations(document) for name in each.types}
    schemas = document["components"]["schemas"]
    models = {name: shape(schemas[name], open_enums=True) for name in reached(schemas, answers | {"FieldProblem"})}
    requests = {name: shape(one_object(schemas[name]), open_enums=False) for name in reached(schemas, bodies)}
    requests = {name: schema for name, schema in requests.items() if schema.get("properties") != {}}
    run_codegen(
        models,
        folder / "models.py",
        "pydantic_v2.BaseModel",
        "Resources of the service.",
        "--base-class",
        "portero_client.resource.Resource",
    )
    run_codegen(requests, folder / "bodies.py", "typing.TypedDict", "The fields of requests.")
    write_operations(list(operations(document)), requests, folder / "operations.py")
    ruff = Path(sys.executable).parent / "ruff"
    for command in (["check", "--select=F401,I", "--fix", "--quiet"], ["format", "--quiet"]):
        subprocess.run([ruff, *command, "--config", "pyproject.toml", folder], check=True)


def run_codegen(schemas: dict[str, Schema], file: Path, kind: str, title: str, *options: str) -> None:
    """Write the types of schemas as Python."""
    with TemporaryDirectory() as scratch:
        source = Path(scratch, "openapi.json")
        document = {"openapi": "3.1.1", "info": {"title": "", "version": ""}, "paths": {}}
        source.write_text(json.dumps({**document, "components": {"schemas": schemas}}))
        fixed = [
            "--input-file-type",
            "openapi",
            "--formatters",
            "builtin",
            "--target-python-version",
            "3.11",
            "--use-double-quotes",
        ]
        fixed += ["--enum-field-as-literal", "all", "--collapse-root-models", "--use-schema-description"]
        fixed += ["--use-field-description", "--use-single-line-docstring", "--disable-future-imports"]
        header = f'"""{title} Generated from the OpenAPI document by `make clients`."""'
        command = [sys.executable, "-m", "datamodel_code_generator", "--input", str(source), "--output", str(file)]
        named = ["--output-model-type", kind, "--custom-file-header", header]
        subprocess.run([*command, *fixed, *named, *options], check=True, env={**os.environ, "PYTHONWARNINGS": "ignore"})


def write_operations(found: list[Operation], bodies: dict[str, Schema], file: Path) -> None:
    """Write a method for each operation, in a class with blocking methods and a class with async ones."""
    lines = [
        '"""The operations of the service. Generated from the OpenAPI document by `make clients`."""',
        "from abc import ABC, abstractmethod",
        "from collections.abc import AsyncIterator, Awaitable, Iterator",
        "from typing import Literal, TypeVar, Unpack",
        "from pydantic import TypeAdapter",
        "from portero_client import bodies, models",
        "from portero_client.requests import Request, Upload",
        'T = TypeVar("T")',
    ]
    adapters = sorted({(adapter(each), answer_type(each)) for each in found if each.kind != "download"})
    lines += [f"{name}: TypeAdapter[{kind}] = TypeAdapter({kind})" for name, kind in adapters]
    for name, prefix, awaitable in (("Operations", "", "{}"), ("AsyncOperations", "Async", "Awaitable[{}]")):
        lines += [
            f"class {name}(ABC):",
            f'    """A method for each operation{" to await" if prefix else ""}."""',
            "    @abstractmethod",
            f"    def _call(self, request: Request, answer: TypeAdapter[T]) -> {awaitable.format('T')}: ...",
            "    @abstractmethod",
            f"    def _pages(self, request: Request, page: TypeAdapter[list[T]]) -> {prefix}Iterator[T]: ...",
            "    @abstractmethod",
            f"    def _download(self, request: Request) -> {prefix}Iterator[bytes]: ...",
        ]
        for each in found:
            lines += method(each, bodies, prefix)
    file.write_text("\n".join(lines), "utf-8")


def method(each: Operation, bodies: dict[str, Schema], prefix: str) -> list[str]:
    """Return the lines of the method for an operation."""
    at = {place: [one for one in each.parameters if one["in"] == place] for place in ("path", "query", "header")}
    path = "".join(f", {one['name']}: str" for one in at["path"])
    positional = path + (", file: Upload" if each.media_type == "multipart/form-data" else "")
    optional = [f"{argument(one)}: {python_type(one['schema'])} | None = None" for one in at["query"] + at["header"]]
    fields = each.body if each.body in bodies else None
    keywords = "".join(f", {text}" for text in (["*", *optional] if optional else []))
    keywords += f", **fields: Unpack[bodies.{fields}]" if fields else ""
    passed = [f'"{each.method}"', f'"{each.path}"'] + [f'session="{each.session}"'] * (each.session != "use")
    for name, place in (("values", "path"), ("query", "query"), ("headers", "header")):
        sent = ", ".join(f"{one['name']!r}: {argument(one)}" for one in at[place])
        passed += [f"{name}={{{sent}}}"] * bool(sent)
    if each.media_type == "multipart/form-data":
        passed += ["file=file"] + ["form={**fields}"] * bool(fields)
    elif fields:
        passed += ["body={**fields}"]
    kind, answers = {
        "call": ("_call", answer_type(each)),
        "pages": ("_pages", f"{prefix}Iterator[models.{each.types[0]}]" if each.types else ""),
        "download": ("_download", f"{prefix}Iterator[bytes]"),
    }[each.kind]
    waits = prefix and each.kind == "call"
    start, result = ("async def", "return await") if waits else ("def", "return")
    accepted = f"self{positional}{', /' if positional else ''}{keywords}"
    read_by = "" if each.kind == "download" else f", {adapter(each)}"
    return [
        f"    {start} {snake(each.id)}({accepted}) -> {answers}:",
        f'        """{each.text}"""',
        f"        request = Request({', '.join(passed)})",
        f"        {result} self.{kind}(request{read_by})",
    ]


def answer_type(each: Operation) -> str:
    """Return the Python type of a page or of an answer."""
    names = [f"models.{name}" for name in each.types] + ["None"] * each.may_be_empty
    return f"list[{names[0]}]" if each.kind == "pages" else " | ".join(names)


def adapter(each: Operation) -> str:
    """Return the name of the constant that reads the answers of an operation."""
    names = "Or".join(each.types + ["Nothing"] * each.may_be_empty)
    return f"_{snake(names + 'Page' * (each.kind == 'pages')).upper()}"


def argument(parameter: dict[str, Any]) -> str:
    """Return the name of a query parameter or header as an argument."""
    return str(PARAMETERS.get(parameter["name"], snake(parameter["name"])))


def python_type(schema: Schema) -> str:
    """Return the Python type of a parameter."""
    if "anyOf" in schema:
        return python_type(schema["anyOf"][0])
    if "$ref" in schema:
        return "str"
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    return {"string": "str", "integer": "int", "boolean": "bool"}[schema["type"]]


def snake(name: str) -> str:
    """Return a name in the style of Python."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).replace("-", "_").lower()
