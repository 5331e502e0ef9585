"""Declare operations: one table for the URL map, the order of checks, and the OpenAPI document."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from flask import Flask, Response, current_app, g, request
from pydantic import BaseModel
from werkzeug.exceptions import BadRequest

from src.application.sessions import Caller
from src.domain.errors import Forbidden, NotFound, PorteroError, Stale, Unauthenticated
from src.domain.sessions import Client
from src.domain.values import Role
from src.interfaces.http.bodies import Body, Context, Query, parse_body, parse_query
from src.interfaces.http.idempotency import IdempotentRequest, create_once
from src.interfaces.http.uploads import Upload, UploadBody
from src.interfaces.http.views import Resource
from src.interfaces.services import Services

Handler = Callable[..., Response]
Translate = Callable[[PorteroError | BadRequest], Exception]


class Access(Enum):
    """Who may call an operation: the roles whose tokens it takes, and whether it needs a token."""

    PUBLIC = "anyone"
    GUEST_OR_PUBLIC = "anyone, or a guest with a token"
    TOKEN = "anyone with a token"  # noqa: S105 - it is no password
    USER = "users, not guests"
    UPLOADER = "uploaders and admins"
    ADMIN = "admins"

    @property
    def needs_token(self) -> bool:
        """Whether a request without a token is refused."""
        return self not in (Access.PUBLIC, Access.GUEST_OR_PUBLIC)

    def admits(self, role: Role) -> bool:
        """Return whether a caller of this role may call the operation."""
        if self is Access.ADMIN:
            return role is Role.ADMIN
        if self is Access.UPLOADER:
            return role in (Role.UPLOADER, Role.ADMIN)
        return self is not Access.USER or role is not Role.GUEST


@dataclass(frozen=True, slots=True)
class Feature:
    """A group of operations, which is a tag of the OpenAPI document."""

    tag: str
    description: str
    operations: list["Operation"] = field(default_factory=list)

    def mount(self, app: Flask) -> None:
        """Add every route of the feature to the URL map of ``app``."""
        for operation in self.operations:
            view = _view(operation)
            for route in operation.routes():
                endpoint = f"{route.method} {route.path}"
                app.add_url_rule(route.path, endpoint=endpoint, view_func=view, methods=[route.method])


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path by which an operation can be called. ``alias_of`` is its canonical path, if it is another."""

    method: str
    path: str
    alias_of: str | None


@dataclass(slots=True)
class Operation:
    """Declare the decorated function as the handler of a path.

    Everything declared here is both enforced and described in the OpenAPI document: the handler's docstring is the
    summary, and that of ``use_case`` the description.
    """

    feature: Feature
    route: str
    """One or more methods, which do the same, and the canonical path: ``PUT PATCH /tasks/<id>``."""
    access: Access
    """Who may call it. Unless that is PUBLIC, the handler takes ``caller``."""
    aliases: tuple[str, ...] = ()
    """Other paths that reach the same handler."""
    alias_of: str | None = None
    """The canonical path, if this declaration is an alias that differs in its body or answer."""
    query: type[Query] | None = None
    """The model of the query string, which the handler takes as ``query``."""
    body: type[Body] | None = None
    """The model of the body, which the handler takes as ``body``; of an UploadBody it takes the ``upload`` instead.

    Without a model, a body that is sent all the same must still be readable.
    """
    status: int = 200
    answer: type[BaseModel] | tuple[type[BaseModel], ...] = ()
    """The model of a JSON answer. Several when it depends on the caller, none for an answer without content."""
    instead: Mapping[int, type[BaseModel]] = field(default_factory=dict)
    """Other answers that are no errors, by status."""
    array: bool = False
    """Whether the answer is a list, in pages."""
    text: str | None = None
    """The media type of an answer that is not JSON."""
    idempotent: bool = False
    """Whether it takes an Idempotency-Key. The handler then takes ``idempotency``."""
    monitored: bool = False
    """Whether the Link header of the answer leads to a job."""
    guard: Callable[..., Mapping[str, Any]] | None = None
    """Called with ``caller`` and the variables of the path before the body is read.

    It raises what authorisation raises, and returns the handler's arguments in place of those variables.
    """
    errors: tuple[type[PorteroError], ...] = ()
    """What the handler can raise, besides what every operation can."""
    use_case: object = None
    translate: Translate | None = None
    """Turns an error into one that a standard names, before it is answered."""
    handler: Handler = field(init=False)

    def __call__(self, handler: Handler) -> Handler:
        """Add the operation to its feature."""
        self.handler = handler
        self.feature.operations.append(self)
        return handler

    @property
    def answers(self) -> tuple[type[BaseModel], ...]:
        """The models of the JSON answer."""
        return self.answer if isinstance(self.answer, tuple) else (self.answer,)

    @property
    def reads_body(self) -> bool:
        """Whether a body is parsed, wanted or not."""
        return self.body is not None or any(route.method in ("POST", "PUT", "PATCH") for route in self.routes())

    @property
    def etag(self) -> bool:
        """Whether the answer has the ETag of a single resource."""
        return not self.array and any(issubclass(answer, Resource) for answer in self.answers)

    @property
    def honours_if_match(self) -> bool:
        """Whether a change is refused when the resource has another revision."""
        return Stale in self.errors

    @property
    def path(self) -> str:
        """The canonical path of this declaration."""
        return self.route.rpartition(" ")[2]

    def routes(self) -> Iterator[Route]:
        """Yield every way to call the operation."""
        *methods, canonical = self.route.split()
        for path in (canonical, *self.aliases):
            for method in methods:
                yield Route(method, path, self.alias_of or (canonical if path != canonical else None))


def services() -> Services:
    """Return the services of the application that handles the current request."""
    found: Services = current_app.extensions["portero"]
    return found


def context_of(caller: Caller | None) -> Context:
    """Return what the validators of a body need to know."""
    return Context(services().rules, caller.user if caller else None)


def _view(operation: Operation) -> Handler:
    def view(**arguments: Any) -> Response:
        caller = None
        if operation.access is not Access.PUBLIC:
            caller = arguments["caller"] = _authenticated(operation.access)
        missing: NotFound | None = None
        if operation.guard:
            try:
                arguments = {"caller": caller, **operation.guard(**arguments)}
            except NotFound as error:
                missing = error  # raised once the request has been validated
        if operation.query:
            arguments["query"] = parse_query(operation.query)
        if operation.body and issubclass(operation.body, UploadBody):
            arguments["upload"] = Upload(current_app.config["MAX_UPLOAD_BYTES"], operation.body.texts())
        elif operation.body:
            arguments["body"] = parse_body(operation.body, context_of(caller))
        elif operation.reads_body:
            parse_body(Body, context_of(caller))
        if missing:
            raise missing
        if operation.idempotent:
            assert caller
            path = operation.alias_of or operation.path
            idempotency = IdempotentRequest.of(services().receipts, caller, path)
            return create_once(operation.handler, arguments, idempotency)
        return operation.handler(**arguments)

    def translated(**arguments: Any) -> Response:
        assert operation.translate
        try:
            return view(**arguments)
        except (PorteroError, BadRequest) as error:
            raise operation.translate(error) from error

    return translated if operation.translate else view


def _authenticated(access: Access) -> Caller | None:
    """Return the caller, None for a request without a token. Raises Unauthenticated, InvalidToken, Forbidden."""
    token = bearer_token()
    if token is None:
        if access.needs_token:
            raise Unauthenticated
        return None
    g.private = True
    caller = services().authentication.authenticate(token)
    if not access.admits(caller.user.role):
        raise Forbidden(f"This is for {access.value}.")
    return caller


def bearer_token() -> str | None:
    """Return the bearer token of the Authorization header (RFC 6750), None when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").strip(" ").partition(" ")
    token = token.strip(" ")
    if token[:7].lower() == "bearer ":  # people paste the whole header into docs pages
        token = token[7:].strip(" ")
    if scheme.lower() != "bearer" or not token or token.lower() == "bearer":
        return None
    return token


def expected_revisions() -> frozenset[str] | None:
    """Return the revisions that ``If-Match`` accepts, None for any (RFC 9110 section 13.1.1)."""
    if "If-Match" not in request.headers or request.if_match.star_tag:
        return None
    return frozenset(request.if_match.as_set())


def client() -> Client:
    """Return where the current request comes from."""
    agent = request.headers.get("User-Agent", "")[:200]
    return Client(user_agent=agent if agent.isprintable() and agent else None, ip=request.remote_addr)
