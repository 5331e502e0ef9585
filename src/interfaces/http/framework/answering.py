"""Adds operations to a URL map, and answers the requests for them."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask, Response, current_app

from src.application.caller import Caller
from src.domain.errors import NotFound
from src.interfaces.errors.oauth import answer_oauth_error
from src.interfaces.framework.bodies import Body
from src.interfaces.framework.parsing import parse_body, parse_query
from src.interfaces.framework.requests import context_of, services
from src.interfaces.framework.uploads import Upload, UploadBody
from src.interfaces.http.framework.authentication import Access, authenticated
from src.interfaces.http.framework.idempotency import IdempotentRequest, create_once
from src.interfaces.http.framework.operations import Feature, Operation, StepUp
from src.interfaces.http.framework.views import no_content

ViewFunction = Callable[..., Response]


def mount(feature: Feature, app: Flask, compressed: Callable[[ViewFunction], ViewFunction]) -> None:
    """Add every route of a feature to the URL map of ``app``.

    ``compressed`` decorates the views whose answers may be long.
    """
    for operation in feature.operations:
        for method, path, _ in operation.routes():
            view: ViewFunction = partial(_answer, operation)
            if method == "GET" and operation.is_long:
                view = compressed(view)
            app.add_url_rule(path, endpoint=f"{method} {path}", view_func=view, methods=[method])


def _answer(operation: Operation, /, **arguments: Any) -> Response:
    """Answer the current request; ``arguments`` are the variables of its path."""
    try:
        return _handle(operation, arguments)
    except Exception as error:
        if not operation.oauth:
            raise
        return answer_oauth_error(error)


def _handle(operation: Operation, arguments: dict[str, Any]) -> Response:
    caller = None
    if operation.access is not Access.PUBLIC:
        caller = arguments["caller"] = authenticated(operation.access, operation.scope, services().authentication)
        if caller and operation.step_up:
            _require_step_up(operation, caller)
    missing: NotFound | None = None
    if operation.guard:
        try:
            arguments = {"caller": caller, **operation.guard(**arguments)}
        except NotFound as error:
            missing = error
    if operation.query:
        arguments["query"] = parse_query(operation.query)
    if operation.body and issubclass(operation.body, UploadBody):
        arguments["upload"] = Upload(current_app.config["MAX_UPLOAD_BYTES"], {*operation.body.names()} - {"file"})
    elif operation.body:
        arguments["body"] = parse_body(operation.body, context_of(caller))
    elif operation.reads_body:
        parse_body(Body, context_of(caller))
    if missing:
        raise missing
    if not operation.idempotent:
        response = operation.handler(**arguments)
        return no_content() if response is None else response
    assert caller
    path = operation.alias_of or operation.path
    return create_once(operation.handler, arguments, IdempotentRequest(services().receipts, caller, path))


def _require_step_up(operation: Operation, caller: Caller) -> None:
    """Raise InsufficientAuthentication if the operation needs a step-up, whatever the body and the owner are."""
    if operation.step_up_fields or operation.for_admins_too:
        return
    match operation.step_up:
        case StepUp.TWO_FACTORS:
            caller.require_two_factors()
        case StepUp.RECENT:
            caller.require_recent_two_factors(services().authentication.clock())
