"""Turns events into writes, so that each event is stored in the commit that causes it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from src.domain.events import Event
from src.infrastructure.logs import audit
from src.infrastructure.stores.driver import Insert, Key
from src.infrastructure.stores.schema import EVENT_SHARDS, EVENTS


class Recorder:
    """Stores events for some days, and writes them to the audit log once their commit has succeeded."""

    def __init__(self, days: int = 0) -> None:
        """Store events for this number of days. With 0 they are only logged."""
        self._lifetime = timedelta(days=days)

    def writes(self, events: Sequence[Event]) -> list[Insert]:
        """Return the writes that store new events."""
        if not self._lifetime:
            return []
        return [Insert(Key(EVENTS, event.id), self.fields(event)) for event in events]

    def fields(self, event: Event) -> dict[str, Any]:
        """Return the fields of the document of an event that has not been handed to the webhooks."""
        return {**event_fields(event), "due_at": event.at, "expires_at": event.at + self._lifetime}

    def log(self, events: Sequence[Event]) -> None:
        """Write events to the audit log."""
        for event in events:
            session = {"session_id": event.session_id} if event.session_id else {}
            audit(event.type, {"user_id": event.user_id, "by": event.actor.id, **session, **event.data})


def event_fields(event: Event) -> Mapping[str, Any]:
    """Return the fields of an event's document, except the fields that depend on the retention and the webhooks."""
    return {
        "shard": int(event.id[-8:], 16) % EVENT_SHARDS,
        "type": event.type.value,
        "at": event.at,
        "user_id": event.user_id,
        "actor_kind": event.actor.kind.value,
        "actor_id": event.actor.id,
        "session_id": event.session_id,
        "ip": event.ip,
        "user_agent": event.user_agent,
        "request_id": event.request_id,
        "data": dict(event.data) or None,
    }
