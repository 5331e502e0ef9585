"""Documents that the tests of the stores write."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from src.infrastructure.stores.driver import Document, Key, Write
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import CLAIMS, COUNTERS, SESSIONS, USERS

NOON = datetime(2030, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)


CLAIM = {"kind": "username", "holder_id": "ada"}


def account(**fields: Any) -> dict[str, Any]:
    """Return the fields of a user: defaults, replaced by ``fields`` where they are given."""
    plain = {
        "username": "Ada",
        "username_key": "ada",
        "email_verified": False,
        "role": "user",
        "disabled": False,
        "created_at": NOON,
        "updated_at": NOON,
        "state": "active",
        "session_epoch": 0,
        "reserved": [],
    }
    return dict.fromkeys(USERS.fields) | plain | fields


def login(**fields: Any) -> dict[str, Any]:
    """Return the fields of a session: defaults, replaced by ``fields`` where they are given."""
    plain = {
        "user_id": "ada",
        "epoch": 0,
        "created_at": NOON,
        "last_used_at": NOON,
        "expires_at": NOON,
        "ends_at": NOON,
        "generation": 0,
    }
    return dict.fromkeys(SESSIONS.fields) | plain | fields


def user(id: str) -> Key:
    return Key(USERS, id)


def claim(id: str) -> Key:
    return Key(CLAIMS, id)


def session(id: str) -> Key:
    return Key(SESSIONS, id)


def counter(id: str) -> Key:
    return Key(COUNTERS, id)


def commit_all(store: Store, *writes: Write) -> dict[Key, str]:
    """Commit any number of writes, as many at a time as the store accepts. Return the new revisions."""
    revisions: dict[Key, str] = {}
    for start in range(0, len(writes), store.commit_writes):
        revisions |= store.commit(*writes[start : start + store.commit_writes])
    return revisions


def only(store: Store, key: Key) -> Document:
    [document] = store.get(key)
    assert document
    return document


def cursor_of(content: Any) -> str:
    """Return the cursor that holds some content: for a valid one, a digest, the value of the order, and an id."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def content_of(cursor: str) -> Any:
    """Return the content of a cursor."""
    return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
