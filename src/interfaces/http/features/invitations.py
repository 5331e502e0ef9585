"""The operations with which admins invite people to make an account."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any, Self

from flask import Response
from pydantic import Field

from src.application.sessions import Caller
from src.domain.errors import Stale
from src.domain.invitations import MAX_DAYS, Invitation, InvitationStatus
from src.domain.values import Role
from src.interfaces.framework.bodies import Body, Paging
from src.interfaces.framework.fields import EmailField, RoleField, whole_number
from src.interfaces.framework.requests import client, services
from src.interfaces.http.framework.authentication import Access
from src.interfaces.http.framework.conditions import expected_revisions
from src.interfaces.http.framework.operations import Feature, Operation
from src.interfaces.http.framework.views import render, render_list
from src.interfaces.views import Resource

feature = Feature("Directory", "Other people's accounts, and invitations to make one.")
route = partial(Operation, feature)

_EXPIRED = "-expired"
"""The end of the ETag of an invitation that has expired, because that changes no revision."""


class NewInvitation(Body):
    """An invitation for the owner of an e-mail address."""

    email: EmailField
    role: Annotated[RoleField, Field(description="The role of the account.")] = Role.USER
    expires_in_days: Annotated[int, *whole_number(MAX_DAYS), Field(examples=[7])] = 7


class InvitationView(Resource):
    """An invitation to make an account."""

    id: str
    email: str = Field(examples=["anna@example.com"])
    role: Role = Field(examples=["user"])
    status: InvitationStatus
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, source: Invitation, /, **further: Any) -> Self:
        """Return the view of an invitation as it is now."""
        status = source.status(services().invitations.clock())
        shown = {"id": source.id, "email": source.email.address, "role": source.role, "status": status}
        times = {"created_at": source.created_at, "expires_at": source.valid_until}
        return cls.model_validate({**shown, **times, **further})


class CreatedInvitation(InvitationView):
    """A new invitation, with the link to the page that registers."""

    url: str = Field(
        description="The link, shown this once.", examples=["https://api.example.com/auth/invitation?token=c2VjcmV0"]
    )


class InvitationSearch(Paging):
    """The query parameters of the list of invitations."""

    status: InvitationStatus | None = None


@route("POST /invitations", Access.ADMIN, CreatedInvitation, status=201)
def add_invitation(caller: Caller, body: NewInvitation) -> Response:
    """Invite somebody to make an account with this e-mail address and a role.

    The answer has a link to pass on. With a mail server, the invitation is also sent to the address, in the language of
    the request. Only the link in the mail proves the address. Each invitation makes one account.
    """
    invitation, url = services().invitations.invite(body.email, body.role, body.expires_in_days, client(), caller)
    view, headers = CreatedInvitation.of(invitation, url=url), {"Location": f"/invitations/{invitation.id}"}
    return render(view, 201, headers, revision=invitation.revision)


@route("GET /invitations", Access.AUDITOR, InvitationView)
def list_invitations(caller: Caller, query: InvitationSearch) -> Response:
    """List the invitations, the newest first.

    A page with a `status` may have fewer items than asked for: follow its `Link`.
    """
    page = services().invitations.list(caller, query.status, query.cursor, query.limit)
    return render_list(page, InvitationView, InvitationView.of)


@route("GET /invitations/<id>", Access.AUDITOR, InvitationView)
def show_invitation(caller: Caller, id: str) -> Response:
    """See an invitation, without its link."""
    view = InvitationView.of(invitation := services().invitations.show(caller, id))
    end = _EXPIRED if view.status is InvitationStatus.EXPIRED else ""
    return render(view, revision=invitation.revision + end)


@route("DELETE /invitations/<id>", Access.ADMIN, errors=(Stale,))
def delete_invitation(caller: Caller, id: str) -> None:
    """Remove an invitation.

    Nobody can accept it any more.
    """
    revisions = expected_revisions()
    services().invitations.remove(id, caller, revisions and {each.removesuffix(_EXPIRED) for each in revisions})
