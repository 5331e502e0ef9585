"""The steps of an account between the store and the identity provider, as pure functions on the stored user."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from src.domain.errors import NotFound, Unavailable
from src.domain.users import State, User
from src.domain.values import Role

Change = Callable[[User], User]


def active(change: Change) -> Change:
    """``change``, refused when there is no such user any more."""

    def guarded(user: User) -> User:
        if user.state is not State.ACTIVE:
            raise NotFound("There is no such user.")
        return change(user)

    return guarded


def holding(ticket: datetime | None, change: Change) -> Change:
    """``change``, left out when somebody else is at work by now."""
    return lambda user: change(user) if user.reconcile_since == ticket else user


def reserving(change: Change, ticket: datetime) -> Change:
    """The first step of ``change``: all of it, unless the provider must first agree to a new address."""

    def reserve(user: User) -> User:
        changed = change(user)
        if changed.email == user.email and user.role is not Role.GUEST:
            return changed
        if user.reconcile_since:
            raise Unavailable("An earlier change is still being settled; try again in a minute.", 60)
        return replace(user, reserved=tuple(changed.claims - user.claims), reconcile_since=ticket)

    return reserve


def finishing(change: Change, ticket: datetime) -> Change:
    """The last step of ``change``."""

    def finish(user: User) -> User:
        if user.reconcile_since != ticket or user.state is not State.ACTIVE:
            raise Unavailable("The account was changed meanwhile; read it and try again.", 1)
        return released(change(user))

    return finish


def activated(user: User) -> User:
    """The last step of a creation. Raises Unavailable when it was undone meanwhile."""
    if user.state is not State.PENDING:
        raise Unavailable("The registration took too long and was undone; try again.", 1)
    return replace(user, state=State.ACTIVE, reconcile_since=None)


def released(user: User) -> User:
    """With nothing reserved and nothing left to settle."""
    return replace(user, reserved=(), reconcile_since=None)
