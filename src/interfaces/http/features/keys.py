"""The operations on the keys with which programs act as a user."""

from datetime import datetime
from functools import partial
from typing import Annotated

from flask import Response
from pydantic import Field

from src.application.sessions import Caller
from src.domain.keys import MAX_DAYS
from src.domain.values import Scope
from src.interfaces.framework.bodies import Body, Paging
from src.interfaces.framework.fields import KeyNameField, ScopeField, whole_number
from src.interfaces.framework.requests import client, services
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.operations import Feature, Operation, StepUp
from src.interfaces.http.framework.views import render, render_list
from src.interfaces.views import View

feature = Feature("Keys", "Keys with which programs act as a user, and accounts for services.")
route = partial(Operation, feature)


class NewKey(Body):
    """A new key. Without `expires_in_days` it works until it is removed."""

    name: KeyNameField
    scope: Annotated[ScopeField, Field(description="A key with `read` is admitted to GET only.", examples=["read"])]
    expires_in_days: Annotated[Annotated[int, *whole_number(MAX_DAYS)] | None, Field(examples=[90])] = None


class KeyView(View):
    """A key of yours."""

    id: str = Field(examples=["3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f"])
    name: str = Field(examples=["Nightly report"])
    scope: Scope
    prefix: str = Field(description="The beginning of the key, to recognise it by.", examples=["ptk_4fTq9x"])
    created_at: datetime
    expires_at: datetime | None = Field(validation_alias="valid_until", examples=["2027-02-21T12:00:00Z"])
    last_used_at: datetime | None = Field(description="Right to the hour.", examples=["2026-11-23T12:00:00Z"])


class CreatedKey(KeyView):
    """A new key. It is shown this once."""

    key: str = Field(examples=["ptk_4fTq9xVd0s8LwK2mZ7cYb1RjE5HaGu03f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f2pBzJW"])


@route("POST /user/keys", Access.USER, CreatedKey, status=201, step_up=StepUp.RECENT, for_people=True)
def add_key(caller: Caller, body: NewKey) -> Response:
    """Make a key, which is shown this once.

    A program sends it in place of an access token, and acts as you. It may not touch your account or its credentials,
    and counts as `user` if you are an admin or an auditor. A user has at most 25 keys.
    """
    key, text = services().keys.add(caller, body.name, body.scope, body.expires_in_days, client())
    view = CreatedKey.model_validate({**dict(KeyView.of(key)), "valid_until": key.valid_until, "key": text})
    return render(view, 201, {"Location": f"/user/keys/{key.id}"})


@route("GET /user/keys", Access.USER, KeyView, for_people=True)
def list_keys(caller: Caller, query: Paging) -> Response:
    """List your keys, the newest first."""
    return render_list(services().keys.list(caller, query.cursor, query.limit), KeyView)


@route("DELETE /user/keys/<id>", Access.USER, for_people=True)
def remove_key(caller: Caller, id: str) -> None:
    """Remove one of your keys. It is refused from the next request on."""
    services().keys.remove(caller, id, client())
