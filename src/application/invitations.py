"""The service with which admins invite people to make an account."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from src.application.caller import Caller
from src.application.notices import Outbox
from src.application.ports import Clock
from src.application.tickets import Tickets
from src.domain.errors import NotFound
from src.domain.events import OPERATOR, EventType
from src.domain.invitations import TOKEN_LIFE, Invitation, InvitationRepository, InvitationStatus, InvitationToken
from src.domain.mails import MailKind
from src.domain.receipts import IdempotentCreate
from src.domain.sessions import Client
from src.domain.values import Email, Page, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationService:
    """Makes, lists and removes invitations. RegistrationPolicy checks the tokens of invitations."""

    invitations: InvitationRepository
    tickets: Tickets
    outbox: Outbox
    sends_mails: bool
    """Whether invitations are also sent by mail."""
    link: Callable[[str], str]
    """A function of a token. It returns the URL of the page that registers with it."""
    clock: Clock

    def invite(
        self,
        email: Email,
        role: Role,
        days: int,
        client: Client,
        by: Caller | None,
        idempotent: IdempotentCreate[Invitation] | None = None,
    ) -> tuple[Invitation, str]:
        """Invite the owner of this address to make an account with a role.

        Return the invitation, and a link to accept it.

        If there is a mail server, the invitation is sent to the address too, in the language of ``client``. The link in
        the mail proves the address, and the returned link does not. ``by`` is the admin, or None for the operator.
        Raises Forbidden, InsufficientAuthentication, Repeated, Unavailable.
        """
        now, actor = self.clock(), by.user.actor if by else OPERATOR
        if by:
            by.require_may_grant(role, now)
        invitation = Invitation.new(email, role, actor.id, now, days)
        details = {"invitation": invitation.id, "until": invitation.valid_until.date().isoformat()}
        mail = None
        if self.sends_mails:
            mail = self.outbox.compose(MailKind.INVITATION, email, client.language, **details)
        data = {"invitation_id": invitation.id, "role": role.value}
        session_id = by.session_id if by else None
        event = client.event(EventType.INVITATION_CREATED, None, actor, now, session_id, **data)
        receipt = idempotent.receipt_for(invitation) if idempotent else None
        invitation = self.invitations.add(invitation, mail, event, receipt=receipt)
        if mail:
            self.outbox.notify(mail[1])
        return invitation, self.link(self.tickets.issue(InvitationToken.LINKED, TOKEN_LIFE, invitation=invitation.id))

    def list(
        self, by: Caller | None, status: InvitationStatus | None, cursor: str | None, limit: int
    ) -> Page[Invitation]:
        """List the invitations, the newest first. With a status, list only the invitations with this status.

        A page may have fewer items than asked for. ``by`` is an auditor or an admin, or None for the operator. Raises
        Forbidden, InsufficientAuthentication, InvalidCursor.
        """
        if by:
            by.require_auditor()
        accepted = None if status is None else status is InvitationStatus.ACCEPTED
        page, now = self.invitations.list(accepted, cursor, limit), self.clock()
        return Page([each for each in page.items if status in (None, each.status(now))], page.next)

    def show(self, by: Caller | None, id: str) -> Invitation:
        """Return an invitation. ``by`` is an auditor or an admin, or None for the operator.

        Raises Forbidden, InsufficientAuthentication, NotFound.
        """
        if by:
            by.require_auditor()
        if invitation := self.invitations.get(id):
            return invitation
        raise NotFound("There is no such invitation.")

    def remove(self, id: str, by: Caller | None, revisions: Collection[str] | None = None) -> None:
        """Remove an invitation, which nobody can accept any more. ``by`` is None for the operator.

        Raises Forbidden, InsufficientAuthentication, NotFound, Stale.
        """
        if by:
            by.require_admin()
        self.invitations.remove(self.show(by, id).id, revisions)
