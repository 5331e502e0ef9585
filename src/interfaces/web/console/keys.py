"""The pages of the accounts of services, and of the caller's own keys."""

from collections.abc import Mapping
from typing import Annotated, Any

from flask import Response, request

from src.application.sessions import Caller
from src.domain.keys import MAX_DAYS, MAX_KEYS
from src.domain.service_accounts import ROLES
from src.domain.values import Role
from src.interfaces.framework.bodies import Form
from src.interfaces.framework.fields import KeyNameField, ScopeField, choice, whole_number
from src.interfaces.framework.requests import client, services
from src.interfaces.web.console.creating import TypedNumber, create_once
from src.interfaces.web.console.lists import ROWS, next_query
from src.interfaces.web.console.pages import ADMINS, AUDITORS, MEMBERS, Confirmation, Page
from src.interfaces.web.console.responses import go

_LIST = "/console/keys"
_OWN_LIST = "/console/account/keys"
keys = Page("/keys", "operators/keys.html", AUDITORS)
rotating = Page("/keys/<id>/secret", "operators/key_ask.html", ADMINS)
removing = Page("/keys/<id>/delete", "operators/key_ask.html", ADMINS)
own_keys = Page("/account/keys", "account/keys.html", MEMBERS)


class NewService(Form):
    """A new account for a service."""

    name: KeyNameField
    role: Annotated[Role, *choice(ROLES, "role")]


class NewKey(Form):
    """A new key of the caller. Without ``days`` it works until it is removed."""

    name: KeyNameField
    scope: ScopeField
    days: Annotated[Annotated[int, *whole_number(MAX_DAYS)] | None, TypedNumber] = None


@keys.show
def _services(caller: Caller) -> Mapping[str, Any]:
    page = services().service_accounts.list(caller, request.args.get("cursor") or None, ROWS)
    return {"services": page.items, "more": next_query(page), "roles": ROLES}


@keys.form()
def add_service(caller: Caller, body: NewService) -> Response:
    """Add an account for a service. The page then shows its secret, this once."""
    service, given = services().service_accounts, (body.name, body.role)
    made = create_once(caller, lambda once: service.add(caller, *given, client(), once))
    return keys.render(caller, account=made[0], secret=made[1]) if made else go(_LIST, "service-added")


@rotating.show
def _rotating(caller: Caller, id: str) -> Mapping[str, Any]:
    return {"service": services().service_accounts.show(caller, id), "act": "secret"}


@rotating.form()
def rotate_service_secret(caller: Caller, id: str) -> Response:
    """Give a service a new secret. The list of services then shows the secret, this once."""
    account = services().service_accounts.show(caller, id)
    service = services().service_accounts
    secret = create_once(caller, lambda once: service.rotate_secret(caller, id, client(), once))
    return keys.render(caller, account=account, secret=secret) if secret else go(_LIST, "secret-made")


@removing.show
def _removing(caller: Caller, id: str) -> Mapping[str, Any]:
    return {"service": services().service_accounts.show(caller, id), "act": "delete"}


@removing.form()
def remove_service(caller: Caller, id: str, body: Confirmation) -> Response:
    """Remove the account of a service, if its name was typed."""
    body.require(services().service_accounts.show(caller, id).name)
    services().service_accounts.remove(caller, id, None, client())
    return go(_LIST, "service-deleted")


@own_keys.show
def _own_keys(caller: Caller) -> Mapping[str, Any]:
    now = services().keys.clock()
    found = services().keys.list(caller, None, MAX_KEYS).items
    return {"keys": [(each, each.has_expired(now)) for each in found]}


@own_keys.form()
def add_key(caller: Caller, body: NewKey) -> Response:
    """Make a key of the caller. The page then shows its text, this once."""
    given = body.name, body.scope, body.days
    made = create_once(caller, lambda once: services().keys.add(caller, *given, client(), once))
    return own_keys.render(caller, made=made[0], text=made[1]) if made else go(_OWN_LIST, "key-made")


@own_keys.form("/account/keys/<id>/delete")
def remove_key(caller: Caller, id: str) -> Response:
    """Remove one of the caller's keys."""
    services().keys.remove(caller, id, client())
    return go(_OWN_LIST, "key-removed")
