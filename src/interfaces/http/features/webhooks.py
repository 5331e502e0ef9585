"""The operations on webhooks."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any, ClassVar

from flask import Response
from pydantic import Field, PlainValidator, WithJsonSchema

from src.application.sessions import Caller
from src.domain.errors import NotFound, Stale, TooManyRequests
from src.domain.events import CHOOSABLE
from src.domain.messages import Translatable
from src.domain.webhooks import EVERY_EVENT, MAX_DESCRIPTION, Delivery, DeliveryStatus, Webhook
from src.interfaces.framework.bodies import Body, Change, Paging, refused
from src.interfaces.framework.fields import BooleanField, TextField
from src.interfaces.framework.requests import client, services
from src.interfaces.http.features import events
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.conditions import expected_revisions
from src.interfaces.http.framework.operations import Feature, Operation
from src.interfaces.http.framework.views import render, render_list
from src.interfaces.views import Resource, View

feature = Feature(events.feature.tag, events.feature.description)
route = partial(Operation, feature)

_TYPES = [EVERY_EVENT, *(type.value for type in CHOOSABLE)]


def _events(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or any(type not in _TYPES for type in value):
        raise refused("enum", Translatable("Give a list of types of events, or {every} for all.", every='["*"]'))
    return tuple(dict.fromkeys(value))


EventTypes = Annotated[
    Sequence[str],
    PlainValidator(_events),
    WithJsonSchema({"type": "array", "items": {"type": "string", "enum": _TYPES}, "minItems": 1}),
    Field(description="The types of the events to send, or `*` for all."),
]
Url = Annotated[TextField, Field(examples=["https://example.com/portero"])]
Description = Annotated[str, Field(max_length=MAX_DESCRIPTION, examples=["The billing system"])]


class NewWebhook(Body):
    """A new webhook."""

    url: Url
    events: EventTypes
    description: Description | None = None
    enabled: BooleanField = True


class WebhookBody(Change):
    """A change of a webhook. At least one field is required; an absent field keeps its value."""

    url: Url = ""
    events: EventTypes = ()
    description: Description | None = None
    enabled: BooleanField = True


class WebhookView(Resource):
    """A webhook."""

    id: str
    url: str = Field(examples=["https://example.com/portero"])
    events: list[str] = Field(examples=[["login-succeeded", "user-deleted"]])
    description: str | None = Field(examples=["The billing system"])
    enabled: bool
    created_at: datetime
    updated_at: datetime
    last_success_at: datetime | None = Field(examples=["2026-11-23T12:00:00Z"])
    last_failure_at: datetime | None = Field(examples=["2026-11-23T12:00:00Z"])
    failures: int = Field(description="The failed attempts since the last success.", examples=[0])


class WebhookSecretView(WebhookView):
    """A webhook with the secret that signs its deliveries."""

    has_etag: ClassVar[bool] = False

    secret: str = Field(description="Not shown again.", examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class DeliveryView(View):
    """A delivery of an event to a webhook."""

    id: str
    event_id: str = Field(examples=["0b5c6f6e6a7f4b0c9a53a8f8c6ad1c3a"])
    type: str = Field(examples=["login-succeeded"])
    status: DeliveryStatus
    attempts: int = Field(examples=[1])
    response_status: int | None = Field(description="The status of the last answer.", examples=[200])
    next_attempt_at: datetime | None = Field(examples=["2026-11-23T12:00:00Z"])
    created_at: datetime


@route("POST /webhooks", Access.ADMIN, WebhookSecretView, status=201)
def add_webhook(caller: Caller, body: NewWebhook) -> Response:
    """Add a webhook.

    The secret that signs its deliveries is shown this once.
    """
    return _with_secret(*services().webhooks.add(caller, {**dict(body)}, client()))


@route("GET /webhooks", Access.AUDITOR, WebhookView)
def list_webhooks(caller: Caller, query: Paging) -> Response:
    """List the webhooks, the newest first."""
    return render_list(services().webhooks.list(caller, query.cursor, query.limit), WebhookView)


@route("GET /webhooks/<id>", Access.AUDITOR, WebhookView)
def show_webhook(caller: Caller, id: str) -> Response:
    """See a webhook."""
    return _with_etag(services().webhooks.show(caller, id))


@route("PUT PATCH /webhooks/<id>", Access.ADMIN, WebhookView, errors=(Stale,))
def change_webhook(caller: Caller, id: str, body: WebhookBody) -> Response:
    """Change a webhook.

    A field that is not given keeps its value. A webhook that is enabled again starts without failures.
    """
    return _with_etag(services().webhooks.change(caller, id, body.given(), _expected_configurations(), client()))


@route("DELETE /webhooks/<id>", Access.ADMIN, errors=(Stale,))
def remove_webhook(caller: Caller, id: str) -> None:
    """Remove a webhook and its deliveries."""
    services().webhooks.remove(caller, id, _expected_configurations(), client())


@route("POST /webhooks/<id>/secret", Access.ADMIN, WebhookSecretView, status=201, errors=(NotFound, TooManyRequests))
def rotate_webhook_secret(caller: Caller, id: str) -> Response:
    """Give a webhook a new secret, which is shown this once.

    The old secret signs deliveries too for 24 hours, even if the new one is replaced meanwhile. Up to 25 replaced
    secrets sign at the same time. While they do, the answer to another request is 429.
    """
    return _with_secret(*services().webhooks.rotate_secret(caller, id, client()))


@route("POST /webhooks/<id>/ping", Access.ADMIN, DeliveryView, status=202, errors=(NotFound,))
def ping_webhook(caller: Caller, id: str) -> Response:
    """Send a ping to a webhook, in the background."""
    return _accepted(services().webhooks.ping(caller, id))


@route("GET /webhooks/<id>/deliveries", Access.AUDITOR, DeliveryView)
def list_deliveries(caller: Caller, id: str, query: Paging) -> Response:
    """List the deliveries to a webhook, the newest first."""
    page = services().webhooks.list_deliveries(caller, id, query.cursor, query.limit)
    return render_list(page, DeliveryView)


@route("POST /webhooks/<id>/deliveries/<delivery_id>/retry", Access.ADMIN, DeliveryView, status=202, errors=(NotFound,))
def retry_delivery(caller: Caller, id: str, delivery_id: str) -> Response:
    """Make a delivery again, in the background, whatever its state."""
    return _accepted(services().webhooks.retry(caller, id, delivery_id))


def _with_etag(webhook: Webhook) -> Response:
    """Return the view of a webhook. Its ETag consists of the configuration revision, a colon, and the revision.

    The ETag changes with each delivery, because the view does.
    """
    return render(WebhookView.of(webhook), revision=f"{webhook.configuration_revision}:{webhook.revision}")


def _expected_configurations() -> frozenset[str] | None:
    """Return the configuration revisions of the ETags that ``If-Match`` accepts, or None if it accepts any.

    The rest of each ETag is ignored, because no client sets the outcome of a delivery.
    """
    revisions = expected_revisions()
    return None if revisions is None else frozenset(revision.partition(":")[0] for revision in revisions)


def _accepted(delivery: Delivery) -> Response:
    headers = {"Location": f"/webhooks/{delivery.webhook_id}/deliveries"}
    return render(DeliveryView.of(delivery), 202, headers)


def _with_secret(webhook: Webhook, secret: str) -> Response:
    view = WebhookSecretView.model_validate({**dict(WebhookView.of(webhook)), "secret": secret})
    return render(view, 201, {"Location": f"/webhooks/{webhook.id}"})
