"""What an operator does from the command line and at the start."""

from dataclasses import dataclass, replace

from src.application.accounts import Accounts
from src.application.ports import Audit, Clock
from src.application.users import NewProfile, new_user
from src.domain.errors import NotFound, Taken
from src.domain.users import Claim, User, UserRepository
from src.domain.values import Email, Page, Role, Username


@dataclass(frozen=True, slots=True)
class MakeAdmin:
    """Make an account with the role admin."""

    accounts: Accounts
    audit: Audit
    clock: Clock

    def __call__(self, username: Username, email: Email, password: str) -> User:
        """Return the admin; ``password`` has passed the policy. Raises Taken, Unavailable."""
        user = self.accounts.create(new_user(NewProfile(username, email, role=Role.ADMIN), self.clock), password)
        self.audit("user-added", {"user_id": user.id, "by": None, "role": user.role})
        return user


@dataclass(frozen=True, slots=True)
class EnsureAdmin:
    """Make the first admin if there is none yet. Never promotes an account and never resets a password."""

    users: UserRepository
    make_admin: MakeAdmin

    def __call__(self, email: Email, password: str) -> bool:
        """Whether it was made now; several at once make one. Raises Taken if the address is somebody's."""
        if self.users.has_admin():
            return False
        try:
            self.make_admin(Username.random(), email, password)
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
        user = self.users.by_claim(claim)
        if user is None:
            raise NotFound("There is no such user.")
        now = self.clock()
        user = self.users.update(user.id, lambda stored: replace(stored.without_sessions(now), disabled=disabled))
        self.audit("role-changed", {"user_id": user.id, "by": None, "role": user.role, "disabled": disabled})
        return user
