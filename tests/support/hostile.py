"""Sends every operation names and values that are chosen to cost time, in a process that limits its own CPU time.

``python -m tests.support.hostile`` prints what is wrong with the answers.
"""

import io
import resource
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote_plus, unquote

from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from src.interfaces.app import FEATURES
from src.interfaces.framework.uploads import UploadBody
from src.interfaces.http.framework.operations import Operation
from tests.support.world import Client, Person, build, client_of, join, place

CPU_SECONDS = 60
"""The limit of the processor time for all requests. They take about an eighth of it."""
SIZE = 100_000
HEAD = 8_000
"""The length of a text in the head of a request. Servers refuse longer heads."""
_FRAGMENTS = {
    "columns": "Expecting value: line x column x (char x",
    "nested quotes": "“" * 1_000 + "x" + "” {rows}{lines}." * 1_000,
    "sentences": "The body is not valid JSON: {reason}. Already taken: ",
    "formats": "{n}{0}{n.__class__}{n!r:>9999999999}%s%(n)9999999999d",
    "other characters": "a\0\u202e\u0627\u0301",
}
TEXTS = {name: (fragment * (SIZE // len(fragment) + 1))[:SIZE] for name, fragment in _FRAGMENTS.items()}


def wrong_answers() -> Iterator[str]:
    """Send every text to every operation in both languages, and yield what is wrong with the answers."""
    app = build(settings={"service_credentials": "service:secret-of-the-service"})
    client = client_of(app)
    for language in ("es", "en"):
        for operation in (each for feature in FEATURES for each in feature.operations):
            admin = join(client, "admin")
            for name, text in TEXTS.items():
                for kind, environ in _requests(operation, client, admin, text):
                    sent = {**environ, "HTTP_ACCEPT_LANGUAGE": language}
                    # not with a test client, which takes long to parse such URLs
                    for flaw in _flaws(Response.from_app(app, sent, buffered=True), text):
                        yield f"{language} {operation.route}, {name} as {kind}: {flaw}"


def _requests(operation: Operation, client: Client, admin: Person, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    method, path, _ = next(operation.routes())
    path = path.replace("<", "{").replace(">", "}")
    head = text[:HEAD]
    begin, variable, rest = path.partition("{")
    at = place(client, admin, method, path)

    def request(headers: Mapping[str, str] | None = None, **options: Any) -> dict[str, Any]:
        sent = {"Authorization": f"Bearer {admin.token}"} | dict(headers or {})
        environ = EnvironBuilder(method=method, headers=Headers(sent), **options).get_environ()
        return environ | {"PATH_INFO": unquote(at, "latin-1")}

    if variable:
        yield "path", request() | {"PATH_INFO": (begin + head + rest.partition("}")[2]).encode().decode("latin-1")}
    names = [*(operation.query.model_fields if operation.query else ()), head]
    yield "query", request() | {"QUERY_STRING": "&".join(f"{_quoted(name)}={_quoted(head)}" for name in names * 2)}
    headers = ("If-Match", "If-None-Match", "Idempotency-Key", "Prefer", "Range", "User-Agent")
    yield "headers", request(dict.fromkeys(headers, _quoted(head)))
    yield "token", request({"Authorization": f"Bearer {_quoted(head)}", "Content-Type": _quoted(head)})
    names = operation.body.names() if operation.body else []
    if operation.body and issubclass(operation.body, UploadBody):
        schema = f'{{"{text[:50_000]}": {{"pattern": "{text[:50_000]}", "{text[:90]}": 1}}}}'
        file = (io.BytesIO(b"a,b\n1,2\n"), "a.csv")
        yield "values of parts", request(data=dict.fromkeys(names, text) | {"file": file})
        yield "schema", request(data={"name": "x", "schema": schema, "file": (io.BytesIO(b"a,b\n1,2\n"), "a.csv")})
        yield "name of a part", request(data={text[:2_000]: "x", "file": (io.BytesIO(b"a,b\n1,2\n"), "a.csv")})
        yield "name of a file", request(data={"name": "x", "file": (io.BytesIO(b"a,b\n1,2\n"), text[:2_000])})
        yield "file", request(data={"name": "x", "file": (io.BytesIO(text.encode()), "a.csv")})
    elif operation.reads_body:
        yield "JSON values", request(json=dict.fromkeys(names, text))
        yield "JSON names", request(json={text: {text: [text]}})
        yield "cut JSON", request(data=f'{{"{text}'.encode(), content_type="application/json")
        form = "application/x-www-form-urlencoded"
        values = "&".join(f"{name}={_quoted(text)}" for name in names)
        yield "form values", request(data=values.encode(), content_type=form)
        yield "form names", request(data=f"{_quoted(text)}=x&{_quoted(text)}=y".encode(), content_type=form)


@cache
def _quoted(text: str) -> str:
    return quote_plus(text)


def _flaws(answer: Response, text: str) -> Iterator[str]:
    if answer.status_code >= 500 and answer.status_code != 503:
        yield f"status {answer.status_code}"
    if answer.status_code >= 400 and answer.is_json:
        problem = answer.get_json()
        for said in (problem["detail"], *(each["message"] for each in problem.get("errors", ()))):
            if any(said[at : at + 101] in text for at in range(len(said) - 100)):
                yield f"more than 100 characters of the client: {said[:300]!r}"


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    found = list(wrong_answers())
    sys.stdout.write("\n".join(found[:20]))
    sys.exit(len(found) > 0)
