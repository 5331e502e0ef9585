"""Reads the second factors in exports of this service, whose secrets stay encrypted with the data keys."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from src.domain.factors import Factor


def read_factors(entries: Any) -> list[Factor]:
    """Return the factors in a list as `users export --hashes` writes it. Raises ValueError for anything else."""
    if not entries:
        return []
    try:
        found = _adapter().validate_python(entries)
    except (ValidationError, RecursionError):
        raise ValueError("factors: this is not what `users export --hashes` writes") from None
    return [replace(each, created_at=_utc(each.created_at), last_used_at=_utc(each.last_used_at)) for each in found]


@cache
def _adapter() -> TypeAdapter[list[Factor]]:
    return TypeAdapter(list[Factor])  # slow to build, and few files have factors


def _utc(time: datetime | None) -> Any:
    return time and (time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC))
