"""Webhooks: sending account events to the URLs of other services."""

from src.application.webhooks.dispatch import RunApart, WebhookDispatcher
from src.application.webhooks.service import WebhookService

__all__ = ["RunApart", "WebhookDispatcher", "WebhookService"]
