"""Webhooks: telling services of others what happened to accounts."""

from src.application.webhooks.dispatch import RunApart, WebhookDispatcher
from src.application.webhooks.service import WebhookService

__all__ = ["RunApart", "WebhookDispatcher", "WebhookService"]
