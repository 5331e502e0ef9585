"""The policy that decides who may make an account or become a guest, and with which e-mail address."""

from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum

from src.application.ports import Clock
from src.application.tickets import Tickets
from src.domain.errors import FieldError, Invalid, InvalidInvitation, InvalidToken, RegistrationClosed
from src.domain.invitations import Invitation, InvitationRepository, InvitationStatus, InvitationToken
from src.domain.messages import Translatable
from src.domain.users import User, UserRepository
from src.domain.values import Email, Role


class RegistrationMode(StrEnum):
    """The modes of self-registration, which decide whether newcomers need an admin."""

    OPEN = "open"
    INVITED = "invited"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Admission:
    """The address, the role and the invitation with which a newcomer may make an account."""

    email: Email | None
    """The address of the account: the one that was given, or else that of the invitation."""
    email_verified: bool = False
    """Whether the newcomer has the invitation from a mail to the address, which proves the address."""
    role: Role = Role.USER
    invitation_id: str | None = None
    """The invitation that the commit of the account accepts, or None."""

    def admit(self, user: User) -> User:
        """Return a new user, or a guest who becomes a user, with the admission's address, role and invitation."""
        verified = self.email_verified or (user.email_verified and user.email == self.email)
        admitted = user.with_email(self.email, verified=verified)
        return replace(admitted, role=self.role, invitation_id=self.invitation_id, expires_at=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationPolicy:
    """Decides who may make an account or become a guest.

    Every use case of registration asks the policy before it stores anything, or reads anything about the newcomer. The
    use cases in which admins and the operator add users do not ask the policy.
    """

    mode: RegistrationMode
    domains: frozenset[str]
    """The domains to which the address of a user must belong, in lower case. Without any, every address is allowed."""
    guests: bool
    """Whether anybody may become a guest."""
    invitations: InvitationRepository
    users: UserRepository
    tickets: Tickets
    clock: Clock

    def admit(self, email: Email | None, invitation: str = "") -> Admission:
        """Return the admission of a newcomer with this address.

        ``invitation`` is the token of an invitation, if there is one. An invitation is valid in every mode, for its own
        address only; ``email`` may then be None. Raises RegistrationClosed if the mode or the address needs an
        invitation; InvalidInvitation; Invalid for an address other than the address of the invitation; Unavailable.
        """
        if invitation:
            found, is_mailed = self.open_invitation(invitation)
            if email is not None and email.key != found.email.key:
                raise Invalid(FieldError("email", "invitation", "The invitation is for another address."))
            return Admission(email or found.email, is_mailed, found.role, found.id)
        if self.mode is RegistrationMode.CLOSED:
            raise RegistrationClosed
        if self.mode is RegistrationMode.INVITED:
            raise RegistrationClosed("You need an invitation to register here; ask an admin for one.")
        self._require_allowed(email)
        return Admission(email)

    def admit_visitor(self, email: Email | None, verified: bool, invitation: str = "") -> Admission:
        """Return the admission of a newcomer who comes with an account at the identity provider.

        Raises as ``admit`` does.

        Also raises Invalid if an invitation is given, but the provider has not verified the address.
        """
        if invitation and not (email and verified):
            raise Invalid(FieldError("invitation", "unverified", "First verify your address at the identity provider."))
        return self.admit(email, invitation)

    def open_invitation(self, token: str) -> tuple[Invitation, bool]:
        """Return the pending invitation with this token, and whether the token comes from the mail.

        Raises InvalidInvitation, also if the admin who has made the invitation is no admin any more; Unavailable.
        """
        id, is_mailed = self._invitation_id(token)
        invitation = self.invitations.get(id) if id else None
        if invitation is None or invitation.status(self.clock()) is not InvitationStatus.PENDING:
            raise InvalidInvitation
        maker = self.users.get(invitation.made_by) if invitation.made_by else None
        if invitation.made_by and not (maker and maker.acts_as_admin):
            raise InvalidInvitation
        return invitation, is_mailed

    def _invitation_id(self, token: str) -> tuple[str | None, bool]:
        for purpose in InvitationToken:
            with suppress(InvalidToken):
                return self.tickets.open(purpose, token).content["invitation"], purpose is InvitationToken.MAILED
        return None, False

    def admit_guest(self) -> None:
        """Raise RegistrationClosed unless anybody may become a guest."""
        if not self.guests:
            raise RegistrationClosed("There are no guests here; log in with an account.")

    def admit_address(self, user: User, email: Email | None) -> None:
        """Raise RegistrationClosed if the domain of a user's new address is not allowed. Admins may use any address."""
        if email != user.email and user.role is not Role.ADMIN:
            self._require_allowed(email)

    def _require_allowed(self, email: Email | None) -> None:
        if self.domains and (email is None or email.domain not in self.domains):
            names = ", ".join(sorted(self.domains))
            raise RegistrationClosed(Translatable("Use an e-mail address of {domains} here.", domains=names))
