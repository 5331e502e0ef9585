"""Parses bodies and query strings into pydantic models, or raises one Invalid that names every bad field."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from flask import request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from src.application.strict_json import NotJson, strict_json
from src.domain.errors import FieldError, Invalid
from src.domain.messages import Translatable, alternatives
from src.interfaces.framework.bodies import FORM, Body, Context

BODY_TIMEOUT = 30.0
"""Seconds in which a body must arrive, apart from a file: authentication happened before it."""
TOO_SLOW = "The body took too long to arrive; send it again."
CUT_OFF = "The body did not arrive whole; send it again."

_MAX_REPORTED = 20
"""The number of repeated parameters that an error names at most, since the client chose their names."""
_MAX_FIELDS = 100
"""The fields of a form at most. The largest body has room for half a million, which take seconds to parse and show."""
AnyBody = TypeVar("AnyBody", bound=Body)
AnyModel = TypeVar("AnyModel", bound=BaseModel)


def parse_body(model: type[AnyBody], context: Context) -> AnyBody:
    """Return the body of the current request, validated as ``model``.

    Raises RequestEntityTooLarge for a body that is too large, UnsupportedMediaType for another media type than those of
    the model, BadRequest for a body that is malformed or incomplete, and Invalid for invalid fields.
    """
    taken = alternatives(*model.media_types)
    other = UnsupportedMediaType(Translatable("Send the body as {media_type}.", media_type=taken))
    if request.mimetype == "multipart/form-data" and (request.content_length or "Transfer-Encoding" in request.headers):
        raise other  # before reading it: the server sets no time limit on the arrival of a file
    begun = time.monotonic()
    data = read_whole(request.get_data)
    if request.content_length not in (None, len(data)):
        raise BadRequest(CUT_OFF)
    if time.monotonic() - begun > BODY_TIMEOUT:
        raise BadRequest(TOO_SLOW)
    if request.content_encoding:
        raise UnsupportedMediaType("Send the body as it is, without a Content-Encoding.")
    if request.content_length is None and len(data) == request.max_content_length:
        raise RequestEntityTooLarge  # Werkzeug silently truncates a chunked body at the limit
    merges = request.method == "PATCH" and request.mimetype == "application/merge-patch+json"  # RFC 7396
    if data and request.mimetype not in model.media_types and not merges:
        raise other
    try:
        values = (_form if request.mimetype == FORM else _json)(data.decode("utf-8")) if data else {}
    except UnicodeError:
        raise BadRequest("The body is not valid UTF-8.") from None
    return _validated(model, values, context)


def read_whole(read: Callable[[], bytes]) -> bytes:
    """Return the bytes that ``read`` reads from the body. Raises RequestEntityTooLarge, BadRequest."""
    try:
        return read()
    except RequestEntityTooLarge:
        raise
    except Exception:  # each server has errors of its own for a body that is cut off or badly chunked
        raise BadRequest(CUT_OFF) from None


def parse_query(model: type[AnyModel]) -> AnyModel:
    """Read the query string of the current request. Raises Invalid."""
    given = {name: values[0] for name, values in request.args.lists() if len(values) == 1}
    names = [field.alias or name for name, field in model.model_fields.items()]
    repeated = [_repeated(name) for name in names if name in request.args and name not in given]
    try:
        query = _validated(model, given, None)
    except Invalid as error:
        raise Invalid(*repeated, *error.errors) from None
    if repeated:
        raise Invalid(*repeated)
    return query


def _validated(model: type[AnyModel], values: Any, context: Context | None) -> AnyModel:
    try:
        return model.model_validate(values, context=context)
    except ValidationError as error:
        raise Invalid(*map(_field_error, error.errors(include_url=False, include_input=False))) from None


def _json(text: str) -> Any:
    try:
        return strict_json(text)
    except NotJson as error:
        raise BadRequest(Translatable("The body is not valid JSON: {reason}.", reason=error.reason)) from None


def _form(text: str) -> dict[str, str]:
    if text.count("&") >= _MAX_FIELDS:
        raise BadRequest("The form has too many fields.")
    # A parameter without a value counts as left out (RFC 6749 section 3.2).
    pairs = parse_qsl(text, errors="strict")
    if any("\0" in text for pair in pairs for text in pair):
        raise BadRequest("The body holds a NUL character.")
    times = Counter(name for name, _ in pairs)
    repeated = [name for name in times if times[name] > 1][:_MAX_REPORTED]
    if repeated:
        raise Invalid(*map(_repeated, repeated))
    return dict(pairs)


def _repeated(name: str) -> FieldError:
    return FieldError(name, "repeated", "Give this parameter once.")


WORDING = {
    "bool_type": ("type", "Give true or false."),
    "bytes_type": ("type", "Give a file."),
    "dict_type": ("type", "Give a JSON object."),
    "enum": ("enum", "Use one of {values}."),
    "missing": ("required", "This field is required."),
    "model_type": ("type", "Give a JSON object."),
    "string_too_long": ("too_long", "Use at most {n} characters."),
    "string_too_short": ("too_short", "Use at least {n} characters."),
    "string_type": ("type", "Give a text."),
}
"""Our code and message for each of pydantic's own errors, by pydantic's code.

Validators raise what ``refused`` returns, or PydanticCustomError with a message without values."""


def _field_error(error: ErrorDetails) -> FieldError:
    context = error.get("ctx", {})
    ours = error["type"], context.get("message", error["msg"])
    code, message = ours if "message" in context else WORDING.get(error["type"], ours)
    match context:
        case {"min_length": 1} | {"max_length": 1}:
            message = Translatable(message.replace("characters", "character"), n=1)
        case {"min_length": n} | {"max_length": n}:
            message = Translatable(message, n=n)
        case {"expected": str(expected)}:
            message = Translatable(message, values=alternatives(*expected.rsplit(" or ", 1)))
    return FieldError(".".join(map(str, error["loc"])) or "body", code, message)
