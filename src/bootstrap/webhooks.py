"""Builds the service that manages webhooks, and the dispatcher that delivers events to them."""

from src.application.notices import Notices
from src.application.webhooks import WebhookDispatcher, WebhookService
from src.bootstrap.ports import Ports
from src.domain.webhooks import MAX_WEBHOOKS
from src.infrastructure.background import Lanes


def make_webhooks(ports: Ports) -> WebhookService:
    """Return the service by which admins manage webhooks."""
    return WebhookService(
        webhooks=ports.webhooks,
        deliveries=ports.deliveries,
        sender=ports.webhook_sender,
        sealer=ports.data_keys,
        clock=ports.clock,
        enabled=ports.settings.events_days > 0,
    )


def make_dispatcher(ports: Ports, notices: Notices) -> WebhookDispatcher:
    """Return the dispatcher of events to webhooks. It delivers to each webhook in a thread of its own."""
    return WebhookDispatcher(
        webhooks=ports.webhooks,
        deliveries=ports.deliveries,
        events=ports.events,
        users=ports.users,
        sender=ports.webhook_sender,
        sealer=ports.data_keys,
        notices=notices,
        run_apart=Lanes(MAX_WEBHOOKS),
        clock=ports.clock,
        count=ports.count,
    )
