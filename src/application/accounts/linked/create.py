"""Create an account: store the user as pending, create the account at the provider, store the user as active.

A guest who registers gets an account between two commits.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from src.application.accounts.failures import after_failure, attempt
from src.application.accounts.linked.base import LinkedBase, finish_step, reserve_step
from src.application.accounts.linked.delete import free_address
from src.application.accounts.linked.mirror import finish_mirror, mirror
from src.application.accounts.linked.reconcile import restore
from src.application.accounts.steps import Change
from src.domain.errors import Taken, Unavailable
from src.domain.events import Event, always
from src.domain.passwords import NewPassword
from src.domain.receipts import IdempotentCreate
from src.domain.users import PendingChange, State, User
from src.domain.values import Role


def create(
    accounts: LinkedBase,
    user: User,
    password: NewPassword | None,
    idempotent: IdempotentCreate[User] | None = None,
    events: Sequence[Event] = (),
) -> User:
    """Create a user in the store and at the provider, or in neither. Raises as ``Accounts.create`` does."""
    try:
        _add_pending(accounts, user)
    except Unavailable:
        attempt(_undo_creation, accounts, user.id)  # the commit may have landed
        raise
    # The caller is told that it failed, so it must have failed, even if the last commit landed.
    with after_failure(_undo_creation, accounts, user.id):
        accounts.remote.create(user, password.text if password else None)
        named = accounts.to_be_mirrored(user)
        is_mirrored = not named.mirrored_claims or attempt(mirror, accounts, named)
        last = activated if is_mirrored else lambda stored: accounts.marked(activated(stored))
        activate = accounts.with_link(user.id, last)
        return accounts.users.update(user.id, activate, idempotent=idempotent, events=always(*events))


def upgrade(
    accounts: LinkedBase, id: str, promote: Change, password: NewPassword, events: Sequence[Event] = ()
) -> User:
    """Give a guest an account at the provider, and make it a user here. Raises as ``Accounts.upgrade`` does."""
    ticket = accounts.clock()
    guest = accounts.users.update(id, reserve_step(accounts, promote, ticket))
    with after_failure(_undo_upgrade, accounts, id, ticket):
        accounts.remote.create(promote(guest), password.text)
        finish = finish_step(accounts, accounts.with_link(id, promote), ticket)
        user = accounts.users.update(id, finish, events=always(*events))
    if user.pending:
        user = finish_mirror(accounts, user)
    if guest.provider:
        accounts.remote.wait_for_revocation()
    return user


def activated(user: User) -> User:
    """Return the user after the last step of its creation. Raises Unavailable when the creation was undone."""
    if user.state is not State.PENDING:
        raise Unavailable("The registration took too long and was undone; try again.", 1)
    return replace(user, state=State.ACTIVE).settled()


def _add_pending(accounts: LinkedBase, user: User) -> None:
    named = accounts.to_be_mirrored(user)
    pending = replace(named, state=State.PENDING, pending=PendingChange(accounts.clock()))
    try:
        accounts.users.add(pending)
    except Taken as taken:
        if "email" not in taken.fields or not free_address(accounts, user.email):
            raise
        accounts.users.add(pending)


def _undo_creation(accounts: LinkedBase, id: str) -> None:
    # With the invitation, which is given back if the last commit landed.
    accounts.users.update(id, lambda user: replace(accounts.buried(user), invitation_id=user.invitation_id))
    accounts.remote.delete(id)  # only now: a user that stays stored must keep the account


def _undo_upgrade(accounts: LinkedBase, id: str, ticket: datetime) -> None:
    mine = accounts.clock()

    def take_over(user: User) -> User:
        return user.marked(mine) if user.role is Role.GUEST and user.ticket == ticket else user

    # A write first: if the last commit landed after all, the user stays, and so must the account.
    user = accounts.users.update(id, take_over)
    if user.ticket == mine:
        restore(accounts, user)
