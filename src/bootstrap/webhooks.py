"""Builds the service that manages webhooks, and the dispatcher that delivers events to them."""

from src.application.notices import Notices
from src.application.webhooks import RunApart, WebhookDispatcher, WebhookService
from src.bootstrap.ports import Ports


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


def make_dispatcher(ports: Ports, notices: Notices, run_apart: RunApart) -> WebhookDispatcher:
    """Return the dispatcher of events to webhooks."""
    return WebhookDispatcher(
        webhooks=ports.webhooks,
        deliveries=ports.deliveries,
        events=ports.events,
        users=ports.users,
        sender=ports.webhook_sender,
        sealer=ports.data_keys,
        notices=notices,
        run_apart=run_apart,
        clock=ports.clock,
        count=ports.count,
    )
