"""Declares operations: one table for the URL map, the order of checks, and the OpenAPI document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from flask import Flask, Response, current_app, g, request
from pydantic import BaseModel
from werkzeug.exceptions import BadRequest

from src.application.sessions import Caller
from src.domain.errors import Forbidden, PorteroError, Unauthenticated
from src.domain.sessions import Client
from src.domain.values import Role
from src.interfaces.http.bodies import Body, Query, Rules, parse_body, parse_query
from src.interfaces.http.receipts import Repeatable, once
from src.interfaces.http.uploads import Upload, UploadBody
from src.interfaces.services import Services

Handler = Callable[..., Response]
Translate = Callable[[PorteroError | BadRequest], Exception]


class Access(Enum):
    """Who may call an operation: the roles whose tokens it takes, and whether a token is needed."""

    PUBLIC = "anyone"
    GUEST_OR_PUBLIC = "anyone, or a guest with a token"
    TOKEN = "anyone with a token"  # noqa: S105 - it is no password
    USER = "users, not guests"
    UPLOADER = "uploaders and admins"
    ADMIN = "admins"

    @property
    def needs_token(self) -> bool:
        """Whether it is refused without one."""
        return self not in (Access.PUBLIC, Access.GUEST_OR_PUBLIC)

    def admits(self, role: Role) -> bool:
        """Whether somebody of this role may call it."""
        if self is Access.ADMIN:
            return role is Role.ADMIN
        if self is Access.UPLOADER:
            return role in (Role.UPLOADER, Role.ADMIN)
        return self is not Access.USER or role is not Role.GUEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A way to call a handler. Everything in it is both enforced and described in the OpenAPI document."""

    handler: Handler
    method: str
    path: str
    alias_of: str | None
    """The canonical path of the same handler."""
    access: Access
    """Who may call it; unless that is public the handler takes ``caller``."""
    query: type[Query] | None
    """What the handler takes as ``query``."""
    body: type[Body] | None
    """What the handler takes as ``body``; of an UploadBody it takes the ``upload`` instead, to be read as a stream.

    Without one a client that sends something all the same hears whether that could be read, and nothing more.
    """
    status: int
    answer: tuple[type[BaseModel], ...]
    """The model of a JSON answer; several when it depends on the caller, none when there is nothing to say."""
    instead: Mapping[int, type[BaseModel]]
    """Other answers that are no errors, by status."""
    array: bool
    """Whether the answer is a list of these, in pages."""
    text: str | None
    """The media type of an answer that is not JSON."""
    etag: bool
    """Whether the answer has the ETag of a single resource."""
    if_match: bool
    idempotent: bool
    """Whether it takes an Idempotency-Key; then the handler takes ``repeatable``."""
    monitored: bool
    """Whether the Link header of the answer leads to a job."""
    guard: Callable[..., object] | None
    """Called with ``caller`` and what the path holds, before the body is looked at; raises what authorisation does."""
    errors: tuple[type[PorteroError], ...]
    """What the handler can raise, besides what every operation can."""
    tag: str
    description: str
    translate: Translate | None
    """Turns what goes wrong into errors that a standard names, before it is answered."""

    @property
    def reads_body(self) -> bool:
        """Whether a body is parsed, wanted or not."""
        return self.body is not None or self.method in ("POST", "PUT", "PATCH")


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
        access: Access,
        query: type[Query] | None = None,
        body: type[Body] | None = None,
        status: int = 200,
        answer: type[BaseModel] | tuple[type[BaseModel], ...] = (),
        instead: Mapping[int, type[BaseModel]] | None = None,
        array: bool = False,
        text: str | None = None,
        etag: bool = False,
        if_match: bool = False,
        idempotent: bool = False,
        monitored: bool = False,
        guard: Callable[..., object] | None = None,
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
                        access=access,
                        query=query,
                        body=body,
                        status=status,
                        answer=answer if isinstance(answer, tuple) else (answer,),
                        instead=instead or {},
                        array=array,
                        text=text,
                        etag=etag,
                        if_match=if_match,
                        idempotent=idempotent,
                        monitored=monitored,
                        guard=guard,
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


def rules_of(caller: Caller | None) -> Rules:
    """What the validators of a body need to know."""
    found = services()
    return Rules(
        found.addresses, found.usernames, found.passwords, found.check_picture, caller.user if caller else None
    )


def _view(operation: Operation) -> Handler:
    def view(**arguments: Any) -> Response:
        caller = None
        if operation.access is not Access.PUBLIC:
            caller = arguments["caller"] = _caller(operation.access)
        if operation.guard:
            operation.guard(**arguments)
        if operation.query:
            arguments["query"] = parse_query(operation.query)
        if operation.body and issubclass(operation.body, UploadBody):
            arguments["upload"] = Upload(current_app.config["MAX_UPLOAD_BYTES"], operation.body.texts())
        elif operation.body:
            arguments["body"] = parse_body(operation.body, rules_of(caller))
        elif operation.reads_body:
            parse_body(Body, rules_of(caller))
        if operation.idempotent:
            assert caller
            path = operation.alias_of or operation.path
            return once(operation.handler, arguments, Repeatable.of(services().receipts, caller, path))
        return operation.handler(**arguments)

    def translated(**arguments: Any) -> Response:
        assert operation.translate
        try:
            return view(**arguments)
        except (PorteroError, BadRequest) as error:
            raise operation.translate(error) from error

    return translated if operation.translate else view


def _caller(access: Access) -> Caller | None:
    """Who is calling. Raises Unauthenticated, InvalidToken, Forbidden."""
    token = bearer_token()
    if token is None:
        if access.needs_token:
            raise Unauthenticated
        return None
    g.private = True
    caller = services().authenticate(token)
    if not access.admits(caller.user.role):
        raise Forbidden(f"This is for {access.value}.")
    return caller


def bearer_token() -> str | None:
    """The bearer token (RFC 6750), from the header only; None when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").strip(" ").partition(" ")
    token = token.strip(" ")
    if token[:7].lower() == "bearer ":  # what people paste into docs pages
        token = token[7:].strip(" ")
    if scheme.lower() != "bearer" or not token or token.lower() == "bearer":
        return None
    return token


def expected_revisions() -> frozenset[str] | None:
    """The revisions that ``If-Match`` accepts, or None for any (RFC 9110 section 13.1.1)."""
    if "If-Match" not in request.headers or request.if_match.star_tag:
        return None
    return frozenset(request.if_match.as_set())


def client() -> Client:
    """Where the current request comes from."""
    agent = request.headers.get("User-Agent", "")[:200]
    return Client(user_agent=agent if agent.isprintable() and agent else None, ip=request.remote_addr)
