"""The repository of events."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from src.domain.events import Actor, ActorKind, Event, EventType
from src.domain.values import Page
from src.infrastructure.conflicts import Conflict, retry_conflicts
from src.infrastructure.repositories.documents import Documents
from src.infrastructure.repositories.entities import READ_DOCUMENTS
from src.infrastructure.repositories.recorder import Recorder, event_fields
from src.infrastructure.stores.cursors import decode_cursor, encode_cursor
from src.infrastructure.stores.driver import PreconditionFailed, Query, Update
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import EVENT_SHARDS, EVENTS
from src.infrastructure.stores.schema.types import VALID_ID


class Events(Documents[Event]):
    """Stores events. Implements EventRepository."""

    def __init__(self, store: Store, recorder: Recorder) -> None:
        super().__init__(store, EVENTS, Event, recorder, type=EventType, data=lambda data: data or {})

    def add(self, event: Event, *, log: bool = True) -> None:
        if writes := self._recorder.writes([event]):
            self._store.commit(*writes)
        if log:
            self._recorder.log([event])

    def find(
        self,
        *,
        user_id: str | None = None,
        type: EventType | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Event]:
        """Return a page of events. Takes one query for a user, and else one for each shard."""
        filters: dict[str, Any] = {"type": type.value} if type else {}
        bounds: dict[str, Any] = {"start": since, "until": until, "limit": limit, "descending": True}
        if user_id is not None:
            if not VALID_ID.fullmatch(user_id):  # it is any text of the client, and some stores refuse it
                return Page([])
            found = self._store.find(Query(EVENTS, "at", {"user_id": user_id, **filters}, cursor=cursor, **bounds))
            return Page([self.entity(document) for document in found.items], found.next)
        queries = [Query(EVENTS, "at", {"shard": shard, **filters}, **bounds) for shard in range(EVENT_SHARDS)]
        return self._merged(queries, cursor, limit)

    def _merged(self, queries: list[Query], cursor: str | None, limit: int) -> Page[Event]:
        """Return one page of the merged results of queries that differ only in their shard.

        The cursor belongs to the first query. The other queries continue after the same time and id.
        """
        after = decode_cursor(replace(queries[0], cursor=cursor))
        found = [
            self._store.find(replace(query, cursor=encode_cursor(query, *after) if after else None))
            for query in queries
        ]
        documents = [document for page in found for document in page.items]
        events = sorted(map(self.entity, documents), key=lambda event: (event.at, event.id), reverse=True)
        if len(events) <= limit and not any(page.next for page in found):
            return Page(events)
        last = events[limit - 1]
        return Page(events[:limit], encode_cursor(queries[0], last.at, last.id))

    def dispatched_write(self, event: Event) -> Update:
        """Return the write that marks an event as handed out to the webhooks.

        It fails if the event has changed since it was read.
        """
        return Update(self._key(event.id), {**self._recorder.fields(event), "due_at": None}, event.revision)

    def delete_for_user(self, user_id: str) -> None:
        """Remove the personal data from the events of a user. Takes a query and a commit for each page."""
        cursor = retry_conflicts(partial(self._strip_page, user_id, None))
        while cursor:
            cursor = retry_conflicts(partial(self._strip_page, user_id, cursor))

    def _strip_page(self, user_id: str, cursor: str | None) -> str | None:
        """Remove the personal data from a page of events. Return the cursor of the next page. Raises Conflict."""
        limit = min(READ_DOCUMENTS, self._store.commit_writes)
        page = self._store.find(Query(EVENTS, "at", {"user_id": user_id}, cursor=cursor, limit=limit, descending=True))
        stripped = [
            Update(each.key, {**each.fields, **event_fields(self.entity(each).without_personal_data())}, each.revision)
            for each in page.items
        ]
        try:
            changed = [new for new, old in zip(stripped, page.items, strict=True) if new.fields != old.fields]
            if changed:
                self._store.commit(*changed)
        except PreconditionFailed:  # one of them has just been handed to the webhooks
            raise Conflict from None
        return page.next

    def _attributes(self, fields: dict[str, Any]) -> dict[str, Any]:
        attributes = super()._attributes(fields)
        for name in ("shard", "due_at", "expires_at"):
            del attributes[name]
        attributes["actor"] = Actor(ActorKind(attributes.pop("actor_kind")), attributes.pop("actor_id"))
        return attributes
