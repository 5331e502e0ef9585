"""What an operator does from the command line and at the start."""

from dataclasses import dataclass, replace

from src.application.accounts import SetPassword
from src.application.directory import AddUser
from src.application.ports import Audit, Clock
from src.application.users import NewProfile
from src.domain.errors import NotFound, Taken
from src.domain.users import Claim, PasswordPolicy, User, UserRepository
from src.domain.values import Email, Page, Role


@dataclass(frozen=True, slots=True)
class EnsureAdmin:
    """Make the first admin if there is none yet. Never promotes an account and never resets a password."""

    users: UserRepository
    add_user: AddUser

    def __call__(self, email: Email, password: str) -> bool:
        """Whether it was made now; several at once make one. Raises Taken if the address is somebody's."""
        if self.users.has_admin():
            return False
        try:
            self.add_user(NewProfile(None, email, role=Role.ADMIN), password)
        except Taken:
            holder = self.users.by_claim(Claim("email", email.key))
            if holder is None or holder.role is not Role.ADMIN:
                raise
            return False
        return True


@dataclass(frozen=True, slots=True)
class ListAll:
    """All active users who have a username, by username."""

    users: UserRepository

    def __call__(self, cursor: str | None = None, limit: int = 100) -> Page[User]:
        """One page; pass its ``next`` for the following one."""
        return self.users.find(cursor=cursor, limit=limit)


@dataclass(frozen=True, slots=True)
class SetDisabled:
    """Lock somebody out, or let them in again. Sessions from before do not come back."""

    users: UserRepository
    audit: Audit
    clock: Clock

    def __call__(self, claim: Claim, disabled: bool) -> User:
        """Raises NotFound, LastAdmin."""
        user = _found(self.users, claim)
        now = self.clock()
        user = self.users.update(user.id, lambda stored: replace(stored.without_sessions(now), disabled=disabled))
        self.audit("role-changed", {"user_id": user.id, "by": None, "role": user.role, "disabled": disabled})
        return user


@dataclass(frozen=True, slots=True)
class ResetPassword:
    """Give a new password to somebody who has forgotten theirs. Every session ends."""

    users: UserRepository
    passwords: PasswordPolicy
    set_password: SetPassword

    def __call__(self, claim: Claim, password: str) -> None:
        """Raises NotFound, InvalidValue for what the policy refuses, Unavailable."""
        user = _found(self.users, claim)
        username = user.username.display if user.username else None
        self.passwords.check(password, username, user.email.address if user.email else None)
        self.set_password(user.id, password, "password-reset")


def _found(users: UserRepository, claim: Claim) -> User:
    user = users.by_claim(claim)
    if user is None:
        raise NotFound("There is no such user.")
    return user
