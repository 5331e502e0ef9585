"""The steps of an account operation, as pure functions that take a stored user and return the changed user."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from src.application.ports import ProviderAccount
from src.domain.errors import NotFound, Unavailable
from src.domain.users import State, User
from src.domain.values import Role, Username

Change = Callable[[User], User]


def if_active(change: Change) -> Change:
    """Return a change that does the same as ``change``, but raises NotFound for a user who is not active."""

    def guarded(user: User) -> User:
        if user.state is not State.ACTIVE:
            raise NotFound("There is no such user.")
        return change(user)

    return guarded


def if_ticket(ticket: datetime | None, change: Change) -> Change:
    """Return a change that does the same as ``change``, but nothing for a user with another ticket."""
    return lambda user: change(user) if user.reconcile_since == ticket else user


def reserving(change: Change, ticket: datetime) -> Change:
    """Return the first step of ``change``.

    If the identity provider must first accept a new address, the step only reserves the new names and sets the ticket.
    Otherwise, it applies the whole change. The step raises Unavailable while an earlier change is being reconciled.
    """

    def reserve(user: User) -> User:
        changed = change(user)
        if changed.email == user.email and user.role is not Role.GUEST:
            return changed
        if user.reconcile_since:
            raise Unavailable("An earlier change is still being settled; try again in a minute.", 60)
        return replace(user, reserved=tuple(changed.claims - user.claims), reconcile_since=ticket)

    return reserve


def finishing(change: Change, ticket: datetime) -> Change:
    """Return the last step of ``change``. The step raises Unavailable if another process has taken the ticket."""

    def finish(user: User) -> User:
        if user.reconcile_since != ticket or user.state is not State.ACTIVE:
            raise Unavailable("The account was changed meanwhile; read it and try again.", 1)
        return released(change(user))

    return finish


def activated(user: User) -> User:
    """Return the user after the last step of its creation. Raises Unavailable when the creation was undone."""
    if user.state is not State.PENDING:
        raise Unavailable("The registration took too long and was undone; try again.", 1)
    return replace(user, state=State.ACTIVE, reconcile_since=None)


def released(user: User) -> User:
    """Return the user without reserved names, and without the mark for reconciliation."""
    return replace(user, reserved=(), reconcile_since=None)


def following(account: ProviderAccount, project: str, username: Username, now: datetime) -> Change:
    """Return the change that brings a user in line with ``account``.

    ``project`` is the project of the provider that the account is in. A guest whose account is no longer anonymous
    becomes a user named ``username``, and its guest sessions end. A user that is just being changed from here stays as
    it is.
    """

    def follow(user: User) -> User:
        if user.state is not State.ACTIVE or user.reconcile_since:
            return user
        changed = replace(user.with_revocation(account.valid_since), provider_project=project)
        if user.role is Role.GUEST and not account.anonymous:
            epoch = user.session_epoch + 1
            changed = replace(changed, role=Role.USER, username=username, expires_at=None, session_epoch=epoch)
        known = account.email is not None and user.email is not None and account.email.key == user.email.key
        email = user.email if known else account.email
        verified = email is not None and (account.email_verified or (known and user.email_verified))
        changed = changed.with_email(email, verified=verified)
        visible = replace(
            changed, provider_valid_since=user.provider_valid_since, provider_project=user.provider_project
        )
        return changed if visible == user else replace(changed, updated_at=now)

    return follow
