"""The repositories of webhooks and of deliveries to them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from src.domain.errors import NotFound
from src.domain.events import Event
from src.domain.receipts import Receipt
from src.domain.values import Page
from src.domain.webhooks import Delivery, DeliveryStatus, Webhook
from src.infrastructure.conflicts import Conflict, retry_conflicts
from src.infrastructure.repositories.documents import Documents
from src.infrastructure.repositories.events import Events
from src.infrastructure.repositories.old_secrets import old_secret_fields, parse_old_secrets
from src.infrastructure.repositories.recorder import Recorder
from src.infrastructure.stores.cursors import decode_cursor, encode_cursor
from src.infrastructure.stores.driver import Delete, Insert, Key, PreconditionFailed, Query, Update, Write
from src.infrastructure.stores.portable import Store
from src.infrastructure.stores.schema import DELIVERIES, EVENT_SHARDS, EVENTS, ROSTERS, WEBHOOKS

_WEBHOOKS = Key(ROSTERS, "webhooks")
_SINGLE = "old_secret", "old_secret_until"


class Webhooks(Documents[Webhook]):
    """Stores webhooks. Implements WebhookRepository."""

    def __init__(self, store: Store, recorder: Recorder) -> None:
        super().__init__(store, WEBHOOKS, Webhook, recorder, events=tuple)

    def add(self, webhook: Webhook, event: Event, most: int, receipt: Receipt | None = None) -> Webhook | None:
        """Store a new webhook. Takes a read and, without conflicts, a commit.

        Each commit replaces the roster of the webhooks, so that simultaneous calls do not exceed the maximum number.
        """

        def attempt() -> Webhook | None:
            members, roster = self._roster({webhook.id}, set())
            return None if len(members) > most else self._save(None, webhook, receipt, roster, events=[event])

        return retry_conflicts(attempt)

    def delete(self, id: str, event: Event, revisions: Collection[str] | None = None) -> None:
        """Remove a webhook. Takes two reads and, without conflicts, a commit."""

        def attempt() -> None:
            _, roster = self._roster(set(), {id})
            webhook = self.get(id)
            if webhook is None:
                raise NotFound("There is no such webhook.")
            webhook.require_configuration(revisions)
            removal = Delete(self._key(id), webhook.revision)
            try:
                self._store.commit(removal, roster, *self._recorder.writes([event]))
            except PreconditionFailed:
                raise Conflict from None

        retry_conflicts(attempt)
        self._recorder.log([event])

    def _roster(self, added: set[str], removed: set[str]) -> tuple[set[str], Write]:
        """Return the ids of the webhooks after a change, and the write that stores them."""
        [stored] = self._store.get(_WEBHOOKS)
        members = ({*stored.fields["members"]} if stored else set()) - removed | added
        fields = {"members": sorted(members)}
        return members, Update(_WEBHOOKS, fields, stored.revision) if stored else Insert(_WEBHOOKS, fields)

    def _refusal(self, failed: PreconditionFailed, new: Webhook) -> Exception:
        return Conflict()

    def all(self) -> Sequence[Webhook]:
        return self._page("created_at").items

    def list(self, cursor: str | None = None, limit: int = 100) -> Page[Webhook]:
        """Return a page of the webhooks, the newest first. Reads all of them, because they are few."""
        query = Query(WEBHOOKS, "created_at", cursor=cursor)
        after = decode_cursor(query)
        rest = [each for each in reversed(self.all()) if after is None or (each.created_at, each.id) < after]
        page, is_last = rest[:limit], len(rest) <= limit
        return Page(page, None if is_last else encode_cursor(query, page[-1].created_at, page[-1].id))

    def _attributes(self, fields: dict[str, Any]) -> dict[str, Any]:
        parse_old_secrets(fields, _SINGLE)
        return super()._attributes(fields)

    def _special_fields(self, entity: Webhook) -> dict[str, Any]:
        return {"events": list(entity.events), **old_secret_fields(entity.old_secrets, _SINGLE)}


class Deliveries(Documents[Delivery]):
    """Stores deliveries. Implements DeliveryRepository."""

    def __init__(self, store: Store, recorder: Recorder) -> None:
        super().__init__(store, DELIVERIES, Delivery, status=DeliveryStatus)
        self._events = Events(store, recorder)

    def add(self, delivery: Delivery) -> None:
        """Store a new delivery. Takes one commit."""
        self._save(None, delivery)

    def add_for_event(self, event: Event, deliveries: Sequence[Delivery]) -> bool:
        """Store the deliveries of a due event. Takes one commit."""
        try:
            self._store.commit(self._events.dispatched_write(event), *map(self.write, deliveries))
        except PreconditionFailed:
            return False
        return True

    def due_events(self, since: datetime, limit: int = 100) -> Sequence[Event]:
        """Return due events. Takes one query for each shard."""
        queries = (Query(EVENTS, "due_at", {"shard": n}, start=since, limit=limit) for n in range(EVENT_SHARDS))
        found = chain.from_iterable(self._store.find(query).items for query in queries)
        return sorted(map(self._events.entity, found), key=lambda event: event.at)

    def due(self, webhook_id: str, now: datetime, limit: int = 20) -> Sequence[Delivery]:
        return self._page("next_attempt_at", equal={"webhook_id": webhook_id}, until=now, limit=limit).items

    def list_for_webhook(self, webhook_id: str, cursor: str | None = None, limit: int = 100) -> Page[Delivery]:
        equal = {"webhook_id": webhook_id}
        return self._page("created_at", equal=equal, descending=True, cursor=cursor, limit=limit)

    def delete_for_webhook(self, webhook_id: str) -> None:
        self._remove_all("created_at", equal={"webhook_id": webhook_id}, descending=True)
