"""From the bytes of a request to a pydantic model, or to an error that names every bad field at once."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from src.application.ports import AddressParser
from src.domain.errors import FieldError, Invalid
from src.domain.users import PasswordPolicy, User


class Body(BaseModel):
    """A request body: wrong types are refused, never coerced, and unknown fields are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class Form(Body):
    """A body in application/x-www-form-urlencoded; every value is a text."""


AnyBody = TypeVar("AnyBody", bound=Body)


@dataclass(frozen=True, slots=True)
class Rules:
    """What validators need to know besides the value; their ``info.context``."""

    addresses: AddressParser
    passwords: PasswordPolicy
    user: User | None


def parse_body(model: type[AnyBody], rules: Rules) -> AnyBody:
    """Read the body of the current request. Raises UnsupportedMediaType, BadRequest, Invalid."""
    data = request.get_data()
    values = (_form if issubclass(model, Form) else _json)(data) if data else {}
    try:
        return model.model_validate(values, context=rules)
    except ValidationError as error:
        raise Invalid(*map(_field_error, error.errors(include_url=False, include_input=False))) from None


def _json(data: bytes) -> Any:
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send the body as application/json.")
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)
        for text in _texts(value):
            text.encode("utf-8")  # a lone surrogate is no Unicode text
            if "\0" in text:
                raise ValueError("a text holds a NUL character")
    except UnicodeError:
        raise BadRequest("The body is not valid UTF-8.") from None
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is not valid JSON: {error}.") from None
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("an object has the same key twice")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _texts(item)
        case dict():
            for key, item in value.items():
                yield key
                yield from _texts(item)


def _form(_: bytes) -> dict[str, str]:
    if request.mimetype != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType("Send the body as application/x-www-form-urlencoded.")
    repeated = [name for name, values in request.form.lists() if len(values) > 1]
    if repeated:
        raise Invalid(*(FieldError(name, "repeated", "Give this parameter once.") for name in repeated))
    return request.form.to_dict()


def _field_error(error: ErrorDetails) -> FieldError:
    code, message = error["type"], error["msg"]
    if code == "missing":
        code, message = "required", "This field is required."
    elif code.endswith("_type"):
        code = "type"
    return FieldError(".".join(map(str, error["loc"])) or "body", code, message)
