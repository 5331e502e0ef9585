"""The policy that decides who may come in: who may make an account or become a guest, and with which address."""

from dataclasses import dataclass
from enum import StrEnum

from src.domain.errors import RegistrationClosed
from src.domain.messages import Translatable
from src.domain.users import User
from src.domain.values import Email, Role


class RegistrationMode(StrEnum):
    """Who may make an account without the help of an admin."""

    OPEN = "open"
    INVITED = "invited"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationPolicy:
    """Decides who may come in. Every way in asks it before anything is read or stored.

    Admins and the operator, who add users, do not ask it.
    """

    mode: RegistrationMode
    domains: frozenset[str]
    """The domains to which the address of a user must belong, in lower case. Without any, every address is allowed."""
    guests: bool
    """Whether anybody may become a guest."""

    def admit(self, email: Email | None) -> None:
        """Raise RegistrationClosed unless a newcomer with this address may make an account."""
        if self.mode is RegistrationMode.CLOSED:
            raise RegistrationClosed
        if self.mode is RegistrationMode.INVITED:
            raise RegistrationClosed("You need an invitation to register here; ask an admin for one.")
        self._require_allowed(email)

    def admit_guest(self) -> None:
        """Raise RegistrationClosed unless anybody may become a guest."""
        if not self.guests:
            raise RegistrationClosed("There are no guests here; log in with an account.")

    def admit_address(self, user: User, email: Email | None) -> None:
        """Raise RegistrationClosed unless a user may change the own address to this one. Admins may use any address."""
        if email != user.email and user.role is not Role.ADMIN:
            self._require_allowed(email)

    def _require_allowed(self, email: Email | None) -> None:
        if self.domains and (email is None or email.domain not in self.domains):
            names = ", ".join(sorted(self.domains))
            raise RegistrationClosed(Translatable("Use an e-mail address of {domains} here.", domains=names))
