"""The service by which admins manage webhooks."""

import base64
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from src.application.caller import Caller
from src.application.ports import Clock, Sealer, WebhookSender
from src.domain.errors import FieldError, Invalid, NotFound
from src.domain.events import Event, EventType, always
from src.domain.messages import Translatable
from src.domain.receipts import IdempotentCreate
from src.domain.sessions import Client
from src.domain.values import Page, as_field_error, new_id
from src.domain.webhooks import MAX_WEBHOOKS, Delivery, DeliveryRepository, Webhook, WebhookRepository

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookService:
    """Adds, lists, changes and removes webhooks, and shows their deliveries."""

    webhooks: WebhookRepository
    deliveries: DeliveryRepository
    sender: WebhookSender
    sealer: Sealer
    clock: Clock
    enabled: bool
    """Whether events are stored. Without them there is nothing to deliver."""

    def add(
        self,
        caller: Caller,
        fields: Mapping[str, Any],
        client: Client,
        idempotent: IdempotentCreate[Webhook] | None = None,
    ) -> tuple[Webhook, str]:
        """Add a webhook. Return it with its secret, which is not shown again.

        Raises Invalid for a URL that is not allowed and above the maximum number, and if no events are stored;
        Forbidden, InsufficientAuthentication, Repeated.
        """
        caller.require_admin()
        if not self.enabled:
            raise Invalid(FieldError("events", "enum", "This service stores no events, so there are no webhooks."))
        self._check_url(fields)
        now, id = self.clock(), new_id()
        sealed, secret = self._new_secret(id)
        webhook = Webhook(id=id, created_at=now, updated_at=now, secret=sealed, **fields)
        receipt = idempotent.receipt_for(webhook) if idempotent else None
        stored = self.webhooks.add(webhook, self._event(caller, client, now, id, "added"), MAX_WEBHOOKS, receipt)
        if stored is None:
            message = Translatable("There can be {n} webhooks; remove one first.", n=MAX_WEBHOOKS)
            raise Invalid(FieldError("url", "too_many", message))
        return stored, secret

    def list(self, caller: Caller, cursor: str | None = None, limit: int = 100) -> Page[Webhook]:
        """List the webhooks, the newest first. Raises Forbidden, InsufficientAuthentication, InvalidCursor."""
        caller.require_auditor()
        return self.webhooks.list(cursor, limit)

    def show(self, caller: Caller, id: str) -> Webhook:
        """Return a webhook. Raises Forbidden, InsufficientAuthentication, NotFound."""
        caller.require_auditor()
        webhook = self.webhooks.get(id)
        if webhook is None:
            raise NotFound("There is no such webhook.")
        return webhook

    def change(
        self, caller: Caller, id: str, fields: Mapping[str, Any], revisions: Collection[str] | None, client: Client
    ) -> Webhook:
        """Change a webhook. A field that is not given keeps its value.

        A webhook that is enabled starts afresh, and so does one with a new URL. ``revisions`` are the configuration
        revisions that the caller expects, or None to expect no particular one.

        Raises Forbidden, InsufficientAuthentication, NotFound, Invalid, Stale.
        """
        caller.require_admin()
        self._check_url(fields)
        now = self.clock()

        def changed(stored: Webhook) -> Webhook:
            stored.require_configuration(revisions)
            is_fresh = fields.get("enabled") or fields.get("url", stored.url) != stored.url
            fresh: dict[str, Any] = {"failing_since": None, "failures": 0} if is_fresh else {}
            return replace(stored, **fields, **fresh, updated_at=now)

        event = self._event(caller, client, now, id, "changed")
        return self.webhooks.update(id, changed, events=always(event))

    def remove(self, caller: Caller, id: str, revisions: Collection[str] | None, client: Client) -> None:
        """Remove a webhook and its deliveries. ``revisions`` are as in ``change``.

        Raises Forbidden, InsufficientAuthentication, NotFound, Stale.
        """
        caller.require_admin()
        self.show(caller, id)
        self.webhooks.delete(id, self._event(caller, client, self.clock(), id, "removed"), revisions)
        self.deliveries.delete_for_webhook(id)

    def rotate_secret(
        self, caller: Caller, id: str, client: Client, idempotent: IdempotentCreate[Webhook] | None = None
    ) -> tuple[Webhook, str]:
        """Give a webhook a new secret. Return the webhook and the secret. The old secret signs too for 24 hours.

        Raises Forbidden, InsufficientAuthentication, NotFound, Repeated, and TooManyRequests while the maximum number
        of replaced secrets still signs.
        """
        caller.require_admin()
        sealed, secret = self._new_secret(id)
        now = self.clock()
        event = self._event(caller, client, now, id, "secret-rotated")
        webhook = self.webhooks.update(
            id, lambda stored: stored.with_secret(sealed, now), idempotent=idempotent, events=always(event)
        )
        return webhook, secret

    def ping(self, caller: Caller, id: str) -> Delivery:
        """Send a ping to a webhook, in the background. Raises Forbidden, InsufficientAuthentication, NotFound."""
        caller.require_admin()
        delivery = Delivery.ping(self.show(caller, id), self.clock())
        self.deliveries.add(delivery)
        return delivery

    def list_deliveries(self, caller: Caller, id: str, cursor: str | None, limit: int) -> Page[Delivery]:
        """List the deliveries to a webhook, the newest first.

        Raises Forbidden, InsufficientAuthentication, NotFound, InvalidCursor.
        """
        self.show(caller, id)
        return self.deliveries.list_for_webhook(id, cursor, limit)

    def retry(self, caller: Caller, id: str, delivery_id: str) -> Delivery:
        """Make a delivery again, in the background, whatever its state.

        Raises Forbidden, InsufficientAuthentication, NotFound.
        """
        caller.require_admin()
        now = self.clock()

        def retried(stored: Delivery) -> Delivery:
            if stored.webhook_id != id:
                raise NotFound("There is no such delivery.")
            return stored.retried(now)

        return self.deliveries.update(delivery_id, retried)

    def _check_url(self, fields: Mapping[str, Any]) -> None:
        if "url" in fields:
            with as_field_error("url"):
                self.sender.check(fields["url"])

    def _new_secret(self, webhook_id: str) -> tuple[str, str]:
        """Return a new secret twice: encrypted for the store, and in the form that is shown."""
        secret = secrets.token_bytes(_SECRET_BYTES)
        return self.sealer.seal(secret, webhook_id), f"whsec_{base64.b64encode(secret).decode()}"

    def _event(self, caller: Caller, client: Client, at: datetime, id: str, action: str) -> Event:
        by, type = caller.user.actor, EventType.WEBHOOK_CHANGED
        return client.event(type, None, by, at, caller.session_id, webhook_id=id, action=action)
