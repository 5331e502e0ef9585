"""Declares operations: one table for the URL map, the order of checks, and the OpenAPI document."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, current_app, g, request
from pydantic import BaseModel
from werkzeug.exceptions import BadRequest

from src.domain.errors import PorteroError, Unauthenticated
from src.domain.users import User
from src.interfaces.http.bodies import Body, Rules, parse_body
from src.interfaces.services import Services

Handler = Callable[..., Response]
Translate = Callable[[PorteroError | BadRequest], Exception]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A way to call a handler. Everything in it is both enforced and described in the OpenAPI document."""

    handler: Handler
    method: str
    path: str
    alias_of: str | None
    """The canonical path of the same handler."""
    token: bool
    """Whether the caller must be known; the handler then takes ``user``."""
    body: type[Body] | None
    """What the handler takes as ``body``."""
    status: int
    answer: type[BaseModel] | str | None
    """The model of a JSON answer, another media type, or nothing."""
    etag: bool
    """Whether the answer has the ETag of a single resource."""
    if_match: bool
    errors: tuple[type[PorteroError], ...]
    """What the handler can raise, besides what every operation can."""
    tag: str
    description: str
    translate: Translate | None
    """Turns what goes wrong into errors that a standard names, before it is answered."""


class Operations:
    """The operations of one feature."""

    def __init__(self, tag: str, description: str) -> None:
        self.tag = tag
        self.description = description
        self.all: list[Operation] = []

    def add(
        self,
        method: str,
        path: str,
        *,
        aliases: tuple[str, ...] = (),
        alias_of: str | None = None,
        token: bool = False,
        body: type[Body] | None = None,
        status: int = 200,
        answer: type[BaseModel] | str | None = None,
        etag: bool = False,
        if_match: bool = False,
        errors: tuple[type[PorteroError], ...] = (),
        use_case: object = None,
        translate: Translate | None = None,
    ) -> Callable[[Handler], Handler]:
        """Declare the decorated function as the handler of ``path`` and its ``aliases``.

        What it does is described by the docstring of ``use_case``, or by its own.
        """

        def declare(handler: Handler) -> Handler:
            for each in (path, *aliases):
                self.all.append(
                    Operation(
                        handler=handler,
                        method=method,
                        path=each,
                        alias_of=alias_of or (path if each != path else None),
                        token=token,
                        body=body,
                        status=status,
                        answer=answer,
                        etag=etag,
                        if_match=if_match,
                        errors=errors,
                        tag=self.tag,
                        description=(use_case or handler).__doc__ or "",
                        translate=translate,
                    )
                )
            return handler

        return declare

    def mount(self, app: Flask) -> None:
        """Put them on the URL map."""
        for operation in self.all:
            app.add_url_rule(
                operation.path,
                endpoint=f"{operation.method} {operation.path}",
                view_func=_view(operation),
                methods=[operation.method],
            )


def services() -> Services:
    """The use cases of the application that handles the current request."""
    found: Services = current_app.extensions["portero"]
    return found


def _view(operation: Operation) -> Handler:
    def view(**arguments: Any) -> Response:
        user = _caller() if operation.token else None
        if user:
            arguments["user"] = user
        if operation.body:
            rules = Rules(services().addresses, services().passwords, user)
            arguments["body"] = parse_body(operation.body, rules)
        return operation.handler(**arguments)

    def translated(**arguments: Any) -> Response:
        assert operation.translate
        try:
            return view(**arguments)
        except (PorteroError, BadRequest) as error:
            raise operation.translate(error) from error

    return translated if operation.translate else view


def _caller() -> User:
    """The owner of the bearer token (RFC 6750), from the header only. Raises Unauthenticated, InvalidToken."""
    scheme, _, token = request.headers.get("Authorization", "").strip(" ").partition(" ")
    token = token.strip(" ")
    if token[:7].lower() == "bearer ":  # what people paste into docs pages
        token = token[7:].strip(" ")
    if scheme.lower() != "bearer" or not token or token.lower() == "bearer":
        raise Unauthenticated
    g.private = True
    return services().authenticate(token)
