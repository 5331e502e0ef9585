"""Guards of changes: functions that take a change and return one that is refused in some states of the user."""

from dataclasses import replace

from src.application.accounts.interface import Change
from src.domain.errors import NotFound
from src.domain.users import State, User
from src.domain.values import Role


def if_active(change: Change) -> Change:
    """Return a change that does the same as ``change``, but raises NotFound for a user who is not active."""

    def guarded(user: User) -> User:
        if user.state is not State.ACTIVE:
            raise NotFound("There is no such user.")
        return change(user)

    return guarded


def expired(bury: Change) -> Change:
    """Return the change that buries a guest whose life is over.

    It raises NotFound for a guest who has registered meanwhile, or is about to.
    """

    def expire(stored: User) -> User:
        if stored.role is not Role.GUEST or stored.pending:
            raise NotFound
        return replace(bury(stored), expires_at=stored.expires_at)

    return expire
