"""The cursors of pages. A cursor names the place after which the next page of a query starts."""

import base64
import hashlib
import json
import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from src.domain.errors import InvalidCursor
from src.infrastructure.stores.driver import Query
from src.infrastructure.stores.schema.types import VALID_ID, Type

_MAX_BYTES = 1500
"""The bytes of a text in an index of Firestore, which compares no longer ones."""
_TEXT = re.compile(r"[^\0\ud800-\udfff]*")


def decode_cursor(query: Query) -> tuple[Any, str] | None:
    """Return the order value and the id after which the page starts. Raises InvalidCursor."""
    if query.cursor is None:
        return None
    with suppress(ValueError, TypeError, OverflowError, RecursionError):
        _, text, id = json.loads(base64.urlsafe_b64decode(query.cursor + "=" * (-len(query.cursor) % 4)))
        value: Any = text
        if query.collection.fields[query.order].type is Type.TIMESTAMP:
            value = datetime.fromisoformat(text).astimezone(UTC)
        # Encoding it again refuses cursors of other queries and other spellings of this one.
        is_text = _TEXT.fullmatch(text) and len(text.encode()) <= _MAX_BYTES
        if is_text and VALID_ID.fullmatch(id) and encode_cursor(query, value, id) == query.cursor:
            return value, id
    raise InvalidCursor


def encode_cursor(query: Query, value: Any, id: str) -> str:
    """Return a cursor that continues after an order value and an id. It is accepted for the same query only."""
    equal, bounds = sorted(query.equal.items()), [query.start, str(query.until)]
    described = json.dumps([query.collection.name, query.order, query.descending, equal, bounds], default=str)
    digest = hashlib.sha256(described.encode()).hexdigest()[:16]
    text = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(json.dumps([digest, text, id]).encode()).decode().rstrip("=")
