"""Hands events to the webhooks, and sends the deliveries, in the background.

Deliveries do not use the job queue: its few threads run all kinds of jobs, and one slow receiver would block them.
"""

import json
import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from src.application.notices import Notices
from src.application.ports import Clock, CountEvent, Sealer, WebhookSender, uncounted
from src.domain.errors import NotFound, PorteroError
from src.domain.events import SYSTEM, Event, EventRepository, EventType
from src.domain.mails import MailKind
from src.domain.sessions import NO_CLIENT
from src.domain.users import UserRepository
from src.domain.values import Role, pages, rfc3339
from src.domain.webhooks import Delivery, DeliveryRepository, Webhook, WebhookRepository, is_success

_log = logging.getLogger("portero.webhooks")

RunApart = Callable[[str, Callable[[], None]], None]
"""A function that runs another one in a thread of its own, unless one that was given with the same name still runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDispatcher:
    """Creates the deliveries of new events, and sends the deliveries that are due.

    An event is delivered only to webhooks that are older than the event. Several processes may run a dispatcher at the
    same time: a commit decides which process takes each step.
    """

    webhooks: WebhookRepository
    deliveries: DeliveryRepository
    events: EventRepository
    users: UserRepository
    sender: WebhookSender
    sealer: Sealer
    notices: Notices
    run_apart: RunApart
    clock: Clock
    count: CountEvent = uncounted
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when the process is about to end. Then no attempt is begun."""

    def run(self) -> int:
        """Hand out new events, and start to send due deliveries, to each webhook independently of the others.

        Return the number of events. Takes one query if there are no webhooks.
        """
        webhooks = self.webhooks.all()
        handed = self._hand_out(min(webhook.created_at for webhook in webhooks)) if webhooks else 0
        for webhook in webhooks:
            if webhook.enabled:
                self.run_apart(webhook.id, partial(self.deliver, webhook.id))
        return handed

    def _hand_out(self, oldest: datetime) -> int:
        """Create the deliveries of events since ``oldest``. Return the number of events."""
        handed, before = 0, -1
        while handed > before and (events := self.deliveries.due_events(oldest)):
            webhooks = self.webhooks.all()  # now, or one that was added before one of these events would miss it
            before = handed
            for event in events:
                now = self.clock()
                wanting = [webhook for webhook in webhooks if webhook.wants(event)]
                made = [Delivery.new(webhook, event.id, event.type.value, now) for webhook in wanting]
                handed += self.deliveries.add_for_event(event, made)
        return handed

    def deliver(self, webhook_id: str) -> None:
        """Send the due deliveries to a webhook, one after another."""
        try:
            while due := self.deliveries.due(webhook_id, self.clock()):
                for delivery in due:
                    webhook = self.webhooks.get(webhook_id)
                    if self.stopping.is_set() or webhook is None or not webhook.enabled:
                        return
                    self._attempt(webhook, delivery)
        except PorteroError as error:  # the next run goes on
            _log.warning("deliveries are interrupted: %s", error.__cause__ or error)

    def _attempt(self, webhook: Webhook, delivery: Delivery) -> None:
        """Send a delivery once, and record the outcome, unless another process has just started to send it."""
        now = self.clock()
        secrets = [self.sealer.open(sealed, webhook.id) for sealed in webhook.secrets(now)]
        try:
            delivery = self.deliveries.update(delivery.id, lambda stored: stored.started(now))
            body = self._body(delivery)
        except NotFound:
            return
        status = self.sender.send(webhook.url, delivery.event_id, now, body, secrets)
        now, jitter = self.clock(), random.uniform(0.8, 1.2)  # noqa: S311 - spreads attempts, hides nothing
        self.count("webhooks", "succeeded" if is_success(status) else "failed")

        def ended(stored: Delivery) -> Delivery:
            is_current = stored.next_attempt_at == delivery.next_attempt_at  # no admin or other process has begun anew
            return stored.after(status, now, jitter) if is_current else stored

        def noted(stored: Webhook) -> Webhook:
            return stored.after(status, now) if stored.url == webhook.url else stored

        events: list[Event] = []

        def recorded(before: Webhook, after: Webhook) -> list[Event]:
            events[:] = _disabled(before, after, now)
            return events

        self.deliveries.update(delivery.id, ended)
        changed = self.webhooks.update(webhook.id, noted, events=recorded)
        if events:  # this commit has disabled it
            self._tell_admins(changed)

    def _body(self, delivery: Delivery) -> str:
        """Return the JSON body of a delivery. Raises NotFound if its event has expired."""
        event = self.events.get(delivery.event_id)
        if event is None and delivery.type in [*EventType]:
            self.deliveries.update(delivery.id, Delivery.given_up)
            raise NotFound
        user = self.users.get(event.user_id) if event and event.user_id else None
        named = {"id": user.id, "username": user.username.display if user.username else None} if user else None
        at = event.at if event else delivery.created_at
        data = {"event": as_json(event) if event else None, "user": named}
        return json.dumps({"type": delivery.type, "timestamp": rfc3339(at), "data": data}, ensure_ascii=False)

    def _tell_admins(self, webhook: Webhook) -> None:
        for admins in pages(lambda cursor: self.users.find(only=Role.ADMIN, cursor=cursor)):
            for admin in admins:
                self.notices.send(MailKind.WEBHOOK_DISABLED, admin, NO_CLIENT, url=webhook.url)


def _disabled(before: Webhook, after: Webhook, at: Any) -> list[Event]:
    if before.enabled == after.enabled:
        return []
    type = EventType.WEBHOOK_CHANGED
    return [NO_CLIENT.event(type, None, SYSTEM, at, webhook_id=after.id, action="disabled")]


def as_json(event: Event) -> dict[str, Any]:
    """Return an event in the JSON form that webhooks and the command line show."""
    names = ("session_id", "ip", "user_agent", "request_id")
    return {
        "id": event.id,
        "type": event.type.value,
        "at": rfc3339(event.at),
        "user_id": event.user_id,
        "actor": {"kind": event.actor.kind.value, "id": event.actor.id},
        **{name: getattr(event, name) for name in names},
        "data": dict(event.data),
    }
