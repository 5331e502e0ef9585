"""Reads the second factors and the keys in exports of this service, whose secrets are encrypted or hashed."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from src.application.importing import NotImportable
from src.domain.factors import Factor
from src.domain.keys import Key
from src.domain.messages import Translatable

C = TypeVar("C", Factor, Key)


def read_credentials(kind: type[list[C]], name: str, entries: Any) -> list[C]:
    """Return the factors or keys in the list ``name``, as `users export --hashes` writes it.

    Raises NotImportable for anything else.
    """
    if not entries:
        return []
    try:
        return [_in_utc(each) for each in _adapter(kind).validate_python(entries)]
    except (ValidationError, RecursionError, OverflowError):
        reason = Translatable("this is not what `users export --hashes` writes")
        raise NotImportable.because(name, reason) from None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)  # slow to build, and few files have any


def _in_utc(entity: C) -> C:
    utc: dict[str, Any] = {}
    for field in fields(entity):
        if isinstance(time := getattr(entity, field.name), datetime):
            utc[field.name] = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    return replace(entity, **utc)
