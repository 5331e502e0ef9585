"""The operations on the accounts of services."""

from datetime import datetime
from functools import partial
from typing import Annotated, ClassVar

from flask import Response
from pydantic import Field

from src.application.sessions import Caller
from src.domain.errors import NotFound, Stale, TooManyRequests
from src.domain.service_accounts import ROLES
from src.domain.values import Role
from src.interfaces.framework.bodies import Body, Paging
from src.interfaces.framework.fields import KeyNameField, choice
from src.interfaces.framework.requests import client, services
from src.interfaces.http.features import keys
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.conditions import expected_revisions
from src.interfaces.http.framework.operations import Feature, Operation, StepUp
from src.interfaces.http.framework.views import render, render_list, render_resource
from src.interfaces.views import Resource, View

feature = Feature(keys.feature.tag, keys.feature.description)
route = partial(Operation, feature)


class NewServiceAccount(Body):
    """A new account for a service."""

    name: KeyNameField
    role: Annotated[Role, *choice(ROLES, "role"), Field(examples=["uploader"])]


class ServiceAccountView(Resource):
    """An account of a service. It has no login, and is in no list of users."""

    id: str = Field(examples=["3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f"])
    name: str = Field(examples=["Billing"])
    role: Role = Field(examples=["uploader"])
    created_at: datetime


class SecretView(View):
    """A new secret of a service. It is shown this once."""

    client_secret: str = Field(examples=["pts_4fTq9xVd0s8LwK2mZ7cYb1RjE5HaGu03f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f2pBzJW"])


class CreatedServiceAccount(ServiceAccountView, SecretView):
    """A new account of a service, with its secret, which is shown this once."""

    has_etag: ClassVar[bool] = False

    client_id: str = Field(description="Its id.", examples=["3f1c9d0ab9e84e7c8d2f6a5b4c3d2e1f"])


@route("POST /services", Access.ADMIN, CreatedServiceAccount, status=201, step_up=StepUp.RECENT, for_people=True)
def add_service(caller: Caller, body: NewServiceAccount) -> Response:
    """Make an account for a service, with a secret that is shown this once.

    The service trades its id and its secret for access tokens at `POST /auth/token`, with the grant
    `client_credentials`.
    """
    account, secret = services().service_accounts.add(caller, body.name, body.role, client())
    shown = {**dict(ServiceAccountView.of(account)), "client_id": account.id, "client_secret": secret}
    return render(CreatedServiceAccount.model_validate(shown), 201, {"Location": f"/services/{account.id}"})


@route("GET /services", Access.AUDITOR, ServiceAccountView)
def list_services(caller: Caller, query: Paging) -> Response:
    """List the accounts of services, the newest first."""
    return render_list(services().service_accounts.list(caller, query.cursor, query.limit), ServiceAccountView)


@route("GET /services/<id>", Access.AUDITOR, ServiceAccountView)
def show_service(caller: Caller, id: str) -> Response:
    """See the account of a service, without its secret."""
    return render_resource(ServiceAccountView, services().service_accounts.show(caller, id))


@route("DELETE /services/<id>", Access.ADMIN, errors=(Stale,))
def delete_service(caller: Caller, id: str) -> None:
    """Remove the account of a service, and everything that belongs to it. Its tokens are refused at once."""
    services().service_accounts.remove(caller, id, expected_revisions(), client())


@route(
    "POST /services/<id>/secret",
    Access.ADMIN,
    SecretView,
    status=201,
    step_up=StepUp.RECENT,
    for_people=True,
    errors=(NotFound, TooManyRequests),
)
def renew_service_secret(caller: Caller, id: str) -> Response:
    """Give a service a new secret, which is shown this once. The old one works for 24 hours more.

    Up to 25 replaced secrets work at the same time. While they do, the answer to another request is 429.
    """
    return render(SecretView(client_secret=services().service_accounts.rotate_secret(caller, id, client())), 201)
