"""The pages of webhooks."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from flask import Response, request
from pydantic import Field

from src.application.sessions import Caller
from src.domain.errors import FieldError, Invalid
from src.domain.events import CHOOSABLE
from src.domain.webhooks import EVERY_EVENT, MAX_DESCRIPTION, Webhook
from src.interfaces.framework.bodies import Form
from src.interfaces.framework.fields import TextField
from src.interfaces.framework.requests import client, services
from src.interfaces.web.console.charts import MOST_COUNTED, chart
from src.interfaces.web.console.creating import create_once
from src.interfaces.web.console.lists import ROWS, next_query
from src.interfaces.web.console.pages import ADMINS, AUDITORS, Page
from src.interfaces.web.console.responses import go, show

_LIST = "/console/webhooks"
webhooks = Page("/webhooks", "operators/webhooks.html", AUDITORS)
adding = Page("/webhooks/new", "operators/webhook_new.html", ADMINS)
webhook = Page("/webhooks/<id>", "operators/webhook.html", AUDITORS)
rotating = Page("/webhooks/<id>/secret", "operators/webhook_ask.html", ADMINS)
removing = Page("/webhooks/<id>/delete", "operators/webhook_ask.html", ADMINS)


class WebhookForm(Form):
    """A webhook, and the configuration revision at which it was shown.

    Its events are those whose fields ``on-TYPE`` the form has.
    """

    url: TextField
    description: Annotated[str | None, Field(max_length=MAX_DESCRIPTION)] = None
    enabled: TextField = ""
    revision: TextField = ""

    def fields(self) -> dict[str, Any]:
        """Return the fields as the use case takes them. Raises Invalid without an event."""
        types = tuple(type for type in (EVERY_EVENT, *CHOOSABLE) if f"on-{type}" in request.form)
        if not types:
            raise Invalid(FieldError("events", "required", "Choose at least one event."))
        events = (EVERY_EVENT,) if EVERY_EVENT in types else tuple(map(str, types))
        return {"url": self.url, "description": self.description, "enabled": bool(self.enabled), "events": events}


@webhooks.show
def _webhooks(caller: Caller) -> Mapping[str, Any]:
    page = services().webhooks.list(caller, request.args.get("cursor") or None, ROWS)
    return {"webhooks": page.items, "more": next_query(page)}


@adding.show
def _new_webhook() -> Mapping[str, Any]:
    chosen = {name.removeprefix("on-") for name in request.form if name.startswith("on-")}
    return {"types": CHOOSABLE, "chosen": chosen or {EVERY_EVENT}}


@adding.form()
def add_webhook(caller: Caller, body: WebhookForm) -> Response:
    """Add a webhook, and show its secret this once."""
    fields = {**body.fields(), "enabled": True}
    added = create_once(caller, lambda once: services().webhooks.add(caller, fields, client(), once))
    return _with_secret(caller, *added) if added else go(_LIST, "webhook-added")


@webhook.show
def _webhook(caller: Caller, id: str) -> Mapping[str, Any]:
    shown = services().webhooks.show(caller, id)
    page = services().webhooks.list_deliveries(caller, id, request.args.get("cursor") or None, ROWS)
    newest = services().webhooks.list_deliveries(caller, id, None, MOST_COUNTED).items
    made = [(each.created_at, each.status) for each in newest]
    bars = chart(made, ("succeeded", "pending", "failed"), services().webhooks.clock(), timedelta(hours=1), 24)
    own = {"webhook": shown, "deliveries": page.items, "more": next_query(page), "types": CHOOSABLE}
    return {**own, "chart": bars, "chosen": {*shown.events}}


@webhook.form()
def change_webhook(caller: Caller, id: str, body: WebhookForm) -> Response:
    """Change a webhook, unless its configuration has changed since it was shown."""
    services().webhooks.change(caller, id, body.fields(), {body.revision}, client())
    return go(f"{_LIST}/{id}", "webhook-saved")


@webhook.form("/webhooks/<id>/ping")
def ping(caller: Caller, id: str) -> Response:
    """Send a ping."""
    services().webhooks.ping(caller, id)
    return go(f"{_LIST}/{id}", "webhook-ping")


@webhook.form("/webhooks/<id>/deliveries/<delivery_id>/retry")
def retry(caller: Caller, id: str, delivery_id: str) -> Response:
    """Make a delivery again."""
    services().webhooks.retry(caller, id, delivery_id)
    return go(f"{_LIST}/{id}", "webhook-retry")


@rotating.show
def _rotating(caller: Caller, id: str) -> Mapping[str, Any]:
    return {"webhook": services().webhooks.show(caller, id), "act": "secret"}


@rotating.form()
def rotate(caller: Caller, id: str) -> Response:
    """Give a webhook a new secret, and show it this once."""
    made = create_once(caller, lambda once: services().webhooks.rotate_secret(caller, id, client(), once))
    return _with_secret(caller, *made) if made else go(f"{_LIST}/{id}", "secret-made")


@removing.show
def _removing(caller: Caller, id: str) -> Mapping[str, Any]:
    return {"webhook": services().webhooks.show(caller, id), "act": "delete"}


@removing.form()
def remove(caller: Caller, id: str) -> Response:
    """Remove a webhook and its deliveries."""
    services().webhooks.remove(caller, id, None, client())
    return go(_LIST, "webhook-deleted")


def _with_secret(caller: Caller, webhook: Webhook, secret: str) -> Response:
    return show("operators/webhook_secret.html", caller, webhook=webhook, secret=secret)
