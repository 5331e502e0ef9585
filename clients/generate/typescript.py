"""The generated files of the TypeScript client."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from clients.generate.document import SUCCESSES, Operation, Schema, operations, reached

TOOL = Path("tests/js/node_modules/.bin/openapi-typescript")
NOTE = "Generated from the OpenAPI document by `make clients`."


def write(document: Schema, folder: Path) -> None:
    """Write the types and the operations of the TypeScript client."""
    folder.mkdir(parents=True, exist_ok=True)
    found = list(operations(document))
    schema = folder / "schema.ts"
    with TemporaryDirectory() as scratch:
        source = Path(scratch, "openapi.json")
        source.write_text(json.dumps(reduced(document, list(operations(document, skipped=set())))))
        options = ["--root-types", "--root-types-no-schema-prefix", "--alphabetize", "--output", str(schema)]
        subprocess.run([TOOL, source, *options], check=True, capture_output=True)
    # The first lines of the tool do not say how to make the file again.
    schema.write_text(
        f"/** The types of the service. {NOTE} */\n" + schema.read_text("utf-8").partition("*/\n")[2], "utf-8"
    )
    (folder / "operations.ts").write_text("\n".join(operation_lines(found)), "utf-8")


def reduced(document: Schema, found: list[Operation]) -> Schema:
    """Return the document with the operations of the client and their successful answers only."""
    paths: dict[str, Any] = {}
    for each in found:
        item = document["paths"][each.path][each.method.lower()]
        answers = {
            status: {**answer, "headers": {}} for status, answer in item["responses"].items() if status in SUCCESSES
        }
        parameters = [one for one in item.get("parameters", []) if one in each.parameters or one["name"] == "cursor"]
        kept = {**item, "responses": answers, "parameters": parameters}
        paths.setdefault(each.path, {})[each.method.lower()] = kept
    schemas = document["components"]["schemas"]
    used = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(paths))) | {"FieldProblem"}
    types = {name: schemas[name] for name in reached(schemas, used)}
    return {"openapi": document["openapi"], "info": document["info"], "paths": paths, "components": {"schemas": types}}


def operation_lines(found: list[Operation]) -> Iterator[str]:
    """Yield the lines of a class with a method for each operation."""
    yield f"/** The operations of the service. {NOTE} */"
    yield 'import type * as types from "./schema.js";'
    yield 'import { multipart, Requests } from "./requests.js";'
    yield 'import type { Options } from "./requests.js";\n'
    yield "/** A method for each operation. */"
    yield "export class Operations extends Requests {"
    for each in found:
        yield from method(each)
    yield "}\n"


def method(each: Operation) -> Iterator[str]:
    """Yield the lines of the method for an operation."""
    at = {place: [one for one in each.parameters if one["in"] == place] for place in ("path", "query", "header")}
    optional = "".join(
        f"; {camel(one['name'])}?: {type_of(one['schema'])} | undefined" for one in at["query"] + at["header"]
    )
    arguments = [f"{one['name']}: string" for one in at["path"]]
    sent = ["...init"]
    if each.media_type == "multipart/form-data":
        arguments.append("file: Blob")
        others = each.body_fields - {"file"}
        if others:
            arguments.append(f'fields: Omit<types.{each.body}, "file">')
        sent.append(f"body: multipart({{ file{', ...fields' if others else ''} }})")
    elif each.body and each.body_fields:
        arguments.append(f"fields: types.{each.body}{'' if each.required_fields else ' = {}'}")
        sent.append("body: fields")
    arguments.append(f"options: Options{' & {' + optional.removeprefix(';') + ' }' if optional else ''} = {{}}")
    groups = {place: [f'"{one["name"]}": options.{camel(one["name"])}' for one in at[place]] for place in at}
    groups["path"] = [f"{one['name']}" for one in at["path"]]
    if each.kind == "pages":
        groups["query"].append("cursor")
    params = ", ".join(f"{place}: {{ {', '.join(some)} }}" for place, some in groups.items() if some)
    sent += [f"params: {{ {params} }}"] * bool(params)
    sent += ['parseAs: "stream"'] * (each.kind == "download")
    answer = {
        "call": f"Promise<{' | '.join(names(each))}>",
        "pages": f"AsyncIterable<{''.join(names(each))}>",
        "download": "Promise<Response>",
    }[each.kind]
    given = "init, cursor" if each.kind == "pages" else "init"
    text = each.text.replace("\n", "\n   * ").replace(" * \n", " *\n")
    yield f"  /** {text} */"
    yield f"  {each.id}({', '.join(arguments)}): {answer} {{"
    yield f'    return this.{each.kind}("{each.session}", options, ({given}) =>'
    yield f'      this.http.{each.method}("{each.path}", {{ {", ".join(sent)} }}));'
    yield "  }\n"


def names(each: Operation) -> list[str]:
    """Return the names of the types in an answer."""
    return [f"types.{name}" for name in each.types] + ["undefined"] * each.may_be_empty


def camel(name: str) -> str:
    """Return a parameter's name in the style of TypeScript."""
    if name == "limit":
        return "pageSize"
    first, *others = re.split("[-_]", name)
    return first.lower() + "".join(word.capitalize() for word in others)


def type_of(schema: Schema) -> str:
    """Return the TypeScript type of a parameter."""
    if "anyOf" in schema:
        return type_of(schema["anyOf"][0])
    if "$ref" in schema:
        return f"types.{schema['$ref'].rpartition('/')[2]}"
    return {"string": "string", "integer": "number", "boolean": "boolean"}[schema["type"]]
