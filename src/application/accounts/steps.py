"""Changes of users, and guards: functions that take a change and return one that is refused in some states."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from src.domain.errors import NotFound
from src.domain.users import State, User
from src.domain.values import Role

Change = Callable[[User], User]
"""A pure function of the stored user. It may run several times, and may raise an error that refuses the change."""


def unchanged(user: User) -> User:
    """Return the user unchanged, for steps that only check the stored user."""
    return user


def if_active(change: Change) -> Change:
    """Return a change that does the same as ``change``, but raises NotFound for a user who is not active."""

    def guarded(user: User) -> User:
        if user.state is not State.ACTIVE:
            raise NotFound("There is no such user.")
        return change(user)

    return guarded


def if_ticket(ticket: datetime | None, change: Change) -> Change:
    """Return a change that applies ``change`` to a user with this ticket, and leaves any other user unchanged."""
    return lambda user: change(user) if user.ticket == ticket else user


def bury_guest(bury: Change) -> Change:
    """Return the change that turns a guest, who has expired, into a tombstone by calling ``bury``.

    The change raises NotFound for a guest who has registered meanwhile, or is about to.
    """

    def expire(stored: User) -> User:
        if stored.role is not Role.GUEST or stored.pending:
            raise NotFound
        return replace(bury(stored), expires_at=stored.expires_at)

    return expire
