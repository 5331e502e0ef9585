"""Webhooks: URLs of other services to which events are sent, and the deliveries of the events.

A delivery is pending until its webhook has accepted it, or its last attempt has failed. Before each attempt, a process
moves ``next_attempt_at`` into the future. So only one of several processes makes the attempt, and another process
repeats it if the first one crashes.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from src.domain.errors import NotFound, Stale
from src.domain.events import Event
from src.domain.old_secrets import OldSecrets, valid_secrets, with_old_secret
from src.domain.receipts import Receipt
from src.domain.repositories import RecordedRepository, Repository
from src.domain.values import Page, new_id

MAX_WEBHOOKS = 20
EVERY_EVENT = "*"
MAX_DESCRIPTION = 500
"""The most characters of a description."""
WAITS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""The seconds to wait after each failed attempt. A delivery that fails once more has failed."""
ATTEMPT = timedelta(seconds=15)
"""The longest time of an attempt."""
_LEASE = 2 * ATTEMPT
"""The time after which an attempt without an outcome is repeated, because its process has died."""
DISABLE_AFTER = timedelta(days=5)
"""The time after which a webhook that only fails is disabled."""
_RETENTION = timedelta(days=30)
_GONE = 410


@dataclass(frozen=True, slots=True)
class Webhook:
    """A URL to which events are sent. ``revision`` is empty until the webhook is stored."""

    id: str
    url: str
    events: tuple[str, ...]
    """The types of the events to send, or EVERY_EVENT."""
    created_at: datetime
    updated_at: datetime
    secret: str
    """The encrypted secret that signs deliveries."""
    description: str | None = None
    enabled: bool = True
    old_secrets: OldSecrets = field(default_factory=dict)
    """The encrypted secrets that were replaced."""
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    failing_since: datetime | None = None
    """The time of the first failure after the last success, or None."""
    failures: int = 0
    """The number of failed attempts since the last success."""
    revision: str = ""

    @property
    def configuration_revision(self) -> str:
        """A hash of the fields that admins set, and of the secret.

        Unlike ``revision``, it does not change when the outcome of a delivery is stored, unless the webhook is disabled
        by it.
        """
        fields = self.url, self.events, self.description, self.enabled, self.secret
        return hashlib.sha256(repr(fields).encode()).hexdigest()[:32]

    def require_configuration(self, revisions: Collection[str] | None) -> None:
        """Raise Stale if ``revisions`` is given and does not contain the configuration revision."""
        if revisions is not None and self.configuration_revision not in revisions:
            raise Stale

    def wants(self, event: Event) -> bool:
        """Return whether an event is to be sent: only to an enabled webhook that is older than the event."""
        return self.enabled and self.created_at < event.at and bool({EVERY_EVENT, event.type.value} & {*self.events})

    def secrets(self, now: datetime) -> list[str]:
        """Return the encrypted secrets that sign now, the current one first."""
        return [self.secret, *valid_secrets(self.old_secrets, now)]

    def with_secret(self, sealed: str, now: datetime) -> "Webhook":
        """Return the webhook with a new secret. The present one signs too for another day, as do earlier ones.

        Raises TooManyRequests while MAX_OLD_SECRETS replaced secrets still sign.
        """
        old_secrets = with_old_secret(self.old_secrets, self.secret, now)
        return replace(self, secret=sealed, old_secrets=old_secrets, updated_at=now)

    def after(self, status: int | None, now: datetime) -> "Webhook":
        """Return the webhook after an attempt that was answered with ``status``, or not answered.

        The webhook is disabled if its URL is gone (status 410), or if all attempts have failed for five days.
        """
        if is_success(status):
            return replace(self, last_success_at=now, failing_since=None, failures=0)
        since = self.failing_since or now
        enabled = self.enabled and status != _GONE and now - since < DISABLE_AFTER
        return replace(self, last_failure_at=now, failing_since=since, failures=self.failures + 1, enabled=enabled)


class DeliveryStatus(StrEnum):
    """The state of a delivery."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that is sent to a webhook. ``revision`` is empty until the delivery is stored."""

    id: str
    webhook_id: str
    event_id: str
    type: str
    created_at: datetime
    expires_at: datetime
    next_attempt_at: datetime | None
    """The time of the next attempt, or None if there is none."""
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempts: int = 0
    response_status: int | None = None
    """The HTTP status of the last answer, or None if there was none."""
    revision: str = ""

    @classmethod
    def new(cls, webhook: Webhook, event_id: str, type: str, now: datetime) -> "Delivery":
        """Return a delivery that can be attempted now. Its id is a hash of the ids of the event and the webhook."""
        id = hashlib.sha256(f"{event_id} {webhook.id}".encode()).hexdigest()[:32]
        return cls(id, webhook.id, event_id, type, now, now + _RETENTION, now)

    @classmethod
    def ping(cls, webhook: Webhook, now: datetime) -> "Delivery":
        """Return a delivery without an event, which tests whether the webhook works."""
        return cls.new(webhook, new_id(), PING, now)

    def started(self, now: datetime) -> "Delivery":
        """Return the delivery with one more attempt.

        Raises NotFound if no attempt is due, for example because another process has just begun one.
        """
        if self.next_attempt_at is None or now < self.next_attempt_at:
            raise NotFound
        return replace(self, attempts=self.attempts + 1, next_attempt_at=now + _LEASE)

    def after(self, status: int | None, now: datetime, jitter: float) -> "Delivery":
        """Return the delivery after an attempt.

        ``jitter`` is a factor by which the wait for the next attempt is multiplied.
        """
        if is_success(status):
            ended = DeliveryStatus.SUCCEEDED
        elif self.attempts > len(WAITS):
            ended = DeliveryStatus.FAILED
        else:
            wait = timedelta(seconds=WAITS[self.attempts - 1] * jitter)
            return replace(self, response_status=status, next_attempt_at=now + wait)
        return replace(self, status=ended, response_status=status, next_attempt_at=None)

    def given_up(self) -> "Delivery":
        """Return the delivery as failed, because its event is no longer stored."""
        return replace(self, status=DeliveryStatus.FAILED, next_attempt_at=None)

    def retried(self, now: datetime) -> "Delivery":
        """Return the delivery to be attempted now, with all attempts left."""
        return replace(self, status=DeliveryStatus.PENDING, attempts=0, next_attempt_at=now)


PING = "ping"
"""The type of a delivery that tells of no event."""


def is_success(status: int | None) -> bool:
    """Return whether an answer with this status accepts a delivery."""
    return status is not None and 200 <= status < 300


class WebhookRepository(RecordedRepository[Webhook], Protocol):
    """Stores webhooks."""

    def add(self, webhook: Webhook, event: Event, most: int, receipt: Receipt | None = None) -> Webhook | None:
        """Store a new webhook, its event and the receipt. Raises Repeated.

        Return None, and store nothing, if there are ``most`` webhooks already.
        """

    def delete(self, id: str, event: Event, revisions: Collection[str] | None = None) -> None:
        """Remove a webhook, and store the event.

        Raises NotFound, and Stale if ``revisions`` is given and does not contain the configuration revision.
        """

    def list(self, cursor: str | None = None, limit: int = 100) -> Page[Webhook]:
        """Return a page of the webhooks, the newest first."""

    def all(self) -> Sequence[Webhook]:
        """Return all webhooks, the oldest first."""


class DeliveryRepository(Repository[Delivery], Protocol):
    """Stores deliveries."""

    def add(self, delivery: Delivery) -> None:
        """Store a new delivery."""

    def add_for_event(self, event: Event, deliveries: Sequence[Delivery]) -> bool:
        """Store the deliveries of an event, and mark the event as handed out.

        Return False if another process has done so.
        """

    def due_events(self, since: datetime, limit: int = 100) -> Sequence[Event]:
        """Return events since a time that have not been handed to the webhooks."""

    def due(self, webhook_id: str, now: datetime, limit: int = 20) -> Sequence[Delivery]:
        """Return deliveries to a webhook whose next attempt is due, the longest waiting first."""

    def list_for_webhook(self, webhook_id: str, cursor: str | None = None, limit: int = 100) -> Page[Delivery]:
        """Return a page of the deliveries to a webhook, the newest first."""

    def delete_for_webhook(self, webhook_id: str) -> None:
        """Remove all deliveries to a webhook."""
