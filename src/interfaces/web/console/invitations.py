"""The page of invitations."""

from collections.abc import Mapping
from typing import Annotated, Any

from flask import Response

from src.application.sessions import Caller
from src.domain.invitations import MAX_DAYS, InvitationStatus
from src.domain.values import Role
from src.interfaces.framework.bodies import Form
from src.interfaces.framework.fields import EmailField, RoleField, whole_number
from src.interfaces.framework.parsing import parse_query
from src.interfaces.framework.requests import client, services
from src.interfaces.web.console.creating import TypedNumber, create_once
from src.interfaces.web.console.lists import ROWS, Listing, OrNone, next_query
from src.interfaces.web.console.pages import AUDITORS, Page
from src.interfaces.web.console.responses import go

_LIST = "/console/invitations"
invitations = Page("/invitations", "operators/invitations.html", AUDITORS)


class Invitations(Listing):
    """The filter of the list of invitations."""

    status: Annotated[InvitationStatus | None, OrNone] = None


class NewInvitation(Form):
    """An invitation for the owner of an e-mail address."""

    email: EmailField
    role: RoleField = Role.USER
    days: Annotated[int, *whole_number(MAX_DAYS), TypedNumber] = 7


@invitations.show
def _invitations(caller: Caller) -> Mapping[str, Any]:
    search = parse_query(Invitations)
    page = services().invitations.list(caller, search.status, search.cursor, ROWS)
    users = services().directory.get_many(
        caller, {id for each in page.items for id in (each.made_by, each.user_id) if id}
    )
    now = services().invitations.clock()
    rows = [(each, each.status(now)) for each in page.items]
    return {"rows": rows, "users": users, "more": next_query(page), "search": search, "url": ""}


@invitations.form()
def invite(caller: Caller, body: NewInvitation) -> Response:
    """Invite somebody. The page then shows the link of the invitation, this once."""
    service, invited = services().invitations, (body.email, body.role, body.days)
    made = create_once(caller, lambda once: service.invite(*invited, client(), caller, once))
    if made is None:
        return go(_LIST, "invited")
    invitation, url = made
    return invitations.render(caller, url=url, invited=invitation.email.address)


@invitations.form("/invitations/<id>/delete")
def withdraw(caller: Caller, id: str) -> Response:
    """Withdraw an invitation."""
    services().invitations.remove(id, caller)
    return go(_LIST, "invitation-withdrawn")
