"""Declares the operations of the HTTP interface.

The declaration of an operation determines its routes, the order of its checks and its part of the OpenAPI document.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple, TypeVar, get_type_hints

from flask import Response
from pydantic import BaseModel

from src.domain.errors import PorteroError
from src.domain.values import Scope
from src.interfaces.framework.bodies import Body, Paging, Query
from src.interfaces.http.framework.authentication import Access
from src.interfaces.views import Resource, View

Handler = Callable[..., Response | None]
"""Answers 204 when it returns None."""
AnyHandler = TypeVar("AnyHandler", bound=Handler)


@dataclass(frozen=True, slots=True)
class Feature:
    """A group of operations, which is a tag of the OpenAPI document."""

    tag: str
    description: str
    operations: list["Operation"] = field(default_factory=list)


class StepUp(Enum):
    """The proof that an operation asks of callers who have factors (RFC 9470)."""

    TWO_FACTORS = "two factors"
    RECENT = "two factors in the last ten minutes"


class Route(NamedTuple):
    """A method and a path at which an operation can be called. ``alias_of`` is the canonical path of an alias."""

    method: str
    path: str
    alias_of: str | None


@dataclass(slots=True)
class Operation:
    """Declare the decorated function as the handler of one or more routes.

    The declaration is both enforced and described in the OpenAPI document. The parameters of the handler belong to it:

    - ``caller`` is the authenticated user; every handler takes it, unless the access is PUBLIC.
    - ``body`` and ``query`` are parsed as the models that they are annotated with.
    - ``upload`` is the unread body of an operation whose ``body`` is an UploadBody.
    - ``idempotency`` makes the operation accept an Idempotency-Key.
    - All other parameters are the variables of the path, or what ``guard`` returns instead.

    The first paragraph of the handler's docstring is the summary of the operation, and the others its description.
    """

    feature: Feature
    route: str
    """The methods, which all do the same, the canonical path, and its aliases: ``PUT PATCH /user /api/user``."""
    access: Access
    answer: type[BaseModel] | tuple[type[BaseModel], ...] = ()
    """The model of the JSON answer, or several models if it depends on the caller. With a query of Paging, the model of
    one item of the list."""
    status: int = 0
    """The status of a success. The default is 200, or 204 if there is neither ``answer`` nor ``text``."""
    alias_of: str | None = None
    """The canonical path, if this declaration is an alias with another method, body or answer.

    The first operation at that path, which must be declared before, provides ``errors``.
    """
    body: type[Body] | None = None
    """The model of the body, if it is not the annotation of the handler's ``body``.

    A POST, PUT or PATCH without a model ignores its body, but refuses one that is not valid JSON.
    """
    instead: Mapping[int, type[BaseModel] | None] = field(default_factory=dict)
    """The models of other successful answers, by status; None for an answer without content."""
    text: str | None = None
    """The media type of an answer that is not JSON."""
    download: bool = False
    """Whether the answer is a file, of which the client may ask for a part."""
    monitored: bool = False
    """Whether the Link header of the answer leads to a job."""
    guard: Callable[..., Mapping[str, Any]] | None = None
    """Check authorisation before the body is read.

    It is called with ``caller`` and the variables of the path, and returns the handler's arguments that replace the
    variables. The client sees a NotFound only after the body has been validated.
    """
    errors: tuple[type[PorteroError], ...] = ()
    """The errors that only this operation documents; those that follow from the rest of the declaration are added."""
    step_up: StepUp | None = None
    """The proof that callers with factors need. By default an operation for admins that is no GET asks for two factors.

    The use case checks it, because it has other callers than this operation. If it depends neither on the body nor on
    an owner, it is also checked here, before the body is read.
    """
    step_up_fields: tuple[str, ...] = ()
    """The fields of the body that need ``step_up``. Without any, every request does."""
    for_people: bool = False
    """Whether keys are refused, because the operation concerns the account itself, its sessions or its credentials."""
    for_admins_too: bool = False
    """Whether admins may do to others what users do to what is theirs. For others, admins need two factors."""
    oauth: bool = False
    """Whether errors are answered as OAuth2 clients read them."""
    handler: Handler = field(init=False)
    query: type[Query] | None = field(init=False)
    idempotent: bool = field(init=False)
    reads_body: bool = field(init=False)
    """Whether the operation reads a body, if only to refuse one that is not valid JSON."""

    def __call__(self, handler: AnyHandler) -> AnyHandler:
        """Add the operation to its feature."""
        parameters = get_type_hints(handler)
        self.handler = handler
        self.body = self.body or parameters.get("body")
        self.query = parameters.get("query")
        self.idempotent = "idempotency" in parameters
        if self.access is Access.ADMIN and any(route.method != "GET" for route in self.routes()):
            self.step_up = self.step_up or StepUp.TWO_FACTORS
        writes = any(route.method in ("POST", "PUT", "PATCH") for route in self.routes())
        self.reads_body = self.body is not None or writes
        self.text = "application/octet-stream" if self.download else self.text
        self.status = self.status or (200 if self.answer or self.text else 204)
        for canonical in self.feature.operations:
            if self.alias_of == canonical.path:
                self.errors = self.errors or canonical.errors
                break
        self.feature.operations.append(self)
        return handler

    @property
    def path(self) -> str:
        """The canonical path of this declaration."""
        return next(self.routes()).path

    @property
    def scope(self) -> Scope | None:
        """The scope that a key needs for the operation, or None if no key may call it."""
        if self.for_people or self.access is Access.PUBLIC:
            return None
        return Scope.READ if all(route.method == "GET" for route in self.routes()) else Scope.WRITE

    @property
    def answers(self) -> tuple[type[BaseModel], ...]:
        """The models of the JSON answer."""
        return self.answer if isinstance(self.answer, tuple) else (self.answer,)

    @property
    def has_etag(self) -> bool:
        """Whether a success carries an ETag, and a GET honours ``If-None-Match``."""
        resources = [answer for answer in self.answers if issubclass(answer, Resource)]
        return self.download or (not self.is_list and any(answer.has_etag for answer in resources))

    @property
    def is_long(self) -> bool:
        """Whether an answer may be long enough to be compressed. Answers with a token or with a single user are not."""
        return self.is_list or any(issubclass(answer, View) and answer.is_long for answer in self.answers)

    @property
    def is_list(self) -> bool:
        """Whether the answer is a page of a list."""
        return self.query is not None and issubclass(self.query, Paging)

    def routes(self) -> Iterator[Route]:
        """Yield each combination of a method and a path of the operation."""
        words = self.route.split()
        methods, paths = [word for word in words if word[0] != "/"], [word for word in words if word[0] == "/"]
        for path in paths:
            for method in methods:
                yield Route(method, path, self.alias_of or (None if path == paths[0] else paths[0]))
