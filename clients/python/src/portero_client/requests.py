"""Requests as the operations describe them, and the work on them that the blocking and the async client share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Literal, TypeVar
from urllib.parse import parse_qs, quote, urlsplit

import httpx2
from pydantic import TypeAdapter, ValidationError

from portero_client.problems import Problem
from portero_client.resource import Resource

Upload = IO[bytes] | tuple[str, IO[bytes] | bytes]
"""An open file, or a filename and its content. A file must be seekable, because an upload may be sent twice."""

T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """A request for an operation. With the session "use" it sends the access token, and "end" ends the session too."""

    method: str
    path: str
    session: Literal["none", "use", "end"] = "use"
    values: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str | int | bool | None] = field(default_factory=dict)
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: Mapping[str, object] | None = None
    form: Mapping[str, object] | None = None
    file: Upload | None = None

    def arguments(self, url: str, cursor: str | None = None) -> dict[str, Any]:
        """Return the arguments of httpx2 for this request to the service at a URL."""
        for name, value in self.values.items():
            if value in ("", ".", ".."):
                raise ValueError(f"{name} is {value!r}; pass the {name} of a resource.")
        content = self.file[1] if isinstance(self.file, tuple) else self.file
        if content and not isinstance(content, bytes) and not content.seekable():
            # After a refresh httpx2 would send it again from where it ended: as an empty file.
            raise ValueError("The file cannot be read twice; pass its content as bytes, or a copy on the disk.")
        query = {**self.query, "cursor": cursor}
        return {
            "method": self.method,
            "url": url + self.path.format_map({name: quote(value, safe="") for name, value in self.values.items()}),
            "params": {name: value for name, value in query.items() if value is not None},
            "headers": {name: value for name, value in self.headers.items() if value is not None},
            "json": self.body,
            "data": self.form,
            "files": {"file": self.file} if self.file else None,
        }


def read(response: httpx2.Response, answer: TypeAdapter[T]) -> T:
    """Return what a response holds, or raise its Problem."""
    if not response.is_success:
        raise Problem.of(response)
    try:
        value = answer.validate_json(response.content or b"null")
    except ValidationError as error:  # such as the login page of a gateway
        first = error.errors()[0]
        detail = ": ".join(["The answer does not have the expected form", *map(str, first["loc"]), first["msg"]])
        raise Problem.of(response, detail) from None  # the cause would show tokens
    if isinstance(value, Resource):
        value.etag = response.headers.get("ETag")
    return value


def next_cursor(response: httpx2.Response) -> str | None:
    """Return the cursor of the next page. The rest of its link is not used: it could lead a token to another host."""
    link = response.links.get("next", {}).get("url", "")
    return next(iter(parse_qs(urlsplit(link).query).get("cursor", [])), None)
