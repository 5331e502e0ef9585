"""The base classes of the models of bodies and query strings."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from src.application.caller import Caller
from src.application.input_rules import InputRules
from src.domain.messages import Translatable
from src.domain.users import User

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
_MAX_LIMIT = 500


def without_defaults(schema: dict[str, Any]) -> None:
    """Remove the defaults from the schema of a body.

    A default only marks an absent field, and may not be a valid value.
    """
    for described in schema.get("properties", {}).values():
        described.pop("default", None)


def _not_empty_schema(schema: dict[str, Any]) -> None:
    """Make the schema of a change require at least one property."""
    without_defaults(schema)
    schema["minProperties"] = 1


class Body(BaseModel):
    """A request body. A value of a wrong type is refused, never coerced; unknown fields are ignored."""

    # pydantic builds the validator of a body at its first use, instead of all of them at each start.
    model_config = ConfigDict(
        strict=True, extra="ignore", frozen=True, json_schema_extra=without_defaults, defer_build=True
    )
    media_types: ClassVar[Sequence[str]] = (JSON,)

    @classmethod
    def names(cls) -> list[str]:
        """Return the names of the fields, as the client sends them. Excluded fields are always refused."""
        return [field.alias or name for name, field in cls.model_fields.items() if not field.exclude]

    def given(self) -> Any:
        """Return the fields that the client has sent, as the TypedDict that the use case takes."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Change(Body):
    """A change of a resource. At least one field is required; an absent field keeps its value."""

    model_config = ConfigDict(json_schema_extra=_not_empty_schema)
    confirming: ClassVar[frozenset[str]] = frozenset()
    """The fields that confirm a change and are none, such as the current password."""

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.model_fields_set - self.confirming:
            names = ", ".join(name for name in self.names() if name not in self.confirming)
            raise refused("empty", Translatable("Give at least one of {names}.", names=names))
        return self


class Form(Body):
    """A body in application/x-www-form-urlencoded, in which every value is a text."""

    media_types: ClassVar[Sequence[str]] = (FORM,)


def refused(code: str, message: str) -> PydanticCustomError:
    """Return a pydantic error for a field, with a code and a message of this service."""
    return PydanticCustomError(code, "{message}", {"message": message})


class Query(BaseModel):
    """A query string. Unknown parameters are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, json_schema_extra=without_defaults, defer_build=True)


def _limit(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,2}", text) or int(text) > _MAX_LIMIT:
        raise refused("limit", Translatable("Use a whole number from 1 to {most}.", most=_MAX_LIMIT))
    return int(text)


class Paging(Query):
    """The page of a list to return."""

    limit: Annotated[
        int,
        PlainValidator(_limit),
        WithJsonSchema({"type": "integer", "minimum": 1, "maximum": _MAX_LIMIT}),
        Field(description="How many at most; 100 unless told."),
    ] = 100
    cursor: Annotated[
        str | None,
        AfterValidator(lambda text: text or None),
        Field(description="Where to go on, from the last Link header. The first page without it, or if it is empty."),
    ] = None


@dataclass(frozen=True, slots=True)
class Context:
    """The ``info.context`` of validators. ``caller`` is None without authentication."""

    rules: InputRules
    caller: Caller | None

    @property
    def user(self) -> User | None:
        """The user who has sent the request, or None without authentication."""
        return self.caller.user if self.caller else None
